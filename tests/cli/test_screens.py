"""What is seen of a run while it runs: the live view and the plain lines."""

import asyncio
import io
import re
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import pytest
from rich.console import Console

from orchestrator.cli import screens
from orchestrator.cli.live import LiveView
from orchestrator.cli.screens import PlainLines, Ticker
from orchestrator.model import Event, Graph, Preview, Ref, Step, What
from orchestrator.model import Progress as RunProgress
from orchestrator.render.progress import following
from tests.render import nouns, staged

HOLDER: dict[str, Any] = {
    "holder": "r1",
    "plans": "orders",
    "who": {},
    "same_plan": False,
    "paused": False,
    "heartbeat_seconds": 68.0,
    **asdict(RunProgress()),
}
"""Of a run that was heard of last a while ago."""


def event(step: str, what: What, at: float = nouns.NOON, **details: Any) -> Event:
    return Event(at, "run", step, what, details)


class Hand:
    """A clock that stands where the test puts it."""

    def __init__(self) -> None:
        self.at = nouns.NOON

    def now(self) -> float:
        return self.at


def many(number: int) -> Preview:
    """A preview of `number` tables with one step each."""

    def step(index: int) -> Step:
        ref = Ref("orders", ("tables", f"t{index}"))
        return replace(nouns.BILLING, id=f"{ref}:update", ref=ref, lane=f"dynamodb/table/t{index}", needs=())

    return replace(nouns.PREVIEW, graph=Graph(tuple(step(index) for index in range(number))), critical_path=())


def drawn(view: LiveView, width: int = 130) -> list[str]:
    """The lines of one drawing, on paper of the terminal's width."""
    paper = Console(file=io.StringIO(), width=width, height=12, highlight=False)
    with paper.capture() as captured:
        paper.print(view.view())
    return [line.rstrip() for line in captured.get().splitlines()]


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=130, height=12, highlight=False)


@pytest.fixture
async def live(clock: Hand, console: Console) -> LiveView:
    return LiveView(clock.now, console=console)


async def test_before_a_run_it_says_what_takes_time(live: LiveView, clock: Hand) -> None:
    live.looking("Reading live state")
    clock.at += 3
    assert drawn(live) == ["Reading live state  3 s"]
    live.end()


async def test_a_line_a_lane_says_what_it_does_how_long_and_why(live: LiveView, clock: Hand) -> None:
    """A3: what is waited for, and for how long already; and what holds back the lanes that have not begun."""
    live.begin(nouns.PREVIEW)
    live.event(event(nouns.DROP.id, "intent", operation="UpdateTable"))
    live.event(
        event(nouns.DROP.id, "waiting", status="index by_old DELETING", reason="until it has gone", progress=41.0)
    )
    clock.at += 192
    table, function, footer = drawn(live)
    assert re.split(r" {2,}", table) == [
        "tables.orders",
        "0/3",
        "delete index by_old",
        "index by_old DELETING 41 %, until it has gone",
        "3m 12s",
    ]
    assert re.split(r" {2,}", function) == ["functions.order-events", "0/2", "waits for tables.orders"]
    assert footer == "0 of 5 steps; resources: 1 working, 1 waiting; 3m 12s"
    live.end()


async def test_finished_lanes_collapse_into_the_footer(live: LiveView) -> None:
    live.begin(nouns.PREVIEW)
    for step in (nouns.DROP, nouns.BILLING, nouns.CREATE_INDEX):
        live.event(event(step.id, "settled"))
    assert [line.split()[0] for line in drawn(live)] == ["functions.order-events", "3"]
    assert drawn(live)[-1].startswith("3 of 5 steps; resources: 1 done, 1 waiting;")
    live.end()


def switched() -> Preview:
    """What `staged.PREVIEW` goes on with once its stage expand is done."""
    graph = Graph(tuple(replace(step, wave=0, needs=()) for step in staged.STEPS[3:]))
    return replace(staged.PREVIEW, graph=graph, passed={"orders": ("one", "two")})


async def test_it_names_the_stage_under_way_and_counts_the_steps_of_all_stages(live: LiveView) -> None:
    live.begin(staged.PREVIEW)
    assert drawn(live)[-1].startswith("Stage 2 of 4, expand; 0 of 6 steps; ")
    for step in staged.STEPS[:3]:
        live.event(event(step.id, "settled"))
    live.begin(switched())
    assert drawn(live)[-1].startswith("Stage 3 of 4, switch; 3 of 6 steps; ")
    live.event(event(staged.STEPS[3].id, "settled"))
    assert drawn(live)[-1].startswith("Stage 3 of 4, switch; 4 of 6 steps; ")
    live.end()


async def test_it_never_outgrows_the_terminal_and_shows_failures_first(live: LiveView) -> None:
    live.begin(many(50))
    live.event(event("tables.t49:update", "failed", code="LimitExceededException", message="too many"))
    lines = drawn(live)
    assert len(lines) == 10
    assert lines[0].startswith("tables.t49")
    assert lines[-2:] == ["and 42 more resources", "0 of 50 steps; resources: 49 waiting, 1 failed; 0 s"]
    live.end()


@pytest.mark.parametrize("width", [20, 40, 60, 80])
async def test_on_a_narrow_terminal_the_counters_stay_whole(clock: Hand, width: int) -> None:
    """Names and words are cut at their end, in lines of their own; how far a lane is and for how long is not."""
    console = Console(file=io.StringIO(), force_terminal=True, width=width, height=24, highlight=False)
    live = LiveView(clock.now, console=console)
    live.begin(nouns.PREVIEW)
    live.event(event(nouns.DROP.id, "waiting", status="index by_old DELETING", reason="until it has gone"))
    clock.at += 192
    head, doing, standing, *_ = drawn(live, width)
    assert re.fullmatch(r"tables.*  0/3  3m 12s", head)
    assert "  delete index by_old".startswith(doing.removesuffix("…"))
    assert "  index by_old DELETING, until it has gone".startswith(standing.removesuffix("…"))
    assert max(map(len, drawn(live, width))) <= width
    live.end()


async def test_what_is_cut_has_no_ellipsis_where_the_terminal_cannot_spell_one(clock: Hand) -> None:
    for width in (40, 130):
        paper = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
        console = Console(file=paper, force_terminal=True, width=width, height=24, highlight=False)
        live = LiveView(clock.now, console=console)
        live.begin(nouns.PREVIEW)
        live.event(event(nouns.DROP.id, "waiting", status="x" * 200))
        lines = drawn(live, width)
        assert max(map(len, lines)) == width
        assert "".join(lines).isascii()
        live.end()


async def test_on_a_narrow_terminal_too_it_never_outgrows_it(clock: Hand) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=60, height=12, highlight=False)
    live = LiveView(clock.now, console=console)
    live.begin(many(50))
    for index in range(50):
        live.event(event(f"tables.t{index}:update", "waiting", status="table UPDATING"))
    assert len(drawn(live, 60)) <= 10
    assert "and 48 more resources" in drawn(live, 60)
    live.end()


async def test_it_leaves_nothing_behind_but_what_was_said(live: LiveView, console: Console) -> None:
    """The view is transient, its cursor comes back, and a notice stays on the screen."""
    live.begin(nouns.PREVIEW)
    live.event(event(nouns.DROP.id, "notice", message="no permission to query the index"))
    live.draw()
    live.end()
    assert isinstance(console.file, io.StringIO)
    written = console.file.getvalue()
    assert "notice: no permission to query the index" in written
    assert written.rindex("\x1b[?25h") > written.rindex("\x1b[?25l")


async def test_once_the_preview_is_told_it_says_whose_lock_it_waits_for(live: LiveView, console: Console) -> None:
    """The view ends for the preview and the question: what then comes up before the first step brings it back."""
    live.looking("Reading live state")
    live.end()
    live.event(Event(nouns.NOON, "run", "", "lock_waiting", HOLDER))
    assert isinstance(console.file, io.StringIO)
    assert "waiting for run r1 of orders" in console.file.getvalue()
    assert drawn(live) == [f"{following(HOLDER)}  0 s"]
    live.event(event("", "lock_acquired", resources=["tables.orders"]))
    assert drawn(live) == ["Reading live state  0 s"]
    live.begin(nouns.PREVIEW)
    assert drawn(live)[-1].startswith("0 of 5 steps")
    live.end()


async def test_what_is_waited_for_without_steps_has_lines_too(live: LiveView) -> None:
    """`wait` makes no step; its resources come up as they are looked at and go as they are in place."""
    live.looking("Waiting")
    live.event(event("tables.orders:wait", "waiting", resource="tables.orders", status="table UPDATING"))
    line, footer = drawn(live)
    assert re.split(r" {2,}", line)[:2] == ["tables.orders", "table UPDATING"]
    live.event(event("users/tables.orders:wait", "waiting", plan="users", resource="tables.orders", status="UPDATING"))
    assert drawn(live)[1].split()[0] == "users/tables.orders", "of several plans"
    live.event(event("users/tables.orders:wait", "settled", plan="users", resource="tables.orders"))
    assert footer == "resources: 1 working; 0 s"
    live.event(event("tables.orders:wait", "settled", resource="tables.orders"))
    assert drawn(live)[-1] == "resources: 2 done; 0 s"
    live.end()


# --------------------------------------------------------------------------------------------------------- plain lines


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
async def plain(clock: Hand, told: list[str]) -> PlainLines:
    lines = PlainLines(clock.now, told.append)
    lines.begin(nouns.PREVIEW)
    return lines


async def test_one_line_per_change_of_state(plain: PlainLines, told: list[str]) -> None:
    """Neither a repeated status nor a percentage is a change."""
    for seconds in (1, 31, 61):
        plain.event(event(nouns.DROP.id, "waiting", nouns.NOON + seconds, status="DELETING", progress=float(seconds)))
    plain.event(event(nouns.DROP.id, "settled", nouns.NOON + 90))
    plain.end()
    assert told == [
        "12:04:31Z tables.orders 0/3 delete index by_old: DELETING 1 %\n",
        "12:06:00Z tables.orders 1/3 delete index by_old: done\n",
    ]


async def test_a_stage_that_begins_is_a_line(clock: Hand, told: list[str]) -> None:
    plain = PlainLines(clock.now, told.append)
    for shown in (staged.PREVIEW, switched(), switched()):
        plain.begin(shown)
    plain.end()
    assert told == ["12:04:30Z Stage 2 of 4, expand\n", "12:04:30Z Stage 3 of 4, switch\n"]


async def test_a_call_that_is_refused_again_and_again_is_said_once(plain: PlainLines, told: list[str]) -> None:
    """Ten minutes of `not yet` are two lines, and one more each half minute."""
    for attempt in range(1, 6):
        plain.event(event(nouns.DROP.id, "intent", nouns.NOON + attempt, operation="UpdateTable", attempt=attempt))
        plain.event(event(nouns.DROP.id, "not_accepted", nouns.NOON + attempt, code="Busy", seconds=0.1))
        plain.event(event(nouns.DROP.id, "retrying", nouns.NOON + attempt, code="Busy", delay_seconds=float(attempt)))
    plain.end()
    assert [line.partition("by_old: ")[2] for line in told] == ["calling UpdateTable\n", "Busy, again in 1 s\n"]


async def test_what_the_run_itself_waits_for_is_a_line(plain: PlainLines, told: list[str]) -> None:
    for seconds in (5, 35):
        plain.event(event("", "waiting", nouns.NOON + seconds, status="looking\x1b[2J", reason="until it shows"))
    plain.event(event("", "retrying", nouns.NOON + 36, code="Busy", resource="tables.orders", delay_seconds=2.0))
    plain.end()
    assert told == [
        "12:04:35Z looking\\x1b[2J, until it shows\n",
        "12:05:06Z Busy, again in 2 s, tables.orders\n",
    ]


async def test_who_gets_the_locks_after_another_run_says_so(clock: Hand, told: list[str]) -> None:
    plain = PlainLines(clock.now, told.append)
    plain.event(Event(nouns.NOON, "run", "", "lock_waiting", HOLDER))
    plain.event(event("", "lock_acquired", nouns.NOON + 30, resources=["tables.orders"]))
    plain.end()
    assert len(told) == 2
    assert told[1] == "12:05:00Z this run has the locks now: it looks again, and goes on\n"


async def test_who_gets_the_locks_at_once_has_nothing_to_say(plain: PlainLines, told: list[str]) -> None:
    plain.event(event("", "lock_acquired", resources=["tables.orders"]))
    plain.end()
    assert told == []


async def test_a_paused_run_says_so_and_by_whom_until_it_goes_on(
    plain: PlainLines, told: list[str], clock: Hand
) -> None:
    plain.event(event("", "told", wish="pause", by="ops on vm"))
    plain.begin(nouns.PREVIEW)
    clock.at += 30
    plain.still()
    plain.event(event("", "told", nouns.NOON + 40, wish="continue", by="dev on pod"))
    plain.still()
    plain.end()
    assert told == [
        "12:04:30Z paused by ops on vm: no new step begins until `orchestrator continue run`\n",
        "12:05:00Z paused by ops on vm\n",
        "12:05:10Z told to go on by dev on pod\n",
    ]


async def test_the_live_view_says_that_it_is_paused(live: LiveView, console: Console) -> None:
    live.begin(nouns.PREVIEW)
    live.event(event("", "told", wish="pause", by="ops on vm"))
    assert drawn(live)[-1].endswith("; paused by ops on vm")
    live.event(event("", "told", wish="cancel", by="dev on pod"))
    assert "paused" not in drawn(live)[-1]


async def test_a_notice_is_a_line(plain: PlainLines, told: list[str]) -> None:
    plain.event(event(nouns.DROP.id, "notice", message="not probed\x1b[2J"))
    plain.end()
    assert told == ["12:04:30Z notice: not probed\\x1b[2J\n"]


async def test_now_and_then_it_says_what_it_still_waits_for(plain: PlainLines, told: list[str], clock: Hand) -> None:
    plain.event(event(nouns.DROP.id, "waiting", status="DELETING"))
    clock.at += 30
    plain.still()
    plain.end()
    assert told[1:] == ["12:05:00Z tables.orders 0/3 delete index by_old: DELETING (30 s)\n"]


async def test_of_many_waiting_lanes_only_the_longest_are_named(clock: Hand, told: list[str]) -> None:
    plain = PlainLines(clock.now, told.append)
    plain.begin(many(200))
    for index in range(200):
        plain.event(event(f"tables.t{index}:update", "waiting", nouns.NOON + index, status="UPDATING"))
    told.clear()
    clock.at += 3600
    plain.still()
    plain.end()
    assert len(told) == screens.STILL_LANES + 1
    assert "tables.t0 " in told[0]
    assert told[-1] == "13:04:30Z and 190 more at work, 0 over; the longest for 1h 00m\n"


async def test_a_ticker_ticks_until_it_is_stopped() -> None:
    ticks: list[float] = []
    enough = asyncio.Event()

    def tick() -> None:
        ticks.append(1)
        if len(ticks) == 3:
            enough.set()

    ticker = Ticker(0.001, tick)
    ticker.start()
    await enough.wait()
    ticker.stop()
    seen = len(ticks)
    await asyncio.get_running_loop().run_in_executor(None, lambda: None)
    assert len(ticks) == seen == 3


def test_the_screen_fits_who_watches(monkeypatch: pytest.MonkeyPatch, terminal: Callable[..., None]) -> None:
    from orchestrator.cli.session import Session

    assert Session().audience == "json"
    assert Session(log_format="console").audience == "lines"
    terminal("stderr")
    assert Session().audience == "live"
    assert Session(log_format="json").audience == "json"
    monkeypatch.setenv("TERM", "dumb")
    assert Session().audience == "lines"
