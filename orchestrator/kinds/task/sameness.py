"""When two items are the same, however DynamoDB writes them: a number has many texts, and a set no order."""

from decimal import Decimal
from typing import Any

from orchestrator.model import reveal
from orchestrator.model.work import Item


def same(one: Item, other: Item) -> bool:
    """Whether both have the same attributes with the same values."""
    return {name: comparable(value) for name, value in one.items()} == {
        name: comparable(value) for name, value in other.items()
    }


def comparable(value: Any) -> Any:
    """An attribute value as what is equal for equal values; hashable for a string, a number or binary data."""
    ((sort, found),) = reveal(value).items()
    if sort == "N":
        return sort, Decimal(found)
    if sort == "NS":
        return sort, frozenset(map(Decimal, found))
    if sort in ("SS", "BS"):
        return sort, frozenset(found)
    if sort == "L":
        return sort, [comparable(inner) for inner in found]
    if sort == "M":
        return sort, {name: comparable(inner) for name, inner in found.items()}
    return sort, found
