"""Keys of items in words that hold nothing hidden."""

from collections.abc import Mapping
from typing import Any

from orchestrator.model import HIDDEN, Blob, Text, walk
from orchestrator.model.work import Item

LONGEST = 80
"""The most that is shown of one value of a key."""


def in_words(key: Item) -> str:
    """`order_id "c#EUR", line 0`."""
    return ", ".join(f"{name} {_value(value)}" for name, value in key.items())


def _value(value: Mapping[str, Any]) -> str:
    if any(isinstance(leaf, Text) and leaf.hidden for leaf in walk(value)):
        return HIDDEN
    ((sort, plain),) = value.items()
    if isinstance(plain, bytes | Blob):
        return "0x" + (plain if isinstance(plain, bytes) else plain.data).hex()[:LONGEST]
    text = str(plain)[:LONGEST]
    return f'"{text}"' if sort == "S" else text
