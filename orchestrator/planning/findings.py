"""What a reviewer should know of the graph as a whole: destructive steps that nothing allows, readers of what goes, credentials
that won't last.
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from orchestrator.kinds.function.spec import FUNCTIONS
from orchestrator.kinds.table.indexes import INDEX_DELETE
from orchestrator.model import Estimate, Finding, Graph, Plan, Target, coming_minute


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


LATER = (
    "Move its readers first: a function changes after its table or beside it, so delete the index in a later stage of the plan "
    "(`stages`) than the one that changes the function."
)


def readers_moved(found: Iterable[Finding], graph: Graph, plans: Sequence[Plan]) -> Iterator[Finding]:
    """The findings, where an index is deleted with what is left to do about the functions of its plan that may read it.

    That is nothing once all of them are changed in earlier stages.
    """
    by_name = {plan.name: plan for plan in plans}
    for finding in found:
        step = next((one for one in graph if finding.code == INDEX_DELETE and one.ref == finding.ref), None)
        if step is None:
            yield finding
            continue
        others = [one for one in graph if one.ref.plan == step.ref.plan and one.ref.path[0] == FUNCTIONS]
        if any(one.wave >= step.wave for one in others):
            yield replace(finding, action=LATER)
        elif _declared_before(by_name[step.ref.plan], step.stage):
            yield replace(finding, action="")
        else:
            yield finding


def _declared_before(plan: Plan, stage: str | None) -> bool:
    """Whether a stage before this one declares a function."""
    before = itertools.takewhile(lambda leg: leg.stage != stage, plan.stages)
    return any(item.ref.path[0] == FUNCTIONS for leg in before for item in leg.resources)


def credentials_expire(target: Target, estimate: Estimate, now: float) -> Iterator[Finding]:
    """A warning where the credentials end, as far as that is known, before what is waited for is sure to be done."""
    if target.credentials_end is None or not estimate.high or now + estimate.high <= target.credentials_end:
        return
    left = target.credentials_end - now
    when = f"at {coming_minute(target.credentials_end)}, {_minutes(left)} from now" if left > 0 else "already"
    likely = estimate.likely > left
    takes = f"is likely to take {_minutes(estimate.likely)}" if likely else f"may take {_minutes(estimate.high)}"
    yield Finding(
        level="warning",
        code="credentials-expire",
        message=f"The credentials end {when}, and this {takes}.",
        action="Log in again first, or use credentials that refresh themselves (a role, SSO, credential_process). A run that "
        "outlives them stops before its next call, and the same command goes on from there.",
    )


def _minutes(seconds: float) -> str:
    return f"{math.ceil(seconds / 60)} min"
