"""Which calls can have begun what moves of a table (fact sheet 1.2, 1.3, 8.1)."""

from orchestrator.kinds.table.live import TableLive
from orchestrator.kinds.table.settling import SSE_SETTLED
from orchestrator.model import Inquiry

CREATIONS = frozenset(
    {
        "dynamodb:CreateTable",
        "dynamodb:ImportTable",
        "dynamodb:RestoreTableFromBackup",
        "dynamodb:RestoreTableToPointInTime",
    }
)
DELETION, CHANGE = frozenset({"dynamodb:DeleteTable"}), frozenset({"dynamodb:UpdateTable"})
HOUR, WEEK = 3600.0, 7 * 86400.0
"""A table is UPDATING for some twenty minutes at most (fact sheet 9); indexes, replicas and restores may take days."""
UNDER_WAY = ("CREATING", "DELETING")


def inquiry(live: TableLive | None) -> Inquiry | None:
    """None where nothing moves that a call in this Region can have begun."""
    if live is None:
        return None
    names = (live.name, live.arn)
    if live.status == "DELETING":
        return Inquiry(names, DELETION, longest=HOUR)
    if live.status == "CREATING" or live.restoring:
        began = live.created.timestamp() if live.created else None
        return Inquiry(names, CREATIONS, longest=WEEK, began=began)
    if parts := _parts(live):
        return Inquiry(names, CHANGE, parts, WEEK)
    return Inquiry(names, CHANGE, longest=HOUR) if _moves(live) else None


def _parts(live: TableLive) -> frozenset[str]:
    """What comes or goes, and is named by the call that began it."""
    indexes = {name for name, index in live.indexes.items() if index.status in UNDER_WAY}
    return frozenset(indexes | {region for region, one in live.replicas.items() if one.status in UNDER_WAY})


def _moves(live: TableLive) -> bool:
    parts = [index.status for index in live.indexes.values()] + [one.status for one in live.replicas.values()]
    return "UPDATING" in (live.status, *parts) or live.encryption.status not in SSE_SETTLED
