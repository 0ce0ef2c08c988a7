"""Why a transaction was cancelled, action by action, in words that hold nothing hidden."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from orchestrator.engine.tasks.keys import in_words
from orchestrator.errors import Fault
from orchestrator.model import Item

VERBS: Mapping[str, str] = {
    "Put": "put into",
    "Update": "update of",
    "Delete": "delete from",
    "ConditionCheck": "check of",
}
Keys = Mapping[str, Sequence[str]]
"""The key attributes of each table, by its name."""


def lines(fault: Fault, actions: Sequence[Mapping[str, Any]], keys: Keys) -> Iterator[str]:
    """A line for each action that was refused: its number, what it does, its item's key, and AWS's reason."""
    for number, (reason, action) in enumerate(zip(fault.reasons, actions, strict=False), start=1):
        if (code := str(reason.get("Code") or "None")) != "None":
            said = str(reason.get("Message") or "")
            yield f"action {number} ({told(action, keys)}): {code}" + (f": {said}" if said else "")


def told(action: Mapping[str, Any], keys: Keys) -> str:
    """`update of orders, order_id "c#EUR", line 0`."""
    ((verb, body),) = action.items()
    table = str(body["TableName"])
    key = in_words(_key(body, keys.get(table, ())))
    return f"{VERBS[verb]} {table}" + (f", {key}" if key else "")


def _key(body: Mapping[str, Any], names: Iterable[str]) -> Item:
    return body.get("Key") or {name: body["Item"][name] for name in names if name in body.get("Item", {})}
