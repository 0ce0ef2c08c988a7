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


class Patience:
    """That of one user of the store. `away` is told once each time that the store begins to be away; `ends` (epoch) bounds it."""

    def __init__(self, clock: Clock, away: Away, ends: float | None = None) -> None:
        self._clock = clock
        self._away = away
        self._ends = float("inf") if ends is None else ends
        self._since: float | None = None
        """When it began to be away."""
        self._silent = 0.0
        """When it was tried last and nothing answered."""

    def answered(self) -> None:
        """The store did what it was asked."""
        self._since = None

    def bears(self, error: StoreUnavailable) -> bool:
        """Whether to try again."""
        now = self._clock.now()
        if self._since is None:
            self._since = self._silent = now
            if not error.lost:
                self._away(error)
        if error.silent:
            self._silent = now
        # Once it answers again it is given the time to recover.
        until = self._since + CUT_OFF_SECONDS if error.silent else self._silent + PATIENCE_SECONDS
        return not error.lost and now < min(until, self._ends)


async def patiently(work: Callable[[], Awaitable[T]], clock: Clock, ends: float | None, away: Away) -> T:
    """What `work` returns once the store lets it; `work` may be done more than once.

    Raises the StoreUnavailable of a store that is lost, that stays away, or that is still away when the run `ends` (epoch).
    """
    patience = Patience(clock, away, ends)
    while True:
        try:
            return await work()
        except StoreUnavailable as error:
            if not patience.bears(error):
                raise
        await clock.sleep(RETRY_SECONDS)
