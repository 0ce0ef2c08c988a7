"""What an apply runs: shown, not refused, and approved as it is at that moment, at first and whenever it is planned anew."""

from collections.abc import Awaitable, Callable, Collection, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

from orchestrator.engine.hindsight import Hindsight
from orchestrator.engine.persistence import BEFORE_A_RUN, LOOKING_BACK
from orchestrator.engine.rounds import SoFar
from orchestrator.errors import InvalidPlan, OrchestratorError, Problem, Refused
from orchestrator.model import Call, Change, Finding, Graph, Preview, Ref, Report, Step, Wait, World
from orchestrator.planning.coverage import covers
from orchestrator.planning.reach import Reach, same_goals
from orchestrator.planning.wave import renumbered
from orchestrator.ports import Clock

MOST_ROUNDS = 4
"""So often one run plans where nobody is asked: who changes the same things faster is not to be competed with."""
LAGGING_SECONDS = 4.0
"""What is still to be seen after this long is no old picture (fact sheet 14.1: 3 to 5 s)."""

Approve = Callable[[Preview], Awaitable[bool]]
Shown = Callable[[Preview], None]
Look = Callable[[], Awaitable[World]]
Plan = Callable[[World], Preview]
Remember = Callable[[str, Sequence[str]], Awaitable[None]]


async def forgotten(plan: str, stages: Sequence[str]) -> None:
    """Nobody keeps it."""


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

    def passes(self, plan: str, stages: Sequence[str]) -> bool:
        """Take these stages of a plan for done from now on, whether or not that is kept; whether it is news."""
        ...

    async def reviewed(self, world: World) -> Preview:
        """What is to be done, as a reviewer is shown it."""
        ...

    def compile(self, world: World, reach: Reach) -> Preview:
        """What is to be done by a run that reaches so far."""
        ...


class Approvals:
    """The plans of one run, one after the other. `approve`, `shown` and `begins` are those of `apply`."""

    def __init__(self, run: Planner, approve: Approve | None, shown: Shown, begins: Shown) -> None:
        self._run = run
        self._approve = approve
        self._shown = shown
        self._begins = [begins]
        self.lanes: Set[str] | None = None
        """What the run may change; None: all that is planned."""
        self.remember: Remember = forgotten
        """Keeps which stages of a plan are done."""
        self._planned = 0
        self._world: dict[Ref, object] = {}
        self._steps: dict[str, Step] = {}
        self._under_way: Preview | None = None

    async def first(self) -> "Agreed":
        """What is run at first. Raises InvalidPlan, Refused, Unreachable."""
        look = partial(self._run.observe, persistence=BEFORE_A_RUN)
        plan = partial(self._run.compile, reach=Reach(self.lanes))
        return await _Asking(self._run, self._approve, self._shown, look, plan).agreed()

    async def afresh(self, before: "Agreed") -> "Agreed":
        """The same once others may have changed something: shown and asked again only where it grew. Raises as `first`."""
        world = await self._run.observe(persistence=BEFORE_A_RUN)
        now = self._run.compile(world, Reach(self.lanes))
        if not covers(before.preview.graph, now.graph):
            return replace(await self.first(), since=before.since)
        _refuse(now)
        return replace(before, preview=now, world=world)

    def tells(self, begins: Shown) -> None:
        """Somebody else is told what is run, too."""
        self._begins.append(begins)

    async def begin(self, agreed: "Agreed") -> None:
        """From now on steps are run. What a stage makes may undo what those before it made: that they are done is kept first."""
        await self._begin(agreed.preview, agreed.world)

    async def again(self, so_far: SoFar, hindsight: Hindsight) -> tuple[Preview | None, World]:
        """What is left to do, as the engine asks: beside background work and what has to come later."""
        look = partial(self._run.observe, persistence=LOOKING_BACK, noted=hindsight.noted)
        # In the order of their stages, of which the last says what was done.
        done = {step.ref: step.task.work for id_, step in self._steps.items() if id_ in so_far.done and step.task}
        plan = partial(self._run.compile, reach=Reach(self.lanes, so_far.stopped, so_far.later, done))
        seen = await hindsight.telling(
            so_far.touched, lambda: self._seen(partial(look, only=so_far.touched), plan, so_far.later)
        )
        if seen is None:
            return None, self._world
        approved = self._under_way if _goes_on(self._under_way, seen) else None
        self._planned = 0 if approved else self._planned
        if self._approve is None and self._planned == MOST_ROUNDS:
            raise OrchestratorError(_contended(self._planned))
        asking = _Asking(self._run, self._approve, self._shown, lambda: hindsight.telling(self._world, look), plan)
        more = await asking.agreed(approved)
        if again := self._destroyed_before(more.preview, so_far.tried):
            raise OrchestratorError(_destroyed_again(again))
        planned = replace(more.preview, graph=Graph(tuple(renumbered(more.preview.graph.steps, self._taken))))
        await self._begin(planned, more.world)
        return planned, more.world

    async def _seen(self, look: Look, plan: Plan, later: Collection[Change]) -> Preview | None:
        """What is left to do, None where that is nothing, by a second look where the first may have been at an old picture."""
        for patience in (0.0, LAGGING_SECONDS):
            await self._run.clock.sleep(patience)
            self._world.update(await look())
            found = plan(self._world)
            if _nothing_left(found, later, self._run.wait):
                await self._remember(found)
                return None
            if _goes_on(self._under_way, found):
                break
        await self._remember(found)
        return found

    @property
    def _taken(self) -> Collection[str]:
        """The ids of steps that were run; what was only foretold is planned anew under its own."""
        return {id_ for id_, step in self._steps.items() if step.wave == 0}

    async def _remember(self, found: Preview) -> None:
        """Keep the stages that are seen to be done."""
        for name, digests in found.passed.items():
            if digests and self._run.passes(name, digests):
                await self.remember(name, digests)

    def _destroyed_before(self, planned: Preview, tried: Collection[str]) -> Step | None:
        """A step that would once more take away what this run has taken away already: what it made is not as it meant to."""
        # A list: the parameters of a call can't be hashed.
        before = [_taking(step) for step in self._steps.values() if step.destructive and step.id in tried]
        return next((step for step in planned.graph if step.destructive and _taking(step) in before), None)

    def graph(self, report: Report) -> Graph:
        """The steps that the report is about, of whichever round."""
        return Graph(tuple(self._steps[step.id] for step in report.steps))

    async def _begin(self, preview: Preview, world: World) -> None:
        await self._remember(preview)
        self._planned += 1
        self._under_way = preview
        self._world.update(world)
        self._steps.update({step.id: step for step in preview.graph})
        for begins in self._begins:
            begins(preview)


def _taking(step: Step) -> tuple[Ref, str | None, Call | None]:
    """What is taken away: what a later stage takes is another thing, which that stage made or left."""
    return step.ref, step.stage, step.call


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


class _Asking:
    """What is to be run: shown, not refused, and approved as it is now."""

    def __init__(self, run: Planner, approve: Approve | None, shown: Shown, look: Look, plan: Plan) -> None:
        self._run = run
        self._approve = approve
        self._shown = shown
        self._look = look
        self._plan = plan

    async def agreed(self, approved: Preview | None = None) -> Agreed:
        """Nobody is shown, or asked for, what was `approved` before. Raises InvalidPlan, Refused, Unreachable."""
        clock = self._run.clock
        since, world = clock.now(), await self._look()
        while True:
            found = self._plan(world)
            if approved is not None and covers(approved.graph, found.graph):
                _refuse(found)
                return Agreed(found, world, since)
            await self._ask(found, world)
            if self._approve is None or not found.graph.steps:
                return Agreed(found, world, since)
            approved, since, world = found, clock.now(), await self._look()

    async def _ask(self, found: Preview, world: World) -> None:
        """Raises InvalidPlan, Refused: also where whoever is asked says no."""
        asked = self._approve is not None and bool(found.graph.steps)
        told = await self._run.reviewed(await self._run.with_hazards(world)) if asked else found
        self._shown(told)
        _refuse(told)
        if asked and self._approve is not None and not await self._approve(told):
            raise Refused(Problem("not-approved", "None of these steps was made, because they were not approved."))


def _goes_on(before: Preview | None, now: Preview) -> bool:
    """Whether what comes next is another stage than what was under way: that one is done."""
    if before is None:
        return False
    stages = _stages(now)
    return bool(stages) and stages.isdisjoint(_stages(before))


def _stages(preview: Preview) -> set[tuple[str, str | None]]:
    """What of which plan can be done now."""
    return {(step.ref.plan, step.stage) for step in preview.graph if step.wave == 0}


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
