"""Who watches a run, and how: a live view on a terminal, plain lines, or nobody but the log."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Protocol

from orchestrator.cli.session import Session
from orchestrator.model import Event, Preview
from orchestrator.render.moments import clock_time, duration
from orchestrator.render.progress import AGAIN, LAST, TAKEN, LaneProgress, Progress, heard, line
from orchestrator.render.text.words import clean

Now = Callable[[], float]
"""The Clock's: seconds since the epoch."""
STILL_EVERY = 30.0
"""Seconds after which plain lines say again what is being waited for."""
STILL_LANES = 10
"""So many waiting lanes are named then; of the others only the number."""


class Screen(Protocol):
    """What a command shows on stderr while it works."""

    def looking(self, what: str) -> None:
        """Something takes a while before there is a run: reading live state."""
        ...

    def begin(self, shown: Preview) -> None:
        """A run of this preview starts."""
        ...

    def event(self, event: Event) -> None: ...

    def end(self) -> None:
        """Take away what moves. Whatever comes next is written below it."""
        ...


class Ticker:
    """Calls `action` every `period` seconds of the running event loop, until stopped."""

    def __init__(self, period: float, action: Callable[[], None]) -> None:
        self._period = period
        self._action = action
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self.stop()
        self._handle = asyncio.get_running_loop().call_later(self._period, self._tick)

    def stop(self) -> None:
        if self._handle:
            self._handle.cancel()
        self._handle = None

    def _tick(self) -> None:
        self._action()
        self.start()


class Silent:
    """Log lines tell it all."""

    def looking(self, what: str) -> None: ...

    def begin(self, shown: Preview) -> None: ...

    def event(self, event: Event) -> None: ...

    def end(self) -> None: ...


class PlainLines:
    """One line per change of state, and every half minute one per lane that still waits.

    What a step has said once it does not say again: a call that is refused ten times is one line, and its waits are another.
    """

    def __init__(self, now: Now, tell: Callable[[str], None]) -> None:
        self._now = now
        self._tell = tell
        self._progress = Progress()
        self._said: set[tuple[object, ...]] = set()
        self._ticker = Ticker(STILL_EVERY, self.still)

    def looking(self, what: str) -> None: ...

    def begin(self, shown: Preview) -> None:
        before, self._progress = self._progress, Progress.of(shown, self._progress)
        for stage in self._progress.stages:
            if stage not in before.stages:
                self._tell(clean(f"{clock_time(self._now())} {stage}") + "\n")
        self._ticker.start()

    def event(self, event: Event) -> None:
        if event.what == "notice":
            self._tell(clean(f"{clock_time(event.at)} notice: {event.details.get('message', '')}") + "\n")
            return
        if event.what == "told":
            self._tell(clean(f"{clock_time(event.at)} {heard(event)}") + "\n")
        before, self._progress = self._progress, self._progress.after(event)
        if self._progress.besides != before.besides:
            self._tell(clean(f"{clock_time(event.at)} {self._progress.besides or TAKEN}") + "\n")
        name = self._progress.lane_of(event)
        lane = self._progress.lanes.get(name)
        if lane and (name, *_state(lane)) not in self._said:
            self._said.add((name, *_state(lane)))
            self._tell(line(lane, event.at) + "\n")

    def still(self) -> None:
        """What is being waited for, and for how long already."""
        now = self._now()
        if self._progress.paused:
            self._tell(clean(f"{clock_time(now)} paused by {self._progress.paused}") + "\n")
        working = [lane for lane in self._progress.lanes.values() if lane.state == "working"]
        working.sort(key=lambda lane: lane.since or now)
        for lane in working[:STILL_LANES]:
            self._tell(line(lane, now) + "\n")
        if len(working) > STILL_LANES:
            longest = duration(now - (working[0].since or now))
            done = self._progress.count(*LAST)
            self._tell(
                f"{clock_time(now)} and {len(working) - STILL_LANES} more at work, {done} over; the longest for {longest}\n"
            )

    def end(self) -> None:
        self._ticker.stop()


def _state(lane: LaneProgress) -> tuple[object, ...]:
    """What makes a new line worth writing: not the percentage, nor any time."""
    return lane.state, lane.done, lane.doing, lane.status.partition(AGAIN)[0], lane.whose, lane.why


class Watching:
    """A screen for as long as a command works; ended whatever happens."""

    def __init__(self, session: Session) -> None:
        self.screen = _screen(session)

    def __enter__(self) -> Screen:
        return self.screen

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.screen.end()


def _screen(session: Session) -> Screen:
    from orchestrator.adapters.clock import SystemClock

    now = SystemClock().now
    match session.audience:
        case "live":
            from orchestrator.cli.live import LiveView

            return LiveView(now, color=not session.no_color)
        case "lines":
            return PlainLines(now, session.tell)
        case "json":
            return Silent()
