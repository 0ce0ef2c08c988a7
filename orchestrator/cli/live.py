"""The live view of a run on a terminal: one line a lane that works or waits, finished ones collapsed, a footer of counts."""

import sys
from collections.abc import Iterable, Iterator

from rich.cells import cell_len
from rich.console import Console, Group, OverflowMethod, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text as Styled

from orchestrator.cli.screens import Now, Ticker
from orchestrator.model import Event, Preview
from orchestrator.render.moments import duration
from orchestrator.render.progress import LAST, LaneProgress, LaneState, Progress, heard
from orchestrator.render.text.words import clean, count

REFRESH = 0.25
"""Seconds between two drawings."""
AROUND = 4
"""Lines of the terminal that the lanes leave free: the collapsed ones, the footer and the cursor's."""
NAME_WIDTH = 40
"""Columns for a resource, and for what is done to it; the rest is for why it takes time."""
WIDE = 110
"""Columns from which on a lane fits on one line; on narrower terminals it takes TALL."""
TALL = 3
ORDER: tuple[LaneState, ...] = ("failed", "stopped", "working", "queued", "left", "done")
STYLES: dict[LaneState, str] = {
    "failed": "red",
    "stopped": "yellow",
    "working": "cyan",
    "queued": "dim",
    "left": "blue",
    "done": "green",
}
FOOTER: tuple[tuple[LaneState, str], ...] = (
    ("done", "done"),
    ("working", "working"),
    ("queued", "waiting"),
    ("left", "in the background"),
    ("failed", "failed"),
    ("stopped", "stopped"),
)


class LiveView:
    """Draws Progress four times a second, from the event loop itself; leaves nothing behind when it ends."""

    def __init__(self, now: Now, *, color: bool = True, console: Console | None = None) -> None:
        self._now = now
        self._console = console or Console(file=sys.stderr, no_color=not color, highlight=False)
        self._live: Live | None = None
        self._progress = Progress()
        self._looking = ""
        self._began = now()
        self._ticker = Ticker(REFRESH, self.draw)

    def looking(self, what: str) -> None:
        self._looking = what
        self._start()

    def begin(self, shown: Preview) -> None:
        self._looking = ""
        self._progress = Progress.of(shown, self._progress)
        self._start()

    def event(self, event: Event) -> None:
        if event.what == "notice":
            self._console.print(Styled(clean(f"notice: {event.details.get('message', '')}")))
        if event.what == "told":
            self._console.print(Styled(clean(heard(event))))
        before, self._progress = self._progress, self._progress.after(event)
        if self._live is None and self._progress.besides not in ("", before.besides):
            self._start()  # it ended for the preview, and what the run waits for comes before its first step

    def end(self) -> None:
        self._ticker.stop()
        if self._live:
            self._live.stop()
        self._live = None

    def _start(self) -> None:
        self.end()
        self._began = self._now()
        self._live = Live(self.view(), console=self._console, auto_refresh=False, transient=True, redirect_stdout=False)
        self._live.start(refresh=True)
        self._ticker.start()

    def draw(self) -> None:
        if self._live:
            self._live.update(self.view(), refresh=True)

    # ------------------------------------------------------------------------------------------------------- the view

    def view(self) -> RenderableType:
        """What stands on the terminal now."""
        took = duration(self._now() - self._began)
        if self._looking and not self._progress.lanes:
            return Styled(clean(f"{self._progress.besides or self._looking}  {took}"), style="dim")
        return Group(self._lanes(), *self._collapsed(), self._footer(took))

    def _open(self) -> list[tuple[str, LaneProgress]]:
        """The lanes worth a line, the urgent ones first; stable within a state."""
        lanes = [item for item in self._progress.lanes.items() if item[1].state != "done"]
        return sorted(lanes, key=lambda item: ORDER.index(item[1].state))

    @property
    def _wide(self) -> bool:
        return self._console.size.width >= WIDE

    @property
    def _overflow(self) -> OverflowMethod:
        """Where the encoding has no ellipsis its escape would take six columns."""
        return "ellipsis" if self._console.encoding.startswith("utf") else "crop"

    @property
    def _room(self) -> int:
        """How many lanes fit on the terminal."""
        return max((self._console.size.height - AROUND) // (1 if self._wide else TALL), 1)

    def _lanes(self) -> RenderableType:
        lanes = self._open()[: self._room]
        return self._table(lanes) if self._wide else Group(*(line for item in lanes for line in self._block(*item)))

    def _table(self, lanes: Iterable[tuple[str, LaneProgress]]) -> Table:
        table = Table.grid(padding=(0, 2), expand=True)
        table.add_column(no_wrap=True, max_width=NAME_WIDTH, overflow=self._overflow)
        table.add_column(no_wrap=True, justify="right")
        table.add_column(no_wrap=True, max_width=NAME_WIDTH, overflow=self._overflow)
        table.add_column(no_wrap=True, ratio=1, overflow=self._overflow)
        table.add_column(no_wrap=True, justify="right")
        for name, lane in lanes:
            cells = (lane.resource, lane.place, lane.doing, self._standing(name, lane), self._took(lane))
            table.add_row(*(Styled(clean(cell), style=STYLES[lane.state]) for cell in cells))
        return table

    def _block(self, name: str, lane: LaneProgress) -> Iterator[Styled]:
        """On a narrow terminal the counters stand whole; what is done and why it takes time have a line each, cut at its end."""
        width, style = self._console.size.width, STYLES[lane.state]
        counters = "".join(f"  {counter}" for counter in (lane.place, self._took(lane)) if counter)
        yield Styled(cut(clean(lane.resource), width - cell_len(counters), self._overflow) + counters, style=style)
        for words in filter(None, (lane.doing, self._standing(name, lane))):
            yield Styled(cut(f"  {clean(words)}", width, self._overflow), style=style)

    def _standing(self, name: str, lane: LaneProgress) -> str:
        if lane.state != "queued":
            return lane.standing
        holders = self._progress.held_by(name)
        return f"waits for {holders}" if holders else "waits for its turn"

    def _took(self, lane: LaneProgress) -> str:
        return duration(self._now() - lane.since) if lane.since is not None and lane.state not in LAST else ""

    def _collapsed(self) -> Iterator[Styled]:
        hidden = len(self._open()) - self._room
        if hidden > 0:
            yield Styled(f"and {count(hidden, 'more resource')}", style="dim")

    def _footer(self, took: str) -> Styled:
        done, total = self._progress.steps_done
        states = [(self._progress.count(state), word) for state, word in FOOTER]
        resources = ", ".join(f"{number} {word}" for number, word in states if number)
        stages = "".join(f"{clean(stage)}; " for stage in self._progress.stages)
        steps = f"{done} of {count(total, 'step')}; " if self._progress.steps else ""
        besides = f"; {clean(self._progress.besides)}" if self._progress.besides else ""
        paused = f"; paused by {clean(self._progress.paused)}" if self._progress.paused else ""
        return Styled(f"{stages}{steps}resources: {resources}; {took}{besides}{paused}", style="bold")


def cut(text: str, width: int, overflow: OverflowMethod) -> str:
    """At most `width` columns of it; with "ellipsis" the last of them says that something is left out."""
    short = Styled(text)
    short.truncate(width, overflow=overflow)
    return short.plain
