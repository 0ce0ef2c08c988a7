"""Whether a table's state lets an UpdateTable through (fact sheet 1.3, 1.4): TableStatus first, then every index."""

from orchestrator.sandbox.rules.dynamodb import refusals
from orchestrator.sandbox.rules.dynamodb.combination import Request
from orchestrator.sandbox.rules.dynamodb.state import Index, Table
from orchestrator.sandbox.rules.refusal import Refusal

_OUT_OF_BAND = frozenset({"warm"})
"""Raising warm throughput minds no busy index (fact sheet, section 3)."""


def check(request: Request, table: Table) -> None:
    """Raises what AWS answers while something of the table is on its way."""
    if table.status != "ACTIVE":
        raise refusals.table_moving(table.name, table.status, iops=table.iops)
    if table.encryption.updating:
        # The table says ACTIVE again before its key has changed (fact sheet, section 3).
        raise refusals.table_moving(table.name, "UPDATING")
    for index in table.indexes:
        if index.status == "ACTIVE":
            continue
        for topic in sorted(request.topics - _OUT_OF_BAND):
            refusal = _held_back(request, topic, table, index)
            if refusal is not None:
                raise refusal


def _held_back(request: Request, topic: str, table: Table, busy: Index) -> Refusal | None:
    """Why `busy` holds back `topic`, by the columns of fact sheet 1.3; None where it does not."""
    moving = refusals.index_moving(table.name, busy.name, busy.status)
    match topic:
        case "index create" | "index delete":
            return _online_action(request, table.name, busy, moving)
        case "index update":
            # Other indexes' capacity may change at any time; its own only while it backfills.
            own = any(entry.name == busy.name for entry in request.of("Update"))
            return moving if own and not _only_backfilling(busy) else None
        case "throughput":
            return None if _only_backfilling(busy) else moving
    # For everything else 1.3 has no line; 15.1 says that such calls are refused.
    return moving


def _online_action(request: Request, table: str, busy: Index, moving: Refusal) -> Refusal | None:
    own = any(entry.name == busy.name for entry in request.of("Delete"))
    if own and busy.allocating and not busy.deleting:
        return refusals.index_allocating(table, busy.name)
    if own and _only_backfilling(busy):
        return None
    if busy.updating and not busy.deleting:
        return moving
    return refusals.limit(refusals.ONE_ONLINE_INDEX, in_transition=True)


def _only_backfilling(index: Index) -> bool:
    """Phase 2, and nothing else going on with it."""
    return index.creating and bool(index.backfilling) and not index.updating and not index.deleting
