"""The actions of a transaction in the form that TransactWriteItems takes them."""

from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.kinds.task import conditions, conversion, expressions, sizes
from orchestrator.kinds.task.complaints import Gathered, NotConverted
from orchestrator.kinds.task.conversion import Keys
from orchestrator.kinds.task.expressions import Placeholders
from orchestrator.kinds.task.known import Known
from orchestrator.kinds.task.spec import ActionSpec, AnyAction, CheckSpec, DeleteSpec, PutSpec, UpdateSpec
from orchestrator.model import Path

_MEMBERS = {"put": "Put", "update": "Update", "delete": "Delete", "check": "ConditionCheck"}
_ADDED = frozenset({"N", "NS", "SS", "BS"})
"""What ADD takes (DynamoDB API reference, UpdateExpression)."""


def actions(specs: tuple[ActionSpec, ...], known: Known, gathered: Gathered, path: Path) -> Iterator[Mapping[str, Any]]:
    """TransactItems, in order. What is wrong goes to `gathered`, with paths below `path`."""
    seen: dict[Any, int] = {}
    total = 0
    for number, spec in enumerate(specs):
        here: Path = (*path, number, spec.sort)
        try:
            made = _Action(spec.body, known).made()
        except NotConverted as error:
            gathered.found += [complaint.under(*here) for complaint in error.complaints]
            continue
        total += sizes.size(made.get("Item") or made["Key"]) + sizes.size(made.get("ExpressionAttributeValues", {}))
        target = _target(made, known.tables[spec.body.table].keys)
        if target is not None and seen.setdefault(target, number) != number:
            message = f" is about the same item as action {seen[target] + 1}."
            gathered.say(here, "same-item", message, "A transaction does one thing to an item; make one of the two.")
        yield {_MEMBERS[spec.sort]: made}
    if total > sizes.MOST_TRANSACTION_BYTES:
        message = f" has {total:,} bytes in its items and values; {sizes.MOST_TRANSACTION_BYTES:,} are the most."
        gathered.say(path, "transaction-too-large", message, "Make several transactions of it.")


class _Action:
    """One action. `made` raises NotConverted with all that is wrong with it."""

    def __init__(self, body: AnyAction, known: Known) -> None:
        self._body = body
        self._table = known.tables[body.table]
        self._gathered = Gathered()
        self._placeholders = Placeholders.beside(body.names, self._converted("values"))

    def made(self) -> dict[str, Any]:
        body = self._body
        request: dict[str, Any] = {"TableName": self._table.name}
        if isinstance(body, PutSpec):
            request["Item"] = self._part(
                "item", lambda: conversion.item(body.item, self._table.keys, self._table.indexed)
            )
        elif isinstance(body, UpdateSpec | DeleteSpec | CheckSpec):
            request["Key"] = self._part("key", lambda: conversion.key(body.key, self._table.keys))
        if isinstance(body, UpdateSpec):
            request["UpdateExpression"] = self._update(body)
        condition = self._absence(body) if isinstance(body, PutSpec) and body.if_absent else body.condition
        if condition is not None:
            request["ConditionExpression"] = condition
            if not self._gathered.found:
                members = self._placeholders
                self._gathered.add(conditions.unfit(condition, members.names, members.values, ("if",)))
        self._gathered.end()
        return {**request, **self._placeholders.members}

    def _update(self, body: UpdateSpec) -> str:
        sets, adds = self._converted("set", self._table.indexed), self._converted("add")
        for name, value in adds.items():
            if not value.keys() & _ADDED:
                message = ": only a number or a set can be added."
                self._gathered.say(("add", name), "not-added", message, "Use `set` for other values.")
        text = expressions.update_expression(self._placeholders, sets, adds, body.remove)
        if len(text) > expressions.MOST_BYTES:
            message = f" changes too many attributes: an expression has {expressions.MOST_BYTES:,} bytes at most."
            self._gathered.say((), "long-update", message, "Put the whole item, or set a mapping of them.")
        return text

    def _absence(self, body: PutSpec) -> str:
        """That no item has the key. Where the table's key is not known, that no attribute of this item, of which the key is
        a part, is there: the same, since an item that has the key has the attributes of it.
        """
        names = [next(iter(self._table.keys))] if self._table.keys else list(body.item)
        return expressions.every(f"attribute_not_exists({self._placeholders.name(name)})" for name in names)

    def _converted(self, field: str, indexed: Keys | None = None) -> dict[str, Any]:
        """The attribute values of a field, each converted by itself."""
        return dict(self._part(field, lambda: conversion.attributes(getattr(self._body, field), None, indexed)))

    def _part(self, field: str, convert: Any) -> Any:
        try:
            return convert()
        except NotConverted as error:
            self._gathered.found += [complaint.under(field) for complaint in error.complaints]
            return {}


def _target(made: Mapping[str, Any], keys: Keys | None) -> Any:
    """What tells the item that an action is about from others; None where that is not known."""
    key = made.get("Key") or {name: made["Item"][name] for name in keys or {}}
    values = conversion.identity(key, sorted(key)) if key else None
    return None if values is None else (made["TableName"], tuple(sorted(key)), values)
