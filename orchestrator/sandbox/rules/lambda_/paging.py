"""Lists in pages: `MaxItems` at a time, `Marker` to go on."""

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.sandbox.rules.refusal import Refusal

PAGE = 50


def page(key: str, found: Sequence[Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The page that `Marker` asks for; a Marker is the number of items that came before."""
    marker = parameters.get("Marker") or "0"
    if not marker.isdecimal():
        raise Refusal("InvalidParameterValueException", "Invalid token.")
    start = int(marker)
    end = start + min(int(parameters.get("MaxItems") or PAGE), PAGE)
    more = {"NextMarker": str(end)} if end < len(found) else {}
    return {key: list(found[start:end]), **more}
