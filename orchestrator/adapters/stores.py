"""Which state store `--state` names."""

from collections.abc import Callable
from pathlib import Path

from orchestrator.adapters.dynamodb_store import DynamoDbStore
from orchestrator.adapters.marks import TableMarks
from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.adapters.sqlite_store import SqliteStore
from orchestrator.adapters.store_names import DYNAMODB, MEMORY, SQLITE
from orchestrator.ports import Clock, Cloud, Marks, Store


def open_store(named: str, cloud: Cloud | None, clock: Clock, draw: Callable[[], float]) -> Store | None:
    """The store; None for `none`. Nothing is read or made yet. `draw` jitters what is tried again."""
    if named.startswith(SQLITE):
        return SqliteStore(Path(named.removeprefix(SQLITE)), clock)
    if named.startswith(DYNAMODB):
        assert cloud is not None
        return DynamoDbStore(cloud, clock, named.removeprefix(DYNAMODB), draw)
    return MemoryStore() if named == MEMORY else None


def marks_of(store: Store | None) -> Marks | None:
    """Where transactions can write to it: a table in the account and Region that they work in."""
    return TableMarks(store.table) if isinstance(store, DynamoDbStore) else None
