"""What becomes of something that was seen, told by its likeness in the rules before and after: all else stays as it was seen.

The rules do not know everything that an observation tells (how many items a table has, what a statement has beyond the plan
language's words, what nobody may read), and what nobody changed must not be lost by that.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from typing import Any

from orchestrator.kinds.function.event_sources.live import MappingLive
from orchestrator.kinds.table.live import Reader, TableLive

_ABSENT = object()


def changed(seen: Any, before: Any, after: Any) -> Any:
    """`seen`, with what differs between `before` and `after`, which are the same thing in the rules, earlier and later.

    Of times none is told: those in the rules are not those at which anything will happen.
    """
    if isinstance(after, TableLive) and _anew(before, after):
        return _timeless(after)
    if isinstance(seen, datetime) or isinstance(after, datetime):
        return seen if isinstance(seen, datetime) else None
    if before == after:
        return seen
    if is_dataclass(after) and type(seen) is type(before) is type(after):
        return _fields(seen, before, after)
    if isinstance(after, Mapping):
        return _members(_mapping(seen), _mapping(before), after)
    if _mapped(before, after):
        return _keyed(seen, before, after)
    return _timeless(after)


def _anew(before: Any, after: TableLive) -> bool:
    """Whether it is another table than the one before it: nothing of that one stays."""
    return not isinstance(before, TableLive) or before.id != after.id


def _fields(seen: Any, before: Any, after: Any) -> Any:
    names = [one.name for one in fields(after) if one.init]
    return replace(
        after, **{name: changed(getattr(seen, name), getattr(before, name), getattr(after, name)) for name in names}
    )


def _mapping(value: Any) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}


def _members(seen: Mapping[Any, Any], before: Mapping[Any, Any], after: Mapping[Any, Any]) -> dict[Any, Any]:
    """Those that only `seen` has are unknown to the rules; those that came or changed are as the rules have them."""
    kept = {key: value for key, value in seen.items() if key in after or key not in before}
    for key, value in after.items():
        was, told = before.get(key, _ABSENT), seen.get(key, _ABSENT)
        if was is _ABSENT or (told is not _ABSENT and was != value):
            kept[key] = _timeless(value) if told is _ABSENT else changed(told, was, value)
        elif was != value:
            kept[key] = _timeless(value)
    return kept


def _mapped(*some: Any) -> bool:
    """Whether all of it is event source mappings, or readers of a stream."""
    items = [one for items in some if isinstance(items, tuple) for one in items]
    return bool(items) and all(isinstance(one, MappingLive | Reader) for one in items)


def _keyed(seen: Any, before: Any, after: Any) -> tuple[Any, ...]:
    """Those of event source mappings go by UUID."""
    by_uuid = [{one.uuid: one for one in some} if isinstance(some, tuple) else {} for some in (seen, before, after)]
    return tuple(_members(*by_uuid).values())


def _timeless(value: Any) -> Any:
    """Something new without the times that the rules have of it, and without the identity of a table that is yet to be."""
    if isinstance(value, datetime):
        return None
    if isinstance(value, Mapping):
        return {key: _timeless(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return tuple(map(_timeless, value))
    if is_dataclass(value) and not isinstance(value, type):
        known = {one.name: _timeless(getattr(value, one.name)) for one in fields(value) if one.init}
        return replace(value, **(known | ({"id": None} if isinstance(value, TableLive) else {})))
    return value
