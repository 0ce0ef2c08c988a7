"""What happened to an account: every call with its answer, and every interval in which a resource was on its way."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Served:
    """One call: `code` is None where it was accepted. `resource` is `table/orders`, `function/fn`, or empty."""

    at: float
    api: str
    resource: str
    code: str | None = None
    refused_because_in_transition: bool = False
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Interval:
    """From `start` until `end` (epoch seconds), `resource` of `service` was busy with `what`.

    `exclusive` intervals are those during which the service takes no other change of the same resource. `call` is the
    number of the call that set it going: one call may change several things at once (fact sheet 2.2).
    """

    service: str
    resource: str
    what: str
    start: float
    end: float
    exclusive: bool = True
    foreign: bool = False
    call: int = 0

    def overlaps(self, other: "Interval") -> bool:
        return self.start < other.end and other.start < self.end


@dataclass
class Timeline:
    """The record that tests and reports read. Fronts and rules append; nothing is ever taken away."""

    served: list[Served] = field(default_factory=list)
    intervals: list[Interval] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    """How often each API was called, foreign calls apart."""
    refused_in_transition: int = 0
    """Calls refused because the resource was in transition, foreign calls apart."""
    _foreign: bool = False

    def record(
        self,
        at: float,
        api: str,
        resource: str,
        code: str | None = None,
        *,
        in_transition: bool = False,
        kept: bool = True,
    ) -> None:
        """Note one call and its answer; not `kept`, it is counted alone."""
        if kept:
            self.served.append(Served(at, api, resource, code, in_transition, self._foreign))
        if not self._foreign:
            self.calls[api] += 1
            self.refused_in_transition += in_transition

    def busy(
        self, service: str, resource: str, what: str, start: float, end: float, *, exclusive: bool = True
    ) -> Interval:
        """Note that `resource` will be busy; an interval without length is returned but not kept."""
        # A call is written down once it has been served, so the number of those before it is its own.
        interval = Interval(service, resource, what, start, end, exclusive, self._foreign, len(self.served))
        if end > start:
            self.intervals.append(interval)
        return interval

    def cut(self, interval: Interval, end: float) -> None:
        """Note that `interval` ended sooner than was foreseen."""
        for place, known in enumerate(self.intervals):
            if known is interval:
                self.intervals[place] = replace(interval, end=end)

    @contextmanager
    def foreign(self) -> Iterator[None]:
        """What is recorded inside is somebody else's doing."""
        before, self._foreign = self._foreign, True
        try:
            yield
        finally:
            self._foreign = before

    def clashes(self) -> list[tuple[Interval, Interval]]:
        """Pairs of exclusive intervals of one resource that overlap, although different calls set them going."""
        lanes: dict[tuple[str, str], list[Interval]] = defaultdict(list)
        for interval in sorted(self.intervals, key=lambda i: (i.start, i.end)):
            if interval.exclusive:
                lanes[interval.service, interval.resource].append(interval)
        return [
            (one, other)
            for lane in lanes.values()
            for place, one in enumerate(lane)
            for other in lane[place + 1 :]
            if one.call != other.call and one.overlaps(other)
        ]
