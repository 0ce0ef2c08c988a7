"""When something is worth telling again (requirement A3: what is waited for, and for how long already)."""

from collections.abc import Hashable

REPEATED_EVERY = 30.0
"""Seconds after which what is waited for is told again although nothing changed."""


class News:
    """Remembers what was said of each thing, and when (in seconds by any clock)."""

    def __init__(self) -> None:
        self._told: dict[Hashable, tuple[str, float]] = {}

    def worth_telling(self, thing: Hashable, said: str, now: float) -> bool:
        """Whether `said` is new of `thing`, or was said last so long ago that it may be said again; if so it counts as told."""
        last, at = self._told.get(thing, ("", float("-inf")))
        if said == last and now - at < REPEATED_EVERY:
            return False
        self._told[thing] = (said, now)
        return True
