"""How large a request is, as the SDK writes it: JSON, every character beyond ASCII as six."""

import json
from collections.abc import Iterable
from functools import reduce
from typing import Any

from orchestrator.kinds.comparison import plain
from orchestrator.kinds.merging import merged
from orchestrator.model import Call, Text, known_text

LATE = 200
"""Bytes that a part which is known later is taken to have, where requests are made to fit: an ARN is hardly longer."""


def least(call: Call) -> int:
    """Bytes of what is known of it."""
    return _measured(call, 0)


def likely(call: Call) -> int:
    """The same with room for what is known later."""
    return _measured(call, LATE)


def of_all(calls: Iterable[Call]) -> int:
    """What one call that does what all do is likely to have."""
    return likely(reduce(merged, calls))


def _measured(call: Call, room: int) -> int:
    def text(value: Any) -> str:
        if not isinstance(value, Text):
            raise TypeError(f"{type(value).__name__} is not JSON")
        return known_text(value) + room * "x" * sum(not isinstance(part, str) for part in value.parts)

    return len(json.dumps(plain(call.parameters), default=text))
