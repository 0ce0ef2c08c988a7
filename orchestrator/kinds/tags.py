"""Tags of any resource: a map of which the plan usually states a part.

In a Change a tag that goes is written as None, so that what is wanted of each key can be read from it alone.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.kinds.complaint import Complaint
from orchestrator.kinds.contract import alike
from orchestrator.model import Path, Text, hide, known_text

RESERVED = "aws:"

_MOST, _LONGEST_KEY, _LONGEST_VALUE = 50, 128, 256


def own(live: Mapping[str, str]) -> dict[str, str]:
    """The tags that are the user's: keys in `aws:` never count (fact sheet 14.2, rule 15)."""
    return {key: value for key, value in live.items() if not key.startswith(RESERVED)}


def same(live: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether every key that `wanted` names is as it says."""
    return all(alike(live.get(key), value) for key, value in wanted.items())


def part(live: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Only the keys that differ. What stands in place of a hidden value is hidden too: it may be the same secret."""
    differing = {key: value for key, value in wanted.items() if not alike(live.get(key), value)}
    before = {
        key: hide(live[key]) if isinstance(value, Text) and value.hidden else live[key]
        for key, value in differing.items()
        if key in live
    }
    return before, differing


def unnamed(live: Mapping[str, str], stated: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The keys that are live but not named, where the plan states tags at all."""
    return () if stated is None else tuple(sorted(key for key in own(live) if key not in stated))


def removal(live: Mapping[str, str], keys: tuple[str, ...]) -> tuple[dict[str, str], dict[str, None]]:
    """Before and after of the Change that removes `keys`."""
    return {key: live[key] for key in keys}, dict.fromkeys(keys)


def complaints(stated: Mapping[str, Any] | None) -> Iterator[Complaint]:
    """How many, how long, and none of AWS's own (fact sheet 3)."""
    if len(stated or {}) > _MOST:
        message = f"<path> has {len(stated or {})} tags; {_MOST} are the most."
        yield Complaint(("tags",), "too-many-tags", message, "Remove some.")
    for key, value in (stated or {}).items():
        path: Path = ("tags", key)
        if not 1 <= len(key) <= _LONGEST_KEY:
            message = f"<path>: a tag's key has 1 to {_LONGEST_KEY} characters; this one has {len(key)}."
            yield Complaint(path, "bad-tag", message, "Rename it.")
        if key.casefold().startswith(RESERVED):
            yield Complaint(path, "bad-tag", f"<path>: keys in `{RESERVED}` are AWS's own.", "Rename it.")
        if (length := len(known_text(value))) > _LONGEST_VALUE:
            message = f"<path>: a tag's value has at most {_LONGEST_VALUE} characters; this one has {length}."
            yield Complaint(path, "bad-tag", message, "Shorten it.")
