"""Calls for items, as far as the state of their table and index decides about them (fact sheet 6.1)."""

from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.sandbox.rules.dynamodb.items import pages, tables
from orchestrator.sandbox.rules.dynamodb.records import Records

DATA_PLANE = frozenset(
    {
        "GetItem",
        "PutItem",
        "UpdateItem",
        "DeleteItem",
        "Query",
        "Scan",
        "BatchGetItem",
        "BatchWriteItem",
        "TransactGetItems",
        "TransactWriteItems",
    }
)


def admit(records: Records, operation: str, parameters: Mapping[str, Any], now: float) -> None:
    """Raises where DynamoDB would refuse because of what state the named tables and index are in; returns where not."""
    for name in _tables(operation, parameters):
        found = tables.found(records, name, now)
        if operation in ("Query", "Scan"):
            pages.lane(found, parameters)


def _tables(operation: str, parameters: Mapping[str, Any]) -> Iterator[str]:
    if operation in ("BatchGetItem", "BatchWriteItem"):
        yield from parameters.get("RequestItems") or {}
    elif operation in ("TransactGetItems", "TransactWriteItems"):
        for item in parameters.get("TransactItems") or ():
            yield from (str(action.get("TableName", "")) for action in item.values())
    else:
        yield str(parameters.get("TableName", ""))
