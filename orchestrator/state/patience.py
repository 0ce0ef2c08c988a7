"""A store that can't be used for now is tried again for some minutes; whoever waits is told why."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from orchestrator.errors import StoreUnavailable
from orchestrator.ports import Clock

T = TypeVar("T")
Away = Callable[[StoreUnavailable], None]
"""Told once when the store begins to be away."""

PATIENCE_SECONDS, CUT_OFF_SECONDS = 300.0, 1800.0
"""How long the store may stay away before a run gives up: where it answers, and where nothing does. The second is how long a run
bears that of AWS, too: what waits for an index must not end by its store, at the same endpoint.
"""
RETRY_SECONDS = 1.0
"""After what failed."""


async def patiently(work: Callable[[], Awaitable[T]], clock: Clock, ends: float | None, away: Away) -> T:
    """What `work` returns once the store lets it; `work` may be done more than once.

    Raises the StoreUnavailable of a store that is lost, that stays away, or that is still away when the run `ends` (epoch).
    """
    until: float | None = None
    while True:
        try:
            return await work()
        except StoreUnavailable as error:
            now = clock.now()
            if until is None:
                until = min(now + PATIENCE_SECONDS, ends if ends is not None else float("inf"))
                if not error.lost:
                    away(error)
            if error.lost or now >= until:
                raise
        await clock.sleep(RETRY_SECONDS)
