"""Whole runs of a transaction that adds to a counter, cut at every point: the counter ends right (requirements D1 to D8)."""

import os
from pathlib import Path

import pytest

from orchestrator.model import Report
from orchestrator.sandbox.faults import Faults, Injection, Script
from tests.end_to_end.staged import Doom, Meanwhile, Shop

pytestmark = pytest.mark.virtual

EVERY = bool(os.environ.get("ORCHESTRATOR_TEST_EVERY_START"))
GAPS = (0.0, 45.0, 290.0, 310.0, 590.0, 700.0, 86_400.0) if EVERY else (45.0, 700.0)
"""Seconds between a death and the next run: within the time of a token, on its edges, past it."""
SAMPLE = 1 if EVERY else 5
PLAN = """
plan: shop
tables: {orders: {}}
tasks:
  count:
    transact:
      - update: {table: orders, key: {id: total}, add: {n: 1}}
      - put: {table: orders, item: {id: a}, if_absent: true}
"""
BEFORE = "plan: before\ntables: {orders: {partition_key: {id: S}, billing: on_demand}}\n"
API = "dynamodb:TransactWriteItems"


async def shop_of(folder: Path, *, table: bool) -> Shop:
    shop = Shop(folder, table=table)
    await shop.begins(BEFORE)
    return shop


async def calls(folder: Path, *, table: bool) -> int:
    """How many calls a run makes that nobody kills."""
    shop = await shop_of(folder, table=table)
    shop.doom(doom := Doom())
    assert (await shop.apply(PLAN)).exit_code == 0
    assert shop.counted() == 1
    return doom.called


def unknown(report: Report) -> bool:
    """Whether it stopped, and told what to look at, for nobody knows whether the transaction was applied."""
    errors = [step.error for step in report.steps if step.error]
    told = [error for error in errors if error["code"] == "unknown-outcome" and 'orders, id "total"' in error["action"]]
    return report.exit_code == 1 and len(told) == 1


def stuck(shop: Shop) -> None:
    """The next transaction of a run, not of its store, is in progress for half a minute."""
    stalls = iter([30.0])

    def stall() -> None:
        for seconds in stalls:
            shop.account.dynamodb.tokens.stall_next(seconds)

    shop.between = lambda cloud: Meanwhile(cloud, "TransactWriteItems", stall)


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("answered", [False, True])
@pytest.mark.parametrize("table", [True, False])
async def test_d8_killed_at_any_call_and_started_again_it_is_applied_once(
    table: bool, answered: bool, gap: float, tmp_path: Path
) -> None:
    """With a marker always; without one, past the time of the token, a person may have to look."""
    for at in range(1, await calls(tmp_path, table=table) + 1, SAMPLE):
        shop = await shop_of(tmp_path, table=table)
        assert await shop.killed(PLAN, at, answered=answered)
        assert shop.counted() <= 1
        await shop.clock.sleep(gap)
        report = await shop.apply(PLAN)
        if not table and gap > 200 and unknown(report):
            assert shop.counted() <= 1
            continue
        assert report.exit_code == 0, f"killed at call {at}: {report}"
        assert shop.counted() == 1, f"killed at call {at}"
        assert (await shop.apply(PLAN)).outcome == "nothing_to_do"


@pytest.mark.parametrize("table", [True, False])
async def test_d8_a_transaction_that_is_in_progress_for_half_a_minute_is_applied_once(
    table: bool, tmp_path: Path
) -> None:
    shop = await shop_of(tmp_path, table=table)
    stuck(shop)
    began = shop.clock.now()
    assert (await shop.apply(PLAN)).exit_code == 0
    assert shop.clock.now() - began >= 30
    tokens = {call.parameters["ClientRequestToken"] for call in shop.sent if call.api == API}
    assert (len(tokens), shop.counted()) == (1, 1)
    assert (await shop.apply(PLAN)).outcome == "nothing_to_do"


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("table", [True, False])
async def test_d8_stopped_while_its_transaction_is_in_progress(table: bool, gap: float, tmp_path: Path) -> None:
    """For all that is known it takes effect later."""
    shop = await shop_of(tmp_path, table=table)
    stuck(shop)
    assert (await shop.apply(PLAN, deadline=3.0)).exit_code == 6
    shop.doom(Doom())
    await shop.clock.sleep(gap)
    report = await shop.apply(PLAN)
    if not table and gap >= 300:
        assert unknown(report), report
        assert shop.counted() == 0
    else:
        assert (report.exit_code, shop.counted()) == (0, 1)


@pytest.mark.parametrize("injection", [Injection.DROP_AFTER, Injection.ERROR_AFTER, Injection.DROP_BEFORE])
@pytest.mark.parametrize("table", [True, False])
async def test_d8_no_answer_and_killed_before_the_next_attempt(
    table: bool, injection: Injection, tmp_path: Path
) -> None:
    unkilled = await calls(tmp_path, table=table)
    for at in range(max(1, unkilled - 12), unkilled, SAMPLE):
        shop = await shop_of(tmp_path, table=table)
        shop.faults = Faults(scripts=[Script(API, 1, injection)])
        shop.doom(Doom())
        await shop.killed(PLAN, at)
        await shop.clock.sleep(60)
        assert (await shop.apply(PLAN)).exit_code == 0
        assert shop.counted() == 1
