"""Auto scaling in whole runs: it moves numbers and holds calls back at any time, and neither is a difference or a failure."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator.model import Call
from orchestrator.ports import Cloud
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Durations
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


def of(*lines: str) -> str:
    """A plan with one provisioned table."""
    body = "".join(f"    {line}\n" for line in lines)
    return f"plan: shop\ntables:\n  orders:\n    partition_key: {{id: S}}\n{body}"


UNITS = "billing: {provisioned: {read: %d, write: %d}}"
READ, WRITE = "{min: 5, max: 40, target: 70}", "{min: 5, max: 10, target: 70}"
BOTH = f"autoscaling: {{read: {READ}, write: {WRITE}}}"


async def test_units_that_are_not_asked_for_are_told_of(aws: VirtualAws) -> None:
    """Nothing that a plan states is ignored without a word."""
    await aws.apply(of(UNITS % (5, 5), BOTH))
    preview = await aws.preview(of(UNITS % (50, 60)))
    assert not preview.graph.steps
    assert [(thing.sort, thing.name) for thing in preview.unmanaged] == [
        ("autoscaling", "read"),
        ("autoscaling", "write"),
    ]
    first, second = [one for one in preview.findings if one.code == "units-scaled"]
    assert (first.level, first.message, first.action) == (
        "notice",
        "The read units of tables.orders are moved by auto scaling (5 to 40), which the plan does not state, so the stated 50 "
        "are not asked for.",
        "State that too, or `autoscaling: {read: off}` to end it, with which the stated units hold.",
    )
    assert "the stated 60 are not asked for" in second.message


async def test_one_side_ends_alone_and_its_units_hold_again(aws: VirtualAws) -> None:
    await aws.apply(of(UNITS % (5, 5), BOTH))
    text = of(UNITS % (20, 5), f"autoscaling: {{read: off, write: {WRITE}}}")
    assert (await aws.apply(text)).exit_code == 0
    assert (targets(aws), units(aws)[0]) == (["table/orders"], 20)
    preview = await aws.preview(text)
    assert (preview.graph.steps, preview.unmanaged) == ((), ())


async def test_a_side_that_the_plan_does_not_name_is_shown_as_left_alone(aws: VirtualAws) -> None:
    await aws.apply(of(UNITS % (5, 5), BOTH))
    (thing,) = (await aws.preview(of(f"autoscaling: {{write: {WRITE}}}"))).unmanaged
    assert (str(thing.ref), thing.sort, thing.name) == ("tables.orders", "autoscaling", "read")
    assert (await aws.preview(of(BOTH))).unmanaged == ()


@pytest.mark.parametrize("live", [False, True])
async def test_units_out_of_the_range_are_told_of(aws: VirtualAws, live: bool) -> None:
    if live:
        await aws.apply(of(UNITS % (5, 5)))
    found = (await aws.preview(of(UNITS % (3, 5), BOTH))).findings
    (notice,) = [one for one in found if one.code == "units-out-of-range"]
    assert notice.message == (
        "tables.orders states 3 read units, and auto scaling moves them to between 5 and 40: what is stated does not hold."
    )


async def test_a_first_scaling_costs_no_decrease(aws: VirtualAws) -> None:
    """Four are granted at the start of a day; scaling takes the units over from where they are."""
    await aws.apply(of(UNITS % (40, 5)))
    for read in (39, 38, 37, 36):
        await aws.apply(of(UNITS % (read, 5)))
    text = of(UNITS % (35, 5), f"autoscaling: {{read: {READ}}}")
    report = await aws.apply(text)
    assert (report.exit_code, targets(aws), aws.refused) == (0, ["table/orders"], [])
    assert (await aws.apply(text)).outcome == "nothing_to_do"


async def test_units_below_the_range_are_raised_before_scaling_begins(aws: VirtualAws) -> None:
    await aws.apply(of(UNITS % (5, 5)))
    assert (await aws.apply(of(UNITS % (20, 5), f"autoscaling: {{read: {READ}}}"))).exit_code == 0
    assert units(aws)[0] == 20


async def test_its_end_waits_for_a_switch_that_somebody_began(tmp_path: Path) -> None:
    """A switch may take most of an hour (fact sheet 14.5)."""
    aws = VirtualAws(tmp_path, Account(durations=Durations(flip_to_on_demand=1800)))
    await aws.apply(of(UNITS % (5, 5), BOTH))
    text = of("autoscaling: off", "tags: {a: b}")
    begun = [False]

    class Flips:
        def __init__(self, cloud: Cloud) -> None:
            self.cloud = cloud

        async def send(self, call: Call) -> Mapping[str, Any]:
            if call.operation == "DeregisterScalableTarget" and not begun[0]:
                begun[0] = True
                aws.send("dynamodb", "UpdateTable", TableName="orders", BillingMode="PAY_PER_REQUEST")
            return await self.cloud.send(call)

    aws.between = Flips
    report = await aws.apply(text)
    assert (report.exit_code, targets(aws), begun) == (0, [], [True])


@pytest.mark.parametrize("at", range(3, 60, 4))
async def test_killed_anywhere_the_next_run_ends_the_same(aws: VirtualAws, at: int) -> None:
    await aws.dies(SCALED, at)
    assert (await aws.apply(SCALED)).exit_code == 0
    assert sorted(targets(aws)) == ["table/orders", "table/orders", "table/orders/index/by_day"]
    assert not (await aws.preview(SCALED)).graph.steps
