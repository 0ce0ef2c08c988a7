"""The settings that CreateFunction and UpdateFunctionConfiguration take and that need no more than their form."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from orchestrator.kinds.comparison import alike
from orchestrator.kinds.contract import About, Move, Setting
from orchestrator.kinds.function import queues
from orchestrator.kinds.function.lanes import Place, call
from orchestrator.kinds.function.live import TRACING, FunctionLive
from orchestrator.kinds.function.subjects import Body, Function
from orchestrator.kinds.settings import Rows, by_name, verb
from orchestrator.model import Change, Finding, Text, hide

OPERATIONS = ("lambda:CreateFunction", "lambda:UpdateFunctionConfiguration")
LARGEST = 5120
"""Bytes of an UpdateFunctionConfiguration; CreateFunction takes more (fact sheet 11.6)."""
SETTLES = "LastUpdateStatus is Successful and GetFunction shows the value; a new version of it is another step."


def _as_it_is(value: Any) -> Any:
    return value


def of_content(name: str) -> Callable[[FunctionLive], Any]:
    """Read a field of what $LATEST holds."""
    return lambda live: getattr(live.content, name)


def row(
    name: str,
    member: str,
    form: Callable[[Any], Any] = _as_it_is,
    *,
    wanted: Callable[[Body], Any] | None = None,
    live: Callable[[FunctionLive], Any] | None = None,
    fresh: Any = None,
    equal: Callable[[Any, Any], bool] | None = None,
    part: Callable[[Any, Any], tuple[Any, Any]] = lambda before, after: (before, after),
    beside: Callable[[FunctionLive, Any], Mapping[str, Any]] = lambda live, after: {},
    reads: Callable[[Body, str], frozenset[str]] = lambda body, part: frozenset(),
    hazards: Callable[[Change, Function], Sequence[Finding]] = lambda change, subject: (),
    refused: str = "",
    seconds: tuple[str, ...] = (),
    secret: bool = False,
) -> Setting[Body, FunctionLive]:
    """A row of the one configuration call; `form` turns the plan's value into the API's `member`.

    What equals `fresh` is not said to CreateFunction: a new function has it by itself. `beside(live, after)` is what the
    member holds beside what a plan may say, and loses where it is left out, since a member is replaced as a whole (fact
    sheet 11.6). `secret`: neither value nor member may be shown.
    """

    def moves(before: Any, after: Any, subject: Function) -> Sequence[Move]:
        value = form(after)
        if more := beside(subject.seen, after):
            value = {**value, **more}
        update = call(subject.name, "UpdateFunctionConfiguration", **{member: value})
        return [Move(f"{verb(after)} {name}", update, before, after)]

    def create(value: Any) -> Mapping[str, Any]:
        return {} if fresh is not None and alike(fresh, value) else {member: form(value)}

    return Setting(
        name,
        Place.CONFIGURATION,
        wanted=wanted or (lambda body: getattr(body.spec, name)),
        live=live or of_content(name),
        moves=moves,
        create=create,
        fresh=fresh,
        equal=equal,
        part=part,
        step="configuration",
        largest=LARGEST,
        reads=reads,
        hazards=hazards,
        about=About(OPERATIONS, SETTLES, refused),
        seconds=seconds,
        secret=frozenset({("lambda", member)} if secret else ()),
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


# ---------------------------------------------------------------------------------------------------------------- rows

_ZIP_ONLY = "A function that is made of a container image has none: package types never change."

ROWS: Rows[Body, FunctionLive] = by_name(
    row("runtime", "Runtime", refused=_ZIP_ONLY),
    row("handler", "Handler", refused=_ZIP_ONLY),
    row("role", "Role", refused="A role that Lambda can't assume is refused once waiting for a new one is of no use."),
    row("description", "Description", live=lambda live: live.description),
    row("memory", "MemorySize"),
    row(
        "timeout",
        "Timeout",
        hazards=queues.hazards,
        refused="Longer than the visibility timeout of a queue that it reads: then its event source can't be changed.",
        seconds=("",),
    ),
    row("ephemeral_storage", "EphemeralStorage", lambda size: {"Size": size}, refused="Over 512 MB with SnapStart."),
    row("tracing", "TracingConfig", _tracing),
    row(
        "environment",
        "Environment",
        _environment,
        wanted=_wanted_environment,
        refused="Over 4 KB in all, or over 5,120 bytes as a request; "
        "names that Lambda keeps for itself; where the live one can't be decrypted.",
        secret=True,
    ),
    row("layers", "Layers", list, refused=f"More than five; two versions of one layer. {_ZIP_ONLY}"),
)
