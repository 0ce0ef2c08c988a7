"""Events as log lines: names and fields of the command-line page's "Logs" (requirement B7)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import structlog

from orchestrator.engine.faults import IN_USE
from orchestrator.model import Event, What

Level = Literal["debug", "info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Line:
    """One log line: its event's name in snake_case, its level, and its facts."""

    event: str
    level: Level
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Form:
    """How one sort of event is logged: name, level, and which of its details."""

    event: str
    level: Level
    details: tuple[str, ...] = ()


FORMS: Mapping[What, _Form] = {
    "intent": _Form("call_intended", "debug", ("service", "operation", "region", "attempt", "token", "number")),
    "sent": _Form("call_accepted", "debug", ("seconds", "request_id", "token", "number")),
    "not_accepted": _Form("call_not_accepted", "debug", ("code", "seconds", "request_id", "token", "number")),
    "retrying": _Form(
        "retrying", "warning", ("code", "attempt", "delay_seconds", "treatment", "operation", "message", "why")
    ),
    "waiting": _Form(
        "waiting",
        "info",
        (
            "status",
            "progress",
            "items",
            "rate",
            "eta_seconds",
            "seconds",
            "reason",
            "seen_since",
            "begun_at",
            "begun_with",
            "begun_by",
            "begun_through",
            "same_caller",
        ),
    ),
    "settled": _Form("step_done", "info", ("seconds", "adopted")),
    "already_in_place": _Form("step_done", "info", ("seconds",)),
    "in_progress": _Form(
        "step_in_progress", "warning", ("status", "reason", "code", "message", "action", "where", "seconds")
    ),
    "failed": _Form("step_failed", "error", ("code", "message", "action", "where", "seconds")),
    "outdated": _Form("step_outdated", "warning", ("code", "message", "where", "seconds")),
    "superseded": _Form("step_superseded", "info", ("message",)),
    "not_run": _Form("step_not_run", "warning", ("message", "because")),
    "lock_waiting": _Form(
        "lock_waiting",
        "info",
        (
            "holder",
            "plans",
            "who",
            "same_plan",
            "held",
            "paused",
            "heartbeat_seconds",
            "done",
            "total",
            "resource",
            "step",
            "status",
            "percent",
            "eta",
        ),
    ),
    "lock_acquired": _Form("lock_acquired", "info", ("resources",)),
    "told": _Form("run_told", "info", ("wish", "by")),
    "notice": _Form("notice", "info", ("message",)),
    "finished": _Form("run_finished", "info", ("outcome", "exit_code", "seconds", "steps")),
}

TABLE_FORMS: Mapping[What, _Form] = {
    "found": _Form("table_already_exists", "info"),
    "settled": _Form("table_created", "info", ("seconds",)),
    "already_in_place": _Form("table_already_exists", "info", ("seconds",)),
    "failed": _Form("table_creation_failed", "error", ("code", "message", "seconds")),
    "outdated": _Form("table_creation_failed", "warning", ("code", "message", "seconds")),
}
"""What is told of tables beside a step's own line: of those found, and of steps that create one."""

MOMENTS = ("seen_since", "begun_at")
"""The details that are times of day."""
FAILED = (1, 7)
"""The exit codes that make an error of what ends with them."""


def lines(event: Event) -> Iterator[Line]:
    """What one event is logged as: nothing, one line, or two where a table comes into being."""
    about = {key: event.details[key] for key in ("plan", "resource") if key in event.details}
    about |= {"gate": event.details["gate"]} if event.details.get("gate") == "background" else {}
    common = {"timestamp": _iso(event.at), "run": event.run, **about, **({"step": event.step} if event.step else {})}
    if form := _table_form(event):
        yield _line(form, event, {**common, "table": event.details["name"]})
    if form := FORMS.get(event.what):
        yield _line(form, event, common)


def _table_form(event: Event) -> _Form | None:
    """Beside the step's line. A table that was adopted because AWS said that it exists is told as one that exists."""
    details = event.details
    if details.get("kind") != "tables" or (event.step and details.get("verb") != "create"):
        return None
    if details.get("adopted") and details.get("answer") == IN_USE:
        return TABLE_FORMS["already_in_place"]
    return TABLE_FORMS.get(event.what)


def _line(form: _Form, event: Event, common: Mapping[str, Any]) -> Line:
    """Lengths of time are told to the millisecond."""
    told = {key: event.details[key] for key in form.details if event.details.get(key) is not None}
    told |= {key: _iso(told[key]) for key in MOMENTS if key in told}
    told |= {key: round(value, 3) for key, value in told.items() if isinstance(value, float)}
    outcome = {"outcome": event.what} if form.event == "step_done" else {}
    return Line(form.event, _level(form, event), {**common, **told, **outcome})


def _level(form: _Form, event: Event) -> Level:
    """A failure that ends with another exit code than its form says is one; background work that is left is as it should be."""
    if event.details.get("exit_code") in FAILED and event.what != "outdated":
        return "error"
    left = event.what == "in_progress" or (event.what == "not_run" and event.details.get("queued"))
    late = event.details.get("gate") == "background" or event.details.get("postponed")
    return "info" if left and late else form.level


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Log:
    """A listener that logs every event, to structlog's own logger unless another one is given."""

    def __init__(self, logger: Any = None) -> None:
        self._logger = structlog.get_logger() if logger is None else logger

    def __call__(self, event: Event) -> None:
        for line in lines(event):
            getattr(self._logger, line.level)(line.event, **line.fields)
