"""Scalable targets that outlived a table or index which somebody deleted: one made under the same name inherits them (fact
sheet, section 3), and nothing else in what a plan states would tell.
"""

from collections.abc import Iterator, Sequence

from orchestrator.kinds.contract import Context
from orchestrator.kinds.fields import Absent
from orchestrator.kinds.table import scaling
from orchestrator.kinds.table.aspects import LEFT
from orchestrator.kinds.table.live import ScalableTarget
from orchestrator.kinds.table.seen import Seen
from orchestrator.kinds.table.spec import INDEXES, Autoscaling, TableSpec
from orchestrator.model import Change, Finding, Ref


def reads(spec: TableSpec) -> frozenset[str]:
    """The indexes that are asked for beside the table where a preview asks for LEFT."""
    return frozenset(f"{LEFT}:{name}" for name in spec.indexes or {})


def of_absent(ref: Ref, seen: Seen, context: Context) -> Iterator[Finding]:
    """What the table that shall be gone, and is, has left behind."""
    yield from _gone(ref, _left(seen, ""), context)


def findings(ref: Ref, spec: TableSpec, seen: Seen, changes: Sequence[Change], context: Context) -> Iterator[Finding]:
    """What is inherited by what the plan makes, and left by indexes that shall be gone. `changes` are those of the table."""
    made = {change.ref for change in changes if change.whole and change.effect == "create"}
    if ref in made:
        yield from _inherited(ref, spec.autoscaling, _left(seen, ""), context)
    for name, index in (spec.indexes or {}).items():
        child = ref.child(INDEXES, name)
        if isinstance(index, Absent):
            yield from _gone(child, _left(seen, name), context)
        elif child in made:
            yield from _inherited(child, index.autoscaling, _left(seen, name), context)


def _left(seen: Seen, index: str) -> dict[str, ScalableTarget]:
    """By side."""
    found = {} if seen is None else seen.left
    return {side: target for (name, side), target in found.items() if name == index}


def _gone(ref: Ref, left: dict[str, ScalableTarget], context: Context) -> Iterator[Finding]:
    if left:
        message = (
            f"{ref} is gone, but its scalable targets are still there ({_told(left)}): one made anew inherits them."
        )
        action = "Deregister them (application-autoscaling:DeregisterScalableTarget)."
        yield context.finding("warning", "scaling-left", ref, "", message, action)


def _inherited(
    ref: Ref, stated: Autoscaling | str | None, left: dict[str, ScalableTarget], context: Context
) -> Iterator[Finding]:
    said = scaling.wanted(stated) or {}
    unsaid = {side: target for side, target in left.items() if side not in said}
    if unsaid:
        message = (
            f"{ref} is made where an earlier one left scalable targets ({_told(unsaid)}), which will move its capacity."
        )
        action = "State `autoscaling: off` to end them, or for each side how it shall scale."
        yield context.finding("warning", "scaling-left", ref, scaling.FIELD, message, action)


def _told(left: dict[str, ScalableTarget]) -> str:
    return ", ".join(f"{side} {target.least} to {target.most}" for side, target in sorted(left.items()))
