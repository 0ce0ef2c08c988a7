"""Events become a report: a pure fold, one outcome per step of the graph, without exception."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from orchestrator.errors import OrchestratorError
from orchestrator.model import (
    NOT_DONE,
    Event,
    Foreign,
    Graph,
    Outcome,
    Ref,
    Report,
    Sighting,
    Step,
    StepOutcome,
    StepReport,
    StillRunning,
    Wait,
    What,
)

OUTCOMES: Mapping[What, StepOutcome] = {
    "settled": "done",
    "already_in_place": "already_in_place",
    "in_progress": "in_progress",
    "failed": "failed",
    "outdated": "failed",
    "superseded": "done",
    "not_run": "not_run",
}
"""The events that end a step."""
NOTICES = ("notice", "superseded")
ERRORS = ("code", "message", "action", "where")
UNREACHABLE, FAILED, LOCKED, IN_PROGRESS = 7, 1, 5, 6


@dataclass(frozen=True, slots=True)
class Closing:
    """What no step's event tells.

    `wait`: what the run was to wait for; other work in progress, or queued behind it, is no shortfall. `halted`: what kept
    it from going on although no step had failed.
    """

    run: str
    started: float
    finished: float
    calls: Mapping[str, int] = field(default_factory=dict)
    signal: int | None = None
    wait: Wait = "gate"
    halted: OrchestratorError | None = None


def fold(graph: Graph, events: Sequence[Event], closing: Closing) -> Report:
    """The report of a run."""
    by_step: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_step[event.step].append(event)
    steps = tuple(_step(step.id, by_step[step.id]) for step in graph)
    ends = [end for step in graph if (end := _end_of(by_step[step.id]))]
    waited_for = [step.id for step in graph if not _in_background(step, _end_of(by_step[step.id]), closing)]
    exit_code, outcome = _end([step for step in steps if step.id in waited_for], ends, closing)
    return Report(
        run=closing.run,
        exit_code=exit_code,
        outcome=outcome,
        started=closing.started,
        finished=closing.finished,
        steps=steps,
        still_running=tuple(_still_running(graph, by_step)),
        queued=tuple(end.step for end in ends if end.what == "not_run" and end.details.get("queued")),
        calls=closing.calls,
        foreign=tuple(_foreign(graph, by_step)),
        notices=tuple(str(event.details["message"]) for event in events if event.what in NOTICES),
    )


def steps_of(events: Iterable[Event]) -> tuple[StepReport, ...]:
    """How the steps stand that a run wrote something of, in the order of their first events."""
    by_step: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if event.step:
            by_step[event.step].append(event)
    return tuple(_step(step, told) for step, told in by_step.items())


def _step(step: str, events: Sequence[Event]) -> StepReport:
    end = _end_of(events)
    outcome = OUTCOMES[end.what] if end else _unended(events)
    intents = [event.at for event in events if event.what == "intent"]
    sent = [event.at for event in events if event.what == "sent"]
    lived = outcome != "not_run" or bool(intents)
    settled = end is not None and sent and outcome in ("done", "in_progress", "failed")
    return StepReport(
        id=step,
        outcome=outcome,
        attempts=len(intents),
        retries=_retries(events),
        started=events[0].at - _unseen(events[0]) if events and lived else None,
        finished=end.at if end and lived else None,
        issued_seconds=sent[-1] - intents[0] if sent and intents else None,
        settling_seconds=end.at - sent[-1] if end and settled else None,
        error=_error(end),
    )


def _end_of(events: Sequence[Event]) -> Event | None:
    """A step's last word on how it ended."""
    return next((event for event in reversed(events) if event.what in OUTCOMES), None)


def _unended(events: Sequence[Event]) -> StepOutcome:
    """A step whose last word is missing (a dead run's journal): a call that was not refused may have begun something."""
    said = [event.what for event in events if event.what in ("intent", "sent", "retrying")]
    return "in_progress" if "sent" in said or said[-1:] == ["intent"] else "not_run"


def _unseen(first: Event) -> float:
    """Seconds of a step before its first event: one that ends without any other tells how long it took."""
    return float(first.details.get("seconds", 0.0))


def _retries(events: Iterable[Event]) -> tuple[tuple[str, str, int], ...]:
    counts = Counter(
        (str(event.details["code"]), str(event.details["treatment"])) for event in events if event.what == "retrying"
    )
    return tuple((code, treatment, count) for (code, treatment), count in counts.items())


def _error(end: Event | None) -> Mapping[str, str] | None:
    if end is None or not (end.what == "not_run" or _begun(end) or _wrong(end)):
        return None
    return {key: str(end.details.get(key, "")) for key in ERRORS}


def _wrong(event: Event) -> bool:
    """Whether something failed; work in progress is no failure, unless it can't be watched any more."""
    return event.what in ("failed", "outdated") or (event.what == "in_progress" and "exit_code" in event.details)


def _begun(event: Event) -> bool:
    """Whether it ends a task of which a later run does the rest: nothing of it goes on in AWS."""
    return event.what == "in_progress" and event.details.get("code") == NOT_DONE


def _still_running(graph: Graph, by_step: Mapping[str, Sequence[Event]]) -> Iterable[StillRunning]:
    """By each step's last word: what a later look showed to be done runs no more."""
    for step in graph:
        end = _end_of(by_step[step.id])
        if end is not None and end.what == "in_progress" and not _begun(end):
            status, since = str(end.details["status"]), float(end.details["since"])
            yield StillRunning(step.ref, status, since, step.gate)


def _foreign(graph: Graph, by_step: Mapping[str, Sequence[Event]]) -> Iterable[Foreign]:
    """What had to be waited for that somebody else began, each once, as it was told last."""
    found: dict[tuple[Ref, float], Foreign] = {}
    for step in graph:
        for event in by_step[step.id]:
            sighting = Sighting.told(event.details) if event.what == "waiting" else None
            if sighting is not None:
                found[step.ref.root, sighting.seen] = Foreign(step.ref.root, str(event.details["status"]), sighting)
    return found.values()


def _in_background(step: Step, end: Event | None, closing: Closing) -> bool:
    """Whether the run did not have to wait until `step` is done: by its gate, or because AWS takes it only later."""
    if closing.wait != "gate" or end is None or end.what not in ("in_progress", "not_run"):
        return False
    return step.gate == "background" or bool(end.details.get("postponed"))


def _end(steps: Sequence[StepReport], ends: Sequence[Event], closing: Closing) -> tuple[int, Outcome]:
    """Of several reasons the first of: signal, 7, 1, 5, 6 (command-line page, exit codes)."""
    codes = {event.details.get("exit_code", FAILED) for event in ends if _wrong(event)}
    if closing.signal is not None:
        return 128 + closing.signal, "interrupted"
    if UNREACHABLE in codes:
        return UNREACHABLE, "unreachable"
    if closing.halted is not None and not (codes and closing.halted.exit_code in (LOCKED, IN_PROGRESS)):
        return closing.halted.exit_code, cast(Outcome, closing.halted.outcome)
    if codes:
        return FAILED, "failed"
    if any(step.outcome in ("in_progress", "not_run") for step in steps):
        return 0 if closing.wait == "none" else IN_PROGRESS, "in_progress"
    return 0, "succeeded" if ends else "nothing_to_do"
