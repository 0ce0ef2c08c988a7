"""A global table for tests: `orders` in eu-west-1 and its copies elsewhere, at one time that the test moves by hand."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from orchestrator.sandbox.rules.durations import Durations
from orchestrator.sandbox.rules.refusal import Refusal
from tests.sandbox.dynamodb_world import INDEXED_PROVISIONED, World

HOME, WEST, EAST = "eu-west-1", "us-west-2", "us-east-1"
SPANS = replace(Durations(), auto_scaling=0)


def creating(region: str = WEST, **more: Any) -> dict[str, Any]:
    """The part of an UpdateTable that asks for a replica."""
    return {"ReplicaUpdates": [{"Create": {"RegionName": region, **more}}]}


def updating(region: str = WEST, **more: Any) -> dict[str, Any]:
    return {"ReplicaUpdates": [{"Update": {"RegionName": region, **more}}]}


def deleting(region: str = WEST) -> dict[str, Any]:
    return {"ReplicaUpdates": [{"Delete": {"RegionName": region}}]}


class Globe:
    """`home`, `west` and `east` are one account's Regions, each a World of its own."""

    def __init__(self, durations: Durations = SPANS, **more: Any) -> None:
        self.home = World(durations, **more)
        self.west, self.east = self.home.elsewhere(WEST), self.home.elsewhere(EAST)

    def wait(self, seconds: float) -> None:
        self.home.wait(seconds)

    def settled(self, **more: Any) -> None:
        """An ACTIVE table of this shape with an ACTIVE replica in us-west-2."""
        self.home.active(**more)
        self.replicate(WEST)

    def replicate(self, region: str, **more: Any) -> None:
        self.home.update(**creating(region, **more))
        self.wait(self.home.durations.replica_create + self.home.durations.recovery_unavailable)

    def statuses(self) -> dict[str, str]:
        """TableStatus by Region, of those that know the table."""
        found = {}
        for name, world in ((HOME, self.home), (WEST, self.west), (EAST, self.east)):
            try:
                found[name] = str(world.table()["TableStatus"])
            except Refusal:
                continue
        return found


def listed(world: World) -> dict[str, str]:
    """ReplicaStatus by Region, as one Region lists them."""
    return {replica["RegionName"]: replica["ReplicaStatus"] for replica in world.table().get("Replicas", ())}


def replica(world: World, region: str = WEST) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(r for r in world.table()["Replicas"] if r["RegionName"] == region)
    return found


def scaling(world: World, operation: str, **parameters: Any) -> dict[str, Any]:
    given = {"ServiceNamespace": "dynamodb", **parameters}
    return world.account.handle("application-autoscaling", operation, given, world.now)


def target(globe: Globe, resource: str, dimension: str) -> None:
    scaling(
        globe.home,
        "RegisterScalableTarget",
        ResourceId=resource,
        ScalableDimension=dimension,
        MinCapacity=5,
        MaxCapacity=50,
    )


def policy(globe: Globe, resource: str, dimension: str) -> None:
    metric = {"PredefinedMetricType": "DynamoDBWriteCapacityUtilization"}
    scaling(
        globe.home,
        "PutScalingPolicy",
        PolicyName=f"{resource}-writes",
        PolicyType="TargetTrackingScaling",
        ResourceId=resource,
        ScalableDimension=dimension,
        TargetTrackingScalingPolicyConfiguration={"PredefinedMetricSpecification": metric, "TargetValue": 70.0},
    )


def provisioned(globe: Globe) -> None:
    """Provisioned with an index, its writes scaling, and a replica."""
    globe.home.active(**INDEXED_PROVISIONED)
    for resource, kind in (("table/orders", "table"), ("table/orders/index/by_day", "index")):
        target(globe, resource, f"dynamodb:{kind}:WriteCapacityUnits")
        policy(globe, resource, f"dynamodb:{kind}:WriteCapacityUnits")
    globe.replicate(WEST)
