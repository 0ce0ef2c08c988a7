"""Auto scaling in whole runs: it moves numbers and holds calls back at any time, and neither is a difference or a failure."""

from pathlib import Path

import pytest

from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

SCALED = """
plan: shop
policy: {destructive: allow, backup_before_delete: false}
tables:
  orders:
    partition_key: {id: S}
    billing: {provisioned: {read: 5, write: 5}}
    autoscaling: {read: {min: 1, max: 50, target: 70}, write: {min: 1, max: 50, target: 60}}
    indexes:
      by_day: {partition_key: {day: S}, autoscaling: {read: {min: 2, max: 20, target: 70}}}
"""
FIXED = SCALED.replace(
    "autoscaling: {read: {min: 1, max: 50, target: 70}, write: {min: 1, max: 50, target: 60}}", "autoscaling: off"
)
ON_DEMAND = """
plan: shop
tables:
  orders: {billing: on_demand, autoscaling: off, indexes: {by_day: {autoscaling: off}}}
"""
GONE = "plan: shop\npolicy: {destructive: allow}\ntables: {orders: absent}\n"


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return VirtualAws(tmp_path)


def targets(aws: VirtualAws) -> list[str]:
    reply = aws.send("application-autoscaling", "DescribeScalableTargets", ServiceNamespace="dynamodb")
    return [target["ResourceId"] for target in reply["ScalableTargets"]]


def units(aws: VirtualAws) -> tuple[int, int]:
    table = aws.send("dynamodb", "DescribeTable", TableName="orders")["Table"]
    return table["ProvisionedThroughput"]["ReadCapacityUnits"], table["ProvisionedThroughput"]["WriteCapacityUnits"]


async def test_what_it_moves_is_no_difference(aws: VirtualAws) -> None:
    report = await aws.apply(SCALED)
    assert (report.exit_code, aws.refused) == (0, [])
    seen = set()
    for _ in range(10):
        await aws.clock.sleep(400)
        seen.add(units(aws))
        assert not [step for step in (await aws.preview(SCALED)).graph if step.call]
    assert len(seen) > 3, "nothing was ever moved"


async def test_the_numbers_hold_again_once_it_has_ended(aws: VirtualAws) -> None:
    await aws.apply(SCALED)
    await aws.clock.sleep(700)
    assert (await aws.apply(FIXED)).exit_code == 0
    assert units(aws) == (5, 5)
    assert targets(aws) == ["table/orders/index/by_day"]
    assert not (await aws.preview(FIXED)).graph.steps


async def test_it_ends_with_a_switch_to_on_demand(aws: VirtualAws) -> None:
    await aws.apply(SCALED)
    await aws.clock.sleep(700)
    assert (await aws.apply(ON_DEMAND)).exit_code == 0
    assert targets(aws) == []
    assert not (await aws.preview(ON_DEMAND)).graph.steps


async def test_it_is_not_inherited_by_another_table_of_that_name(aws: VirtualAws) -> None:
    """Targets outlive their table (fact sheet 3)."""
    await aws.apply(SCALED)
    await aws.clock.sleep(700)
    assert (await aws.apply(GONE)).exit_code == 0
    assert targets(aws) == []


@pytest.mark.parametrize("at", range(3, 60, 4))
async def test_killed_anywhere_the_next_run_ends_the_same(aws: VirtualAws, at: int) -> None:
    await aws.dies(SCALED, at)
    assert (await aws.apply(SCALED)).exit_code == 0
    assert sorted(targets(aws)) == ["table/orders", "table/orders", "table/orders/index/by_day"]
    assert not (await aws.preview(SCALED)).graph.steps
