"""What calls consume: write units in steps of 1 KB, the table's and each index's; read units in steps of 4 KB."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.kinds.task.grammar.values import Item
from orchestrator.sandbox.rules.dynamodb.items import keys
from orchestrator.sandbox.rules.dynamodb.items.values import size
from orchestrator.sandbox.rules.dynamodb.state import Index, LocalIndex, Table

KILOBYTE = 1024


@dataclass(slots=True)
class Consumed:
    """Of one table in one call."""

    table: float = 0
    indexes: dict[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        return self.table + sum(self.indexes.values())

    def add(self, other: "Consumed") -> None:
        self.table += other.table
        for name, units in other.indexes.items():
            self.indexes[name] = self.indexes.get(name, 0) + units

    def shown(self, table: Table, wanted: str) -> dict[str, Any]:
        """A ConsumedCapacity; `wanted` is TOTAL or INDEXES."""
        told: dict[str, Any] = {"TableName": table.name, "CapacityUnits": float(self.total)}
        if wanted != "INDEXES":
            return told
        told["Table"] = {"CapacityUnits": float(self.table)}
        local = {index.name for index in table.local_indexes}
        for member, names in (
            ("LocalSecondaryIndexes", [name for name in self.indexes if name in local]),
            ("GlobalSecondaryIndexes", [name for name in self.indexes if name not in local]),
        ):
            if names:
                told[member] = {name: {"CapacityUnits": float(self.indexes[name])} for name in names}
        return told


def told(parameters: Mapping[str, Any], table: Table, consumed: Consumed) -> dict[str, Any]:
    """The member of a reply about one table, where it was asked for."""
    wanted = parameters.get("ReturnConsumedCapacity", "NONE")
    return {} if wanted == "NONE" else {"ConsumedCapacity": consumed.shown(table, wanted)}


def written(table: Table, before: Item | None, after: Item | None, *, transaction: bool = False) -> Consumed:
    """What a write consumes: the larger of before and after; in an index one write, or two where its key moves."""
    factor = 2 if transaction else 1
    consumed = Consumed(factor * _steps(max(_size(before), _size(after)), KILOBYTE))
    for index in keys.readable(table):
        old, new = _entry(table, index, before), _entry(table, index, after)
        if old == new:
            continue
        moved = old is not None and new is not None and any(old[name] != new[name] for name, _ in index.keys)
        units = (
            sum(_steps(_size(one), KILOBYTE) for one in (old, new))
            if moved
            else (_steps(max(_size(old), _size(new)), KILOBYTE))
        )
        consumed.indexes[index.name] = factor * units
    return consumed


def read(size: int, *, consistent: bool, transaction: bool = False) -> float:
    """What a read of so many bytes consumes: half where it may be stale, twice in a transaction."""
    units = _steps(size, 4 * KILOBYTE)
    return units * 2 if transaction else float(units) if consistent else units / 2


def projected(table: Table, index: Index | LocalIndex, item: Item) -> Item:
    """What an index has of an item."""
    if index.projection.kind == "ALL":
        return item
    kept = {name for name, _ in (*table.keys, *index.keys)} | set(index.projection.attributes)
    return {name: value for name, value in item.items() if name in kept}


def _entry(table: Table, index: Index | LocalIndex, item: Item | None) -> Item | None:
    """What an index has of an item; None where it has none."""
    if item is None or any(name not in item or item[name][0] != table.types[name] for name, _ in index.keys):
        return None
    return projected(table, index, item)


def _size(item: Item | None) -> int:
    return 0 if item is None else size(item)


def _steps(size: int, step: int) -> int:
    return max(1, -(-size // step))
