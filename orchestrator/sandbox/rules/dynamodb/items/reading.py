"""GetItem and BatchGetItem, Query and Scan."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.kinds.task.grammar.conditions import Condition
from orchestrator.sandbox.rules.dynamodb import refusals
from orchestrator.sandbox.rules.dynamodb.items import key_conditions, keys, pages, paths, tables, units
from orchestrator.sandbox.rules.dynamodb.items.expressions import Expressions
from orchestrator.sandbox.rules.dynamodb.items.pages import Lane, Page
from orchestrator.sandbox.rules.dynamodb.items.shelf import SPACE, Key, position
from orchestrator.sandbox.rules.dynamodb.items.tables import Shelved
from orchestrator.sandbox.rules.dynamodb.items.units import Consumed
from orchestrator.sandbox.rules.dynamodb.items.values import shown, size
from orchestrator.sandbox.rules.dynamodb.records import Records

MOST_IN_A_BATCH = 100
LARGEST_BATCH = 16 * 1024 * 1024


@dataclass
class _Batch:
    """What a BatchGetItem has found so far, in bytes too."""

    responses: dict[str, list[Any]] = field(default_factory=dict)
    left: dict[str, Any] = field(default_factory=dict)
    consumed: dict[str, tuple[Shelved, Consumed]] = field(default_factory=dict)
    bytes: int = 0


class Reading:
    """The calls that read items."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def get(self, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
        at = tables.found(self._records, parameters["TableName"], now)
        expressions = Expressions(parameters)
        wanted = expressions.projection()
        expressions.done()
        item = at.shelf.get(keys.named(at.table, parameters["Key"]))
        consistent = bool(parameters.get("ConsistentRead"))
        consumed = Consumed(units.read(size(item or {}), consistent=consistent))
        told = item if item is None or wanted is None else paths.projected(item, wanted)
        reply = {} if told is None else {"Item": shown(told)}
        return reply | units.told(parameters, at.table, consumed)

    def batch(self, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
        requests = parameters["RequestItems"]
        found = {name: tables.found(self._records, name, now) for name in requests}
        if sum(len(one["Keys"]) for one in requests.values()) > MOST_IN_A_BATCH:
            raise refusals.invalid("Too many items requested for the BatchGetItem call")
        batch = _Batch()
        for name, one in requests.items():
            _gather(batch, name, found[name], one)
        reply: dict[str, Any] = {"Responses": batch.responses, "UnprocessedKeys": batch.left}
        asked = parameters.get("ReturnConsumedCapacity", "NONE")
        shown_units = [consumed.shown(at.table, asked) for at, consumed in batch.consumed.values()]
        return reply | ({} if asked == "NONE" else {"ConsumedCapacity": shown_units})

    def query(self, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
        lane = pages.lane(tables.found(self._records, parameters["TableName"], now), parameters)
        if not parameters.get("KeyConditionExpression"):
            raise refusals.invalid(
                "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
            )
        expressions = Expressions(parameters)
        condition = expressions.condition("KeyConditionExpression")
        assert condition is not None
        partition = key_conditions.partition(condition, lane.keys, lane.at.table.types, expressions.given)
        filtered = expressions.condition("FilterExpression")
        _must_spare_keys(lane, filtered, expressions)
        start = position(partition)
        # The condition is asked of each item: the partition may share its hash with another.
        page = Page(lane, parameters, expressions, filtered, condition)
        return page.read(start, start + 1, forward=parameters.get("ScanIndexForward", True) is not False)

    def scan(self, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
        lane = pages.lane(tables.found(self._records, parameters["TableName"], now), parameters)
        expressions = Expressions(parameters)
        page = Page(lane, parameters, expressions, expressions.condition("FilterExpression"))
        segment, total = parameters.get("Segment"), parameters.get("TotalSegments")
        if segment is None and total is None:
            return page.read(0, SPACE)
        if segment is None or total is None:
            missing, there = ("Segment", "TotalSegments") if segment is None else ("TotalSegments", "Segment")
            raise refusals.invalid(
                f"The {missing} parameter is required but was not present in the request when parameter {there} is present"
            )
        if segment >= total:
            raise refusals.invalid(
                "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
                f"Segment: {segment} is not less than TotalSegments: {total}"
            )
        return page.read(SPACE * segment // total, SPACE * (segment + 1) // total)


def _gather(batch: _Batch, name: str, at: Shelved, one: Mapping[str, Any]) -> None:
    """Read one table's part of a BatchGetItem; what is beyond 16 MB is left unprocessed."""
    expressions = Expressions(one)
    wanted = expressions.projection()
    expressions.done()
    batch.responses[name] = []
    consumed, seen = Consumed(), set[Key]()
    batch.consumed[name] = at, consumed
    for given in one["Keys"]:
        key = keys.named(at.table, given)
        if key in seen:
            raise refusals.invalid("Provided list of item keys contains duplicates")
        seen.add(key)
        item = at.shelf.get(key)
        length = size(item or {})
        if batch.bytes + length > LARGEST_BATCH:
            batch.left.setdefault(name, {**one, "Keys": []})["Keys"].append(given)
            continue
        batch.bytes += length
        consumed.table += units.read(length, consistent=bool(one.get("ConsistentRead")))
        if item is not None:
            batch.responses[name].append(shown(item if wanted is None else paths.projected(item, wanted)))


def _must_spare_keys(lane: Lane, condition: Condition | None, expressions: Expressions) -> None:
    """A query's filter may not be about the keys, which have a condition of their own."""
    named = set() if condition is None else {str(expressions.given.path(path)[0]) for path in condition.paths()}
    for attribute, _ in lane.keys:
        if attribute in named:
            raise refusals.invalid(
                f"Filter Expression can only contain non-primary key attributes: Primary key attribute: {attribute}"
            )
