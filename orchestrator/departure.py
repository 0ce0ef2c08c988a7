"""Until when a request may leave: that it may was checked before, and holds only so long."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from orchestrator.ports import Clock


@dataclass(frozen=True, slots=True)
class Departure:
    """The last moment for what is sent inside, as `clock` tells it."""

    clock: Clock
    latest: float

    @property
    def left(self) -> float:
        """Seconds until then; below zero once it has passed."""
        return self.latest - self.clock.now()


_DEPARTURE: ContextVar[Departure | None] = ContextVar("departure", default=None)


@contextmanager
def leaving_within(seconds: float, clock: Clock) -> Iterator[None]:
    """What is sent inside leaves within so many seconds from now, or not at all."""
    token = _DEPARTURE.set(Departure(clock, clock.now() + seconds))
    try:
        yield
    finally:
        _DEPARTURE.reset(token)


def departure() -> Departure | None:
    """The one that holds for what is sent now; None: it may leave whenever it is ready."""
    return _DEPARTURE.get()
