"""What may be said about things that shall not exist: the long form fits a table best, and others only in part."""

from collections.abc import Iterator, Sequence
from typing import Any

from orchestrator.kinds.complaint import Complaint
from orchestrator.kinds.fields import Absent, Node, stated
from orchestrator.model import Path

_OF_A_PART = ("ensure",)
_OF_PARTS = {"replicas": ("ensure", "deletion_protection")}
"""The keys of an absent part, by sort; `_OF_A_PART` of all others."""


def complaints(spec: Absent | Node, of_root: Sequence[str]) -> Iterator[Complaint]:
    """One for each key of an absent thing that says nothing there; `of_root` are the keys of the resource itself."""
    if isinstance(spec, Absent):
        yield from _unfit(spec, (), of_root)
    for name in type(spec).model_fields:
        parts: Any = getattr(spec, name)
        for key, part in parts.items() if isinstance(parts, dict) else ():
            if isinstance(part, Absent):
                yield from _unfit(part, (name, key), _OF_PARTS.get(name, _OF_A_PART))


def _unfit(absent: Absent, path: Path, allowed: Sequence[str]) -> Iterator[Complaint]:
    for name in Absent.model_fields:
        if name not in allowed and stated(absent, name):
            message = f"<path>: there is no key `{name}` for this sort of absent thing."
            yield Complaint((*path, name), "unknown-key", message, f"Known here: {', '.join(allowed)}.")
