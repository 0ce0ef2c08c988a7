"""What a reviewer should know of the graph as a whole: destructive steps that nothing allows."""

from collections.abc import Iterable, Sequence

from orchestrator.model import Finding, Graph, Plan


def destructive_refused(
    graph: Graph, plans: Sequence[Plan], found: Iterable[Finding], *, allow_destructive: bool
) -> list[Finding]:
    """One refusing finding per destructive step that neither its plan's policy nor the command line allows.

    What one of `found` refuses already for another reason is not told twice.
    """
    by_name = {plan.name: plan for plan in plans}
    refused = {finding.ref for finding in found if finding.refuses}
    return [
        Finding(
            level="warning",
            code="destructive-refused",
            message=f"Apply refuses the whole plan, because it would {step.summary} ({step.ref.root}) and nothing allows that.",
            action="Allow it with `policy: {destructive: allow}` in the plan or --allow-destructive on the command line.",
            ref=step.ref,
            where=by_name[step.ref.plan].where(step.ref.path),
            refuses=True,
        )
        for step in graph
        if step.destructive and not allow_destructive and not by_name[step.ref.plan].policy.destructive
        if step.ref not in refused
    ]
