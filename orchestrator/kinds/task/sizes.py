"""How large an item is, as DynamoDB counts it (developer guide, "DynamoDB item sizes and formats")."""

from collections.abc import Mapping
from typing import Any

from orchestrator.model import Text, known_text
from orchestrator.model.work import Item

MOST_BYTES = 400 * 1024
"""Of an item, names included (fact sheet 4.2)."""
MOST_TRANSACTION_BYTES = 4 * 1024 * 1024
"""Of all items of a transaction (fact sheet 6.3)."""
DEEPEST = 32
"""Levels of lists and maps (developer guide, "Constraints in Amazon DynamoDB", Attributes)."""

_OF_A_COLLECTION, _OF_AN_ENTRY = 3, 1


def size(item: Item) -> int:
    """Bytes of an item: its names and values. A part that is known later counts nothing."""
    return sum(len(_bytes(name)) + _value(value) for name, value in item.items())


def depth(item: Item) -> int:
    """How many levels of lists and maps are in it."""
    return max((_depth(value) for value in item.values()), default=0)


def _value(value: Mapping[str, Any]) -> int:
    ((sort, found),) = value.items()
    if sort in ("S", "B"):
        return len(_bytes(found))
    if sort == "N":
        return _number(found)
    if sort == "L":
        return _OF_A_COLLECTION + sum(_OF_AN_ENTRY + _value(inner) for inner in found)
    if sort == "M":
        return _OF_A_COLLECTION + size(found) + _OF_AN_ENTRY * len(found)
    if sort == "NS":
        return sum(map(_number, found))
    if sort in ("SS", "BS"):
        return sum(len(_bytes(entry)) for entry in found)
    return 1


def _number(text: str | Text) -> int:
    """About a byte for two significant digits, and one more; a minus sign takes one too."""
    shown = known_text(text)
    digits = shown.upper().partition("E")[0].strip("-+").replace(".", "").strip("0")
    return (len(digits) + 1) // 2 + 1 + shown.startswith("-")


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else known_text(value).encode(errors="surrogatepass")


def _depth(value: Mapping[str, Any]) -> int:
    ((sort, found),) = value.items()
    if sort == "L":
        return 1 + max(map(_depth, found), default=0)
    return 1 + depth(found) if sort == "M" else 0
