"""Marks in the table of the state store: rows that a transaction writes with all else that it does."""

from collections.abc import Mapping
from typing import Any

from orchestrator.adapters import rows
from orchestrator.model import Call, Key


class TableMarks:
    """The Marks port over the store's `table`, which is in the account and Region that the transactions work in."""

    def __init__(self, table: str) -> None:
        self._table = table

    def put(self, name: str) -> Mapping[str, Any]:
        put = {"TableName": self._table, "Item": rows.item(_key(name), version=name, body={}), **rows.condition(None)}
        return {"Put": put}

    def get(self, name: str) -> Call:
        key = rows.key(_key(name))
        return Call("dynamodb", "GetItem", {"TableName": self._table, "Key": key, "ConsistentRead": True})


def _key(name: str) -> Key:
    return Key(f"marks/{name}", "done")
