"""What may be said about things that shall not exist: the long form fits a table best, and others only in part."""

from collections.abc import Iterator
from typing import Any

from orchestrator.kinds.fields import Absent, Node, stated
from orchestrator.planning.complaint import Complaint
from orchestrator.planning.problems import Path

_ALLOWED = {
    "tables": ("ensure", "name", "deletion_protection", "after"),
    "functions": ("ensure", "name", "after"),
}
_PART = ("ensure",)


def check(section: str, spec: Any) -> Iterator[Complaint]:
    """A complaint for each key of an absent thing that says nothing there; `section` is the root's."""
    if isinstance(spec, Absent):
        yield from _unfit(spec, (), _ALLOWED[section])
    elif isinstance(spec, Node):
        for name in type(spec).model_fields:
            parts = getattr(spec, name)
            for key, part in parts.items() if isinstance(parts, dict) else ():
                if isinstance(part, Absent):
                    yield from _unfit(part, (name, key), _PART)


def _unfit(absent: Absent, path: Path, allowed: tuple[str, ...]) -> Iterator[Complaint]:
    for name in Absent.model_fields:
        if name not in allowed and stated(absent, name):
            message = f"<path>: there is no key `{name}` for this sort of absent thing."
            yield Complaint((*path, name), "unknown-key", message, f"Known here: {', '.join(allowed)}.")
