"""The rounds of one run: what of a graph can be done now is executed, then all is planned anew, until nothing is left to do."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence, Set
from dataclasses import dataclass
from functools import partial

import anyio

from orchestrator.engine.ending import Begun, Done, Ending, Failure, InProgress, NotRun
from orchestrator.engine.execution import Execution
from orchestrator.engine.hindsight import Hindsight
from orchestrator.engine.judge import Judge
from orchestrator.engine.lane_run import REPORT_IT, not_run, told
from orchestrator.engine.persistence import Persistence
from orchestrator.engine.probing import probed
from orchestrator.engine.race import CUT, unless
from orchestrator.engine.record import retried, subjects
from orchestrator.engine.run import Run
from orchestrator.engine.stop import RUN_DEADLINE, Stop
from orchestrator.engine.treatment import Rule
from orchestrator.errors import Fault, OrchestratorError, Problem, StillInProgress
from orchestrator.model import Change, Graph, Plan, Preview, Ref, Step, World


@dataclass(frozen=True, slots=True)
class SoFar:
    """What has come of the rounds of a run, once one is over.

    `touched` are the roots that the last one was about, `tried` the ids of all the steps whose calls went out, `done` of those
    that ended well, `stopped` the names of the plans that can't go on, and `later` the goals whose time has not come.
    """

    touched: Collection[Ref]
    tried: Collection[str]
    done: Collection[str]
    stopped: Collection[str]
    later: Collection[Change]


Again = Callable[[SoFar, Hindsight], Awaitable[tuple[Preview | None, World]]]
"""Looks once more at what was touched and plans anew: what is left to do, with step ids that this run has not used, and the
picture that it saw. No preview where nothing is left but what this run does not wait for: background work, and the goals
whose time has not come. It tells by Hindsight how its looks go on. Raises OrchestratorError where that can't or may not be
done."""


NOT_VERIFIED = Problem(
    "not-verified", "The run ended before it could be seen whether anything is left to do.", "Run again."
)
GLANCE = Persistence(seconds=10, connecting=10)
"""How long what was left in progress may take to answer, once a later look shows it done."""


class Rounds:
    """Executes a graph, then what is planned anew, until nothing is outdated any more."""

    def __init__(self, run: Run, stop: Stop, again: Again | None) -> None:
        self._run = run
        self._stop = stop
        self._again = again

    async def live(self, preview: Preview) -> tuple[list[Step], OrchestratorError | None]:
        """The steps that the report is about, and what kept the run from going on although no step had failed."""
        steps, stopped = list[Step](), set[str]()
        while True:
            now, later = _apart(preview.graph)
            self._run.recorder.about.update(subjects(preview.graph, self._run.observer.declared))
            await Execution(self._run, now, self._stop).live()
            stopped |= self._stopped(now, preview.plans)
            if self._again is None or not self._worth_another_look(now, later, stopped):
                await self._not_reached(now, later)
                return [*steps, *now, *later], self._run.halted or self._unverified(now)
            planned = await self._planned(self._again, now, stopped)
            if isinstance(planned, OrchestratorError):
                await self._not_reached(now, later)
                return [*steps, *now, *later], planned
            more, world = planned
            await self._see([*steps, *now], world)
            ended = [step for step in later if step.ref.plan in stopped]
            await self._not_reached(now, ended)
            stay = [step for step in now if step.ref.plan in stopped or await self._stays(step, anew=more is not None)]
            steps += [*stay, *ended]
            if more is None:
                return steps, None
            preview = more
            self._run.observer.world.update(world)

    async def _not_reached(self, now: Graph, later: Sequence[Step]) -> None:
        """An ending for each step of a later stage: it was not its turn."""
        ended = [(step, ending) for step in now if (ending := self._run.endings.get(step.id))]
        stoppers = [(step, ending) for step, ending in ended if not ending.lets_on]
        for step in later:
            own = [(other.id, ending) for other, ending in stoppers if other.ref.plan == step.ref.plan]
            stopper = next(iter([*own, *((other.id, ending) for other, ending in stoppers)]), None)
            self._run.ended[step.id] = anyio.Event()
            ending = NotRun("Not run: the run ended before it was its turn.", str(step.ref), queued=True)
            await self._run.end(step.id, not_run(step, *stopper) if stopper else ending)

    def _worth_another_look(self, graph: Graph, later: Sequence[Step], stopped: Set[str]) -> bool:
        """Whether anything was done or is outdated, and nothing went wrong that a new plan would not mend: of the plans that are
        not `stopped`.
        """
        if self._run.over.is_set() or self._cut_short(graph):
            return False
        if stopped:
            fails_fast = self._run.options.fail_fast
            return not fails_fast and any(step.ref.plan not in stopped for step in (*graph, *later))
        return any(not self._left(step) for step in graph)

    def _stopped(self, graph: Graph, plans: Sequence[Plan]) -> set[str]:
        """The plans that can't go on: something of theirs went wrong that a new plan would not mend, or of what they require."""
        if self._run.over.is_set():
            return set()  # all of them have: not even every step may have its ending
        ended = [(step, self._run.endings[step.id]) for step in graph if not self._left(step)]
        found: set[str] = {step.ref.plan for step, ending in ended if not (ending.good or _mendable(ending))}
        while more := {plan.name for plan in plans if plan.name not in found and not found.isdisjoint(plan.requires)}:
            found |= more
        return found

    def _unverified(self, graph: Graph) -> OrchestratorError | None:
        """Where the deadline passed in the moment in which the last step was done, nobody has looked back."""
        done = bool(graph.steps) and all(self._run.endings[step.id].good for step in graph)
        late = self._again is not None and self._run.over.is_set() and self._run.cut is RUN_DEADLINE
        return StillInProgress(NOT_VERIFIED) if done and late else None

    def _cut_short(self, graph: Graph) -> bool:
        """Whether the run was to wait for nothing, and left something."""
        endings = [self._run.endings[step.id] for step in graph]
        left = (isinstance(one, Begun | InProgress) or (isinstance(one, NotRun) and one.queued) for one in endings)
        return self._run.options.wait == "none" and any(left)

    def _left(self, step: Step) -> bool:
        """Whether a step goes on, or is queued, as work that nobody waits for."""
        ending = self._run.endings[step.id]
        if isinstance(ending, NotRun):
            return ending.queued and (ending.until is not None or self._run.leaves(step))
        goes_on = isinstance(ending, Begun) or (isinstance(ending, InProgress) and ending.unseen is None)
        return goes_on and self._run.leaves(step)

    async def _see(self, steps: Iterable[Step], world: World) -> None:
        """Write down as done what was left in progress, is in `world`, a later look, as it was to become, and answers."""
        for step in steps:
            ending, root = self._run.endings[step.id], step.ref.root
            if not isinstance(ending, InProgress) or root not in world or not Judge(step).done(world[root]):
                continue
            if await self._answers(step):
                await self._run.end(step.id, Done(self._run.clock.now() - ending.since))

    async def _answers(self, step: Step) -> bool:
        """Whether what was made answers (requirement A9); nobody waits for it any more, so it is not asked for long."""

        async def noted(fault: Fault, rule: Rule, attempt: int, delay: float) -> None:
            await self._run.recorder.record(step.id, "retrying", **retried(fault, rule, attempt, delay))

        for probe in step.probes:
            if await probed(self._run, step, probe, GLANCE, noted):
                return False
        return True

    async def _planned(
        self, again: Again, graph: Graph, stopped: Set[str]
    ) -> tuple[Preview | None, World] | OrchestratorError:
        """What `again` says, or why it could not say anything: the report of what was done is not lost to that."""
        touched = {step.ref.root for step in graph}
        tried = {event.step for event in self._run.recorder.events if event.what == "intent"}
        done = {step for step, ending in self._run.endings.items() if ending.good}
        so_far = SoFar(touched, tried, done, stopped, self._run.parking.goals)
        look = partial(again, so_far, Hindsight(self._run))
        try:
            planned = await unless(look, self._stop.wait, self._run.until_the_end)
        except OrchestratorError as error:
            return error
        except Exception as defect:  # noqa: BLE001 - a caller's code is among it
            return OrchestratorError(Problem("internal-error", told(defect), REPORT_IT))
        if planned is CUT:
            return StillInProgress(NOT_VERIFIED)
        return planned

    async def _stays(self, step: Step, *, anew: bool) -> bool:
        """Whether a step of an outdated plan is told of in the report: it ended well, or its call was accepted all the same.

        What is left in the background is told of too, unless a plan made `anew` holds it again.
        """
        ending = self._run.endings[step.id]
        if isinstance(ending, Failure):
            message = f"{ending.message} What was left to do was planned anew."
            await self._run.recorder.record(step.id, "superseded", message=message)
        sent = any(event.step == step.id and event.what == "sent" for event in self._run.recorder.events)
        return sent or (not anew if self._left(step) else ending.good)


def _apart(graph: Graph) -> tuple[Graph, Sequence[Step]]:
    """What can be run now, and what is foretold of later stages."""
    return Graph(tuple(step for step in graph if not step.wave)), [step for step in graph if step.wave]


def _mendable(ending: Ending) -> bool:
    return isinstance(ending, NotRun) or (isinstance(ending, Failure) and ending.outdated)
