"""The settings of a table, one row each, in the order of its lane (fact sheet 14.3)."""

from orchestrator.kinds.settings import Rows, by_name
from orchestrator.kinds.table import (
    billing,
    encryption,
    insights,
    kinesis,
    policy,
    protection,
    recovery,
    scaling,
    stream,
    table_class,
    tagging,
    time_to_live,
    warmth,
)
from orchestrator.kinds.table.live import TableLive
from orchestrator.kinds.table.spec import TableSpec

ROWS: Rows[TableSpec, TableLive] = by_name(
    billing.ROW,
    encryption.ROW,
    table_class.ROW,
    stream.ROW,
    warmth.ROW,
    time_to_live.ROW,
    recovery.ROW,
    tagging.ROW,
    policy.ROW,
    insights.ROW,
    kinesis.ROW,
    scaling.ROW,
    protection.ROW,
)
