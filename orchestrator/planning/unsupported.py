"""The keys whose execution comes with a later release: found by their NotYet mark, whatever model they stand in."""

from collections.abc import Iterator
from typing import Any

from pydantic.fields import FieldInfo

from orchestrator.kinds.complaint import Complaint
from orchestrator.kinds.fields import Node, NotYet
from orchestrator.model import Path

_ACTION = "Leave it out for now; it comes with a later release."


def not_yet(value: Any, path: Path = ()) -> Iterator[Complaint]:
    """A complaint for each stated field below `value` that is marked NotYet, for this value of it."""
    if isinstance(value, Node):
        for name in sorted(value.model_fields_set):
            field = type(value).model_fields[name]
            yield from _field(field, getattr(value, name), (*path, field.alias or name))
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from not_yet(inner, (*path, key))
    elif isinstance(value, tuple):
        for number, inner in enumerate(value):
            yield from not_yet(inner, (*path, number))


def _field(field: FieldInfo, value: Any, path: Path) -> Iterator[Complaint]:
    for mark in field.metadata:
        if isinstance(mark, NotYet) and mark.when(value):
            what = f" ({mark.what})" if mark.what else ""
            yield Complaint(path, "not-supported-yet", f"<path> is not supported yet{what}.", _ACTION)
            return
    yield from not_yet(value, path)


def internal(model: Any, written: Any, path: Path = ()) -> Iterator[Complaint]:
    """A complaint for each key that a model has only for itself but the plan writes: `projection: {kind: ALL}`."""
    if isinstance(model, Node) and isinstance(written, dict):
        for name, field in type(model).model_fields.items():
            key = field.alias or name
            if key not in written:
                continue
            if name in model.INTERNAL:
                message = f"<path>: there is no key `{key}` here."
                yield Complaint((*path, key), "unknown-key", message, f"Expected here: {model.expected()}.")
            else:
                yield from internal(getattr(model, name), written[key], (*path, key))
    elif isinstance(model, dict) and isinstance(written, dict):
        for key, inner in model.items():
            yield from internal(inner, written.get(key), (*path, key))
