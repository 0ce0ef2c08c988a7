"""What happened: events, and the report that they fold into."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from orchestrator.model.origin import Foreign
from orchestrator.model.place import Ref
from orchestrator.model.step import Gate

What = Literal[
    "found",
    "intent",
    "sent",
    "not_accepted",
    "retrying",
    "waiting",
    "settled",
    "already_in_place",
    "in_progress",
    "failed",
    "outdated",
    "superseded",
    "not_run",
    "lock_waiting",
    "lock_acquired",
    "told",
    "notice",
    "finished",
]


@dataclass(frozen=True, slots=True)
class Event:
    """One fact of a run: `at` is in seconds since the epoch, by the Clock. `details` are facts, never secrets.

    `step` is empty where the fact is not one step's: what was found before the first (`found`), the run's end (`finished`).
    """

    at: float
    run: str
    step: str
    what: What
    details: Mapping[str, Any] = field(default_factory=dict)


StepOutcome = Literal["done", "already_in_place", "in_progress", "failed", "not_run"]
Outcome = Literal[
    "succeeded", "nothing_to_do", "in_progress", "failed", "interrupted", "refused", "locked", "invalid", "unreachable"
]


NOT_DONE = "not-done"
"""The code of what is said of a task that was begun and not brought to its end, which is no failure."""


@dataclass(frozen=True, slots=True)
class StepReport:
    """How one step ended. `retries` counts by (code, treatment); `error` is {code, message, action, where}."""

    id: str
    outcome: StepOutcome
    attempts: int = 0
    retries: tuple[tuple[str, str, int], ...] = ()
    started: float | None = None
    finished: float | None = None
    issued_seconds: float | None = None
    settling_seconds: float | None = None
    error: Mapping[str, str] | None = None

    @property
    def left(self) -> bool:
        """Whether a later run does it, or the rest of it: `error` says why, and waiting alone would bring nothing about."""
        return self.outcome == "not_run" or (self.error is not None and self.error["code"] == NOT_DONE)


@dataclass(frozen=True, slots=True)
class StillRunning:
    """What AWS still works on after the run has ended; `gate` as in Step."""

    ref: Ref
    status: str
    since: float
    gate: Gate = "start"


@dataclass(frozen=True, slots=True)
class Report:
    """One outcome per step, without exception."""

    run: str
    exit_code: int
    outcome: Outcome
    started: float
    finished: float
    steps: tuple[StepReport, ...] = ()
    still_running: tuple[StillRunning, ...] = ()
    queued: tuple[str, ...] = ()
    calls: Mapping[str, int] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    foreign: tuple[Foreign, ...] = ()

    @property
    def seconds(self) -> float:
        """How long the run took."""
        return self.finished - self.started
