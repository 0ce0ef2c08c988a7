"""What may be shown of values, as plain JSON: the one place that decides it, used by every format.

Hidden texts read `{"$hidden": true}`, code `{"$sha256": …, "bytes": n}`, bytes of items `{"$base64": …}`, values known later
`{"$known_after": "tables.orders"}`.
What a row calls secret (an environment) is hidden whatever it is: a live one is a plain string, and the next may be a password.
"""

import base64
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from orchestrator.kinds import KINDS
from orchestrator.model import Blob, Call, Change, FromLive, Text, hide

HIDDEN: Mapping[str, Any] = {"$hidden": True}
_SECRET_PARAMETERS = frozenset().union(*(row.secret for kind in KINDS.values() for row in kind.ROWS.values()))
"""(service, parameter) whose every leaf is hidden."""


def request(call: Call) -> dict[str, Any]:
    """The parameters of one API request."""
    return {
        name: public(value, hidden=(call.service, name) in _SECRET_PARAMETERS)
        for name, value in call.parameters.items()
    }


def difference(change: Change) -> tuple[Any, Any]:
    """What a change leads from and to; of a map of secrets only the keys that differ, which could not be told apart later."""
    section, field = change.ref.section, change.field.partition(".")[0]
    row = KINDS[section].ROWS.get(field)
    before, after = (row.shown(side) if row else side for side in (change.before, change.after))
    if _secret(section, field) and isinstance(before, Mapping) and isinstance(after, Mapping):
        before, after = _without(before, after), _without(after, before)
    return _side(section, field, before), _side(section, field, after)


def _without(one: Mapping[str, str | Text], other: Mapping[str, str | Text]) -> dict[str, str | Text]:
    """The keys of `one` that `other` does not have, or has with something else."""
    return {key: text for key, text in one.items() if key not in other or hide(text) != hide(other[key])}


def _side(section: str, field: str, value: Any) -> Any:
    """One side; a thing as a whole (no field) is a mapping of its fields."""
    if not field and isinstance(value, Mapping):
        return {str(name): _side(section, str(name), inner) for name, inner in value.items()}
    return public(value, hidden=_secret(section, field))


def _secret(section: str, field: str) -> bool:
    """Whether every leaf of a field is hidden."""
    row = KINDS[section].ROWS.get(field)
    return row is not None and bool(row.secret)


def public(value: Any, *, hidden: bool = False) -> Any:
    """`value` in plain JSON types. With `hidden`, every leaf but None is hidden; the keys around it stay."""
    if isinstance(value, Mapping):
        return {str(key): public(inner, hidden=hidden) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [public(inner, hidden=hidden) for inner in value]
    if isinstance(value, Set):
        return sorted((public(inner, hidden=hidden) for inner in value), key=str)
    if value is None:
        return None
    if hidden:
        return dict(HIDDEN)
    return _leaf(value)


def _leaf(value: Any) -> Any:
    match value:
        case bool() | str() | int() | float():
            return value
        case Text():
            return _text(value)
        case Blob():
            return {"$sha256": value.sha256, "bytes": len(value.data)}
        case bytes():
            return {"$base64": base64.b64encode(value).decode()}
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case Enum():
            return _leaf(value.value)
        case datetime():
            return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: public(getattr(value, item.name)) for item in fields(value)}
    raise TypeError(f"{type(value).__name__} has no public form")


def _text(text: Text) -> Any:
    if text.hidden:
        return dict(HIDDEN)
    if not text.unknown:
        return text.reveal()
    names = (str(part.ref) if isinstance(part, FromLive) else part.after for part in text.unknown)
    return {"$known_after": ", ".join(dict.fromkeys(names))}
