"""Marks in the table of the state store: items that a transaction writes with all else that it does."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from orchestrator.model import Call, Text

PARTITION, SORT = "marks", "done"


@dataclass(frozen=True, slots=True)
class TableMarks:
    """The Marks port over the store's `table`, which is in the account and Region that the transactions work in."""

    table: str

    def put(self, name: str | Text) -> Mapping[str, Any]:
        return {
            "Put": {
                "TableName": self.table,
                "Item": {**_key(name), "version": {"S": name}, "body": {"S": "{}"}},
                "ConditionExpression": "attribute_not_exists(#p)",
                "ExpressionAttributeNames": {"#p": "partition"},
            }
        }

    def get(self, name: str) -> Call:
        return Call("dynamodb", "GetItem", {"TableName": self.table, "Key": _key(name), "ConsistentRead": True})


def _key(name: str | Text) -> Mapping[str, Any]:
    before = f"{PARTITION}/"
    partition = before + name if isinstance(name, str) else replace(name, parts=(before, *name.parts))
    return {"partition": {"S": partition}, "sort": {"S": SORT}}
