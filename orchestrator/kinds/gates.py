"""What is background work: what an application need not wait for before it starts (plan language, Gates)."""

from collections.abc import Mapping
from typing import Any

from orchestrator.model import Declared, Ref

BACKGROUND = "background"


def background(declared: Declared, ref: Ref) -> bool:
    """Whether the root `declared`, or the part of it that `ref` names, is in the background: by its own gate or its root's."""
    if getattr(declared.spec, "gate", None) == BACKGROUND:
        return True
    if ref == declared.ref:
        return False
    section, name = ref.path[2:4]
    return stated(getattr(declared.spec, section, None), name)


def stated(parts: Mapping[str, Any] | None, name: str) -> bool:
    """Whether the part called `name` says so itself."""
    return getattr((parts or {}).get(name), "gate", None) == BACKGROUND
