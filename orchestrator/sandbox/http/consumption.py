"""What calls about items consume, by our rules: moto, which keeps the items, tells the same units whatever their size.

An item is looked at before and after a call that writes it; what a page has looked at is read once more, whole. Only where
a caller asks for `ReturnConsumedCapacity`: nobody else pays for it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from orchestrator.kinds.task.grammar.values import Item
from orchestrator.sandbox import models
from orchestrator.sandbox.http import wire
from orchestrator.sandbox.http.upstream import NotEmulated
from orchestrator.sandbox.rules.dynamodb.items import units
from orchestrator.sandbox.rules.dynamodb.items.units import Consumed
from orchestrator.sandbox.rules.dynamodb.items.values import item_of, size
from orchestrator.sandbox.rules.dynamodb.state import Table

MEMBER = "ConsumedCapacity"
ONE_TABLE = frozenset({"GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan"})
"""Their replies tell of their table; those of all others have a list."""
PAGES = frozenset({"Query", "Scan"})
READS = frozenset({"GetItem", "BatchGetItem", "TransactGetItems"})
SOUGHT = (
    "TableName",
    "IndexName",
    "Segment",
    "TotalSegments",
    "ExclusiveStartKey",
    "ConsistentRead",
    "KeyConditionExpression",
    "KeyConditions",
    "ScanIndexForward",
)
"""What says where a page begins and what it passes by, not what of that is shown."""

Body = Mapping[str, Any]
Ask = Callable[[str, Body], dict[str, Any]]
"""Makes a call of moto's, `GetItem`, in the account and Region of the tables."""


class Meter:
    """Of one call, whose `body` is as on the wire: made before it is served. `tables` are those that it names."""

    def __init__(self, ask: Ask, tables: Mapping[str, Table], operation: str, body: Body) -> None:
        self._ask = ask
        self._tables = tables
        self._operation = operation
        self._body = body
        self._wanted = str(body.get("ReturnConsumedCapacity", "NONE"))
        self._touched = list(_touched(operation, body, tables)) if self._asked else []
        self._before = [self._item(name, key) for name, key, _ in self._touched]

    @property
    def _asked(self) -> bool:
        return self._wanted in ("TOTAL", "INDEXES")

    def told(self, reply: Body) -> dict[str, Any]:
        """The reply with what was consumed; without, where nobody asked."""
        rest = {name: value for name, value in reply.items() if name != MEMBER}
        if not self._asked:
            return rest
        consumed = self._page(reply) if self._operation in PAGES else self._items()
        shown = [spent.shown(self._tables[name], self._wanted) for name, spent in consumed.items()]
        return rest | {MEMBER: shown[0] if self._operation in ONE_TABLE else shown}

    def _items(self) -> dict[str, Consumed]:
        """By table."""
        consumed: dict[str, Consumed] = {}
        transaction = self._operation.startswith("Transact")
        for (name, key, consistent), before in zip(self._touched, self._before, strict=True):
            if self._operation in READS:
                spent = Consumed(units.read(_size(before), consistent=consistent, transaction=transaction))
            else:
                spent = units.written(self._tables[name], before, self._item(name, key), transaction=transaction)
            consumed.setdefault(name, Consumed()).add(spent)
        return consumed

    def _page(self, reply: Body) -> dict[str, Consumed]:
        """What was looked at, a filter's leavings too."""
        name, index = _name(self._body["TableName"]), self._body.get("IndexName")
        spent = units.read(self._looked_at(reply), consistent=bool(self._body.get("ConsistentRead")))
        return {name: Consumed(spent) if index is None else Consumed(0, {index: spent})}

    def _looked_at(self, reply: Body) -> int:
        """Its bytes: the page once more, neither filtered nor projected."""
        looked = reply.get("ScannedCount", 0)
        if not looked:
            return 0
        plain = {member: self._body[member] for member in SOUGHT if member in self._body} | {"Limit": looked}
        for given in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
            # An alias that no expression uses any more would be refused.
            needed = set(re.findall(r"[#:]\w+", plain.get("KeyConditionExpression", "")))
            if used := {alias: self._body[given][alias] for alias in self._body.get(given) or {} if alias in needed}:
                plain[given] = used
        found = _decoded(self._operation, self._ask(self._operation, plain))
        return sum(size(item_of(item)) for item in found.get("Items", ()))

    def _item(self, name: str, key: Body) -> Item | None:
        """None also under a key that is none: the call itself is refused then, in its own words."""
        try:
            reply = self._ask("GetItem", {"TableName": name, "Key": key, "ConsistentRead": True})
        except NotEmulated:
            return None
        found = _decoded("GetItem", reply).get("Item")
        return None if found is None else item_of(found)


def _touched(operation: str, body: Body, tables: Mapping[str, Table]) -> Iterator[tuple[str, Body, bool]]:
    """The items that a call names one by one: their table, their key, and whether they are read consistently."""
    if operation in PAGES:
        return
    for given, request in _requests(operation, body):
        name = _name(given)
        if name in tables:
            whole = request.get("Key") or request.get("Item") or {}
            key = {attribute: whole[attribute] for attribute, _ in tables[name].keys if attribute in whole}
            yield name, key, bool(request.get("ConsistentRead"))


def _requests(operation: str, body: Body) -> Iterator[tuple[str, Body]]:
    """What a call does to each item, by table."""
    match operation:
        case "BatchWriteItem":
            for name, requests in body["RequestItems"].items():
                yield from ((name, one) for request in requests for one in request.values())
        case "BatchGetItem":
            for name, request in body["RequestItems"].items():
                yield from ((name, {**request, "Key": key}) for key in request["Keys"])
        case "TransactWriteItems" | "TransactGetItems":
            yield from ((action["TableName"], action) for item in body["TransactItems"] for action in item.values())
        case _:
            yield body["TableName"], body


def _name(given: str) -> str:
    return given.rpartition("/")[2]


def _size(item: Item | None) -> int:
    return 0 if item is None else size(item)


def _decoded(operation: str, reply: Body) -> dict[str, Any]:
    """A reply with its bytes as bytes."""
    shape: Any = models.service("dynamodb").operation_model(operation).output_shape
    decoded: dict[str, Any] = wire.decode(shape, reply)
    return decoded
