"""What an observation of a table brings: the table, nothing, or only what stands under its name elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from orchestrator.kinds.table.live import ScalableTarget, TableLive
from orchestrator.model import Unread


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """No table here, but what stands under its name in the Regions that a plan states replicas in, and the scalable targets
    that an earlier one left, by index (empty: the table itself) and side.
    """

    tables: Mapping[str, TableLive | Unread]
    left: Mapping[tuple[str, str], ScalableTarget] = field(default_factory=dict)


Seen = TableLive | Elsewhere | None
"""What an observation brings of a table."""


def here(seen: Seen) -> TableLive | None:
    """The table in this Region."""
    return None if isinstance(seen, Elsewhere) else seen


def elsewhere(seen: Seen) -> Mapping[str, TableLive | Unread | None]:
    """What stands under its name in other Regions, as far as these were looked at and have no replica of it."""
    if isinstance(seen, Elsewhere):
        return seen.tables
    return seen.elsewhere if seen else {}
