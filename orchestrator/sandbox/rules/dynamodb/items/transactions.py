"""TransactWriteItems and TransactGetItems: all or nothing (fact sheet 6.3)."""

from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.sandbox.rules.dynamodb import refusals
from orchestrator.sandbox.rules.dynamodb.items import keys, tables, units, writing
from orchestrator.sandbox.rules.dynamodb.items.expressions import Expressions
from orchestrator.sandbox.rules.dynamodb.items.paths import projected
from orchestrator.sandbox.rules.dynamodb.items.shelf import Key
from orchestrator.sandbox.rules.dynamodb.items.tables import Shelved
from orchestrator.sandbox.rules.dynamodb.items.tokens import Tokens
from orchestrator.sandbox.rules.dynamodb.items.units import Consumed
from orchestrator.sandbox.rules.dynamodb.items.values import shown, size, value_of
from orchestrator.sandbox.rules.dynamodb.items.writing import Effect, Spend
from orchestrator.sandbox.rules.dynamodb.records import Records
from orchestrator.sandbox.rules.refusal import Refusal

Reason = dict[str, Any]
LARGEST = 4 * 1024 * 1024
_ACTIONS: Mapping[str, Callable[[Shelved, Mapping[str, Any]], Effect]] = {
    "ConditionCheck": writing.check,
    "Put": writing.put,
    "Update": writing.update,
    "Delete": writing.delete,
}
_INNOCENT: Reason = {"Code": "None"}
_CODES = {
    "ConditionalCheckFailedException": "ConditionalCheckFailed",
    "ValidationException": "ValidationError",
    "ProvisionedThroughputExceededException": "ProvisionedThroughputExceeded",
}
"""How a reason calls what a call by itself is refused with."""


class Transactions:
    """`tokens` makes what is sent twice happen once."""

    def __init__(self, records: Records, spend: Spend, tokens: Tokens) -> None:
        self._records = records
        self._spend = spend
        self._tokens = tokens

    def write(self, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
        before = self._tokens.begin(parameters, now)
        if before is not None:
            return dict(before)
        try:
            consumed = self._written(parameters, now)
        except Refusal:
            self._tokens.give_up(parameters)
            raise
        wanted = parameters.get("ReturnConsumedCapacity", "NONE")
        shown_units = [units.shown(at.table, wanted) for at, units in consumed]
        reply = {} if wanted == "NONE" else {"ConsumedCapacity": shown_units}
        self._tokens.complete(parameters, reply, now)
        return reply

    def _written(self, parameters: Mapping[str, Any], now: float) -> list[tuple[Shelved, Consumed]]:
        actions = [_action(item) for item in parameters["TransactItems"]]
        found = [tables.found(self._records, given["TableName"], now) for _, given in actions]
        for _, given in actions:
            _must_be_sound(given)
        _must_differ(found, actions)
        effects = self._worked_out(found, actions, now)
        if sum(size(effect.after or {}) for effect in effects) > LARGEST:
            raise refusals.invalid("Transaction request size has exceeded the maximum allowed size")
        consumed: dict[str, tuple[Shelved, Consumed]] = {}
        for effect in effects:
            effect.happen()
            known = consumed.setdefault(effect.at.table.name, (effect.at, Consumed()))
            known[1].add(effect.consumed(transaction=True))
        return list(consumed.values())

    def _worked_out(self, found: list[Shelved], actions: list[tuple[str, Any]], now: float) -> list[Effect]:
        """What all of it would do. Raises Refusal, with a reason for each action, where one of them can't."""
        effects: list[Effect] = []
        reasons: list[Reason] = []
        for at, (name, given) in zip(found, actions, strict=True):
            try:
                effect = _ACTIONS[name](at, given)
                self._spend(at, effect.consumed(transaction=True), now)
            except Refusal as refusal:
                reasons.append({"Code": _CODES[refusal.code], "Message": refusal.message, **refusal.fields})
                if refusal.code != "ConditionalCheckFailedException":
                    # Validation stops at the first error.
                    break
            else:
                effects.append(effect)
                reasons.append(_INNOCENT)
        if len(effects) == len(actions):
            return effects
        raise _cancelled(reasons + [_INNOCENT] * (len(actions) - len(reasons)))

    def read(self, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
        """TransactGetItems."""
        responses: list[dict[str, Any]] = []
        consumed: dict[str, tuple[Shelved, Consumed]] = {}
        seen: set[tuple[str, Key]] = set()
        for action in parameters["TransactItems"]:
            given = action["Get"]
            at = tables.found(self._records, given["TableName"], now)
            expressions = Expressions(given)
            wanted = expressions.projection()
            expressions.done()
            key = keys.named(at.table, given["Key"])
            if (at.table.name, key) in seen:
                raise _twice()
            seen.add((at.table.name, key))
            item = at.shelf.get(key)
            known = consumed.setdefault(at.table.name, (at, Consumed()))
            known[1].table += units.read(size(item or {}), consistent=True, transaction=True)
            told = item if item is None or wanted is None else projected(item, wanted)
            responses.append({} if told is None else {"Item": shown(told)})
        asked = parameters.get("ReturnConsumedCapacity", "NONE")
        shown_units = [one.shown(at.table, asked) for at, one in consumed.values()]
        return {"Responses": responses} | ({} if asked == "NONE" else {"ConsumedCapacity": shown_units})


def _action(item: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    stated = [(name, given) for name, given in item.items() if given is not None]
    if len(stated) != 1:
        raise refusals.invalid("TransactItems can only contain one of Check, Put, Update or Delete")
    return stated[0]


def _must_be_sound(given: Mapping[str, Any]) -> None:
    """Expressions that no item could make right end the request; all else is an action's own reason."""
    expressions = Expressions(given)
    expressions.condition()
    expressions.update()
    expressions.done()


def _must_differ(found: list[Shelved], actions: list[tuple[str, Any]]) -> None:
    seen: set[tuple[str, object]] = set()
    for at, (name, given) in zip(found, actions, strict=True):
        named = given["Item"] if name == "Put" else given["Key"]
        one = at.table.name, tuple(value_of(named[key]) for key, _ in at.table.keys if key in named)
        if one in seen:
            raise _twice()
        seen.add(one)


def _twice() -> Refusal:
    return refusals.invalid("Transaction request cannot include multiple operations on one item")


def _cancelled(reasons: list[Reason]) -> Refusal:
    codes = ", ".join(reason["Code"] for reason in reasons)
    return Refusal(
        "TransactionCanceledException",
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
        fields={"CancellationReasons": reasons},
    )
