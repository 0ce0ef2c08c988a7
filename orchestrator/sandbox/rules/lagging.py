"""A value whose changes show only after a while (fact sheet, section 7)."""

from typing import Generic, TypeVar

T = TypeVar("T")


class Lagging(Generic[T]):
    """What holds, and what reads tell of it: they never show a change before one that was made earlier."""

    def __init__(self, first: T) -> None:
        self._history: list[tuple[float, T]] = [(float("-inf"), first)]

    @property
    def holds(self) -> T:
        return self._history[-1][1]

    def change(self, value: T, seen_from: float) -> None:
        """Let `value` hold from now on, and show from `seen_from` (epoch seconds) on."""
        self._history.append((max(seen_from, self._history[-1][0]), value))

    def seen(self, now: float) -> T:
        """What a read at `now` tells."""
        return next(value for since, value in reversed(self._history) if since <= now)

    def pending(self, now: float) -> bool:
        """Whether the last change doesn't show yet."""
        return self._history[-1][0] > now
