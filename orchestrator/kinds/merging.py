"""Several requests of one operation as one: parameters that say different things stay apart, those that add up are united."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from orchestrator.model import Call


class Apart(Exception):
    """Two requests that can't be one: they say different things of the same parameter."""


def merged(one: Call, other: Call) -> Call:
    """A call that does what both do. Raises Apart where each names another thing, or wants another value."""
    if (one.api, one.region) != (other.api, other.region):
        raise Apart
    return replace(one, parameters=_united(one.parameters, other.parameters))


def _united(one: Any, other: Any) -> Any:
    if one == other:
        return one
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        common = {key: _united(one[key], other[key]) for key in one if key in other}
        return {**one, **common, **{key: value for key, value in other.items() if key not in one}}
    if isinstance(one, list) and isinstance(other, list):
        return _joined(one, other)
    raise Apart


def _joined(one: Sequence[Any], other: Sequence[Any]) -> list[Any]:
    """Entries about the same thing (two updates of one index) are united, the others stand one after the other."""
    entries = list(one)
    for entry in other:
        for place, there in enumerate(entries):
            if _about_the_same(there, entry):
                entries[place] = _united(there, entry)
                break
        else:
            entries.append(entry)
    return entries


def _about_the_same(one: Any, other: Any) -> bool:
    """Whether two mappings agree in a text at the same place, such as an IndexName, and contradict each other nowhere."""
    if not (isinstance(one, Mapping) and isinstance(other, Mapping)):
        return bool(one == other)
    try:
        _united(one, other)
    except Apart:
        return False
    return _agree(one, other)


def _agree(one: Any, other: Any) -> bool:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return any(_agree(one[key], other[key]) for key in one if key in other)
    return isinstance(one, str) and one == other
