"""The machine's clock."""

import sys
import time

import anyio

if sys.platform == "linux":

    def passing() -> float:
        """Seconds, also while the machine sleeps, as everybody else's pass: who slept must not trust its lease."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

else:
    passing = time.monotonic


class SystemClock:
    """Wall-clock time that never goes back: read once, then carried on by the monotonic clock."""

    def __init__(self) -> None:
        self._offset = time.time() - passing()

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._offset + passing()

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)
