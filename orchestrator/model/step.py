"""What is to do: changes, the calls that make them, and the steps of a graph."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.model.call import Call
from orchestrator.model.place import Ref
from orchestrator.model.verdict import Scope
from orchestrator.model.work import Task, Work

Effect = Literal["create", "update", "replace", "delete"]
Action = Literal["create", "update", "delete", "wait", "run"]
Gate = Literal["start", "background"]
"""Whether an application has to wait for something before it starts (plan language, Gates)."""
Wait = Literal["gate", "all", "none"]
"""How long a run waits: for what has `gate: start`, for everything, or only until what can be issued is."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: `field` of `ref` (empty for the thing as a whole), before and after.

    `identity` is what AWS knows the thing by, where `ref` does not tell: the UUID of an event source mapping.
    """

    ref: Ref
    field: str
    before: Any
    after: Any
    effect: Effect
    identity: str = ""

    @property
    def whole(self) -> bool:
        """Whether it is of the thing itself, not of one field."""
        return not self.field

    @property
    def comes(self) -> bool:
        """Whether it makes the thing, also in place of another."""
        return self.whole and self.effect in ("create", "replace")

    @property
    def goes(self) -> bool:
        """Whether it takes the thing away, also to make another in its place."""
        return self.whole and self.effect in ("delete", "replace")


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds."""

    low: float
    likely: float
    high: float

    def __add__(self, other: "Estimate") -> "Estimate":
        return Estimate(self.low + other.low, self.likely + other.likely, self.high + other.high)


NO_TIME = Estimate(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Step:
    """One move on one lane: at most one mutating call, then the wait until its goal is visible and all is settled.

    The goal is that every Change in `because` is reached. `reads` names the aspects an observation must include to see
    that. `call` None means only to wait. `identity` is the TableId planned against, None where there is none or where
    an earlier step makes the thing anew. `deadline` is in seconds from the step's start. `probes` are
    read-only calls that must succeed once the step is settled (a query of a new index). `given` is what must still hold
    before the call, by changes made earlier on the lane, and once a wait is over: where it does not, the step is outdated.
    `told` says what the call does to each thing where it does several. `gate` is `background` for what a start-up need not
    wait for; `postponable`: it is so where AWS takes the call only later, whatever the gate. `pause` is how many seconds AWS
    wants between the step before on the lane and this one's call; they are part of `deadline`. `ends` names what the call
    brings to an end that others use, and `releases` what it stops using (a stream, by the ARN of its table): one plan releases
    before it ends. A step that `only_releases` is needless where nothing ends that.
    `unfinished` is what is so from this call on until the last step of the same thing is done, as a sentence with what to do:
    a run that ends in between tells it.
    `estimate` is how long it is likely to take; of a step that the kind says nothing of, the compiler tells by its call.
    `stage` is the one of its plan that it belongs to. Steps of a later `wave` are foretold: they are planned anew once those
    before them are done. `task` is what it does where it is a task's, and `work` the same with all that is known of its values
    by now; its `call` is then what it is shown as, and `because` is empty; `again` says by which run it was done before, and why
    it is due all the same.
    """

    id: str
    ref: Ref
    lane: str
    action: Action
    summary: str
    call: Call | None
    because: tuple[Change, ...]
    deadline: float
    needs: tuple[str, ...] = ()
    reads: frozenset[str] = frozenset()
    scope: Scope = Scope.WHOLE
    destructive: bool = False
    identity: str | None = None
    probes: tuple[Call, ...] = ()
    given: tuple[Change, ...] = ()
    told: tuple[tuple[Ref, str], ...] = ()
    gate: Gate = "start"
    postponable: bool = False
    pause: float = 0.0
    ends: frozenset[str] = frozenset()
    releases: frozenset[str] = frozenset()
    only_releases: bool = False
    unfinished: str = ""
    estimate: Estimate = NO_TIME
    stage: str | None = None
    wave: int = 0
    task: Task | None = None
    work: Work | None = None
    again: str = ""

    @property
    def always(self) -> bool:
        """Whether it is that of a task that every run does, whatever holds."""
        return self.task is not None and self.task.run == "always"


@dataclass(frozen=True, slots=True)
class Graph:
    """Steps in one stable order in which no step stands before one that it needs."""

    steps: tuple[Step, ...] = ()

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)
