"""Plans in stages that are stopped, hurried or started many times at once; the next run goes on where that one stood."""

from pathlib import Path

import anyio
import pytest

from orchestrator import pipeline
from orchestrator.engine.stop import Stop
from orchestrator.model import Event, Report, Wish
from orchestrator.sandbox.rules.durations import Durations
from orchestrator.state import operators
from tests.end_to_end.kills.steps import WatchedAccount
from tests.end_to_end.staged import PLAN, Shop, steps_of
from tests.end_to_end.test_stages import CONTRACT, EVERYTHING, EXPAND, SWITCH
from tests.end_to_end.test_stages_killed import done_rightly

pytestmark = pytest.mark.virtual

BY = "ops on vm"


@pytest.fixture
async def shop(tmp_path: Path) -> Shop:
    found = Shop(tmp_path, watched=WatchedAccount(Durations()))
    await found.begins()
    return found


async def goes_on(shop: Shop, *left: str) -> None:
    """The next run does what is left, and all is right then."""
    report = await shop.apply(PLAN)
    assert report.exit_code == 0, report
    assert {step.id for step in report.steps if step.outcome == "done"} <= {*left, "tables.orders:wait"}
    done_rightly(shop)
    assert (await shop.apply(PLAN)).outcome == "nothing_to_do"


async def until(shop: Shop, step: str, what: str) -> Event:
    """The first event of a step that says so."""
    while True:
        for event in shop.events:
            if (event.step, event.what) == (step, what):
                return event
        await shop.clock.sleep(0.1)


async def test_a_deadline_in_a_stage_leaves_the_later_ones_queued(shop: Shop) -> None:
    report = await shop.apply(PLAN, deadline=20.0)
    assert report.exit_code == 6, report
    ended = steps_of(report)
    assert ended[EXPAND[0]] == "in_progress"
    assert {ended[step] for step in [EXPAND[1], *SWITCH, *CONTRACT]} == {"not_run"}
    await goes_on(shop, *EVERYTHING)


async def test_who_waits_for_nothing_comes_to_the_next_stage_by_the_next_run(shop: Shop) -> None:
    report = await shop.apply(PLAN, wait="none")
    assert report.exit_code == 0, report
    assert steps_of(report)[EXPAND[0]] == "in_progress"
    assert [call.operation for call in shop.sent] == ["UpdateTable"]
    await shop.clock.sleep(3600)
    await goes_on(shop, *EXPAND[1:], *SWITCH, *CONTRACT)


@pytest.mark.parametrize("step", [EXPAND[0], EXPAND[1], SWITCH[2], SWITCH[3], CONTRACT[0]])
async def test_a_signal_in_any_stage_ends_the_run_and_the_next_goes_on(shop: Shop, step: str) -> None:
    stop, reports = Stop(), list[Report]()

    async def run() -> None:
        done = await pipeline.apply_on(shop.opened(PLAN), approve=None, stop=stop, listeners=(shop.events.append,))
        reports.append(done.report)

    async with anyio.create_task_group() as group:
        group.start_soon(run)
        await until(shop, step, "intent")
        stop.request(15)
    assert reports[0].exit_code == 143, reports
    before = EVERYTHING[: EVERYTHING.index(step)]
    assert {steps_of(reports[0])[one] for one in before} <= {"done"}
    await goes_on(shop, *EVERYTHING[len(before) :])


@pytest.mark.parametrize("wish", ["pause", "cancel"])
async def test_what_an_operator_wishes_holds_between_stages(shop: Shop, wish: Wish) -> None:
    reports = list[Report]()

    async def run() -> None:
        reports.append(await shop.apply(PLAN))

    async with anyio.create_task_group() as group:
        group.start_soon(run)
        told = await until(shop, EXPAND[0], "intent")
        await operators.wish(shop.memory, shop.clock, told.run, wish, BY)
        await shop.clock.sleep(3600)
        if wish == "pause":
            assert [call.operation for call in shop.sent] == ["UpdateTable"], "nothing begins meanwhile"
            assert not reports
            await operators.wish(shop.memory, shop.clock, told.run, "continue", BY)
    if wish == "pause":
        assert reports[0].exit_code == 0
        done_rightly(shop)
    else:
        assert reports[0].exit_code == 130
        assert steps_of(reports[0])[CONTRACT[0]] == "not_run"
        await goes_on(shop, *EVERYTHING)


@pytest.mark.parametrize("table", [True, False])
async def test_of_many_replicas_one_goes_through_the_stages_and_all_end_well(tmp_path: Path, table: bool) -> None:
    shop = Shop(tmp_path, table=table)
    await shop.begins()
    ends: list[Report] = []

    async def start(after: float) -> None:
        await shop.clock.sleep(after)
        ends.append(await shop.apply(PLAN))

    async with anyio.create_task_group() as group:
        for number in range(8):
            group.start_soon(start, number / 8)
    assert [end.exit_code for end in ends] == [0] * 8
    assert sorted(end.outcome for end in ends) == ["nothing_to_do"] * 7 + ["succeeded"]
    done_rightly(shop)
    assert not shop.refused
