"""The keys that a model has only for itself, which a plan can't write."""

from collections.abc import Iterator
from typing import Any

from orchestrator.kinds.complaint import Complaint
from orchestrator.kinds.fields import Node
from orchestrator.model import Path


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
