"""The settings of an event source mapping that can be changed in place, one row each. They share one call."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from orchestrator.kinds.contract import About, Move, Setting, Subject
from orchestrator.kinds.fields import OFF
from orchestrator.kinds.function.event_sources import filters
from orchestrator.kinds.function.event_sources.live import MappingLive
from orchestrator.kinds.function.lanes import EVENT_SOURCE, Place, qualified
from orchestrator.kinds.function.spec import EventSourceSpec
from orchestrator.kinds.settings import Rows, by_name, verb
from orchestrator.model import Call, Scope

Source = Subject[EventSourceSpec, MappingLive]
STEP, ENABLED = "settings", "enabled"

_SETTLES = "The mapping shows it and is Enabled or Disabled again."
_BUSY = "Lambda changes a mapping only while it is Enabled or Disabled: others' changes are waited for."


def update(uuid: str, **parameters: Any) -> Call:
    """UpdateEventSourceMapping: what it is not told stays as it is (fact sheet 11.10)."""
    return Call("lambda", "UpdateEventSourceMapping", {"UUID": uuid, **parameters})


def _same(value: Any) -> Any:
    return value


def _row(
    name: str,
    member: str,
    form: Callable[[Any], Any] = _same,
    *,
    fresh: Any = None,
    wanted: Callable[[EventSourceSpec], Any] | None = None,
    equal: Callable[[Any, Any], bool] | None = None,
    refused: str = "",
    seconds: tuple[str, ...] = (),
) -> Setting[EventSourceSpec, MappingLive]:
    """A row of CreateEventSourceMapping and UpdateEventSourceMapping; `form` turns the plan's value into the API's `member`.

    `fresh` is what a new mapping has by itself, in the form of the live value.
    """

    def moves(before: Any, after: Any, subject: Source) -> Sequence[Move]:
        call = update(subject.seen.uuid, **{member: form(after)})
        return [
            Move(f"{verb(after)} {name} of event source {subject.ref.name}", call, before, after, deadline=EVENT_SOURCE)
        ]

    about = About(("lambda:CreateEventSourceMapping", "lambda:UpdateEventSourceMapping"), _SETTLES, refused or _BUSY)
    return Setting(
        name,
        Place.EVENT_SOURCES,
        wanted=wanted or (lambda spec: getattr(spec, name)),
        live=lambda live: getattr(live, name),
        moves=moves,
        create=lambda value: {member: form(value)},
        fresh=fresh,
        scope=Scope.SELF,
        step=STEP,
        equal=equal,
        about=about,
        seconds=seconds,
    )


def _alias_moves(before: str, after: str, subject: Source) -> Sequence[Move]:
    """A mapping is moved to another alias in place: it reads on where it is."""
    name = qualified(subject.name, subject.arn, after)
    to = f"alias {after}" if after else "the function itself"
    summary = f"move event source {subject.ref.name} to {to}"
    return [Move(summary, update(subject.seen.uuid, FunctionName=name), before, after, deadline=EVENT_SOURCE)]


def _age(value: Any) -> int:
    """-1 is without end."""
    return -1 if value == OFF else int(value)


def _destination(value: Any) -> Mapping[str, Any]:
    """An empty object clears (fact sheet 11.10)."""
    return {"OnFailure": {} if value == OFF else {"Destination": value}}


def _responses(value: bool) -> list[str]:
    return ["ReportBatchItemFailures"] if value else []


_STREAMS_ONLY = "Streams only: a queue has no such setting."

ALIAS: Setting[EventSourceSpec, MappingLive] = Setting(
    "alias",
    Place.EVENT_SOURCES,
    wanted=lambda spec: spec.alias or "",
    live=lambda live: live.alias,
    moves=_alias_moves,
    scope=Scope.SELF,
    step=STEP,
    about=About(
        ("lambda:CreateEventSourceMapping", "lambda:UpdateEventSourceMapping"),
        _SETTLES,
        "The alias has to be there, or be made by the plan.",
    ),
)
"""Creating names it in another parameter, so that the row gives none."""

ROWS: Rows[EventSourceSpec, MappingLive] = by_name(
    ALIAS,
    _row("batch_size", "BatchSize", refused="More than 10 messages of a queue need a batching window."),
    _row(
        "batching_window",
        "MaximumBatchingWindowInSeconds",
        fresh=0,
        refused="300 seconds at most; no FIFO queue.",
        seconds=("",),
    ),
    _row("parallelization", "ParallelizationFactor", fresh=1, refused=_STREAMS_ONLY),
    _row("retries", "MaximumRetryAttempts", fresh=-1, refused=_STREAMS_ONLY),
    _row("max_record_age", "MaximumRecordAgeInSeconds", _age, fresh=OFF, refused=_STREAMS_ONLY, seconds=("",)),
    _row("bisect_on_error", "BisectBatchOnFunctionError", fresh=False, refused=_STREAMS_ONLY),
    _row("on_failure", "DestinationConfig", _destination, fresh=OFF, refused=_STREAMS_ONLY),
    _row("filter", "FilterCriteria", filters.criteria, fresh=(), equal=filters.same),
    _row("report_batch_item_failures", "FunctionResponseTypes", _responses, fresh=False),
    _row(ENABLED, "Enabled", fresh=True),
)
