"""What the steps of a table's lane rest on: what must be so before a call although another step, or somebody else, makes it so.

Most of it is the billing mode: what AWS takes of throughput, indexes, ceilings and scaling depends on it (fact sheet 2.5, 8.1),
and a switch by somebody else, or one of the lane's own that AWS does not take yet, makes other calls right than those planned.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from orchestrator.kinds.table import billing, encryption, replicas, scaling
from orchestrator.kinds.table.background import Placed
from orchestrator.kinds.table.lanes import Place
from orchestrator.kinds.table.spec import INDEXES, REPLICAS, TABLES
from orchestrator.kinds.table.subjects import Table
from orchestrator.model import Change, Step

ALONE = frozenset({Place.SCALING_OFF, Place.BILLING, Place.ENCRYPTION, Place.STREAM})
"""The places of what AWS refuses of a table that has replicas, or what a table with replicas must not be without."""


def resting(table: Table, placed: Sequence[Placed], changes: Iterable[Change]) -> list[Placed]:
    """The same steps, each with what it rests on. `changes` are those of the whole lane."""
    changes, mode = tuple(changes), billing.mode(table.ref, billing.after(table.declared, table.live))
    gone = removals(table, changes)
    encrypted = [change for change in changes if (change.ref, change.field) == (table.ref, encryption.NAME)]
    return [(place, _resting(table, place, step, mode, gone, encrypted)) for place, step in placed]


def removals(table: Table, changes: Iterable[Change]) -> tuple[Change, ...]:
    """That the replicas of the table are gone, where the plan takes away all that it has; else nothing."""
    gone = [replace(change, after=None, effect="delete") for change in changes if _goes(change)]
    stay = replicas.present(table.live).keys() - {change.ref.name for change in gone}
    return () if stay else tuple(gone)


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
    if place in ALONE:
        step = on(step, *gone)
    if encrypted and any(change.comes and change.ref.section == REPLICAS for change in step.because):
        step = replace(on(step, *encrypted), reads=step.reads | encryption.reads(table.declared))
    return step


def _needs_mode(place: int, step: Step) -> bool:
    """Not a switch: that is right whatever the mode. Nor is the end of scaling, which AWS takes on demand too."""
    if any(change.field == billing.NAME and billing.flips(change.before, change.after) for change in step.because):
        return False
    return any(
        _of_mode(change) for change in step.because if place != Place.SCALING_OFF or change.field != scaling.NAME
    )


def _of_mode(change: Change) -> bool:
    if change.whole:
        return change.comes and change.ref.section in (INDEXES, REPLICAS)
    return change.ref.section in (TABLES, INDEXES) and change.field in (billing.NAME, scaling.NAME)
