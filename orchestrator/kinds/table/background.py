"""What of one table's lane is background work, and where that stands on it (plan language, Gates).

Indexes in the background come last. While AWS still builds one, UpdateTable is refused and calls of other operations are not
(fact sheet 1.4): what changes by those goes ahead of the wait.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from orchestrator.kinds import gates
from orchestrator.kinds.settings import Rows
from orchestrator.kinds.step_builder import Placed
from orchestrator.kinds.table import billing, replica_settings, settings
from orchestrator.kinds.table.lanes import Place
from orchestrator.kinds.table.live import TableLive
from orchestrator.kinds.table.settling import verdict
from orchestrator.kinds.table.spec import INDEXES, REPLICAS, TABLES
from orchestrator.kinds.table.subjects import Table
from orchestrator.model import Change, Ref, Scope, Settled, Step

OWN_OPERATIONS = frozenset({Place.TTL, Place.PITR, Place.TAGS, Place.POLICY, Place.KINESIS})
"""The places of what depends on nothing else of a table or replica: it need not wait until an index is there."""
_ROWS: Mapping[str, Rows[Any, Any]] = {TABLES: settings.ROWS, REPLICAS: replica_settings.ROWS}
_DELETES_FIRST = {"delete": 0, "create": 1}


def late(table: Table, name: str) -> bool:
    """Whether the index called `name` is in the background."""
    return gates.stated(table.declared.indexes, name)


def deleted_late(table: Table, change: Change, changes: Iterable[Change]) -> bool:
    """Whether an index that is made anew is deleted in the background too, last on the lane.

    Not where something else needs its room first: a switch to provisioned would want numbers for it (fact sheet 2.5), a new
    index its attribute with another type (2.4) or its place among the 20 (4.2).
    """
    if change.effect != "replace" or not late(table, change.ref.name):
        return False
    return not any(_needs_room(table, other) for other in changes)


def _needs_room(table: Table, change: Change) -> bool:
    if change.ref == table.ref:
        return change.field == billing.FIELD and billing.on_demand(change.before)
    made = change.ref.section == INDEXES and change.comes
    return made and not late(table, change.ref.name)


def only_moves(table: Table) -> bool:
    """Whether all that moves on the live table is the making or deleting of indexes in the background.

    That such an index comes or goes explains an UPDATING table too (fact sheet 1.3).
    """
    live = table.seen
    copies = [live, *(replica.seen for replica in live.replicas.values() if replica.seen)]
    moving = {
        name for copy in copies for name, index in copy.indexes.items() if index.status in ("CREATING", "DELETING")
    }
    if not moving or not all(late(table, name) for name in moving):
        return False
    return verdict(_without(live, moving), Scope.WHOLE) == Settled()


def _without(live: TableLive, moving: Collection[str]) -> TableLive:
    """The table and its replicas as if those indexes were not there."""
    return replace(
        live,
        status="ACTIVE" if live.status == "UPDATING" else live.status,
        indexes={name: index for name, index in live.indexes.items() if name not in moving},
        replicas={
            region: replace(replica, own=_without(replica.seen, moving)) if replica.seen else replica
            for region, replica in live.replicas.items()
        },
    )


def last(table: Table, placed: Sequence[Placed], made: Iterable[Ref]) -> list[Placed]:
    """The same steps; those about indexes in the background that are not there yet come last, in the background too.

    Not what ends before an index goes (its scaling). `made` are the indexes that this lane makes.
    """
    live = table.seen.indexes
    coming = {
        *(ref for ref in made if late(table, ref.name)),
        *(table.ref.child(INDEXES, name) for name in live if late(table, name) and not _ready(table.seen, name)),
    }
    return [
        _later(place, step) if place > Place.INDEX_DELETES and _only_about(step, coming) else (place, step)
        for place, step in placed
    ]


def _only_about(step: Step, refs: set[Ref]) -> bool:
    return bool(step.because) and all(change.ref in refs for change in step.because)


def _later(place: int, step: Step) -> Placed:
    return max(place, Place.BACKGROUND_INDEXES), replace(step, gate="background")


def _ready(live: TableLive, name: str) -> bool:
    return live.indexes[name].status == "ACTIVE"


def rank(placed: Placed) -> int:
    """The order among steps of one place in the background: room is made before it is needed."""
    place, step = placed
    return _DELETES_FIRST.get(step.action, 2) if place == Place.BACKGROUND_INDEXES else 0


def around(waits: Sequence[Step], placed: Sequence[Placed], table: Table) -> tuple[Step, ...]:
    """The lane with the wait for what is under way, which is background work itself where nothing else has to wait for it."""
    steps = tuple(step for _, step in placed)
    if not waits or not only_moves(table):
        return (*waits, *steps)
    held = any(step.gate == "start" and step.scope is Scope.WHOLE for step in steps)
    made = frozenset(step.ref for step in steps if step.action in ("create", "delete"))
    ahead = tuple(step for step in steps if _goes_ahead(step, made, held=held))
    behind = tuple(step for step in steps if step not in ahead)
    return (*ahead, *(step if held else replace(step, gate="background") for step in waits), *behind)


def _goes_ahead(step: Step, made: Collection[Ref], *, held: bool) -> bool:
    """`held`: something else that a start-up waits for has to wait for the indexes, and this may depend on it: what is about
    one of the replicas that are `made` does.
    """
    if step.gate != "start" or step.scope is not Scope.SELF:
        return False
    return not held or all(change.ref not in made and _of_own_operation(change) for change in step.because)


def _of_own_operation(change: Change) -> bool:
    row = _ROWS.get(change.ref.section, {}).get(change.field)
    return row is not None and row.order in OWN_OPERATIONS
