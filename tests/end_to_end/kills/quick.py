"""Time that runs many times as fast for everybody in a test over HTTP: leases and polls keep their lengths, and nobody waits."""

from orchestrator.adapters.clock import SystemClock
from orchestrator.sandbox.clock import EPOCH

TIMES = 40.0


class QuickClock:
    """The Clock port, alike in all processes of this machine. `ahead` (seconds) was skipped so far."""

    def __init__(self, ahead: float = 0.0) -> None:
        self.ahead = ahead
        self._clock = SystemClock()

    def now(self) -> float:
        return EPOCH + (self._clock.now() - EPOCH) * TIMES + self.ahead

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds / TIMES)
