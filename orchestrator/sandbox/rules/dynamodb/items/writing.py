"""PutItem, UpdateItem, DeleteItem and BatchWriteItem.

A write is worked out first (`Effect`), and takes effect where nothing was wrong: a transaction works out all of its own.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.kinds.task.grammar.syntax import Path
from orchestrator.kinds.task.grammar.values import Item
from orchestrator.sandbox.rules.dynamodb import refusals
from orchestrator.sandbox.rules.dynamodb.items import keys, paths, tables, units
from orchestrator.sandbox.rules.dynamodb.items.expressions import Expressions
from orchestrator.sandbox.rules.dynamodb.items.shelf import Key
from orchestrator.sandbox.rules.dynamodb.items.tables import Shelved
from orchestrator.sandbox.rules.dynamodb.items.units import Consumed
from orchestrator.sandbox.rules.dynamodb.items.values import item_of, shown, size
from orchestrator.sandbox.rules.dynamodb.records import Records
from orchestrator.sandbox.rules.refusal import Refusal

MOST_IN_A_BATCH = 25
FAILED = "The conditional request failed"
Spend = Callable[[Shelved, Consumed, float], None]
"""Raises Refusal where a table's provisioned throughput does not suffice."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a write does to one item. `touched` are the paths that an update names."""

    at: Shelved
    key: Key
    before: Item | None
    after: Item | None
    touched: tuple[Path, ...] = ()

    def happen(self) -> None:
        if self.before is not self.after:
            self.at.shelf.write(self.at.table.keys, self.key, self.after)

    def consumed(self, *, transaction: bool = False) -> Consumed:
        return units.written(self.at.table, self.before, self.after, transaction=transaction)


# ------------------------------------------------------------------------------------------------ what each action would do


def put(at: Shelved, parameters: Mapping[str, Any]) -> Effect:
    expressions = Expressions(parameters)
    condition = expressions.condition()
    expressions.done()
    item = item_of(parameters["Item"])
    key = keys.of_item(at.table, item)
    keys.check_size(item, size(item), update=False)
    keys.check_indexes(at.table, None, item, update=False)
    before = at.shelf.get(key)
    _must_hold(condition, before, expressions, parameters)
    return Effect(at, key, before, item)


def delete(at: Shelved, parameters: Mapping[str, Any]) -> Effect:
    before, key = _checked(at, parameters)
    return Effect(at, key, before, None)


def check(at: Shelved, parameters: Mapping[str, Any]) -> Effect:
    """A transaction's ConditionCheck."""
    before, key = _checked(at, parameters)
    return Effect(at, key, before, before)


def update(at: Shelved, parameters: Mapping[str, Any]) -> Effect:
    expressions = Expressions(parameters)
    condition, change = expressions.condition(), expressions.update()
    expressions.done()
    touched = tuple(change.paths(expressions.given)) if change else ()
    for attribute, _ in at.table.keys:
        if any(path[0] == attribute for path in touched):
            raise refusals.invalid_values(f"Cannot update attribute {attribute}. This attribute is part of the key")
    key = keys.named(at.table, parameters["Key"])
    before = at.shelf.get(key)
    _must_hold(condition, before, expressions, parameters)
    start = keys.as_item(at.table, key) if before is None else before
    after = change.applied(start, expressions.given) if change else start
    keys.check_size(after, size(after), update=True)
    keys.check_indexes(at.table, before, after, update=True)
    return Effect(at, key, before, after, touched)


def _checked(at: Shelved, parameters: Mapping[str, Any]) -> tuple[Item | None, Key]:
    expressions = Expressions(parameters)
    condition = expressions.condition()
    expressions.done()
    key = keys.named(at.table, parameters["Key"])
    before = at.shelf.get(key)
    _must_hold(condition, before, expressions, parameters)
    return before, key


def _must_hold(condition: Any, before: Item | None, expressions: Expressions, parameters: Mapping[str, Any]) -> None:
    if condition is None or condition.holds(before or {}, expressions.given):
        return
    asked = parameters.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    fields = {"Item": shown(before)} if asked and before is not None else {}
    raise Refusal("ConditionalCheckFailedException", FAILED, fields=fields)


# --------------------------------------------------------------------------------------------------------------- the calls


class Writing:
    """The calls that write items one by one. `spend` says whether the throughput suffices."""

    def __init__(self, records: Records, spend: Spend) -> None:
        self._records = records
        self._spend = spend

    def put(self, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
        return self._single(put, parameters, now)

    def delete(self, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
        return self._single(delete, parameters, now)

    def update(self, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
        return self._single(update, parameters, now)

    def batch(self, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
        """BatchWriteItem: nothing where any of it is wrong, else all that the throughput suffices for (fact sheet 6.2)."""
        requests = parameters["RequestItems"]
        found = {name: tables.found(self._records, name, now) for name in requests}
        if sum(map(len, requests.values())) > MOST_IN_A_BATCH:
            raise refusals.invalid("Too many items requested for the BatchWriteItem call")
        effects = [(name, one, _of_batch(found[name], one)) for name, many in requests.items() for one in many]
        _must_differ(effect for _, _, effect in effects)
        left, consumed = self._spent(effects, now)
        wanted = parameters.get("ReturnConsumedCapacity", "NONE")
        shown_units = [units.shown(found[name].table, wanted) for name, units in consumed.items()]
        return {"UnprocessedItems": left} | ({} if wanted == "NONE" else {"ConsumedCapacity": shown_units})

    def _spent(
        self, effects: list[tuple[str, Any, Effect]], now: float
    ) -> tuple[dict[str, list[Any]], dict[str, Consumed]]:
        """Let happen what there is throughput for; what is left, and what was consumed. Raises where that is nothing."""
        left: dict[str, list[Any]] = {}
        consumed: dict[str, Consumed] = {}
        for name, request, effect in effects:
            try:
                self._spend(effect.at, effect.consumed(), now)
            except Refusal:
                left.setdefault(name, []).append(request)
                if sum(map(len, left.values())) == len(effects):
                    raise
                continue
            consumed.setdefault(name, Consumed()).add(effect.consumed())
            effect.happen()
        return left, consumed

    def _single(
        self, work: Callable[[Shelved, Mapping[str, Any]], Effect], parameters: Mapping[str, Any], now: float
    ) -> dict[str, Any]:
        at = tables.found(self._records, parameters["TableName"], now)
        wanted = parameters.get("ReturnValues", "NONE")
        if work is not update and wanted not in ("NONE", "ALL_OLD"):
            raise refusals.invalid("ReturnValues can only be ALL_OLD or NONE")
        effect = work(at, parameters)
        consumed = effect.consumed()
        self._spend(at, consumed, now)
        effect.happen()
        attributes = _returned(effect, wanted)
        reply = {"Attributes": shown(attributes)} if attributes else {}
        return reply | units.told(parameters, at.table, consumed)


def _returned(effect: Effect, wanted: str) -> Item | None:
    match wanted:
        case "ALL_OLD":
            return effect.before
        case "ALL_NEW":
            return effect.after
        case "UPDATED_OLD":
            return paths.projected(effect.before or {}, effect.touched)
        case "UPDATED_NEW":
            return paths.projected(effect.after or {}, effect.touched)
    return None


def _of_batch(at: Shelved, request: Mapping[str, Any]) -> Effect:
    stated = [name for name in ("PutRequest", "DeleteRequest") if request.get(name)]
    if len(stated) != 1:
        raise refusals.invalid("A WriteRequest must contain exactly one of PutRequest and DeleteRequest")
    return put(at, request["PutRequest"]) if stated == ["PutRequest"] else delete(at, request["DeleteRequest"])


def _must_differ(effects: Iterable[Effect]) -> None:
    seen: set[tuple[str, Key]] = set()
    for effect in effects:
        one = effect.at.table.name, effect.key
        if one in seen:
            raise refusals.invalid("Provided list of item keys contains duplicates")
        seen.add(one)
