"""What an observation of a table brings: the table, nothing, or only what stands under its name elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.kinds.table.live import TableLive
from orchestrator.model import Unread


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """No table here, but what stands under its name in the Regions that a plan states replicas in."""

    tables: Mapping[str, TableLive | Unread]


Seen = TableLive | Elsewhere | None
"""What an observation brings of a table."""


def here(seen: Seen) -> TableLive | None:
    """The table in this Region."""
    return None if isinstance(seen, Elsewhere) else seen
