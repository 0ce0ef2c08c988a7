"""Scalable targets outlive what somebody deleted (fact sheet, section 3): a preview says who would inherit them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator.model import Call, Finding
from orchestrator.ports import Cloud
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
MADE = {
    "TableName": "orders",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
}
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


async def test_what_a_table_that_shall_be_gone_and_is_has_left_is_deregistered(aws: VirtualAws) -> None:
    await deleted(aws)
    preview = await aws.preview(GONE)
    (step,) = preview.graph.steps
    assert step.call is not None
    assert (step.call.operation, step.destructive) == ("DeregisterScalableTarget", False)
    assert await left(aws, GONE) == []
    assert (await aws.apply(GONE)).outcome == "succeeded"
    assert (aws.refused, targets(aws)) == ([], ["table/orders/index/by_day"])
    assert (await aws.apply(GONE)).outcome == "nothing_to_do"


async def test_of_a_table_that_goes_at_the_moment_they_are_deregistered_after_it(aws: VirtualAws) -> None:
    assert (await aws.apply(BARE + SCALED)).exit_code == 0
    await aws.clock.sleep(65)
    aws.send("dynamodb", "DeleteTable", TableName="orders")
    assert (await aws.apply(GONE)).outcome == "succeeded"
    assert (aws.refused, targets(aws)) == ([], [])
    await aws.clock.sleep(60)
    assert (await aws.apply(GONE)).outcome == "nothing_to_do"


async def test_of_a_table_that_somebody_makes_meanwhile_they_are_its_own(aws: VirtualAws) -> None:
    """They end only with that, as the plan wants it: planned anew."""
    await deleted(aws)
    looks: list[Call] = []

    class Remade:
        def __init__(self, cloud: Cloud) -> None:
            self.cloud = cloud

        async def send(self, call: Call) -> Mapping[str, Any]:
            if call.operation == "DescribeTable":
                looks.append(call)
                if len(looks) == 2:
                    aws.send("dynamodb", "CreateTable", **MADE)
            return await self.cloud.send(call)

    sent = len(aws.sent)
    aws.between = Remade
    report = await aws.apply(GONE.replace("{destructive: allow}", "{destructive: allow, backup_before_delete: false}"))
    assert (report.exit_code, report.steps[0].outcome) == (0, "already_in_place")
    assert [call.operation for call in aws.sent[sent:]] == ["DeregisterScalableTarget", "DeleteTable"]


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
    (one,) = await left(aws, BARE + INDEX % "")
    assert str(one.ref) == "tables.orders.indexes.by_day"
    assert "(write 6 to 60)" in one.message
    assert await left(aws, BARE + INDEX_SCALED) == []
    gone = BARE + "    indexes: {by_day: absent}\n"
    assert (await left(aws, gone), targets(aws)) == ([], ["table/orders/index/by_day"])
    assert (await aws.apply(gone)).outcome == "succeeded"
    assert (aws.refused, targets(aws)) == ([], [])
    assert (await aws.apply(gone)).outcome == "nothing_to_do"


async def test_nothing_is_said_where_nothing_was_left(aws: VirtualAws) -> None:
    assert await left(aws, BARE + INDEX % "") == []
    assert await left(aws, GONE) == []
    assert (await aws.apply(BARE + SCALED + INDEX_SCALED)).exit_code == 0
    await aws.clock.sleep(600)
    assert (await aws.apply(GONE)).exit_code == 0
    await aws.clock.sleep(60)
    assert await left(aws, GONE) == []
