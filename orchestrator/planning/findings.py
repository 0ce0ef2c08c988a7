"""What a reviewer should know beside the steps: destructive steps that nothing allows, and hazards of the tables themselves."""

from collections.abc import Iterable, Sequence

from orchestrator.kinds.fields import Absent
from orchestrator.kinds.table import TableSpec
from orchestrator.model import UNREAD, Declared, Finding, Graph, Plan, World


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
            message=f"{step.id} is destructive ({step.summary}) and nothing allows it, so apply refuses the whole plan.",
            action="Allow it with `policy: {destructive: allow}` in the plan or --allow-destructive on the command line.",
            ref=step.ref,
            where=by_name[step.ref.plan].where(step.ref.path),
            refuses=True,
        )
        for step in graph
        if step.destructive and not allow_destructive and not by_name[step.ref.plan].policy.destructive
        if step.ref not in refused
    ]


def hazards(plans: Sequence[Plan], world: World) -> list[Finding]:
    """Tables that nothing protects from being deleted or overwritten by mistake (requirement B10)."""
    return [
        Finding(
            level="warning",
            code="unprotected-table",
            message=f"{declared.ref} has neither point-in-time recovery nor deletion protection.",
            action="Consider `point_in_time_recovery: true` or `deletion_protection: true`.",
            ref=declared.ref,
            where=plan.where(declared.ref.path),
        )
        for plan in plans
        for declared in plan.resources
        if isinstance(declared.spec, TableSpec) and not _protected(declared, world)
    ]


def _protected(declared: Declared, world: World) -> bool:
    """Whether the table will have point-in-time recovery or deletion protection once the plan holds."""
    spec, live = declared.spec, world[declared.ref]
    assert not isinstance(spec, Absent)
    recovery = spec.point_in_time_recovery.enabled if spec.point_in_time_recovery else None
    protection = spec.deletion_protection
    if recovery is None and live is not None:
        recovery = live.pitr is UNREAD or bool(live.pitr and live.pitr.enabled)
    if protection is None and live is not None:
        protection = live.deletion_protection
    return bool(recovery or protection)
