"""The settings of a function, one row each, in the order of its lane (fact sheet 14.3).

The rows read what is wanted from the whole Declared, not from its spec alone: code stands beside the spec.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from typing import Any

from orchestrator.kinds import tags
from orchestrator.kinds.contract import Move, Setting
from orchestrator.kinds.function.live import TRACING, FunctionLive, Unreadable
from orchestrator.model import UNREAD, Blob, Declared, Scope, Text, hide

OFF = "off"


class Place(IntEnum):
    """Where calls stand on the lane of one function: configuration and code are never merged (fact sheet 11.6)."""

    CONFIGURATION = 1
    CODE = 2
    CONCURRENCY = 3
    TAGS = 4


def _as_it_is(value: Any) -> Any:
    return value


def _of_content(name: str) -> Callable[[FunctionLive], Any]:
    return lambda live: getattr(live.content, name)


def _configuration(
    name: str,
    member: str,
    form: Callable[[Any], Any] = _as_it_is,
    live: Callable[[FunctionLive], Any] | None = None,
) -> Setting:
    """A row of CreateFunction and UpdateFunctionConfiguration; `form` turns the plan's value into the API's `member`."""

    def moves(before: Any, after: Any) -> Sequence[Move]:
        return [Move(f"set {name}", "UpdateFunctionConfiguration", {member: form(after)}, before, after)]

    return Setting(
        name,
        Place.CONFIGURATION,
        wanted=lambda declared: getattr(declared.spec, name),
        live=live or _of_content(name),
        moves=moves,
        create=lambda value: {member: form(value)},
    )


# --------------------------------------------------------------------------------------------------------------- forms


def _tracing(value: str) -> Mapping[str, str]:
    return {"Mode": next(mode for mode, word in TRACING.items() if word == value)}


def _environment(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """`{}` alone would not clear it (fact sheet 11.6)."""
    return {"Variables": value}


def _wanted_environment(declared: Declared) -> Mapping[str, Text] | None:
    stated = declared.spec.environment
    return None if stated is None else {name: hide(value) for name, value in stated.items()}


def _code_moves(before: str, after: Blob) -> Sequence[Move]:
    return [Move("update the code", "UpdateFunctionCode", {"ZipFile": after}, before, after)]


def _architecture_moves(before: str, after: str) -> Sequence[Move]:
    return [Move(f"change to {after}", "UpdateFunctionCode", {"Architectures": [after]}, before, after)]


def _concurrency_moves(before: Any, after: Any) -> Sequence[Move]:
    if after == OFF:
        return [Move("remove the reserved concurrency", "DeleteFunctionConcurrency", {}, before, after)]
    parameters = {"ReservedConcurrentExecutions": after}
    return [Move(f"reserve {after} concurrent executions", "PutFunctionConcurrency", parameters, before, after)]


def _tags(wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"Tags": wanted} if wanted else {}


# ---------------------------------------------------------------------------------------------------------------- rows

_ROWS = (
    _configuration("runtime", "Runtime"),
    _configuration("handler", "Handler"),
    _configuration("role", "Role"),
    _configuration("description", "Description", live=lambda live: live.description),
    _configuration("memory", "MemorySize"),
    _configuration("timeout", "Timeout"),
    _configuration("ephemeral_storage", "EphemeralStorage", lambda size: {"Size": size}),
    _configuration("tracing", "TracingConfig", _tracing),
    Setting(
        "environment",
        Place.CONFIGURATION,
        wanted=_wanted_environment,
        live=_of_content("environment"),
        moves=lambda before, after: [
            Move("set environment", "UpdateFunctionConfiguration", {"Environment": _environment(after)}, before, after)
        ],
        create=lambda value: {"Environment": _environment(value)},
    ),
    _configuration("layers", "Layers", list),
    Setting(
        "code",
        Place.CODE,
        wanted=lambda declared: declared.blobs.get("code"),
        live=_of_content("code"),
        moves=_code_moves,
        create=lambda blob: {"Code": {"ZipFile": blob}},
        same=lambda live, blob: bool(live == blob.sha256),
    ),
    Setting(
        "architecture",
        Place.CODE,
        wanted=lambda declared: declared.spec.architecture,
        live=_of_content("architecture"),
        moves=_architecture_moves,
        create=lambda value: {"Architectures": [value]},
    ),
    Setting(
        "reserved_concurrency",
        Place.CONCURRENCY,
        wanted=lambda declared: declared.spec.reserved_concurrency,
        live=lambda live: OFF if live.reserved_concurrency is None else live.reserved_concurrency,
        moves=_concurrency_moves,
        fresh=OFF,
        scope=Scope.SELF,
    ),
    Setting(
        "tags",
        Place.TAGS,
        wanted=lambda declared: declared.spec.tags,
        live=lambda live: UNREAD if isinstance(live.tags, Unreadable) else live.tags,
        moves=tags.moves(_tags),
        create=_tags,
        same=tags.same,
        part=tags.part,
        scope=Scope.SELF,
    ),
)

ROWS: Mapping[str, Setting] = {row.name: row for row in _ROWS}

UPDATES = (Place.CONFIGURATION, Place.CODE)
"""The places whose calls are updates: they go through InProgress and overwrite what failed before."""
