"""Why a run ends before its work is done."""

from dataclasses import dataclass

import anyio


class Stop:
    """A request from outside to stop: no new call is sent, and the run reports within seconds.

    Make one per run and call `request` from the run's own event loop (a signal handler of the loop does).
    """

    def __init__(self) -> None:
        self.signal: int | None = None
        self.why = ""
        """In words, where it is more than the signal."""
        self._requested = anyio.Event()

    def request(self, signal: int, why: str = "") -> None:
        """Ask to stop; `signal` is the number for the exit code. Only the first request counts."""
        if self.signal is None:
            self.signal, self.why = signal, why
            self._requested.set()

    async def wait(self) -> None:
        """Return once somebody has asked."""
        await self._requested.wait()


@dataclass(frozen=True, slots=True)
class Cut:
    """What ended a step or a run from outside, in words. `final`: what had no effect yet is a failure, not left for later."""

    reason: str
    final: bool = False


INTERRUPTED = Cut("the run was interrupted")
HALTED = Cut("the run may change nothing any more")
RUN_DEADLINE = Cut("the run's deadline passed")
CANCELLED = Cut("the run was cancelled")
STEP_DEADLINE = Cut("the step's deadline passed", final=True)
UNSEEN = Cut("it can't be looked at any more", final=True)
LEFT = Cut("the run does not wait for it (--wait none)")
IN_BACKGROUND = Cut("it is background work, for which the run does not wait (--wait gate)")
