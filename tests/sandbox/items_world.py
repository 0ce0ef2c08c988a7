"""A table of orders with items, for tests of the data plane in process."""

from typing import Any

import pytest

from orchestrator.sandbox.rules.durations import Durations
from orchestrator.sandbox.rules.ground import Limits
from orchestrator.sandbox.rules.refusal import Refusal
from tests.sandbox.dynamodb_world import World, attributes, index, keys

LINES: dict[str, Any] = {
    "AttributeDefinitions": attributes(id="S", line="N", day="S"),
    "KeySchema": keys("id", "line"),
    "GlobalSecondaryIndexes": [index("by_day", "day", "line")],
}
"""A composite key, and an index over another attribute."""

FAILED, CANCELLED = "ConditionalCheckFailedException", "TransactionCanceledException"


def plain(value: Any) -> dict[str, Any]:
    """A Python value as DynamoDB's API has it."""
    match value:
        case bool():
            return {"BOOL": value}
        case int() | float():
            return {"N": str(value)}
        case str():
            return {"S": value}
        case bytes():
            return {"B": value}
        case None:
            return {"NULL": True}
        case set():
            kind = "NS" if all(isinstance(one, int) for one in value) else "SS"
            return {kind: sorted(map(str, value))}
        case dict():
            return {"M": item(**value)}
    return {"L": [plain(one) for one in value]}


def item(**attributes: Any) -> dict[str, Any]:
    return {name: plain(value) for name, value in attributes.items()}


class Orders(World):
    """One table, whose calls need not name it. Everything has settled at once."""

    def __init__(self, limits: Limits | None = None, **more: Any) -> None:
        super().__init__(Durations.instant(), limits=limits)
        self.active(**more)

    def put(self, **attributes: Any) -> None:
        self.on("PutItem", Item=item(**attributes))

    def get(self, **key: Any) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.on("GetItem", Key=item(**key)).get("Item")
        return found

    def on(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return self.call(operation, TableName="orders", **parameters)

    def wrong(self, operation: str, **parameters: Any) -> str:
        """The message of a ValidationException."""
        refusal = self.fails(operation, **parameters)
        assert refusal.code == "ValidationException", refusal
        return refusal.message

    def fails(self, operation: str, **parameters: Any) -> Refusal:
        with pytest.raises(Refusal) as caught:
            self.on(operation, **parameters)
        return caught.value

    def holds(self, condition: str, names: dict[str, str] | None = None, **values: Any) -> bool:
        """Whether a condition holds for the item `a`."""
        given = _placeholders(names, values)
        try:
            self.on("UpdateItem", Key=item(id="a"), ConditionExpression=condition, **given)
        except Refusal as refusal:
            if refusal.code != FAILED:
                raise
            return False
        return True

    def updated(self, expression: str, names: dict[str, str] | None = None, **values: Any) -> dict[str, Any]:
        """The item `a` after an update of it."""
        given = _placeholders(names, values)
        reply = self.on("UpdateItem", Key=item(id="a"), UpdateExpression=expression, ReturnValues="ALL_NEW", **given)
        attributes: dict[str, Any] = reply["Attributes"]
        return attributes


def _placeholders(names: dict[str, str] | None, values: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"ExpressionAttributeNames": names} if names else {}
    return found | (
        {"ExpressionAttributeValues": {f":{name}": plain(value) for name, value in values.items()}} if values else {}
    )
