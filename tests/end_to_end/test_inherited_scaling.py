"""Scalable targets outlive what somebody deleted (fact sheet, section 3): a preview says who would inherit them."""

from pathlib import Path

import pytest

from orchestrator.model import Finding
from tests.end_to_end.test_scaling import targets
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

SCALED = "    autoscaling: {read: {min: 5, max: 50, target: 70}}\n"
INDEX = "    indexes: {by_day: {partition_key: {day: S}%s}}\n"
INDEX_SCALED = INDEX % ", autoscaling: {write: {min: 6, max: 60, target: 70}}"
BARE = """
plan: shop
policy: {destructive: allow, backup_before_delete: false}
tables:
  orders:
    partition_key: {id: S}
    billing: {provisioned: {read: 5, write: 5}}
"""
GONE = "plan: shop\npolicy: {destructive: allow}\ntables: {orders: absent}\n"


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return VirtualAws(tmp_path)


async def left(aws: VirtualAws, text: str) -> list[Finding]:
    return [finding for finding in (await aws.preview(text)).findings if finding.code == "scaling-left"]


async def deleted(aws: VirtualAws) -> None:
    """Somebody deletes the table, with what is scaled of it, and thinks no further."""
    assert (await aws.apply(BARE + SCALED + INDEX_SCALED)).exit_code == 0
    await aws.clock.sleep(65)
    aws.send("dynamodb", "DeleteTable", TableName="orders")
    await aws.clock.sleep(600)
    assert targets(aws) == ["table/orders", "table/orders/index/by_day"]


async def test_a_new_table_is_told_what_it_inherits(aws: VirtualAws) -> None:
    await deleted(aws)
    of_table, of_index = await left(aws, BARE + INDEX % "")
    assert (of_table.level, str(of_table.ref)) == ("warning", "tables.orders")
    assert "(read 5 to 50)" in of_table.message
    assert "`autoscaling: off`" in of_table.action
    assert str(of_index.ref) == "tables.orders.indexes.by_day"
    assert "(write 6 to 60)" in of_index.message


async def test_what_a_plan_says_of_a_side_is_not_inherited(aws: VirtualAws) -> None:
    await deleted(aws)
    assert await left(aws, BARE + SCALED + INDEX_SCALED) == []
    (one,) = await left(aws, BARE + SCALED.replace("read", "write") + INDEX_SCALED)
    assert "(read 5 to 50)" in one.message
    text = BARE + "    autoscaling: off\n" + INDEX % ", autoscaling: off"
    assert await left(aws, text) == []
    assert (await aws.apply(text)).exit_code == 0
    await aws.clock.sleep(60)
    assert targets(aws) == []


async def test_what_shall_be_gone_and_is_may_have_left_something(aws: VirtualAws) -> None:
    await deleted(aws)
    (one,) = await left(aws, GONE)
    assert "(read 5 to 50)" in one.message
    assert "DeregisterScalableTarget" in one.action
    assert (await aws.apply(GONE)).outcome == "nothing_to_do"


async def test_an_index_that_somebody_deleted_may_have_left_something(aws: VirtualAws) -> None:
    assert (await aws.apply(BARE + INDEX_SCALED)).exit_code == 0
    assert await left(aws, BARE + INDEX % "") == []
    await aws.clock.sleep(65)
    aws.send(
        "dynamodb",
        "UpdateTable",
        TableName="orders",
        GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by_day"}}],
    )
    await aws.clock.sleep(900)
    for text in (BARE + "    indexes: {by_day: absent}\n", BARE + INDEX % ""):
        (one,) = await left(aws, text)
        assert str(one.ref) == "tables.orders.indexes.by_day"
        assert "(write 6 to 60)" in one.message
    assert await left(aws, BARE + INDEX_SCALED) == []


async def test_nothing_is_said_where_nothing_was_left(aws: VirtualAws) -> None:
    assert await left(aws, BARE + INDEX % "") == []
    assert await left(aws, GONE) == []
    assert (await aws.apply(BARE + SCALED + INDEX_SCALED)).exit_code == 0
    await aws.clock.sleep(600)
    assert (await aws.apply(GONE)).exit_code == 0
    await aws.clock.sleep(60)
    assert await left(aws, GONE) == []
