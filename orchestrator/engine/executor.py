"""Running a graph: lanes side by side, one report at the end, whatever happens in between.

A Preview, the World it was compiled from and the ports enter; a Report leaves. Everything is told as events on the way.
"""

import secrets
from collections import Counter, defaultdict
from collections.abc import Sequence

import anyio

from orchestrator.engine.ending import Ending, NotRun
from orchestrator.engine.fold import Closing, fold
from orchestrator.engine.lane import Lane
from orchestrator.engine.limits import Limited, Slots
from orchestrator.engine.observe import Observer
from orchestrator.engine.options import Options
from orchestrator.engine.pacing import CHANCE, Draw
from orchestrator.engine.race import within
from orchestrator.engine.record import Listener, Recorder, subject, subjects
from orchestrator.engine.run import Run
from orchestrator.engine.stop import INTERRUPTED, RUN_DEADLINE, Stop
from orchestrator.model import Graph, Preview, Report, Step, World
from orchestrator.ports import Clock, Cloud, Journal

CLOSING_SECONDS = 1.0
"""How long writing down the last events may take: after a stop the whole report is due within five seconds."""

__all__ = ["Options", "Stop", "execute"]


async def execute(
    preview: Preview,
    world: World,
    cloud: Cloud,
    clock: Clock,
    journal: Journal,
    options: Options | None = None,
    *,
    run: str | None = None,
    stop: Stop | None = None,
    listeners: Sequence[Listener] = (),
    draw: Draw = CHANCE,
) -> Report:
    """Run the graph of `preview` and report one outcome per step.

    `run` is the run's id (a new ULID unless given); `draw` jitters polls and retries.
    Failures, deadlines and stops are in the report; nothing but a cancellation is raised, and that only after every step's
    ending has been told. No task outlives this call.
    """
    options, stop, started = options or Options(), stop or Stop(), clock.now()
    limited = Limited.over(cloud, clock, options.limits)
    observer = Observer(limited, clock, draw, preview.plans, world)
    about = subjects(preview.graph, observer.declared)
    recorder = Recorder(run or new_run_id(started), clock, journal, listeners, about)
    for ref, live in world.items():
        if live is not None and ref in observer.declared:
            recorder.tell("", "found", **subject(ref, observer.declared[ref]))
    running = Run(
        cloud=limited,
        clock=clock,
        observer=observer,
        recorder=recorder,
        options=options,
        slots=Slots(options.max_parallel),
        draw=draw,
        ends=started + options.deadline if options.deadline is not None else float("inf"),
    )
    await _Execution(running, preview.graph, stop).live()
    return await _report(running, preview.graph, started, stop.signal)


async def _report(run: Run, graph: Graph, started: float, signal: int | None) -> Report:
    """Fold the events, and tell how it ended."""
    if lost := run.recorder.lost:
        run.recorder.events.append(
            run.recorder.tell("", "notice", message=f"The journal did not keep {lost} of this run's events.")
        )
    left = run.options.wait == "none"
    closing = Closing(run.recorder.run, started, run.clock.now(), dict(run.cloud.calls), signal, left)
    report = fold(graph, run.recorder.events, closing)
    await run.recorder.record(
        "",
        "finished",
        outcome=report.outcome,
        exit_code=report.exit_code,
        seconds=report.finished - report.started,
        steps=dict(Counter(step.outcome for step in report.steps)),
    )
    return report


class _Execution:
    """The lanes of one run and what can end them early."""

    def __init__(self, run: Run, graph: Graph, stop: Stop) -> None:
        steps: dict[str, list[Step]] = defaultdict(list)
        for step in graph:
            steps[step.lane].append(step)
            run.ended[step.id] = anyio.Event()
        self._run = run
        self._graph = graph
        self._stop = stop
        self._lanes = [Lane(run, lane) for lane in steps.values()]

    async def live(self) -> None:
        """Until every step has ended: of itself, or cut off."""
        try:
            # All in one group: where the caller cancels the run, lanes and watchers have to hear of it at the same time.
            async with anyio.create_task_group() as group:
                group.start_soon(self._until_stopped, group.cancel_scope)
                group.start_soon(self._until_deadline, group.cancel_scope)
                group.start_soon(self._live_lanes, group.cancel_scope)
        finally:
            with anyio.CancelScope(shield=True):
                await within(self._run.clock, CLOSING_SECONDS, self._close)

    async def _live_lanes(self, scope: anyio.CancelScope) -> None:
        async with anyio.create_task_group() as group:
            for lane in self._lanes:
                group.start_soon(lane.live)
        scope.cancel()

    async def _until_stopped(self, scope: anyio.CancelScope) -> None:
        try:
            await self._stop.wait()
            self._run.cut = INTERRUPTED
        finally:
            # Also where the caller cancels the run: calls on their way are then answered within their grace.
            self._run.over.set()
        scope.cancel()

    async def _until_deadline(self, scope: anyio.CancelScope) -> None:
        if self._run.options.deadline is None:
            return
        await self._run.clock.sleep(self._run.options.deadline)
        self._run.cut = RUN_DEADLINE
        self._run.over.set()
        scope.cancel()

    async def _close(self) -> None:
        """An ending for every step that has none: what was being lived is cut off, what waited is not run."""
        current = {step.id: step_run for step, step_run in filter(None, (lane.current for lane in self._lanes))}
        for step in self._graph:
            if step.id not in self._run.endings:
                ending: Ending = NotRun(f"Not run: {self._run.cut.reason}.", str(step.ref), queued=True)
                if step.id in current:
                    ending = current[step.id].cut(self._run.cut)
                await self._run.end(step.id, ending)


ULID_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_run_id(at: float) -> str:
    """A ULID: 48 bits of milliseconds since the epoch, then 80 of chance, so that ids sort by time."""
    number = int(at * 1000) << 80 | secrets.randbits(80)
    return "".join(ULID_ALPHABET[number >> 5 * place & 31] for place in reversed(range(26)))
