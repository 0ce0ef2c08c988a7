"""Running a graph: lanes side by side, one report at the end, whatever happens in between.

A Preview, the World it was compiled from and the ports enter; a Report leaves. Everything is told as events on the way.
"""

import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence

from orchestrator.engine.ending import Ending, Failure, NotRun
from orchestrator.engine.execution import Execution
from orchestrator.engine.fold import Closing, fold
from orchestrator.engine.lane import REPORT_IT, told
from orchestrator.engine.limits import Limited, Slots
from orchestrator.engine.observe import Observer
from orchestrator.engine.options import Options
from orchestrator.engine.pacing import CHANCE, Draw
from orchestrator.engine.race import CUT, unless
from orchestrator.engine.record import Listener, Recorder, subject, subjects
from orchestrator.engine.run import Run
from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError, Problem, StillInProgress
from orchestrator.model import Graph, Preview, Ref, Report, Step, World
from orchestrator.ports import Clock, Cloud, Journal

Again = Callable[[Collection[Ref]], Awaitable[tuple[Preview, World] | None]]
"""Looks at these roots once more and plans anew: what is left to do, with step ids that this run has not used, and the
picture it was planned against. None where nothing is left. Raises OrchestratorError where that can't or may not be done."""

__all__ = ["Again", "Options", "Stop", "execute", "new_run_id"]


async def execute(
    preview: Preview,
    world: World,
    cloud: Cloud,
    clock: Clock,
    journal: Journal,
    options: Options | None = None,
    *,
    run: str | None = None,
    started: float | None = None,
    stop: Stop | None = None,
    listeners: Sequence[Listener] = (),
    draw: Draw = CHANCE,
    again: Again | None = None,
) -> Report:
    """Run the graph of `preview` and report one outcome per step.

    `run` is the run's id (a new ULID unless given), `started` when it began, if not now; `draw` jitters polls and retries.
    `again` has the last word: once every step has ended well, or has met another thing than it was planned for, it looks at
    what was touched and may plan anew (requirement C7: somebody else may have changed it behind us, and while somebody's
    change is under way a description shows old values). What only an outdated plan wanted and nothing was sent for is not in
    the report.

    Failures, deadlines and stops are in the report; nothing but a cancellation is raised, and that only after every step's
    ending has been told. No task outlives this call.
    """
    options, stop, started = options or Options(), stop or Stop(), clock.now() if started is None else started
    limited = Limited.over(cloud, clock, options.limits)
    running = Run(
        cloud=limited,
        clock=clock,
        observer=Observer(limited, clock, draw, preview.plans, world),
        recorder=Recorder(run or new_run_id(started), clock, journal, listeners),
        options=options,
        slots=Slots(options.max_parallel),
        draw=draw,
        ends=started + options.deadline if options.deadline is not None else float("inf"),
        replans=again is not None,
    )
    for ref, live in world.items():
        if live is not None and ref in running.observer.declared:
            running.recorder.tell("", "found", **subject(ref, running.observer.declared[ref]))
    steps, halted = await _Rounds(running, stop, again).live(preview)
    return await _report(running, steps, started, stop.signal, halted)


class _Rounds:
    """Executes a graph, then what is planned anew, until nothing is outdated any more."""

    def __init__(self, run: Run, stop: Stop, again: Again | None) -> None:
        self._run = run
        self._stop = stop
        self._again = again

    async def live(self, preview: Preview) -> tuple[list[Step], OrchestratorError | None]:
        """The steps that the report is about, and what kept the run from going on although no step had failed."""
        steps: list[Step] = []
        while True:
            self._run.recorder.about.update(subjects(preview.graph, self._run.observer.declared))
            await Execution(self._run, preview.graph, self._stop).live()
            if self._again is None or not self._worth_another_look(preview.graph):
                return [*steps, *preview.graph], None
            planned = await self._planned(self._again, preview.graph)
            if isinstance(planned, OrchestratorError):
                return [*steps, *preview.graph], planned
            steps += [step for step in preview.graph if await self._stays(step)]
            if planned is None:
                return steps, None
            preview, world = planned
            self._run.observer.world.update(world)

    def _worth_another_look(self, graph: Graph) -> bool:
        """Whether there were steps, and nothing went wrong with them that a new plan would not mend."""
        if self._run.over.is_set():
            return False
        endings = [self._run.endings[step.id] for step in graph]
        return bool(endings) and all(ending.good or _mendable(ending) for ending in endings)

    async def _planned(self, again: Again, graph: Graph) -> tuple[Preview, World] | OrchestratorError | None:
        """What `again` says, or why it could not say anything: the report of what was done is not lost to that."""
        touched = {step.ref.root for step in graph}
        try:
            planned = await unless(lambda: again(touched), self._stop.wait, self._run.until_the_end)
        except OrchestratorError as error:
            return error
        except Exception as defect:  # noqa: BLE001 - a caller's code is among it
            return OrchestratorError(Problem("internal-error", told(defect), REPORT_IT))
        if planned is CUT:
            message = "The run ended before it could be seen whether anything is left to do."
            return StillInProgress(Problem("not-verified", message, "Run again."))
        return planned

    async def _stays(self, step: Step) -> bool:
        """Whether a step of an outdated plan is told of in the report: it ended well, or its call was accepted all the same."""
        ending = self._run.endings[step.id]
        if isinstance(ending, Failure):
            message = f"{ending.message} What was left to do was planned anew."
            await self._run.recorder.record(step.id, "superseded", message=message)
        sent = any(event.step == step.id and event.what == "sent" for event in self._run.recorder.events)
        return ending.good or sent


def _mendable(ending: Ending) -> bool:
    return isinstance(ending, NotRun) or (isinstance(ending, Failure) and ending.outdated)


async def _report(
    run: Run, steps: Sequence[Step], started: float, signal: int | None, halted: OrchestratorError | None
) -> Report:
    """Fold the events of `steps`, and tell how it ended."""
    for problem in halted.problems if halted else ():
        await run.recorder.record("", "notice", message=f"{problem.message} {problem.action}".rstrip())
    if lost := run.recorder.lost:
        await run.recorder.record("", "notice", message=f"The journal did not keep {lost} of this run's events.")
    left = run.options.wait == "none"
    closing = Closing(run.recorder.run, started, run.clock.now(), dict(run.cloud.calls), signal, left, halted)
    report = fold(Graph(tuple(steps)), run.recorder.events, closing)
    await run.recorder.record(
        "",
        "finished",
        outcome=report.outcome,
        exit_code=report.exit_code,
        seconds=report.finished - report.started,
        steps=dict(Counter(step.outcome for step in report.steps)),
    )
    return report


ULID_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_run_id(at: float) -> str:
    """A ULID: 48 bits of milliseconds since the epoch, then 80 of chance, so that ids sort by time."""
    number = int(at * 1000) << 80 | secrets.randbits(80)
    return "".join(ULID_ALPHABET[number >> 5 * place & 31] for place in reversed(range(26)))
