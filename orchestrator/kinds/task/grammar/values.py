"""Attribute values as they are kept and compared: (type, content), which nothing changes: what shares one never sees another.

`("N", "12.5")`: a number is its canonical text. Sets are frozensets, lists are tuples; a map is a dict that is replaced,
never changed. Two values are equal where DynamoDB says that they are.
"""

from base64 import b64encode
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from orchestrator.kinds.task.grammar.syntax import Path

Value = tuple[str, Any]
Item = Mapping[str, Value]

TYPES = ("S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL")
_MEMBERS = {"SS": "S", "NS": "N", "BS": "B"}


def at(item: Item, path: Path) -> Value | None:
    """What `path` leads to; None where that is nothing."""
    found: Value | None = ("M", item)
    for step in path:
        if found is None:
            return None
        kind, content = found
        if isinstance(step, str):
            found = content.get(step) if kind == "M" else None
        else:
            found = content[step] if kind == "L" and step < len(content) else None
    return found


def member(kind: str, content: Any) -> Value:
    """A member of a set of type `kind`, as a value of its own."""
    return _MEMBERS[kind], content


def sortable(value: Value) -> Any:
    """What orders values of one type; text is in the order of its UTF-8 bytes."""
    kind, content = value
    return Decimal(content) if kind == "N" else content


def printed(value: Value) -> str:
    """A value in a message: `{S:open}`."""
    kind, content = value
    return f"{{{kind}:{b64encode(content).decode() if isinstance(content, bytes) else content}}}"
