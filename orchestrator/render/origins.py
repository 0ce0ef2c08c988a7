"""Since when something moves that a run did not begin, and who began it, in words and for machines."""

from collections.abc import Mapping
from typing import Any

from orchestrator.model import Origin, Sighting
from orchestrator.render.moments import clock_time, iso


def begun(sighting: Sighting) -> str:
    """`since 12:03:58Z: UpdateTable by arn:aws:iam::123456789012:user/bob`, or only since when it was seen."""
    if sighting.origin is None:
        return f"seen since {clock_time(sighting.seen)}"
    return f"since {clock_time(sighting.since)}: {_call(sighting.origin)}"


def foreign(sighting: Sighting) -> str:
    """The same where a run is told of that did not begin it."""
    return begun(sighting) if sighting.origin else f"not begun by this run, {begun(sighting)}"


def _call(origin: Origin) -> str:
    who = f"these credentials ({origin.principal})" if origin.own else origin.principal
    through = f" through {origin.through}" if origin.through else ""
    return f"{origin.call.partition(':')[2]} by {who}{through}"


def document(origin: Origin | None) -> Mapping[str, Any] | None:
    """The call that began it, in JSON."""
    if origin is None:
        return None
    return {
        "call": origin.call,
        "at": iso(origin.at),
        "principal": origin.principal,
        "through": origin.through or None,
        "same_caller": origin.own,
    }
