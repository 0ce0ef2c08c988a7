"""A Cloud that holds the items of one table, on a scale on which the rules' own would be slow, and breaks as it is told.

Conditions are those that tasks send: `attribute_exists`, `attribute_not_exists` and `=`, joined by AND.
"""

import re
import zlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from orchestrator.errors import Fault
from orchestrator.model import Call, reveal
from orchestrator.ports import Clock, Cloud

Item = dict[str, Any]
TERM = re.compile(r"(attribute_exists|attribute_not_exists)\((#?\w+)\)|(#?\w+) = (:\w+)")
CLAUSE = re.compile(r"(SET|REMOVE) (.*?)(?= REMOVE |$)")


class Killed(BaseException):
    """The process dies at this call."""


@dataclass
class Shelf:
    """`lost` of the writes that take effect are not answered; of a batch, `unprocessed` is left out; `throttled` are."""

    rest: Cloud
    clock: Clock
    latency: float = 0.01
    lost: float = 0.0
    unprocessed: float = 0.0
    throttled: float = 0.0
    seed: int = 0
    items: dict[str, Item] = field(default_factory=dict)
    served: Counter[str] = field(default_factory=Counter)
    killed_at: int | None = None
    """Which call from now on is the last."""
    before: Callable[[Call], None] = lambda call: None
    """Somebody else, just before a call takes effect."""
    units: float = 0.0
    out: int = 0
    most_out: int = 0

    def __post_init__(self) -> None:
        self._random = Random(self.seed)
        self._order: list[tuple[int, str]] = []

    async def send(self, call: Call) -> Mapping[str, Any]:
        serve = getattr(self, f"_{call.operation}", None)
        if serve is None:
            return await self.rest.send(call)
        self._die()
        self.out += 1
        self.most_out = max(self.out, self.most_out)
        try:
            await self.clock.sleep(self.latency / 2)
            self.before(call)
            self.served[call.operation] += 1
            if self._random.random() < self.throttled:
                raise self._fault(call, "ProvisionedThroughputExceededException", 400)
            reply: Mapping[str, Any] = serve(call, reveal(call.parameters))
            await self.clock.sleep(self.latency / 2)
            if call.operation not in ("Scan", "GetItem") and self._random.random() < self.lost:
                raise self._fault(call, "NoAnswer", None)
        finally:
            self.out -= 1
        return reply

    def _die(self) -> None:
        if self.killed_at is not None:
            self.killed_at -= 1
            if self.killed_at <= 0:
                raise Killed

    def _fault(self, call: Call, code: str, status: int | None) -> Fault:
        return Fault("dynamodb", call.operation, code, "", status=status)

    # ------------------------------------------------------------------------------------------------------------ calls

    def put(self, item: Item) -> None:
        """Somebody puts it."""
        self.items[item["id"]["S"]] = item

    def _PutItem(self, call: Call, request: Item) -> Item:  # noqa: N802 - as the operation is called
        if not self._holds(request, self.items.get(request["Item"]["id"]["S"])):
            raise self._fault(call, "ConditionalCheckFailedException", 400)
        self.put(request["Item"])
        return {}

    def _GetItem(self, call: Call, request: Item) -> Item:  # noqa: N802 - as the operation is called
        assert request["ConsistentRead"]
        found = self.items.get(request["Key"]["id"]["S"])
        return {"Item": dict(found)} if found else {}

    def _BatchWriteItem(self, call: Call, request: Item) -> Item:  # noqa: N802 - as the operation is called
        ((table, requests),) = request["RequestItems"].items()
        keys = [one["PutRequest"]["Item"]["id"]["S"] for one in requests]
        assert 0 < len(keys) <= 25
        assert len(set(keys)) == len(keys)
        left = [one for one in requests if self._random.random() < self.unprocessed]
        if len(left) == len(requests):
            raise self._fault(call, "ProvisionedThroughputExceededException", 400)
        for one in requests:
            if one not in left:
                self.put(one["PutRequest"]["Item"])
        return {"UnprocessedItems": {table: left} if left else {}}

    def _UpdateItem(self, call: Call, request: Item) -> Item:  # noqa: N802 - as the operation is called
        key = request["Key"]["id"]["S"]
        found = self.items.get(key)
        self.units += 1
        if found is None or not self._holds(request, found):
            raise self._fault(call, "ConditionalCheckFailedException", 400)
        names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
        item = dict(found)
        for word, parts in CLAUSE.findall(request["UpdateExpression"]):
            for part in parts.split(", "):
                name, _, value = part.partition(" = ")
                if word == "SET":
                    item[names[name]] = values[value]
                else:
                    item.pop(names[name], None)
        self.items[key] = item
        consumed = 1 + len(key) % 3
        self.units += consumed - 1
        return {"ConsumedCapacity": {"CapacityUnits": float(consumed)}}

    def _Scan(self, call: Call, request: Item) -> Item:  # noqa: N802 - as the operation is called
        if len(self._order) != len(self.items):
            self._order = sorted((zlib.crc32(key.encode()), key) for key in self.items)
        total, limit = request["TotalSegments"], request["Limit"]
        assert request["ConsistentRead"]
        first, last = (2**32 * part // total for part in (request["Segment"], request["Segment"] + 1))
        start = request.get("ExclusiveStartKey")
        at = bisect_right(
            self._order, (zlib.crc32(start["id"]["S"].encode()), start["id"]["S"]) if start else (first, "")
        )
        keys = [key for number, key in self._order[at : at + limit] if number < last]
        found = [self.items[key] for key in keys if self._holds(request, self.items[key], "FilterExpression")]
        more = {"LastEvaluatedKey": {"id": {"S": keys[-1]}}} if len(keys) == limit else {}
        return {"Items": [dict(item) for item in found], "ScannedCount": len(keys), **more}

    @staticmethod
    def _holds(request: Item, item: Item | None, member: str = "ConditionExpression") -> bool:
        names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
        item = item or {}
        for word, asked, name, value in TERM.findall(request.get(member, "")):
            if word and (names.get(asked, asked) in item) != (word == "attribute_exists"):
                return False
            if name and item.get(names.get(name, name)) != values[value]:
                return False
        return True
