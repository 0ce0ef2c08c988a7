"""Somebody undid what an earlier stage did: it holds again before a later stage takes away what worked before."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from orchestrator.model import Call
from tests.end_to_end.staged import PLAN, Shop

pytestmark = pytest.mark.virtual

FIRST_TWO = PLAN[: PLAN.index("  - stage: contract")]


def deletes(call: Call) -> bool:
    """Whether it takes the old index away."""
    return any("Delete" in one for one in call.parameters.get("GlobalSecondaryIndexUpdates", ()))


def place(sent: Sequence[Call], operation: str) -> int:
    return next(number for number, call in enumerate(sent) if call.operation == operation and not deletes(call))


async def test_an_alias_that_was_rolled_back_moves_before_the_old_index_goes(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    await shop.begins()
    await shop.apply(FIRST_TWO)
    shop.send("lambda", "UpdateAlias", FunctionName="order-api", Name="live", FunctionVersion="1")
    await shop.clock.sleep(100)
    shown = await shop.preview(PLAN)
    shop.sent.clear()
    report = await shop.apply(PLAN)
    assert report.exit_code == 0
    assert place(shop.sent, "UpdateAlias") < next(at for at, call in enumerate(shop.sent) if deletes(call))
    assert [(step.id, step.stage) for step in shown.graph] == [
        ("functions.order-api.aliases.live:update", "switch"),
        ("tables.orders.indexes.by_user:delete", "contract"),
    ]
    assert [step.id for step in report.steps] == [step.id for step in shown.graph]
    assert (await shop.preview(PLAN)).graph.steps == ()


async def test_an_index_that_was_deleted_is_there_again_before_the_old_one_goes(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    await shop.begins()
    await shop.apply(FIRST_TWO)
    gone = {"Delete": {"IndexName": "by_customer"}}
    shop.send("dynamodb", "UpdateTable", TableName="orders", GlobalSecondaryIndexUpdates=[gone])
    await shop.clock.sleep(1000)
    shop.sent.clear()
    report = await shop.apply(PLAN)
    assert report.exit_code == 0
    assert place(shop.sent, "UpdateTable") < next(at for at, call in enumerate(shop.sent) if deletes(call))
    assert (await shop.preview(PLAN)).graph.steps == ()
