"""The lanes of one graph, side by side, until every step has ended: of itself, or cut off."""

from collections import defaultdict

import anyio

from orchestrator.engine.ending import Ending, NotRun
from orchestrator.engine.lane_run import LaneRun
from orchestrator.engine.race import within
from orchestrator.engine.run import Run
from orchestrator.engine.stop import HALTED, INTERRUPTED, RUN_DEADLINE, Stop
from orchestrator.model import Graph, Step

CLOSING_SECONDS = 1.0
"""How long writing down the last events may take: after a stop the whole report is due within five seconds."""


class Execution:
    """The lanes of one graph and what can end them early."""

    def __init__(self, run: Run, graph: Graph, stop: Stop) -> None:
        steps: dict[str, list[Step]] = defaultdict(list)
        for step in graph:
            steps[step.lane].append(step)
            run.ended[step.id] = anyio.Event()
        self._run = run
        self._graph = graph
        self._stop = stop
        self._lived = False
        self._lanes = [LaneRun(run, lane) for lane in steps.values()]

    async def live(self) -> None:
        """Until every step has ended: of itself, or cut off."""
        try:
            # All in one group: where the caller cancels the run, lanes and watchers have to hear of it at the same time.
            async with anyio.create_task_group() as group:
                for watcher in (self._until_stopped, self._until_deadline, self._until_halted):
                    group.start_soon(watcher)
                group.start_soon(self._until_over, group.cancel_scope)
                group.start_soon(self._run.origins.keep)
                group.start_soon(self._live_lanes, group.cancel_scope)
        finally:
            with anyio.CancelScope(shield=True):
                await within(self._run.clock, CLOSING_SECONDS, self._close)

    async def _live_lanes(self, scope: anyio.CancelScope) -> None:
        async with anyio.create_task_group() as group:
            for lane in self._lanes:
                group.start_soon(lane.live)
        self._lived = True
        scope.cancel()

    async def _until_over(self, scope: anyio.CancelScope) -> None:
        try:
            await self._run.over.wait()
        finally:
            # Also where the caller cancels the run: calls on their way are then answered within their grace.
            if not self._lived:
                self._run.over.set()
        scope.cancel()

    async def _until_stopped(self) -> None:
        await self._stop.wait()
        self._run.end_all(INTERRUPTED)

    async def _until_deadline(self) -> None:
        await self._run.until_the_end()
        self._run.end_all(RUN_DEADLINE)

    async def _until_halted(self) -> None:
        self._run.end_all(HALTED, await self._run.guard.until_over())

    async def _close(self) -> None:
        """An ending for every step that has none: what was being lived is cut off, what waited is not run."""
        begun = {step: step_run for lane in self._lanes for step, step_run in lane.begun.items()}
        for step in self._graph:
            if step.id not in self._run.endings:
                ending: Ending = NotRun(f"Not run: {self._run.cut.reason}.", str(step.ref), queued=True)
                if step.id in begun:
                    ending = begun[step.id].cut(self._run.cut)
                await self._run.end(step.id, ending)
