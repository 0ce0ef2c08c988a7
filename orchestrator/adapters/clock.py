"""The machine's clock."""

import time

import anyio


class SystemClock:
    """Wall-clock time that never goes back: read once, then carried on by the monotonic clock."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._offset + time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)
