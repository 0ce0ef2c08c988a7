"""What the rows of tables and of their indexes are about."""

from dataclasses import dataclass

from orchestrator.kinds.contract import Subject, arn
from orchestrator.kinds.fields import Absent
from orchestrator.kinds.parts import present
from orchestrator.kinds.table.live import IndexLive, TableLive
from orchestrator.kinds.table.spec import IndexSpec, TableSpec
from orchestrator.model import Declared

REPLICATED = "new_and_old_images"
"""What a stream has to hold for replicas."""


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
    return Subject(declared.ref, declared.name, arn(declared.ref, live), streaming(spec, live), live)


def streaming(spec: TableSpec, live: TableLive | None) -> TableSpec:
    """With the stream that replicas are fed by, where the plan states none and the table has none.

    AWS would turn it on by itself; stated, it is seen before it happens and is the same each time (fact sheet 8.1, 16).
    """
    if spec.stream is not None or not present(spec.replicas) or (live is not None and live.stream is not None):
        return spec
    return spec.model_copy(update={"stream": REPLICATED})
