"""What an apply runs: shown, not refused, and approved as it is at that moment, at first and whenever it is planned anew."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

from orchestrator.engine.hindsight import Hindsight
from orchestrator.engine.parking import same_goals
from orchestrator.engine.persistence import BEFORE_A_RUN, LOOKING_BACK
from orchestrator.errors import InvalidPlan, OrchestratorError, Problem, Refused
from orchestrator.model import Change, Finding, Graph, Preview, Ref, Report, Step, Wait, World
from orchestrator.planning.wave import renumbered
from orchestrator.ports import Clock

MOST_ROUNDS = 4
"""So often one run plans where nobody is asked: who changes the same things faster is not to be competed with."""
LAGGING_SECONDS = 4.0
"""What is still to be seen after this long is no old picture (fact sheet 14.1: 3 to 5 s)."""

Approve = Callable[[Preview], Awaitable[bool]]
Shown = Callable[[Preview], None]
Look = Callable[[], Awaitable[World]]


def unseen(preview: Preview) -> None:
    """Nobody looks."""


class Planner(Protocol):
    """What looks at live state and plans what is left to do. `wait` is what an apply waits for."""

    @property
    def clock(self) -> Clock: ...

    @property
    def wait(self) -> Wait: ...

    async def observe(self, **how: Any) -> World:
        """Live state of all that the plans name; `how`: keyword arguments of the engine's `observe`."""
        ...

    async def with_hazards(self, world: World) -> World:
        """The same with what a preview's warnings need."""
        ...

    async def reviewed(self, world: World) -> Preview:
        """What is to be done, as a reviewer is shown it."""
        ...

    def compile(self, world: World) -> Preview: ...


class Approvals:
    """The plans of one run, one after the other. `approve`, `shown` and `begins` are those of `apply`."""

    def __init__(self, run: Planner, approve: Approve | None, shown: Shown, begins: Shown) -> None:
        self._run = run
        self._approve = approve
        self._shown = shown
        self._begins = [begins]
        self._planned = 0
        self._world: dict[Ref, object] = {}
        self._steps: dict[str, Step] = {}

    async def first(self) -> "Agreed":
        """What is run at first. Raises InvalidPlan, Refused, Unreachable."""
        look = partial(self._run.observe, persistence=BEFORE_A_RUN)
        return await _agreed(self._run, self._approve, self._shown, look)

    async def afresh(self, before: "Agreed") -> "Agreed":
        """The same once others may have changed something: shown and asked again only where it grew. Raises as `first`."""
        world = await self._run.observe(persistence=BEFORE_A_RUN)
        now = self._run.compile(world)
        if not _covers(before.preview, now):
            return replace(await self.first(), since=before.since)
        _refuse(now)
        return replace(before, preview=now, world=world)

    def tells(self, begins: Shown) -> None:
        """Somebody else is told what is run, too."""
        self._begins.append(begins)

    def begin(self, agreed: "Agreed") -> None:
        """From now on steps are run."""
        self._begin(agreed.preview, agreed.world)

    async def again(
        self, touched: Collection[Ref], later: Collection[Change], tried: Collection[str], hindsight: Hindsight
    ) -> tuple[Preview | None, World]:
        """What is left to do, as the engine asks: beside background work and what has to come `later`.

        `tried` are the ids of the steps whose calls went out.
        """
        look = partial(self._run.observe, persistence=LOOKING_BACK, noted=hindsight.noted)
        if await hindsight.telling(touched, lambda: self._all_is_seen(partial(look, only=touched), later)):
            return None, self._world
        if self._approve is None and self._planned == MOST_ROUNDS:
            raise OrchestratorError(_contended(self._planned))
        more = await _agreed(self._run, self._approve, self._shown, lambda: hindsight.telling(self._world, look))
        if again := self._destroyed_before(more.preview, tried):
            raise OrchestratorError(_destroyed_again(again))
        planned = replace(more.preview, graph=Graph(tuple(renumbered(more.preview.graph.steps, self._steps.keys()))))
        self._begin(planned, more.world)
        return planned, more.world

    async def _all_is_seen(self, look: Look, later: Collection[Change]) -> bool:
        """Whether nothing is left to do, by a second look where the first may have been at an old picture."""
        for patience in (0.0, LAGGING_SECONDS):
            await self._run.clock.sleep(patience)
            self._world.update(await look())
            if _nothing_left(self._run.compile(self._world), later, self._run.wait):
                return True
        return False

    def _destroyed_before(self, planned: Preview, tried: Collection[str]) -> Step | None:
        """A step that would once more take away what this run has taken away already: what it made is not as it meant to."""
        # A list: the parameters of a call can't be hashed.
        before = [(step.ref, step.call) for step in self._steps.values() if step.destructive and step.id in tried]
        return next((step for step in planned.graph if step.destructive and (step.ref, step.call) in before), None)

    def graph(self, report: Report) -> Graph:
        """The steps that the report is about, of whichever round."""
        return Graph(tuple(self._steps[step.id] for step in report.steps))

    def _begin(self, preview: Preview, world: World) -> None:
        self._planned += 1
        self._world.update(world)
        self._steps.update({step.id: step for step in preview.graph})
        for begins in self._begins:
            begins(preview)


def _contended(rounds: int) -> Problem:
    return Problem(
        "contended",
        f"Somebody else keeps changing what this plan states: planned {rounds} times, there is still something to do.",
        "Find out who it is, then run again.",
    )


def _destroyed_again(step: Step) -> Problem:
    return Problem(
        "destroyed-again",
        f"This run has done it once ({step.summary}), and would have to do it again: {step.ref} is still not as planned.",
        "Preview, and see what differs, before anything more is lost.",
    )


def _nothing_left(found: Preview, later: Collection[Change], wait: Wait) -> bool:
    """Whether no step is left but background work that nobody waits for, and what has to come `later`."""
    left = (step for step in found.graph if step.gate == "start" or wait != "gate")
    errors = any(finding.level == "error" for finding in found.findings)
    return not errors and all(same_goals(step, later) for step in left)


@dataclass(frozen=True, slots=True)
class Agreed:
    """What is to be run, the world it was compiled from, and when that began to be looked at."""

    preview: Preview
    world: World
    since: float


async def _agreed(run: Planner, approve: Approve | None, shown: Shown, look: Look) -> Agreed:
    """What is to be run: shown, not refused, and approved as it is now."""
    while True:
        since, world = run.clock.now(), await look()
        found = run.compile(world)
        if approve is not None and found.graph.steps:
            found = await run.reviewed(await run.with_hazards(world))
        shown(found)
        _refuse(found)
        if approve is None or not found.graph.steps:
            return Agreed(found, world, since)
        if not await approve(found):
            raise Refused(Problem("not-approved", "None of these steps was made, because they were not approved."))
        since, world = run.clock.now(), await look()
        now = run.compile(world)
        if _covers(found, now):
            return Agreed(now, world, since)


def _covers(shown: Preview, now: Preview) -> bool:
    """Whether every step that would run now was in what was shown."""
    approved = {step.id: step.call for step in shown.graph}
    return all(step.call is None or approved.get(step.id) == step.call for step in now.graph)


def _refuse(found: Preview) -> None:
    """Error findings and refused steps end an apply before anyone is asked."""
    refuse_errors(found)
    if refusals := [_problem(finding) for finding in found.findings if finding.refuses]:
        raise Refused(refusals)


def refuse_errors(found: Preview) -> None:
    if errors := [_problem(finding) for finding in found.findings if finding.level == "error"]:
        raise InvalidPlan(errors)


def _problem(finding: Finding) -> Problem:
    where = finding.where
    return Problem(
        finding.code,
        finding.message,
        finding.action,
        file=where.file if where else None,
        line=where.line if where else None,
        column=where.column if where else None,
        subject=str(finding.ref) if finding.ref else None,
    )
