"""Permissions of a function: statements of its resource policies, parts of it, seen inside its live state.

How they are compared and changed is in `kinds/function/permissions`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.kinds.function.permissions.difference import SECTION, reached

ATTRIBUTES: Mapping[str, Callable[[Any, str], str | None]] = {}

__all__ = ["ATTRIBUTES", "SECTION", "reached"]
