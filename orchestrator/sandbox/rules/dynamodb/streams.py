"""StreamSpecification: on, off, and what it is called (fact sheet, section 3)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from orchestrator.sandbox.rules.dynamodb import refusals


def wanted_view(given: Mapping[str, Any] | None, doing: str = "If stream is being") -> str | None:
    """The view type that a specification asks for, None for no stream. `doing` begins the complaint's sentence."""
    if not given:
        return None
    view: str | None = given.get("StreamViewType")
    if given["StreamEnabled"] and view is None:
        raise refusals.invalid_values(f"{doing} enabled, UpdateViewType is required")
    if not given["StreamEnabled"] and view is not None:
        raise refusals.invalid_values(f"{doing} disabled, UpdateViewType must not be specified")
    return view


def label_at(now: float) -> str:
    """The label of a stream enabled at `now`: `2026-11-23T09:13:00.123`."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
