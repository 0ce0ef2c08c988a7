"""Calls for items, as far as the state of their table and index decides about them (fact sheet 6.1)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.sandbox.rules.dynamodb import names, refusals
from orchestrator.sandbox.rules.dynamodb.records import Records
from orchestrator.sandbox.rules.dynamodb.state import Index, Keys, Table

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
        table = _existing(records, name, now)
        if operation in ("Query", "Scan") and parameters.get("IndexName"):
            _admit_index(table, parameters["IndexName"], consistent=bool(parameters.get("ConsistentRead")))


def query(records: Records, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """A Query where there are no items: checked like a real one, found nothing."""
    admit(records, "Query", parameters, now)
    table = _existing(records, str(parameters.get("TableName", "")), now)
    _check_condition(_keys(table, parameters.get("IndexName")), table.types, parameters)
    return {"Items": [], "Count": 0, "ScannedCount": 0}


def _tables(operation: str, parameters: Mapping[str, Any]) -> Iterator[str]:
    if operation in ("BatchGetItem", "BatchWriteItem"):
        yield from parameters.get("RequestItems") or {}
    elif operation in ("TransactGetItems", "TransactWriteItems"):
        for item in parameters.get("TransactItems") or ():
            yield from (str(action.get("TableName", "")) for action in item.values())
    else:
        yield str(parameters.get("TableName", ""))


def _existing(records: Records, name: str, now: float) -> Table:
    """CREATING is answered like absent; UPDATING works; DELETING may work until the table is gone."""
    record = records.get(names.table_name(records.ground, {"TableName": name}), now)
    if record is None or record.table.status == "CREATING":
        raise refusals.data_missing(in_transition=record is not None)
    return record.table


def _admit_index(table: Table, name: str, *, consistent: bool) -> None:
    index = table.index(name)
    if index is None:
        if name not in table.index_names():
            raise refusals.invalid(f"The table does not have the specified index: {name}")
        return
    if consistent:
        raise refusals.invalid("Consistent reads are not supported on global secondary indexes")
    if refusal := _not_readable(index):
        raise refusal


def _not_readable(index: Index) -> Exception | None:
    if index.deleting:
        return refusals.invalid(f"The table does not have the specified index: {index.name}", in_transition=True)
    if index.creating:
        return refusals.invalid(
            f"Cannot read from backfilling global secondary index: {index.name}", in_transition=True
        )
    return None


# -------------------------------------------------------------------------------------------------------- key condition


def _keys(table: Table, index: str | None) -> Keys:
    if not index:
        return table.keys
    return next(known.keys for known in table.all_indexes() if known.name == index)


def _check_condition(keys: Keys, types: Mapping[str, str], parameters: Mapping[str, Any]) -> None:
    """Every partition key attribute must be compared with a value of its type."""
    expression = parameters.get("KeyConditionExpression")
    if not expression:
        raise refusals.invalid(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
        )
    placeholders, values = parameters.get("ExpressionAttributeNames") or {}, parameters["ExpressionAttributeValues"]
    compared = {
        placeholders.get(name, name): value for name, value in re.findall(r"([#\w.-]+)\s*=\s*(:\w+)", expression)
    }
    for attribute, role in keys:
        if role != "HASH":
            continue
        if attribute not in compared:
            raise refusals.invalid(f"Query condition missed key schema element: {attribute}")
        given = values.get(compared[attribute])
        if given is None:
            raise refusals.invalid(
                "Invalid KeyConditionExpression: An expression attribute value used in expression is not defined; "
                f"attribute value: {compared[attribute]}"
            )
        if types[attribute] not in given:
            raise refusals.invalid_values("Condition parameter type does not match schema type")
