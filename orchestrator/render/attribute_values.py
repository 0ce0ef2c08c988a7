"""Items of DynamoDB as people read them: in the flow style of the plan language, numbers with every digit."""

from collections.abc import Mapping
from typing import Any

from orchestrator.model import Item, Text
from orchestrator.render.public import public
from orchestrator.render.text.words import LONGEST, value

SETS = ("SS", "NS", "BS")


def item(found: Item) -> str:
    """`{order_id: c#EUR, line: 0}`."""
    return "{" + ", ".join(f"{value(name)}: {spelled(inner)}" for name, inner in found.items()) + "}"


def spelled(attribute: Mapping[str, Any]) -> str:
    """One attribute value."""
    ((sort, found),) = attribute.items()
    if isinstance(found, Text):
        return value(public(found))
    if sort == "NULL":
        return "null"
    if sort == "M":
        return item(found)
    if sort == "L":
        return f"[{', '.join(map(spelled, found))}]"
    if sort in SETS:
        return f"{sort} [{', '.join(_scalar(sort[0], entry) for entry in found)}]"
    return _scalar(sort, found)


def _scalar(sort: str, found: Any) -> str:
    return str(found) if sort == "N" and isinstance(found, str) else value(public(found))


def shortened(line: str) -> str:
    """A line that a large item does not make endless; the JSON form has it whole."""
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}... ({len(line):,} characters)"
