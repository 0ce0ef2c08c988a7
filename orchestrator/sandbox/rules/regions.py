"""One account in all its Regions: who is where, and the one time that they share."""

import heapq
import itertools
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Agenda:
    """What is still to happen, in every Region of an account, in the order of time (epoch seconds)."""

    def __init__(self) -> None:
        self.now = float("-inf")
        self._due: list[tuple[float, int, Callable[[float], None]]] = []
        self._numbers = itertools.count()

    def later(self, at: float, happen: Callable[[float], None]) -> None:
        """Let something happen at `at`; it is told the time."""
        heapq.heappush(self._due, (at, next(self._numbers), happen))

    def advance(self, now: float) -> None:
        """Let time pass until `now`: whatever falls due happens, each at its own time."""
        while self._due and self._due[0][0] <= now:
            at, _, happen = heapq.heappop(self._due)
            self.now = max(self.now, at)
            happen(self.now)
        self.now = max(self.now, now)


class Regions(Generic[T]):
    """The Regions of one account by name, each made when it is asked for first.

    `agenda` is one for all of them, and so are the permissions that are `denied` to every caller.
    """

    def __init__(self, make: "Callable[[str, Regions[T]], T]") -> None:
        self.agenda = Agenda()
        self.denied: set[str] = set()
        self._make = make
        self._known: dict[str, T] = {}

    def join(self, name: str, region: T) -> None:
        """Make known what was made by somebody else."""
        self._known[name] = region

    def of(self, name: str) -> T:
        if name not in self._known:
            self._known[name] = self._make(name, self)
        return self._known[name]
