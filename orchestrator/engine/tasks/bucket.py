"""What may be consumed in a second by many who consume side by side: a token bucket that is charged what each really took.

What a write takes is known only once it was answered, so that an estimate is taken before it and settled after it. What was
consumed beyond an estimate is a debt that those who come next wait off: over a long run the rate is the one that was asked for.
"""

import anyio

from orchestrator.ports import Clock

TOO_LITTLE = 1e-6
"""Units below which nobody waits: what is left over where sums of floats do not come out even."""


class Bucket:
    """`per_second` units flow in; while nobody waits, no more than those of one second are kept, so that no burst is larger."""

    def __init__(self, clock: Clock, per_second: float) -> None:
        self._clock = clock
        self._rate = per_second
        self._level = 0.0
        self._at = clock.now()
        self._turn = anyio.Lock()

    async def take(self, estimate: float) -> None:
        """Return once so much may be consumed; those who ask first are served first."""
        async with self._turn:
            self._level = max(self._level, min(self._rate, self._level + self._flown_in()))
            while (missing := min(estimate, self._rate) - self._level) > TOO_LITTLE:
                await self._clock.sleep(missing / self._rate)
                # Kept whole: what is given back meanwhile comes on top of it, and must not cost anything of it.
                self._level += self._flown_in()
            self._level -= estimate

    def settle(self, estimate: float, consumed: float) -> None:
        """It took `consumed` units instead."""
        self._level += estimate - consumed

    def _flown_in(self) -> float:
        """Since this was asked last."""
        before, self._at = self._at, self._clock.now()
        return (self._at - before) * self._rate
