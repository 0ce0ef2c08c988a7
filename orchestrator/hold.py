"""What a run works with while it holds its locks: the guard of its calls, its journal, and a board that others read."""

from contextlib import suppress

import anyio

from orchestrator.engine.stop import Stop
from orchestrator.errors import StoreUnavailable
from orchestrator.model import Event, Preview, Progress
from orchestrator.ports import Clock
from orchestrator.render import progress as boards
from orchestrator.state.journal import StoreJournal
from orchestrator.state.lease import Lease

FLUSH_SECONDS = 1.5
"""How long the last events may take, so that there is time left to let go."""
CANCELLED_SIGNAL = 2
"""`cancel` stops a run as Ctrl-C does."""


class Hold:
    """Made of a lease that was taken; `live` keeps it, `close` gives it back."""

    def __init__(self, lease: Lease, clock: Clock) -> None:
        self.guard = lease
        self.journal = StoreJournal(lease)
        self.outcome, self.exit_code = "interrupted", 1
        """How the run ended; as if killed until it says otherwise."""
        self._clock = clock
        self._board = boards.Progress()
        self._ends: float | None = None
        lease.progress = self._progress

    async def live(self, stop: Stop) -> None:
        """Send heartbeats, write events and heed what is wished from elsewhere, until cancelled."""

        async def cancelled() -> None:
            await self.guard.until("cancel")
            by = f" by {self.guard.order.by}" if self.guard.order else ""
            stop.request(CANCELLED_SIGNAL, f"the run was cancelled{by}")

        async with anyio.create_task_group() as group:
            for task in (self.guard.keep, self.journal.keep, cancelled):
                group.start_soon(task)

    async def close(self) -> None:
        """Write down what is left and let go of everything. What can't be written now runs out by itself."""
        with anyio.move_on_after(FLUSH_SECONDS):
            await self.journal.flush()
        with suppress(StoreUnavailable):
            await self.guard.release(self.outcome, self.exit_code)

    # ------------------------------------------------------------------------------------------------- for those who follow

    def begins(self, preview: Preview) -> None:
        """The run goes on with this preview."""
        self._board = boards.Progress.of(preview, self._board)
        self._ends = self._clock.now() + preview.estimate.likely

    def event(self, event: Event) -> None:
        """A listener."""
        self._board = self._board.after(event)

    def _progress(self) -> Progress:
        lanes = self._board.lanes.values()
        now = next((lane for lane in lanes if lane.state == "working"), None)
        left = max(0.0, self._ends - self._clock.now()) if self._ends is not None else None
        done, total = self._board.steps_done
        if now is None:
            return Progress(done, total, eta=left)
        # What a task has seen of its items tells more than what could be told before it began.
        left = left if now.left is None else max(left or 0.0, now.left)
        return Progress(done, total, now.doing, now.resource, now.status, now.percent, left)
