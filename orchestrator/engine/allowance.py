"""The time that a step has: it stands still while the step waits for leave to send, which is no slowness of its own."""

from collections.abc import Iterator
from contextlib import contextmanager

import anyio

from orchestrator.ports import Clock


class Allowance:
    """So many seconds from now on, as `clock` tells them."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._ends = clock.now() + seconds
        self._still_since: float | None = None
        self._goes_on = anyio.Event()

    @property
    def ends(self) -> float:
        """When it is used up, in seconds since the epoch, if it does not stand still (any longer)."""
        return self._ends + (0.0 if self._still_since is None else self._clock.now() - self._still_since)

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """What passes inside does not count."""
        self._still_since, self._goes_on = self._clock.now(), anyio.Event()
        try:
            yield
        finally:
            self._ends, self._still_since = self.ends, None
            self._goes_on.set()

    async def used_up(self) -> None:
        """Return once it is."""
        while self._still_since is not None or self._clock.now() < self._ends:
            if self._still_since is None:
                await self._clock.sleep(self._ends - self._clock.now())
            else:
                await self._goes_on.wait()
