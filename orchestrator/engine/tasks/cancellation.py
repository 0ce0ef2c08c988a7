"""Why a transaction was cancelled, action by action, in words that hold nothing hidden."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from orchestrator.engine.redaction import HIDDEN
from orchestrator.errors import Fault
from orchestrator.model import Blob, Text, walk

VERBS: Mapping[str, str] = {
    "Put": "put into",
    "Update": "update of",
    "Delete": "delete from",
    "ConditionCheck": "check of",
}
LONGEST = 80
"""The most that is shown of one value of a key."""
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
    return ", ".join([f"{VERBS[verb]} {table}", *_key(body, keys.get(table, ()))])


def _key(body: Mapping[str, Any], names: Iterable[str]) -> Iterator[str]:
    key = body.get("Key") or {name: body["Item"][name] for name in names if name in body.get("Item", {})}
    for name, value in key.items():
        yield f"{name} {_value(value)}"


def _value(value: Mapping[str, Any]) -> str:
    if any(isinstance(leaf, Text) and leaf.hidden for leaf in walk(value)):
        return HIDDEN
    ((sort, plain),) = value.items()
    if isinstance(plain, bytes | Blob):
        return "0x" + (plain if isinstance(plain, bytes) else plain.data).hex()[:LONGEST]
    text = str(plain)[:LONGEST]
    return f'"{text}"' if sort == "S" else text
