"""How values are compared, and what of them a Change may show: hidden texts count by their content and are never told."""

from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.model import Text, hide, walk


def alike(live: Any, wanted: Any) -> bool:
    """Whether a live value is the wanted one. Hidden texts are compared by content; one not known yet is like nothing."""
    return bool(plain(live) == plain(wanted))


def stated_part(
    live: Mapping[str, Any],
    wanted: Mapping[str, Any],
    absent: Any = None,
    holds: Callable[[Any, Any], bool] = alike,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What differs of two maps of which the plan states a part: the keys of `wanted` that `live` does not show as it says.

    A key that `live` lacks counts as `absent`, and is left out of the live side where that is None. `holds(live, wanted)`
    compares the values of one key.
    """
    differing = {key: value for key, value in wanted.items() if not holds(live.get(key, absent), value)}
    seen = {key: live.get(key, absent) for key in differing if key in live or absent is not None}
    return seen, differing


def plain(value: Any) -> Any:
    """The same nested value with every complete Text, hidden ones too, as what it stands for. To compare, never to show."""
    if isinstance(value, Text):
        return value if value.unknown else value.value
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value


def veiled(before: Any, after: Any) -> Any:
    """`before`, hidden where what takes its place is hidden: it may be the same secret.

    A list has no keys by which to tell what replaces what, so one hidden text in it hides all of them.
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return {key: veiled(value, after.get(key)) for key, value in before.items()}
    if isinstance(before, list | tuple) and isinstance(after, list | tuple):
        return _dark(before) if any(map(_hidden, walk(after))) else before
    return hide(before) if _hidden(after) and isinstance(before, str | Text) else before


def _dark(value: Any) -> Any:
    """The same nested value with every text in it hidden."""
    if isinstance(value, Mapping):
        return {key: _dark(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_dark(inner) for inner in value)
    return hide(value) if isinstance(value, str | Text) else value


def _hidden(value: Any) -> bool:
    return isinstance(value, Text) and value.hidden
