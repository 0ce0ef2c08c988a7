"""A scaling policy that somebody puts beside a run: AWS takes no second one of its metric, and ours takes it over."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator.model import Call
from orchestrator.ports import Cloud
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

SCALING = "application-autoscaling"
SIDE = {
    "ServiceNamespace": "dynamodb",
    "ResourceId": "table/orders",
    "ScalableDimension": "dynamodb:table:WriteCapacityUnits",
}
FIXED = """
plan: shop
tables:
  orders:
    partition_key: {id: S}
    billing: {provisioned: {read: 5, write: 5}}
"""
SCALED = FIXED + "    autoscaling: {write: {min: 5, max: 50, target: 50}}\n"


def put(aws: VirtualAws, target: int) -> None:
    metric = {"PredefinedMetricType": "DynamoDBWriteCapacityUtilization"}
    tracking = {"TargetValue": float(target), "PredefinedMetricSpecification": metric, "ScaleInCooldown": 77}
    aws.send(
        SCALING,
        "PutScalingPolicy",
        **SIDE,
        PolicyName="$orders-scaling-policy",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=tracking,
    )


@pytest.fixture
async def aws(tmp_path: Path) -> VirtualAws:
    found = VirtualAws(tmp_path)
    assert (await found.apply(FIXED)).exit_code == 0
    found.send(SCALING, "RegisterScalableTarget", **SIDE, MinCapacity=5, MaxCapacity=50)
    return found


async def theirs(aws: VirtualAws) -> tuple[float, int]:
    """The target and the cooldown of the only policy there is, by the name that it was put under."""
    await aws.clock.sleep(60)
    (policy,) = aws.send(SCALING, "DescribeScalingPolicies", ServiceNamespace="dynamodb")["ScalingPolicies"]
    assert policy["PolicyName"] == "$orders-scaling-policy"
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    return tracking["TargetValue"], tracking["ScaleInCooldown"]


@pytest.mark.parametrize("target", [30, 50])
async def test_one_that_does_not_show_yet_is_taken_over(aws: VirtualAws, target: int) -> None:
    """Application Auto Scaling is eventually consistent (fact sheet 3)."""
    put(aws, target)
    report = await aws.apply(SCALED)
    assert (report.exit_code, len(aws.refused)) == (0, 1)
    assert await theirs(aws) == (50.0, 77)
    assert (await aws.apply(SCALED)).outcome == "nothing_to_do"


@pytest.mark.parametrize("target", [30, 50])
async def test_one_that_comes_right_before_ours_is_taken_over(aws: VirtualAws, target: int) -> None:
    class Preceded:
        def __init__(self, cloud: Cloud) -> None:
            self.cloud = cloud

        async def send(self, call: Call) -> Mapping[str, Any]:
            if call.operation == "PutScalingPolicy" and not aws.refused:
                put(aws, target)
            return await self.cloud.send(call)

    await aws.clock.sleep(60)
    aws.between = Preceded
    report = await aws.apply(SCALED)
    assert (report.exit_code, len(aws.refused)) == (0, 1)
    assert await theirs(aws) == (50.0, 77)
