"""Events as log lines: names and fields of the command-line page's "Logs" (requirement B7)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from orchestrator.engine.faults import IN_USE
from orchestrator.model import Event, Plan, Preview, Report, Step, What, World

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
    "intent": _Form("call_intended", "debug", ("service", "operation", "attempt")),
    "sent": _Form("call_accepted", "debug", ("seconds",)),
    "retrying": _Form(
        "retrying", "warning", ("code", "attempt", "delay_seconds", "treatment", "operation", "message", "why")
    ),
    "waiting": _Form("waiting", "info", ("status", "progress", "seconds", "reason")),
    "settled": _Form("step_done", "info", ("seconds", "adopted")),
    "already_in_place": _Form("step_done", "info", ("seconds",)),
    "in_progress": _Form("step_in_progress", "warning", ("status", "reason")),
    "failed": _Form("step_failed", "error", ("code", "message", "action", "where", "seconds")),
    "not_run": _Form("step_not_run", "warning", ("message", "because")),
    "notice": _Form("notice", "info", ("message",)),
}

TABLE_FORMS: Mapping[What, _Form] = {
    "settled": _Form("table_created", "info", ("seconds",)),
    "already_in_place": _Form("table_already_exists", "info", ("seconds",)),
    "failed": _Form("table_creation_failed", "error", ("code", "message", "seconds")),
}
"""What is told beside the step's own line where the step creates a table."""

ADOPTED = _Form("table_already_exists", "info", ("seconds",))


def lines(event: Event, step: Step | None = None, name: str = "") -> Iterator[Line]:
    """The lines of one event; `step` is the one it belongs to, `name` the real name of that step's table or function."""
    common: dict[str, Any] = {"timestamp": _iso(event.at), "run": event.run}
    if step is not None:
        common |= {"plan": step.ref.plan, "resource": str(step.ref), "step": step.id}
    if step is not None and step.action == "create" and step.ref.section == "tables" and event.what in TABLE_FORMS:
        yield _line(_table_form(event), event, {**common, "table": name})
    yield _line(FORMS[event.what], event, common)


def _table_form(event: Event) -> _Form:
    """A table that AWS says exists was made by somebody else, unless an answer of ours was lost before."""
    made_elsewhere = event.details.get("adopted") and event.details.get("answer") == IN_USE
    return ADOPTED if made_elsewhere else TABLE_FORMS[event.what]


def _line(form: _Form, event: Event, common: Mapping[str, Any]) -> Line:
    told = {key: event.details[key] for key in form.details if event.details.get(key) is not None}
    outcome = {"outcome": event.what} if form.event == "step_done" else {}
    return Line(form.event, form.level, {**common, **told, **outcome})


def existing(plans: Sequence[Plan], world: World, at: float) -> Iterator[Line]:
    """One `table_already_exists` for each declared table that an observation, which ended `at`, found."""
    for plan in plans:
        for item in plan.resources:
            if item.ref.section == "tables" and world.get(item.ref) is not None:
                facts = {"timestamp": _iso(at), "plan": plan.name, "resource": str(item.ref), "table": item.name}
                yield Line("table_already_exists", "info", facts)


def finished(report: Report) -> Line:
    """`run_finished`."""
    counts = {name: 0 for name in ("done", "already_in_place", "in_progress", "failed", "not_run")}
    for step in report.steps:
        counts[step.outcome] += 1
    facts = {
        "timestamp": _iso(report.finished),
        "run": report.run,
        "outcome": report.outcome,
        "exit_code": report.exit_code,
        "seconds": report.finished - report.started,
        "steps": counts,
    }
    return Line("run_finished", "error" if report.exit_code in (1, 7) else "info", facts)


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Logger(Protocol):
    """What of a structlog logger is used."""

    def debug(self, event: str, **fields: Any) -> Any: ...
    def info(self, event: str, **fields: Any) -> Any: ...
    def warning(self, event: str, **fields: Any) -> Any: ...
    def error(self, event: str, **fields: Any) -> Any: ...


def write(logger: Logger, line: Line) -> None:
    """Log one line."""
    {"debug": logger.debug, "info": logger.info, "warning": logger.warning, "error": logger.error}[line.level](
        line.event, **line.fields
    )


def listener(preview: Preview, logger: Logger) -> Callable[[Event], None]:
    """A listener for `execute` that logs every event of a run of `preview`."""
    steps = {step.id: step for step in preview.graph}
    names = {item.ref: item.name for plan in preview.plans for item in plan.resources}

    def log(event: Event) -> None:
        step = steps.get(event.step)
        for line in lines(event, step, names.get(step.ref.root, "") if step else ""):
            write(logger, line)

    return log
