"""How long what depends on a table is likely to take, in seconds (fact sheet, section 9): guesses for a reviewer, no deadlines.

What a table holds was counted up to six hours ago (fact sheet 0.2).
"""

from orchestrator.kinds.table.lanes import COPIED_PER_SECOND
from orchestrator.kinds.table.live import TableLive
from orchestrator.model import Estimate

INDEX_WRITES_PER_SECOND = 4000
"""What an on-demand index takes at first, in write units of 1 KB (fact sheet, section 9)."""

WARMING = Estimate(30, 120, 1800)
"""Until warm throughput that was asked for is there."""


def index_build(table: TableLive) -> Estimate:
    """An index of a live table: every item costs at least one write unit of 1 KB."""
    units = max(table.item_count, table.size_bytes / 1024)
    return Estimate(180, 420, 1200) + _around(units / INDEX_WRITES_PER_SECOND)


def replica_copy(table: TableLive | None) -> Estimate:
    """A destination Region takes 10 TB a day (fact sheet 4.2); how much faster one table is copied nobody says."""
    return Estimate(60, 240, 600) + _around(table.size_bytes / COPIED_PER_SECOND if table else 0)


def _around(seconds: float) -> Estimate:
    return Estimate(seconds / 2, seconds, seconds * 4)
