"""The request of a transaction: its actions, with its marker where it has one, under its token."""

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.model import Call, Text, Transaction
from orchestrator.ports import Marks

Action = Mapping[str, Any]
MOST_ACTIONS = 100
"""Of a transaction, the marker among them (fact sheet 6.3)."""


def is_marked(work: Transaction, marks: Marks | None) -> bool:
    """Whether it writes a marker: where it can, unless the plan wants none."""
    return work.marker is not False and marks is not None


def actions(work: Transaction, marks: Marks | None, marker: str | Text | None) -> Sequence[Action]:
    """All that is sent in one: what the plan says and, last, the put of `marker`. What is equal is sent as the same bytes."""
    mark = [marks.put(marker)] if marker and marks else []
    found: Sequence[Action] = _ordered([*work.actions, *mark])
    return found


def request(sent: Sequence[Action], token: str | Text) -> Call:
    return Call("dynamodb", "TransactWriteItems", {"TransactItems": list(sent), "ClientRequestToken": token})


def _ordered(value: Any) -> Any:
    """The same with every mapping in the order of its names."""
    if isinstance(value, Mapping):
        return {name: _ordered(value[name]) for name in sorted(value)}
    if isinstance(value, list | tuple):
        return [_ordered(inner) for inner in value]
    return value
