"""Marks in the table of the state store: rows that a transaction writes with all else that it does."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from orchestrator.adapters import rows
from orchestrator.model import Call, Text

PARTITION, SORT = "marks", "done"


@dataclass(frozen=True, slots=True)
class TableMarks:
    """The Marks port over the store's `table`, which is in the account and Region that the transactions work in."""

    table: str

    def put(self, name: str | Text) -> Mapping[str, Any]:
        put = {"TableName": self.table, "Item": rows.item(_key(name), version=name, body={}), **rows.condition(None)}
        return {"Put": put}

    def get(self, name: str) -> Call:
        return Call("dynamodb", "GetItem", {"TableName": self.table, "Key": _key(name), "ConsistentRead": True})


def _key(name: str | Text) -> rows.Item:
    before = f"{PARTITION}/"
    return rows.keyed(before + name if isinstance(name, str) else replace(name, parts=(before, *name.parts)), SORT)
