"""Runs as the state store remembers them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from orchestrator.model.event import Event, StepReport

Life = Literal["live", "ended", "lost", "released"]
"""live -> ended (of itself) | lost (its heartbeat stood still and somebody took over) | released (by `unlock`)."""
Wish = Literal["pause", "continue", "cancel"]


def whose(who: Mapping[str, str]) -> str:
    """`deploy on pod-7`, from the facts that tell who started a run."""
    return f"{who.get('user', 'somebody')} on {who.get('host', 'an unknown host')}"


@dataclass(frozen=True, slots=True)
class PlanMark:
    """A plan of a run: its name, and a keyed digest of all that it states, hidden values too."""

    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run. `who` are the facts that tell who started it: user, host, process, git commit, CI job, tool.

    `lease` and times are in seconds (since the epoch); times are for people, nothing is decided by them. `epoch` counts who
    has held the run's locks under its name: above 1 nobody does any more. `version` is its row's, for conditions.
    """

    id: str
    plans: tuple[PlanMark, ...]
    resources: tuple[str, ...]
    started: float
    lease: float
    who: Mapping[str, str] = field(default_factory=dict)
    life: Life = "live"
    epoch: int = 1
    outcome: str = ""
    exit_code: int | None = None
    finished: float | None = None
    version: str = ""

    @property
    def names(self) -> str:
        """The names of its plans, for a sentence."""
        return ", ".join(plan.name for plan in self.plans)

    @property
    def whose(self) -> str:
        """`deploy on pod-7`."""
        return whose(self.who)

    def ended(self, life: Life, at: float, outcome: str = "", exit_code: int | None = None) -> "RunRecord":
        """The same, over. A run that did not end of itself is one epoch further."""
        epoch = self.epoch + (life != "ended")
        return replace(self, life=life, epoch=epoch, finished=at, outcome=outcome, exit_code=exit_code)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: steps, the one that matters now and its status, percent of that, seconds that are left."""

    done: int = 0
    total: int = 0
    step: str = ""
    resource: str = ""
    status: str = ""
    percent: float | None = None
    eta: float | None = None


@dataclass(frozen=True, slots=True)
class Beat:
    """A heartbeat: its version is what a waiter watches, `at` what a person reads."""

    at: float
    progress: Progress = Progress()
    paused: bool = False
    version: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wishes of a run from elsewhere, `by` whom (`deploy on pod-7`) and when (epoch). The last one counts."""

    wish: Wish
    by: str
    at: float


@dataclass(frozen=True, slots=True)
class KnownRun:
    """A run as the store tells: its row, its last heartbeat, and what it was told last, which it may not have heard yet."""

    run: RunRecord
    beat: Beat | None
    order: Order | None = None

    @property
    def live(self) -> bool:
        """Whether it still holds what its locks say."""
        return self.run.life == "live"

    @property
    def paused(self) -> bool:
        """Whether it has said that it starts no new step."""
        return self.live and self.beat is not None and self.beat.paused

    def silent_for(self, now: float) -> float:
        """Seconds since its last heartbeat, as far as the clocks of two machines can be compared."""
        return max(0.0, now - (self.beat.at if self.beat else self.run.started))

    def fresh(self, now: float) -> bool:
        """Whether it has said within its lease that it lives."""
        return self.live and self.silent_for(now) < self.run.lease


@dataclass(frozen=True, slots=True)
class History:
    """The newest runs, or one of them with all that it wrote down; as of `at` (epoch), kept in `store` (as --state has it).

    `steps` are what its events say of each step. `exists` is false where no run has made that store yet. `wished` is what the
    run was told by the command that shows it, `before` the run as `unlock` found it.
    """

    store: str
    at: float
    runs: Sequence[KnownRun]
    events: Sequence[Event] | None = None
    wished: Wish | None = None
    before: KnownRun | None = None
    steps: Sequence[StepReport] = ()
    exists: bool = True
