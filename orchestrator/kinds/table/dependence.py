"""What the steps of a table's lane rest on: what must be so before a call although another step, or somebody else, makes it so.

Most of it is the billing mode: what AWS takes of throughput, indexes, ceilings and scaling depends on it (fact sheet 2.5, 8.1),
and a switch by somebody else, or one of the lane's own that AWS does not take yet, makes other calls right than those planned.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from orchestrator.kinds.step_builder import Placed
from orchestrator.kinds.table import billing, encryption, lanes, replicas, scaling
from orchestrator.kinds.table.lanes import Place
from orchestrator.kinds.table.live import TableLive
from orchestrator.kinds.table.spec import INDEXES, REPLICAS, TABLES
from orchestrator.kinds.table.subjects import Table
from orchestrator.model import Change, Ref, Step

ALONE = frozenset({Place.SCALING_OFF, Place.BILLING, Place.ENCRYPTION, Place.STREAM})
"""The places of what AWS refuses of a table that has replicas, or what a table with replicas must not be without."""


def resting(table: Table, placed: Sequence[Placed], changes: Iterable[Change]) -> list[Placed]:
    """The same steps, each with what it rests on. `changes` are those of the whole lane."""
    changes, mode = tuple(changes), billing.mode(table.ref, billing.after(table.declared, table.live))
    gone = removals(table, changes)
    encrypted = [change for change in changes if (change.ref, change.field) == (table.ref, encryption.FIELD)]
    return [(place, _resting(table, place, step, mode, gone, encrypted)) for place, step in placed]


def removals(table: Table, changes: Iterable[Change]) -> tuple[Change, ...]:
    """That the replicas of the table are gone, where the plan takes away all that it has; else nothing."""
    gone = [replace(change, after=None, effect="delete") for change in changes if _goes(change)]
    stay = replicas.present(table.live).keys() - {change.ref.name for change in gone}
    return () if stay else tuple(gone)


def awaited(ref: Ref, live: TableLive, *, deferred: bool) -> tuple[Change, ...]:
    """What the steps behind a wait rest on: what is under way may be a switch of billing, after which others are right.

    `deferred`: none of them is known yet, whatever the wait ends with. A table is never billed in both ways at once.
    """
    seen = billing.live(live)
    other = billing.form(live.capacity) if billing.on_demand(seen) else billing.ON_DEMAND
    return tuple(billing.mode(ref, mode) for mode in ((seen, other) if deferred else (seen,)))


def on(step: Step, *given: Change) -> Step:
    """The same step, resting on more; what it makes itself is nothing that it rests on."""
    return replace(step, given=(*step.given, *(change for change in given if change not in step.because)))


def _goes(change: Change) -> bool:
    return change.ref.section == REPLICAS and change.goes


def _resting(
    table: Table, place: int, step: Step, mode: Change, gone: Sequence[Change], encrypted: Sequence[Change]
) -> Step:
    if _needs_mode(place, step):
        step = on(step, mode)
    if _needs_mode(place, step) or any(change.field == scaling.FIELD for change in step.because):
        step = replace(step, deadline=_patience(table, step))
    if place in ALONE:
        step = on(step, *gone)
    if encrypted and step.action == "create" and step.ref.section == REPLICAS:
        step = replace(on(step, *encrypted), reads=step.reads | encryption.reads(table.declared))
    return step


def _patience(table: Table, step: Step) -> float:
    """Long enough for a switch that somebody else begins right before the call; what is made has that anyway."""
    if step.action == "create" or table.declared.timeouts.update is not None:
        return step.deadline
    return max(step.deadline, step.pause + lanes.FLIP)


def _needs_mode(place: int, step: Step) -> bool:
    """Not a switch: that is right whatever the mode. Nor is the end of scaling, which AWS takes on demand too."""
    if any(change.field == billing.FIELD and billing.flips(change.before, change.after) for change in step.because):
        return False
    if step.action == "create":
        return step.ref.section in (INDEXES, REPLICAS)
    return any(
        _of_mode(change) for change in step.because if (place, change.field) != (Place.SCALING_OFF, scaling.FIELD)
    )


def _of_mode(change: Change) -> bool:
    return change.ref.section in (TABLES, INDEXES) and change.field in (billing.FIELD, scaling.FIELD)
