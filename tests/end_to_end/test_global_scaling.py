"""What scales the writes of a global table: the same in every Region, whether or not AWS brings it there by itself."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.model import Call
from orchestrator.ports import Cloud
from orchestrator.render.text.words import differences
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Staleness
from tests.end_to_end.test_replicas import EAST, PLAN, WEST, done, listed, replicated
from tests.end_to_end.virtual import TARGET, VirtualAws

pytestmark = pytest.mark.virtual

SERVICE = "application-autoscaling"
PROVISIONED = "    billing: {provisioned: {read: 5, write: 5}}\n"
SCALED = PROVISIONED + "    autoscaling: {write: {min: 5, max: 50, target: 70}}\n"
OTHERWISE = PROVISIONED + "    autoscaling: {write: {min: 7, max: 90, target: 50}}\n"
ON_DEMAND = "    billing: on_demand\n"
BY_DAY = "    indexes: {by_day: {partition_key: {day: S}, autoscaling: {write: {min: 6, max: 60, target: 70}}}}\n"
TWO = replicated(us_west_2="{}")

Scaled = tuple[float, float, float]
"""Minimum, maximum and target."""


@dataclass
class Following:
    """A Cloud in which AWS itself brings what scales writes here to another Region."""

    cloud: Cloud
    aws: VirtualAws

    async def send(self, call: Call) -> Mapping[str, Any]:
        reply = await self.cloud.send(call)
        writes = "Write" in call.parameters.get("ScalableDimension", "")
        if writes and call.region is None and WEST in listed(self.aws):
            rules = self.aws.account.elsewhere(WEST)
            rules.foreign(SERVICE, call.operation, call.parameters, self.aws.clock.now())
        return reply


@pytest.fixture(params=["alone", "followed"])
def aws(request: pytest.FixtureRequest, tmp_path: Path) -> VirtualAws:
    """An account whose Regions are scaled each by itself, and one in which the others follow."""
    return followed(tmp_path, lag=0) if request.param == "followed" else VirtualAws(tmp_path)


def followed(folder: Path, *, lag: float) -> VirtualAws:
    """Where the others follow, and what scales shows within `lag` seconds."""
    aws = VirtualAws(folder, Account(staleness=replace(Staleness(), tags=lag)))
    aws.between = lambda cloud: Following(cloud, aws)
    return aws


def scaled(aws: VirtualAws, region: str, side: str = "Write") -> dict[str, Scaled]:
    """Minimum, maximum and target by resource, in a Region."""
    rules, now, named = aws.account.elsewhere(region), aws.clock.now(), {"ServiceNamespace": "dynamodb"}
    targets = rules.foreign(SERVICE, "DescribeScalableTargets", named, now)["ScalableTargets"]
    policies = rules.foreign(SERVICE, "DescribeScalingPolicies", named, now)["ScalingPolicies"]
    aims = {
        (one["ResourceId"], one["ScalableDimension"]): one["TargetTrackingScalingPolicyConfiguration"]["TargetValue"]
        for one in policies
    }
    return {
        one["ResourceId"]: (one["MinCapacity"], one["MaxCapacity"], aims[one["ResourceId"], one["ScalableDimension"]])
        for one in targets
        if side in one["ScalableDimension"]
    }


async def everywhere(aws: VirtualAws, text: str, wanted: Mapping[str, Scaled]) -> None:
    """After one run, without a refusal and with nothing left to do, both Regions scale writes as `wanted`."""
    await done(aws, text)
    await aws.clock.sleep(4000)
    assert {region: scaled(aws, region) for region in (TARGET.region, WEST)} == {TARGET.region: wanted, WEST: wanted}


async def test_other_limits_and_another_target_hold_in_every_region(aws: VirtualAws) -> None:
    await everywhere(aws, TWO + SCALED, {"table/orders": (5, 50, 70)})
    await everywhere(aws, TWO + OTHERWISE, {"table/orders": (7, 90, 50)})


async def test_a_plan_that_does_not_name_the_replica_scales_it_all_the_same(aws: VirtualAws) -> None:
    await done(aws, TWO + SCALED)
    await everywhere(aws, PLAN + OTHERWISE, {"table/orders": (7, 90, 50)})


async def test_an_index_is_scaled_in_every_region_and_leaves_nothing_behind(aws: VirtualAws) -> None:
    await done(aws, TWO + SCALED)
    both = {"table/orders": (5, 50, 70), "table/orders/index/by_day": (6, 60, 70)}
    await everywhere(aws, TWO + SCALED + BY_DAY, both)
    await everywhere(aws, PLAN + "    indexes: {by_day: absent}\n", {"table/orders": (5, 50, 70)})


async def test_a_pruned_index_leaves_nothing_behind(aws: VirtualAws) -> None:
    await done(aws, TWO + SCALED + BY_DAY)
    await everywhere(aws, TWO + "    indexes: {}\n    prune: [indexes]\n", {"table/orders": (5, 50, 70)})


async def test_both_sides_of_an_index_end_with_it(aws: VirtualAws) -> None:
    """Reads scale in each Region as somebody there likes, until there is nothing left to scale."""
    await done(aws, TWO + SCALED + BY_DAY)
    aws.account.elsewhere(WEST).foreign(
        SERVICE,
        "RegisterScalableTarget",
        {
            "ServiceNamespace": "dynamodb",
            "ResourceId": "table/orders/index/by_day",
            "ScalableDimension": "dynamodb:index:ReadCapacityUnits",
            "MinCapacity": 1,
            "MaxCapacity": 9,
        },
        aws.clock.now(),
    )
    await aws.clock.sleep(60)
    await done(aws, PLAN + "    indexes: {by_day: absent}\n")
    assert scaled(aws, WEST, "Read") == {}


async def test_scaling_ends_and_begins_with_the_billing_in_every_region(aws: VirtualAws) -> None:
    await done(aws, TWO + SCALED)
    await everywhere(aws, PLAN + ON_DEMAND + "    autoscaling: off\n", {})
    await aws.clock.sleep(86_400)
    await everywhere(aws, PLAN + SCALED, {"table/orders": (5, 50, 70)})


async def test_what_aws_has_brought_there_is_not_sent(tmp_path: Path) -> None:
    aws = followed(tmp_path, lag=0)
    await done(aws, TWO + SCALED)
    aws.sent.clear()
    report = await done(aws, TWO + OTHERWISE)
    assert {step.outcome for step in report.steps if "replicas" in step.id} == {"already_in_place"}
    assert [call.operation for call in aws.sent if call.region] == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (TWO + OTHERWISE + BY_DAY, {"table/orders": (7, 90, 50), "table/orders/index/by_day": (6, 60, 70)}),
        (TWO + "    indexes: {by_day: absent}\n", {"table/orders": (5, 50, 70)}),
    ],
)
async def test_what_aws_brings_there_late_may_be_sent_once_more(
    tmp_path: Path, text: str, wanted: dict[str, Scaled]
) -> None:
    """A look that lags behind costs a call that changes nothing, and no run fails by it."""
    aws = followed(tmp_path, lag=30)
    await done(aws, TWO + SCALED + BY_DAY)
    assert (await aws.apply(text)).exit_code == 0
    await aws.clock.sleep(60)
    sent = len(aws.sent)
    assert (await aws.apply(text)).exit_code == 0
    assert len(aws.sent) == sent
    assert {fault.code for fault in aws.refused} <= {"ObjectNotFoundException", "ConcurrentUpdateException"}
    assert (scaled(aws, TARGET.region), scaled(aws, WEST)) == (wanted, wanted)


async def test_a_region_that_goes_is_not_scaled_anew(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path)
    await done(aws, replicated(us_west_2="{}", us_east_1="{}") + SCALED)
    await aws.clock.sleep(2 * 86_400)
    await done(aws, replicated(us_west_2="absent", us_east_1="{}") + OTHERWISE)
    await aws.clock.sleep(60)
    assert (scaled(aws, WEST), scaled(aws, EAST)) == ({}, {"table/orders": (7, 90, 50)})


async def test_the_preview_names_the_region_of_each_call(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path)
    await done(aws, TWO + SCALED)
    steps = [step for step in (await aws.preview(TWO + OTHERWISE)).graph if step.ref.section == "replicas"]
    assert [step.call and (step.call.operation, step.call.region) for step in steps] == [
        ("RegisterScalableTarget", WEST),
        ("PutScalingPolicy", WEST),
    ]
    assert all(step.summary.endswith(f"in {WEST}") for step in steps)


async def test_the_preview_of_another_region_says_of_no_number_that_it_goes(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path)
    await done(aws, TWO + SCALED)
    steps = [step for step in (await aws.preview(TWO + SCALED + BY_DAY)).graph if step.ref.section == "replicas"]
    assert [words for step in steps for change in step.because for words in differences(change)] == [
        f"replicas.{WEST}.autoscaling.by_day.write: off -> {{min: 6, max: 60}}",
        f"replicas.{WEST}.autoscaling.by_day.write.target: 70",
    ]
