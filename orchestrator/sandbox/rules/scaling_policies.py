"""Scaling policies of DynamoDB's targets: only target tracking, by how much of the capacity is used (fact sheet, section 3)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.sandbox.rules.ground import Ground
from orchestrator.sandbox.rules.refusal import Refusal

TRACKING = "TargetTrackingScaling"
METRICS = {"read": "DynamoDBReadCapacityUtilization", "write": "DynamoDBWriteCapacityUtilization"}
LEAST, MOST = 20, 90
"""Percent of the capacity that a target may track (DynamoDB developer guide, managing throughput automatically)."""

_ALARMS = ("AlarmHigh", "AlarmLow", "ProvisionedCapacityHigh", "ProvisionedCapacityLow")

Reply = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy of the target `resource` and `dimension`; `tracking` is its configuration as it was given."""

    name: str
    resource: str
    dimension: str
    arn: str
    created: float
    tracking: Mapping[str, Any] = field(default_factory=dict)

    def alarms(self, ground: Ground) -> list[Reply]:
        """The CloudWatch alarms that the service makes for it."""
        names = (f"TargetTracking-{self.resource}-{kind}-{ground.uuid('alarm', self.arn, kind)}" for kind in _ALARMS)
        return [{"AlarmName": name, "AlarmARN": ground.arn("cloudwatch", f"alarm:{name}")} for name in names]

    def description(self, ground: Ground) -> Reply:
        return {
            "PolicyARN": self.arn,
            "PolicyName": self.name,
            "ServiceNamespace": "dynamodb",
            "ResourceId": self.resource,
            "ScalableDimension": self.dimension,
            "PolicyType": TRACKING,
            "TargetTrackingScalingPolicyConfiguration": dict(self.tracking),
            "Alarms": self.alarms(ground),
            "CreationTime": self.created,
        }


def put(
    ground: Ground, known: Policy | None, beside: Iterable[Policy], side: str, parameters: Mapping[str, Any], now: float
) -> Policy:
    """The policy that a PutScalingPolicy makes of `known`, or anew; `beside` are the target's others, `side` read or write.

    What is not stated stays as it was. Raises where DynamoDB supports no such policy.
    """
    kind = parameters.get("PolicyType")
    if kind is None and known is None:
        raise invalid("PolicyType is required to create a scaling policy")
    if kind not in (None, TRACKING):
        raise invalid(f"{kind} policies are not supported for the service namespace: dynamodb")
    for other in ("StepScalingPolicyConfiguration", "PredictiveScalingPolicyConfiguration"):
        if parameters.get(other):
            raise invalid(f"{other} cannot be specified for a {TRACKING} policy")
    tracking = parameters.get("TargetTrackingScalingPolicyConfiguration") or (known.tracking if known else None)
    if not tracking:
        raise invalid("TargetTrackingScalingPolicyConfiguration is required for a TargetTrackingScaling policy")
    _check(tracking, side)
    if any(_metric(policy.tracking) == _metric(tracking) for policy in beside):
        raise invalid("Only one TargetTrackingScaling policy for a given metric specification is allowed.")
    named = parameters["ResourceId"], parameters["ScalableDimension"]
    name = parameters["PolicyName"]
    mark = ground.uuid("scaling policy", *named, name, known.created if known else now)
    arn = ground.arn("autoscaling", f"scalingPolicy:{mark}:resource/dynamodb/{named[0]}:policyName/{name}")
    return Policy(name, *named, arn, known.created if known else now, dict(tracking))


def _check(tracking: Mapping[str, Any], side: str) -> None:
    predefined = tracking.get("PredefinedMetricSpecification")
    if bool(predefined) == bool(tracking.get("CustomizedMetricSpecification")):
        raise invalid(
            "Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be specified"
        )
    if predefined and predefined["PredefinedMetricType"] != METRICS[side]:
        raise invalid(
            f"Predefined metric type {predefined['PredefinedMetricType']} is not supported for the scalable dimension"
        )
    value = tracking["TargetValue"]
    if predefined and not LEAST <= value <= MOST:
        raise invalid(f"Target value must be between {LEAST} and {MOST}, but is {value}")
    for member in ("ScaleInCooldown", "ScaleOutCooldown"):
        if tracking.get(member, 0) < 0:
            raise invalid(f"{member} must not be negative")


def _metric(tracking: Mapping[str, Any]) -> Any:
    return tracking.get("PredefinedMetricSpecification") or tracking.get("CustomizedMetricSpecification")


def invalid(message: str) -> Refusal:
    return Refusal("ValidationException", message)
