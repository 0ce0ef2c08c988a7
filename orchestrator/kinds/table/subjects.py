"""What the rows of tables and of their indexes are about."""

from dataclasses import dataclass

from orchestrator.kinds.contract import Subject, arn
from orchestrator.kinds.fields import Absent
from orchestrator.kinds.table.live import IndexLive, TableLive
from orchestrator.kinds.table.spec import IndexSpec, TableSpec
from orchestrator.model import Declared


@dataclass(frozen=True, slots=True)
class IndexSeen:
    """An index as its settings see it: with its table, whose billing mode is its own too."""

    table: TableLive
    index: IndexLive


Table = Subject[TableSpec, TableLive]
Index = Subject[IndexSpec, IndexSeen]


def table(declared: Declared, live: TableLive | None) -> Table:
    """`live` is None where the table is yet to be made. Of one that shall go nothing is stated."""
    spec = TableSpec() if isinstance(declared.spec, Absent) else declared.spec
    return Subject(declared.ref, declared.name, arn(declared.ref, live), spec, live)
