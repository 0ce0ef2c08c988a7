"""Event sources of a function: parts of it, seen inside its live state and changed on its lane.

How they are matched, compared and changed is in `kinds/function/event_sources`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.kinds.function.event_sources.difference import SECTION, reached

ATTRIBUTES: Mapping[str, Callable[[Any, str], str | None]] = {}
"""References name none: AWS gives a mapping a UUID, which nothing else asks for."""

__all__ = ["ATTRIBUTES", "SECTION", "reached"]
