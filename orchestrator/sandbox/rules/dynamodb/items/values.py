"""Attribute values of requests and replies, and what `grammar.values` keeps of them."""

import sys
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from orchestrator.kinds.task.grammar.values import Item, Value, member
from orchestrator.sandbox.rules.dynamodb import refusals
from orchestrator.sandbox.rules.dynamodb.items import numbers

DEEPEST = 32
_SETS = {"SS": "string", "NS": "number", "BS": "binary"}


def item_of(given: Mapping[str, Any]) -> Item:
    """An item of a request. Raises Refusal where a value is none."""
    return {sys.intern(name): value_of(value) for name, value in given.items()}


def value_of(given: Mapping[str, Any], depth: int = 0) -> Value:
    """A value of a request. Raises Refusal where it is none."""
    stated = [(kind, content) for kind, content in given.items() if content is not None]
    if not stated:
        raise refusals.invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
    if len(stated) > 1:
        raise refusals.invalid(
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
        )
    kind, content = stated[0]
    if depth > DEEPEST:
        raise refusals.invalid("Nesting Levels have exceeded supported limits: Attributes nested too deeply")
    return _READERS[kind](content, depth)


def shown(item: Item) -> dict[str, Any]:
    """An item of a reply."""
    return {name: shown_value(value) for name, value in item.items()}


def shown_value(value: Value) -> dict[str, Any]:
    kind, content = value
    match kind:
        case "L":
            return {"L": [shown_value(inner) for inner in content]}
        case "M":
            return {"M": shown(content)}
        case "NS":
            return {"NS": sorted(content, key=Decimal)}
        case "SS" | "BS":
            return {kind: sorted(content)}
    return {kind: content}


def size(item: Item) -> int:
    """Bytes of an item, names included (fact sheet 4.2)."""
    return sum(_length(name) + value_size(value) for name, value in item.items())


def value_size(value: Value) -> int:
    kind, content = value
    match kind:
        case "S":
            return _length(content)
        case "N":
            return numbers.size(content)
        case "B":
            return len(content)
        case "L":
            return 3 + sum(1 + value_size(inner) for inner in content)
        case "M":
            return 3 + len(content) + size(content)
        case "SS" | "NS" | "BS":
            return sum(value_size(member(kind, inner)) for inner in content)
    return 1


def _length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _null(content: bool, _depth: int) -> Value:
    if not content:
        raise refusals.invalid_values("Null attribute value types must have the value of true")
    return "NULL", True


def _set(kind: str, read: Callable[[Any], Any]) -> Callable[[Sequence[Any], int], Value]:
    def reader(content: Sequence[Any], _depth: int) -> Value:
        if not content:
            raise refusals.invalid_values(f"An {_SETS[kind]} set  may not be empty")
        members = frozenset(map(read, content))
        if len(members) < len(content):
            raise refusals.invalid_values(f"Input collection [{', '.join(map(str, content))}] contains duplicates.")
        return kind, members

    return reader


_READERS: Mapping[str, Callable[[Any, int], Value]] = {
    "S": lambda content, depth: ("S", content),
    "N": lambda content, depth: ("N", numbers.canonical(content)),
    "B": lambda content, depth: ("B", bytes(content)),
    "BOOL": lambda content, depth: ("BOOL", content),
    "NULL": _null,
    "SS": _set("SS", str),
    "NS": _set("NS", numbers.canonical),
    "BS": _set("BS", bytes),
    "L": lambda content, depth: ("L", tuple(value_of(inner, depth + 1) for inner in content)),
    "M": lambda content, depth: (
        "M",
        {sys.intern(name): value_of(inner, depth + 1) for name, inner in content.items()},
    ),
}
