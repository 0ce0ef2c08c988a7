"""Scalable targets that outlived a table or index which somebody deleted: one made under the same name inherits them (fact
sheet, section 3), and nothing else in what a plan states would tell. Where the table or index shall be gone they are
deregistered.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from orchestrator.kinds.contract import Context
from orchestrator.kinds.fields import OFF, Absent
from orchestrator.kinds.step_builder import StepBuilder
from orchestrator.kinds.table import lanes, scaling
from orchestrator.kinds.table.aspects import INHERITED, LEFT
from orchestrator.kinds.table.live import ScalableTarget
from orchestrator.kinds.table.seen import Seen
from orchestrator.kinds.table.spec import INDEXES, Autoscaling, TableSpec
from orchestrator.model import Change, Finding, Ref, Scope, Step

FIELD = "scalable_targets"
"""The field of the Change that takes away what the absent has left behind."""


def reads(spec: TableSpec) -> frozenset[str]:
    """What indexes that shall be gone may have left, and what others may inherit where a preview asks for that."""
    stated = spec.indexes or {}
    return frozenset(f"{LEFT if isinstance(one, Absent) else INHERITED}:{name}" for name, one in stated.items())


def of_absent(ref: Ref, seen: Seen) -> Iterator[Change]:
    """What the table that shall be gone, and is, has left behind."""
    yield from _ending(ref, _left(seen, ""))


def of_indexes(ref: Ref, spec: TableSpec, seen: Seen) -> Iterator[Change]:
    """What the indexes that shall be gone, and are, have left behind."""
    for name, index in (spec.indexes or {}).items():
        if isinstance(index, Absent):
            yield from _ending(ref.child(INDEXES, name), _left(seen, name))


def steps(builder: StepBuilder, table: str, changes: Sequence[Change]) -> list[Step]:
    """One for each side. Of a table or index that somebody made meanwhile nothing is left: those targets are its own."""
    return [
        builder.step(
            "update",
            move.summary,
            move.call,
            (replace(change, before={side: change.before[side]}),),
            lanes.UPDATE,
            what=scaling.FIELD,
            ref=change.ref,
            reads=frozenset({f"{LEFT}:{change.ref.part}".rstrip(":")}),
            scope=Scope.SELF,
        )
        for change in changes
        if change.field == FIELD
        for side in change.before
        for move in scaling.moves({side: change.before[side]}, {side: OFF}, table, change.ref.part, {})
    ]


def reached(change: Change, seen: Seen) -> bool:
    """Whether nothing is left any more of what `change` takes away."""
    return not _left(seen, change.ref.part).keys() & change.before.keys()


def _ending(ref: Ref, left: dict[str, ScalableTarget]) -> Iterator[Change]:
    if left:
        sides = {side: {"min": target.least, "max": target.most} for side, target in sorted(left.items())}
        yield Change(ref, FIELD, sides, None, "delete")


def findings(ref: Ref, spec: TableSpec, seen: Seen, changes: Sequence[Change], context: Context) -> Iterator[Finding]:
    """What is inherited by what the plan makes. `changes` are those of the table."""
    made = {change.ref for change in changes if change.whole and change.effect == "create"}
    for name, stated in scaling.of_each(spec).items():
        place = ref.child(INDEXES, name) if name else ref
        if place in made:
            yield from _inherited(place, stated, _left(seen, name), context)


def _left(seen: Seen, index: str) -> dict[str, ScalableTarget]:
    """By side."""
    found = {} if seen is None else seen.left
    return {side: target for (name, side), target in found.items() if name == index}


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
