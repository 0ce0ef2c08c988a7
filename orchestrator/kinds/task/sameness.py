"""When two values, or two items, are the same to DynamoDB, however they are written: a number has many texts, and a set no order.

Hidden texts count by what they are; one that is not known yet is like nothing but itself.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from orchestrator.kinds.comparison import plain
from orchestrator.model import Text
from orchestrator.model.work import Item


def same(one: Item, other: Item) -> bool:
    """Whether both have the same attributes with the same values."""
    return one.keys() == other.keys() and all(alike(value, other[name]) for name, value in one.items())


def alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two attribute values are the same."""
    return bool(comparable(one) == comparable(other))


def comparable(value: Mapping[str, Any]) -> tuple[str, Any]:
    """An attribute value as what is equal for equal values; hashable for a string, a number or binary data."""
    ((sort, found),) = value.items()
    match sort:
        case "N":
            return sort, _number(found)
        case "NS":
            return sort, frozenset(map(_number, found))
        case "SS" | "BS":
            return sort, frozenset(map(plain, found))
        case "L":
            return sort, [comparable(inner) for inner in found]
        case "M":
            return sort, {name: comparable(inner) for name, inner in found.items()}
        case _:
            return sort, plain(found)


def _number(found: str | Text) -> Decimal | Text:
    known: str | Text = plain(found)
    return known if isinstance(known, Text) else Decimal(known)
