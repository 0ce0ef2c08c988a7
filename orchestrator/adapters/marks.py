"""Marks in the table of the state store: items that a transaction writes with all else that it does."""

from collections.abc import Mapping
from typing import Any

from orchestrator.model import Call

PARTITION, SORT = "marks", "done"


class TableMarks:
    """The Marks port over the store's `table`, which is in the account and Region that the transactions work in."""

    def __init__(self, table: str) -> None:
        self._table = table

    def put(self, name: str) -> Mapping[str, Any]:
        return {
            "Put": {
                "TableName": self._table,
                "Item": {**_key(name), "version": {"S": name}, "body": {"S": "{}"}},
                "ConditionExpression": "attribute_not_exists(#p)",
                "ExpressionAttributeNames": {"#p": "partition"},
            }
        }

    def get(self, name: str) -> Call:
        return Call("dynamodb", "GetItem", {"TableName": self._table, "Key": _key(name), "ConsistentRead": True})


def _key(name: str) -> Mapping[str, Any]:
    return {"partition": {"S": f"{PARTITION}/{name}"}, "sort": {"S": SORT}}
