"""The settings of a function, one row each, in the order of its lane (fact sheet 14.3)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from orchestrator.kinds import tags
from orchestrator.kinds.contract import Move, Setting
from orchestrator.kinds.function import async_invoke, concurrency, url
from orchestrator.kinds.function.lanes import DEADLINE, Place, call
from orchestrator.kinds.function.live import TRACING, FunctionLive, Unreadable
from orchestrator.kinds.function.subjects import Body, Function
from orchestrator.model import UNREAD, Blob, Call, Scope, Text, hide


def _as_it_is(value: Any) -> Any:
    return value


def _of_content(name: str) -> Callable[[FunctionLive], Any]:
    return lambda live: getattr(live.content, name)


def _configuration(
    name: str,
    member: str,
    form: Callable[[Any], Any] = _as_it_is,
    *,
    wanted: Callable[[Body], Any] | None = None,
    live: Callable[[FunctionLive], Any] | None = None,
) -> Setting[Body, FunctionLive]:
    """A row of CreateFunction and UpdateFunctionConfiguration; `form` turns the plan's value into the API's `member`."""

    def moves(before: Any, after: Any, subject: Function) -> Sequence[Move]:
        update = call(subject.name, "UpdateFunctionConfiguration", **{member: form(after)})
        return [Move(f"set {name}", update, before, after)]

    return Setting(
        name,
        Place.CONFIGURATION,
        wanted=wanted or (lambda body: getattr(body.spec, name)),
        live=live or _of_content(name),
        moves=moves,
        create=lambda value: {member: form(value)},
        step="configuration",
    )


# --------------------------------------------------------------------------------------------------------------- forms


def _tracing(value: str) -> Mapping[str, str]:
    return {"Mode": next(mode for mode, word in TRACING.items() if word == value)}


def _environment(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """`{}` alone would not clear it (fact sheet 11.6)."""
    return {"Variables": value}


def _wanted_environment(body: Body) -> Mapping[str, Text] | None:
    stated = body.spec.environment
    return None if stated is None else {name: hide(value) for name, value in stated.items()}


def _code_moves(before: str, after: Blob, subject: Function) -> Sequence[Move]:
    """Always with the architecture: left out, its documented default is x86_64."""
    architecture = subject.declared.spec.architecture or subject.seen.content.architecture
    return [Move("update the code", _code_call(after, architecture, subject), before, after)]


def _architecture_moves(before: str, after: str, subject: Function) -> Sequence[Move]:
    """Always with the code (fact sheet 11.6); that it is stated, the findings see to."""
    return [Move(f"change to {after}", _code_call(subject.declared.code, after, subject), before, after)]


def _code_call(code: Blob | None, architecture: str, subject: Function) -> Call:
    return call(subject.name, "UpdateFunctionCode", ZipFile=code, Architectures=[architecture])


def _tags(wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"Tags": wanted} if wanted else {}


# ---------------------------------------------------------------------------------------------------------------- rows

_ROWS: tuple[Setting[Body, FunctionLive], ...] = (
    _configuration("runtime", "Runtime"),
    _configuration("handler", "Handler"),
    _configuration("role", "Role"),
    _configuration("description", "Description", live=lambda live: live.description),
    _configuration("memory", "MemorySize"),
    _configuration("timeout", "Timeout"),
    _configuration("ephemeral_storage", "EphemeralStorage", lambda size: {"Size": size}),
    _configuration("tracing", "TracingConfig", _tracing),
    _configuration("environment", "Environment", _environment, wanted=_wanted_environment),
    _configuration("layers", "Layers", list),
    Setting(
        "code",
        Place.CODE,
        wanted=lambda body: body.code,
        live=_of_content("code"),
        moves=_code_moves,
        create=lambda blob: {"Code": {"ZipFile": blob}},
        same=lambda live, blob: bool(live == blob.sha256),
        step="code",
    ),
    Setting(
        "architecture",
        Place.CODE,
        wanted=lambda body: body.spec.architecture,
        live=_of_content("architecture"),
        moves=_architecture_moves,
        create=lambda value: {"Architectures": [value]},
        step="code",
    ),
    concurrency.RESERVED_ROW,
    Setting(
        "tags",
        Place.TAGS,
        wanted=lambda body: body.spec.tags,
        live=lambda live: UNREAD if isinstance(live.tags, Unreadable) else live.tags,
        moves=tags.moves("lambda", "Resource", _tags, DEADLINE),
        create=_tags,
        same=tags.same,
        part=tags.part,
        scope=Scope.SELF,
    ),
    concurrency.PROVISIONED_ROW,
    async_invoke.ROW,
    url.ROW,
)

ROWS: Mapping[str, Setting[Body, FunctionLive]] = {row.name: row for row in _ROWS}

UPDATES = (Place.CONFIGURATION, Place.CODE)
"""The places whose calls are updates: they go through InProgress and overwrite what failed before."""


def again(body: Body) -> Place | None:
    """Which update can be sent again as it is stated: that of the code, else that of the configuration."""
    if body.code is not None:
        return Place.CODE
    stated = any(row.wanted(body) is not None for row in _ROWS if row.order == Place.CONFIGURATION)
    return Place.CONFIGURATION if stated else None
