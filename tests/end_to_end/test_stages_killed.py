"""A plan in stages, killed between any two calls: the next run goes on in the right stage, and nothing is done twice."""

import os
from pathlib import Path

import pytest

from orchestrator.model import Report
from tests.end_to_end.staged import ITEMS, PLAN, STATE, Shop

pytestmark = pytest.mark.virtual

EVERY = bool(os.environ.get("ORCHESTRATOR_TEST_EVERY_START"))
SAMPLE = {True: 1, False: 1} if EVERY else {True: 50, False: 25}
"""Of so many points one is tried, where the store is a table and where it is not: the calls to AWS are the same."""
GAPS = (0.0, 45.0, 900.0) if EVERY else (45.0,)
"""Seconds between a death and the next run: within the dead one's lease, and the time of a token, and past them."""
TOKEN = 300.0
"""Seconds for which a transaction's token is used (fact sheet 6.3)."""
ONCE = {
    "Create index orders by_customer": 1,
    "lambda:UpdateFunctionCode order-api": 1,
    "lambda:PublishVersion order-api 2": 1,
    "lambda:UpdateAlias arn:aws:lambda:eu-west-1:123456789012:function:order-api:live": 1,
    "Delete index orders by_user": 1,
}


def stopped_in_doubt(report: Report) -> bool:
    """Whether the transaction has no marker and no time left, so that a person has to see what became of it."""
    return [(step.error or {}).get("code") for step in report.steps if step.outcome == "failed"] == ["unknown-outcome"]


def done_rightly(shop: Shop) -> None:
    assert shop.made == ONCE
    assert shop.counted() == 1
    orders = [one for id_, one in shop.items().items() if id_ != "total"]
    assert len(orders) == ITEMS
    assert all(one["customer"] == one["user"] for one in orders)
    in_order(shop)


def in_order(shop: Shop) -> None:
    """The old index goes when all that reads it has moved: the alias, once all items have the new key."""
    at = [one.api for one in shop.watched.accepted]
    alias = at.index("lambda:UpdateAlias")
    last_item = max(place for place, api in enumerate(at) if api == "dynamodb:UpdateItem")
    removed = max(place for place, one in enumerate(shop.watched.accepted) if "'Delete'" in str(one.given))
    assert last_item < at.index("lambda:UpdateFunctionCode") < alias < removed
    refused = [one for one in shop.account.timeline.served if one.refused_because_in_transition]
    assert not [one for one in refused if STATE not in one.resource]
    assert not shop.account.timeline.clashes()


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("table", [True, False])
async def test_killed_at_any_call_the_next_run_ends_as_if_nothing_had_happened(
    table: bool, gap: float, tmp_path: Path
) -> None:
    at, died = 1 + SAMPLE[table] // 2 - SAMPLE[table], True
    while died:  # how many calls a run makes is not the same each time
        at += SAMPLE[table]
        shop = Shop(tmp_path, table=table)
        await shop.begins()
        died = await shop.killed(PLAN, at)
        await shop.clock.sleep(gap)
        report = await shop.apply(PLAN)
        if not table and gap > TOKEN and stopped_in_doubt(report):
            assert shop.counted() <= 1  # nobody can tell, and nothing is sent blindly (requirement D4)
            continue
        assert report.exit_code == 0, f"killed at call {at}: {report}"
        done_rightly(shop)
        shop.sent.clear()
        assert (await shop.apply(PLAN)).outcome == "nothing_to_do", f"killed at call {at}"
        assert not shop.sent
    assert at > 2 * SAMPLE[table]
