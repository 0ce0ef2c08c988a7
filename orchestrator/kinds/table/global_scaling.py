"""What scales the writes of a global table in the Regions of its replicas.

AWS keeps write capacity and its auto scaling the same in all Regions (fact sheet 8.2); how soon, and by which of the calls,
no source tells, and targets outlive an index in each Region (8.3). So each Region is looked at and brought to what the plan
states, after the table's own: where AWS was there first, nothing is sent. Reads may scale in each Region as they like.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from orchestrator.kinds.contract import Move
from orchestrator.kinds.fields import Absent
from orchestrator.kinds.step_builder import Placed, StepBuilder
from orchestrator.kinds.table import lanes, replicas, scaling
from orchestrator.kinds.table.aspects import SCALED_THERE, TRACKED_THERE, abroad
from orchestrator.kinds.table.lanes import Place
from orchestrator.kinds.table.live import TableLive
from orchestrator.kinds.table.spec import INDEXES, REPLICAS, TableSpec
from orchestrator.kinds.table.subjects import Table
from orchestrator.model import UNREAD, Change, Ref, Scope, Step

SIDE = "write"


def reads(spec: TableSpec) -> frozenset[str]:
    """What to read in the Region of each replica: of what is stated to scale, and of indexes that go."""
    going = INDEXES in spec.prune or any(isinstance(one, Absent) for one in (spec.indexes or {}).values())
    tracked = {_tracked(index) for index, one in scaling.of_each(spec).items() if one is not None}
    return frozenset({*tracked, SCALED_THERE} if tracked or going else ())


def differences(table: Table, changes: Sequence[Change]) -> Iterator[Change]:
    """What differs in the Regions of the replicas that stay. `changes` are those of the table, its indexes and replicas."""
    stay = staying(table, changes)
    deleted = [change.ref.name for change in changes if change.ref.section == INDEXES and change.effect == "delete"]
    for region, replica in replicas.present(table.live).items():
        if region in stay and replica.seen is not None:
            ref = table.ref.child(REPLICAS, region)
            yield from _ending(ref, replica.seen, deleted)
            yield from _unlike(ref, replica.seen, table.declared)


def staying(table: Table, changes: Iterable[Change]) -> frozenset[str]:
    """The Regions whose replica is there and is not taken away."""
    going = {change.ref.name for change in changes if change.ref.section == REPLICAS and change.goes}
    return frozenset(replicas.present(table.live).keys() - going)


def steps(builder: StepBuilder, table: Table, changes: Sequence[Change]) -> Iterator[Placed]:
    """Scaling ends before the index that it is of, and begins once that is there in all Regions."""
    stay, there = staying(table, changes), replicas.present(table.live)
    for change in changes:
        index, region = replicas.index_of(change.field), change.ref.name
        if change.ref.section != REPLICAS or index is None or region not in stay:
            continue
        policies = scaling.tracking(there[region].seen, index)
        reads = {abroad(region), abroad(region, SCALED_THERE), abroad(region, _tracked(index))}
        for move in scaling.moves(change.before, change.after, table.name, index, policies):
            place = Place.SCALING if move.order is None else move.order
            yield place, step(builder, change, move, frozenset(reads))


def step(builder: StepBuilder, change: Change, move: Move, reads: frozenset[str]) -> Step:
    """One call of auto scaling in the Region of the replica that `change` is of.

    Its goal is what it changes alone: AWS may have brought the rest there already.
    """
    assert move.call is not None  # scaling moves by calls alone
    region, goal = change.ref.name, _changed(move.before, move.after)
    before = {side: _of(move.before[side], value) for side, value in goal.items()}
    return builder.step(
        "update",
        f"{move.summary} in {region}",
        replace(move.call, region=region),
        (Change(change.ref, change.field, before, goal, "update"),),
        lanes.UPDATE,
        what=scaling.FIELD,
        ref=change.ref,
        reads=reads,
        scope=Scope.SELF,
    )


def _changed(before: scaling.Form, after: scaling.Form) -> scaling.Form:
    """The sides that differ, and of each only the numbers that do."""
    return {side: _numbers(before[side], value) for side, value in after.items() if value != before[side]}


def _numbers(before: Any, after: Any) -> Any:
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return after
    return {name: number for name, number in after.items() if before.get(name) != number}


def _of(before: Any, goal: Any) -> Any:
    """What there was of the numbers of a goal: the others stay, and are none of its change."""
    if not isinstance(before, Mapping) or not isinstance(goal, Mapping):
        return before
    return {name: number for name, number in before.items() if name in goal}


def _ending(ref: Ref, there: TableLive, deleted: Iterable[str]) -> Iterator[Change]:
    """Both sides of an index that goes: nothing would be left that they scale."""
    for index in deleted:
        for change in scaling.ending(ref, there, index):
            yield replace(change, field=replicas.scaling_of(index))


def _unlike(ref: Ref, there: TableLive, spec: TableSpec) -> Iterator[Change]:
    """What scales writes of the table or of an index otherwise than the plan states."""
    for index, one in scaling.of_each(spec).items():
        wanted, seen = _writes(scaling.wanted(one)), scaling.live(there, index)
        if wanted and seen is not UNREAD and not scaling.same(seen, wanted):
            yield Change(ref, replicas.scaling_of(index), *scaling.part(seen, wanted), "update")


def _tracked(index: str) -> str:
    return f"{TRACKED_THERE}:{index}" if index else TRACKED_THERE


def _writes(form: scaling.Form | None) -> scaling.Form:
    return {side: value for side, value in (form or {}).items() if side == SIDE}
