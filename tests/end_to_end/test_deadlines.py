"""Deadlines that pass while AWS goes on: nothing has failed, no lock is left, and whoever comes next goes on from there."""

from pathlib import Path

import pytest

from orchestrator.model import Event
from orchestrator.state import operators
from tests.end_to_end.virtual import VirtualAws
from tests.state.runs import Wayward

pytestmark = pytest.mark.virtual

BEFORE = "plan: shop\ntables:\n  orders: {partition_key: {id: S}}\n"
PLAN = """
plan: shop
tables:
  orders:
    partition_key: {id: S}
    indexes:
      by_day: {partition_key: {day: S}}
      by_hour: {partition_key: {hour: S}}
    ttl: expires
"""
OF_THE_PLAN = PLAN + "policy: {deadline: 60s}\n"
OF_THE_STEP = PLAN + "    timeouts: {index: 60s}\n"


@pytest.fixture
async def aws(tmp_path: Path) -> VirtualAws:
    found = VirtualAws(tmp_path)
    await found.already(BEFORE)
    found.store = Wayward(clock=found.clock)
    return found


def waited_for_a_lock(events: list[Event]) -> bool:
    return any(event.what == "lock_waiting" for event in events)


@pytest.mark.parametrize("text", [OF_THE_PLAN, OF_THE_STEP], ids=["the plan's", "the step's"])
async def test_a_deadline_ends_with_6_releases_the_lock_and_the_next_apply_takes_it_at_once(
    aws: VirtualAws, text: str
) -> None:
    report = await aws.apply(text)
    assert (report.exit_code, report.outcome) == (6, "in_progress")
    assert [(str(one.ref), one.status) for one in report.still_running] == [
        ("tables.orders.indexes.by_day", "index by_day CREATING")
    ]
    assert "failed" not in {step.outcome for step in report.steps}
    assert aws.store is not None
    (known,) = await operators.runs(aws.store, 9)
    assert (known.run.life, known.run.outcome, known.run.exit_code) == ("ended", "in_progress", 6)
    assert len(aws.sent) == 1, "an index that is still built holds back what comes after it on its table"
    assert (await aws.apply(PLAN)).exit_code == 0
    assert not waited_for_a_lock(aws.events)
    assert sorted(call.operation for call in aws.sent) == ["UpdateTable", "UpdateTable", "UpdateTimeToLive"]
    assert aws.refused == []


async def test_a_deadline_on_the_command_line_does_so_again_and_again_until_all_is_done(aws: VirtualAws) -> None:
    """A job that is started every few minutes with a deadline gets there."""
    ends = list[int]()
    while not ends or ends[-1] != 0:
        ends.append((await aws.apply(PLAN, deadline=90.0)).exit_code)
    assert set(ends[:-1]) == {6}
    assert sorted(call.operation for call in aws.sent) == ["UpdateTable", "UpdateTable", "UpdateTimeToLive"]
    assert not waited_for_a_lock(aws.events)


async def test_wait_sees_it_to_its_end_without_the_store(aws: VirtualAws) -> None:
    text = PLAN.replace("      by_hour: {partition_key: {hour: S}}\n", "").replace("    ttl: expires\n", "")
    assert (await aws.apply(text, deadline=60.0)).exit_code == 6
    assert aws.store is not None
    rows = await aws.store.rows("runs")
    waited = await aws.wait(text)
    assert (waited.exit_code, waited.outcome) == (0, "succeeded")
    assert await aws.store.rows("runs") == rows
    assert (await aws.apply(text)).outcome == "nothing_to_do"


async def test_a_wait_whose_deadline_passes_is_6_too_and_can_be_repeated(aws: VirtualAws) -> None:
    assert (await aws.apply(PLAN, deadline=60.0)).exit_code == 6
    waited = await aws.wait(PLAN, deadline=30.0)
    assert (waited.exit_code, waited.outcome) == (6, "in_progress")
    assert [line.state for line in waited.pending] == ["in_transition"]
