"""Scaling policies, and how long targets and policies outlive what they scale (fact sheet 2.5, section 3, section 7)."""

from typing import Any

import pytest

from orchestrator.sandbox.rules.durations import Durations, Staleness
from orchestrator.sandbox.rules.refusal import Refusal
from tests.sandbox.dynamodb_world import INDEXED_PROVISIONED, INVALID, deletion
from tests.sandbox.test_scaling_rules import INDEX, INDEX_READ, READ, TABLE, WRITE, Scaled

ABSENT = "ObjectNotFoundException"
READ_USE, WRITE_USE = "DynamoDBReadCapacityUtilization", "DynamoDBWriteCapacityUtilization"


def tracking(value: float = 70, metric: str | None = READ_USE, **more: Any) -> dict[str, Any]:
    named = {"PredefinedMetricSpecification": {"PredefinedMetricType": metric}} if metric else {}
    return {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": value, **named, **more}}


class Tracked(Scaled):
    """A world with a table whose reads have a target, and calls about policies."""

    def put(self, name: str = "reads", *named: str, **more: Any) -> dict[str, Any]:
        given = {"PolicyType": "TargetTrackingScaling", **(more or tracking())}
        return self.scaling("PutScalingPolicy", *named, PolicyName=name, **given)

    def put_refused(self, name: str = "reads", *named: str, **more: Any) -> Refusal:
        with pytest.raises(Refusal) as caught:
            self.put(name, *named, **more)
        return caught.value

    def policies(self, **more: Any) -> list[dict[str, Any]]:
        asked = {"ServiceNamespace": "dynamodb", **more}
        reply = self.account.handle("application-autoscaling", "DescribeScalingPolicies", asked, self.now)
        found: list[dict[str, Any]] = reply["ScalingPolicies"]
        return found


def tracked(staleness: Staleness | None = None, seed: int = 0) -> Tracked:
    world = Tracked(Durations.instant(), staleness, seed=seed)
    world.active(**INDEXED_PROVISIONED)
    world.register()
    world.wait(10)
    return world


def test_section_3_a_policy_is_put_told_changed_and_deleted() -> None:
    world = tracked()
    reply = world.put(**tracking(ScaleInCooldown=60))
    assert len(reply["Alarms"]) == 4
    (shown,) = world.policies()
    assert shown == {
        "PolicyARN": reply["PolicyARN"],
        "PolicyName": "reads",
        "ServiceNamespace": "dynamodb",
        "ResourceId": TABLE,
        "ScalableDimension": READ,
        "PolicyType": "TargetTrackingScaling",
        **tracking(ScaleInCooldown=60),
        "Alarms": reply["Alarms"],
        "CreationTime": world.now,
    }
    world.wait(5)
    assert world.put(**tracking(50))["PolicyARN"] == reply["PolicyARN"]
    (shown,) = world.policies()
    assert shown["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 50
    assert shown["CreationTime"] == world.now - 5
    world.scaling("PutScalingPolicy", PolicyName="reads")
    assert world.policies() == [shown], "what is not stated stays"
    world.scaling("DeleteScalingPolicy", PolicyName="reads")
    assert world.policies() == []
    assert world.scaling_refused("DeleteScalingPolicy", PolicyName="reads").code == ABSENT


def test_section_3_a_policy_needs_its_target_and_goes_with_it() -> None:
    world = tracked()
    refusal = world.put_refused("writes", TABLE, WRITE, **tracking(metric=WRITE_USE))
    assert refusal.code == ABSENT
    assert refusal.message == (
        "No scalable target registered for service namespace: dynamodb, resource ID: table/orders, "
        f"scalable dimension: {WRITE}"
    )
    assert world.scaling_refused("DeleteScalingPolicy", TABLE, WRITE, PolicyName="writes").code == ABSENT
    world.put()
    world.scaling("DeregisterScalableTarget")
    assert world.policies() == []
    assert world.put_refused().code == ABSENT
    world.register()
    assert world.policies() == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (tracking(metric=WRITE_USE), "is not supported for the scalable dimension"),
        (tracking(metric="LambdaProvisionedConcurrencyUtilization"), "is not supported for the scalable dimension"),
        (tracking(metric="Nothing"), "Member must satisfy enum value set"),
        (tracking(19.5), "Target value must be between 20 and 90"),
        (tracking(91), "Target value must be between 20 and 90"),
        (tracking(metric=None), "Exactly one of"),
        (tracking(CustomizedMetricSpecification={"MetricName": "x"}), "Exactly one of"),
        (tracking(ScaleInCooldown=-1), "must not be negative"),
        ({"PolicyType": "StepScaling"}, "StepScaling policies are not supported"),
        ({"PolicyType": "PredictiveScaling"}, "PredictiveScaling policies are not supported"),
        ({"StepScalingPolicyConfiguration": {"Cooldown": 1}, **tracking()}, "cannot be specified for a TargetTracking"),
        ({"PolicyType": None, **tracking()}, "PolicyType is required"),
        ({"PolicyType": "TargetTrackingScaling"}, "TargetTrackingScalingPolicyConfiguration is required"),
    ],
)
def test_section_3_what_dynamodb_has_no_policy_for_is_refused(given: dict[str, Any], message: str) -> None:
    world = tracked()
    refusal = world.put_refused(**given)
    assert refusal.code == INVALID
    assert message in refusal.message
    assert world.policies() == []


def test_one_metric_is_tracked_by_one_policy() -> None:
    world = tracked()
    world.put()
    refusal = world.put_refused("others", **tracking(50))
    assert refusal.code == INVALID
    assert "Only one TargetTrackingScaling policy for a given metric specification is allowed" in refusal.message
    world.put("others", **tracking(50, None, CustomizedMetricSpecification={"MetricName": "x"}))
    assert [shown["PolicyName"] for shown in world.policies()] == ["others", "reads"]


def test_policies_are_listed_page_by_page_and_by_what_is_asked() -> None:
    world = tracked()
    world.register(dimension=WRITE)
    world.register(INDEX, INDEX_READ)
    world.put()
    world.put("writes", TABLE, WRITE, **tracking(metric=WRITE_USE))
    world.put("reads", INDEX, INDEX_READ)
    assert [shown["ScalableDimension"] for shown in world.policies(ResourceId=TABLE)] == [READ, WRITE]
    assert [shown["PolicyName"] for shown in world.policies(ResourceId=TABLE, ScalableDimension=WRITE)] == ["writes"]
    assert [shown["ResourceId"] for shown in world.policies(PolicyNames=["reads"])] == [TABLE, INDEX]
    assert [shown["ResourceId"] for shown in world.policies(MaxResults=2, NextToken="2")] == [INDEX]
    for call in (world.policies, world.targets):
        with pytest.raises(Refusal, match="A resource ID must be specified"):
            call(ScalableDimension=READ)


def test_section_3_targets_survive_index_and_table_and_are_inherited() -> None:
    world = tracked()
    world.register(INDEX, INDEX_READ)
    world.put("reads", INDEX, INDEX_READ)
    world.update(GlobalSecondaryIndexUpdates=deletion("by_day"))
    world.call("DeleteTable", TableName="orders")
    assert [target["ResourceId"] for target in world.targets()["ScalableTargets"]] == [TABLE, INDEX]
    world.active(BillingMode="PAY_PER_REQUEST")
    assert len(world.policies()) == 1
    assert (
        "on demand"
        in world.scaling_refused("RegisterScalableTarget", TABLE, WRITE, MinCapacity=1, MaxCapacity=2).message
    )
    world.register(most=60)
    assert world.targets()["ScalableTargets"][0]["MaxCapacity"] == 60, "the one that is there may be changed"


@pytest.mark.parametrize("seed", range(4))
def test_section_7_changes_show_some_seconds_later_and_the_same_again_is_none(seed: int) -> None:
    world = tracked(Staleness(0, 0, 3), seed)
    world.register(most=90)
    assert world.targets()["ScalableTargets"][0]["MaxCapacity"] == 40
    with pytest.raises(Refusal) as caught:
        world.register(most=95)
    assert caught.value.code == "ConcurrentUpdateException"
    world.register(most=90)
    world.put()
    assert world.policies() == []
    world.put()
    assert world.put_refused(**tracking(50)).code == "ConcurrentUpdateException"
    world.wait(3)
    assert (len(world.policies()), world.targets()["ScalableTargets"][0]["MaxCapacity"]) == (1, 90)
    world.scaling("DeregisterScalableTarget")
    assert len(world.targets()["ScalableTargets"]) == 1
    world.wait(3)
    assert world.targets()["ScalableTargets"] == []
    assert world.scaling_refused("DeregisterScalableTarget").code == ABSENT


@pytest.mark.parametrize("operation", ["DescribeScalableTargets", "DescribeScalingPolicies"])
def test_other_namespaces_are_said_not_to_be_modelled(operation: str) -> None:
    with pytest.raises(Refusal) as caught:
        tracked().account.handle("application-autoscaling", operation, {"ServiceNamespace": "lambda"}, 2e9)
    assert (caught.value.code, caught.value.status) == ("NotModelledBySandbox", 501)
