"""Application Auto Scaling moves the throughput of tables and indexes by itself (fact sheet 15.13)."""

from typing import Any

import pytest

from orchestrator.sandbox.rules.refusal import Refusal
from tests.sandbox.dynamodb_world import IN_USE, INDEXED, INDEXED_PROVISIONED, INVALID, World, deletion, throughput

READ, WRITE = "dynamodb:table:ReadCapacityUnits", "dynamodb:table:WriteCapacityUnits"
INDEX_READ = "dynamodb:index:ReadCapacityUnits"
TABLE, INDEX = "table/orders", "table/orders/index/by_day"


class Scaled(World):
    """A world with calls to Application Auto Scaling."""

    def scaling(self, operation: str, resource: str = TABLE, dimension: str = READ, **more: Any) -> dict[str, Any]:
        named = {"ServiceNamespace": "dynamodb", "ResourceId": resource, "ScalableDimension": dimension}
        return self.account.handle("application-autoscaling", operation, {**named, **more}, self.now)

    def register(self, resource: str = TABLE, dimension: str = READ, least: int = 10, most: int = 40) -> None:
        self.scaling("RegisterScalableTarget", resource, dimension, MinCapacity=least, MaxCapacity=most)

    def scaling_refused(self, operation: str, *named: str, **more: Any) -> Refusal:
        with pytest.raises(Refusal) as caught:
            self.scaling(operation, *named, **more)
        return caught.value

    def targets(self, **more: Any) -> dict[str, Any]:
        asked = {"ServiceNamespace": "dynamodb", **more}
        return self.account.handle("application-autoscaling", "DescribeScalableTargets", asked, self.now)

    def look(self) -> None:
        """Let the time pass until auto scaling has looked once more."""
        self.wait(self.durations.auto_scaling)
        self.account.advance(self.now)

    def units(self) -> tuple[int, int, int]:
        """What the table reads and writes, and what its index reads, once that has settled."""
        self.wait(self.durations.throughput)
        table = self.table()
        numbers, by_day = table["ProvisionedThroughput"], table["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]
        return numbers["ReadCapacityUnits"], numbers["WriteCapacityUnits"], by_day["ReadCapacityUnits"]


def scaled(seed: int = 0) -> Scaled:
    """A table with an index, five units everywhere, that has settled."""
    world = Scaled(seed=seed)
    world.active(**INDEXED_PROVISIONED)
    return world


def test_15_13_throughput_moves_by_itself_between_its_bounds() -> None:
    world = scaled()
    world.register()
    world.register(INDEX, INDEX_READ, 50, 90)
    assert world.units() == (5, 5, 5)
    seen = []
    for _ in range(3):
        world.look()
        seen.append(world.units())
    assert len(set(seen)) == 3
    for read, write, by_day in seen:
        assert 10 <= read <= 40
        assert write == 5
        assert 50 <= by_day <= 90
    assert all(call.foreign for call in world.account.timeline.served if call.api == "dynamodb:UpdateTable")
    assert not world.account.timeline.clashes()


def test_the_same_seed_moves_the_same() -> None:
    def moved(seed: int) -> tuple[int, int, int]:
        world = scaled(seed)
        world.register(dimension=WRITE, most=4000)
        world.look()
        return world.units()

    assert moved(1) == moved(1) != moved(2)


def test_15_13_a_call_meanwhile_finds_the_table_in_use() -> None:
    world = scaled()
    world.register()
    world.look()
    assert world.update_refused(GlobalSecondaryIndexUpdates=deletion("by_day")).code == IN_USE


def test_a_table_that_is_changing_is_left_alone_until_the_next_look() -> None:
    world = scaled()
    world.register()
    world.wait(world.durations.auto_scaling - 1)
    world.update(ProvisionedThroughput=throughput(8))
    world.wait(1)
    world.account.advance(world.now)
    assert world.account.timeline.served[-1].code == IN_USE
    assert world.account.timeline.refused_in_transition == 0
    assert world.units() == (8, 8, 5)
    world.look()
    assert world.units()[0] >= 10


def test_it_ends_with_the_last_target_and_does_nothing_to_what_is_gone_or_on_demand() -> None:
    world = scaled()
    world.register()
    world.scaling("DeregisterScalableTarget")
    world.look()
    assert world.units() == (5, 5, 5)
    world.register()
    world.update(BillingMode="PAY_PER_REQUEST")
    world.wait(world.durations.flip_to_on_demand + world.durations.flip_indexes)
    world.account.advance(world.now)
    calls = len(world.account.timeline.served)
    world.look()
    world.call("DeleteTable", TableName="orders")
    world.wait(world.durations.table_delete)
    world.look()
    assert [call.api for call in world.account.timeline.served[calls:]] == ["dynamodb:DeleteTable"]
    assert len(world.targets()["ScalableTargets"]) == 1


def test_a_suspended_target_stays_where_it_is() -> None:
    world = scaled()
    world.register()
    world.scaling("RegisterScalableTarget", SuspendedState={"DynamicScalingOutSuspended": True})
    world.look()
    assert world.units() == (5, 5, 5)
    (shown,) = world.targets()["ScalableTargets"]
    assert (shown["MinCapacity"], shown["SuspendedState"]["DynamicScalingOutSuspended"]) == (10, True)


def test_targets_are_listed_page_by_page_and_by_what_is_asked() -> None:
    world = scaled()
    world.register()
    world.register(dimension=WRITE)
    world.register(INDEX, INDEX_READ)
    first = world.targets(MaxResults=2)
    second = world.targets(MaxResults=2, NextToken=first["NextToken"])
    assert [target["ResourceId"] for target in first["ScalableTargets"]] == [TABLE, TABLE]
    assert [target["ResourceId"] for target in second["ScalableTargets"]] == [INDEX]
    assert "NextToken" not in second
    assert len(world.targets(ResourceIds=[TABLE], ScalableDimension=WRITE)["ScalableTargets"]) == 1
    with pytest.raises(Refusal, match="InvalidNextTokenException"):
        world.targets(NextToken="x")


@pytest.mark.parametrize(
    ("named", "bounds", "message"),
    [
        (("table/none", READ), (1, 2), "DynamoDB table does not exist: table/none"),
        (("table/orders/index/none", INDEX_READ), (1, 2), "DynamoDB index does not exist"),
        ((TABLE, INDEX_READ), (1, 2), "Unsupported service namespace, resource type or scalable dimension"),
        (("orders", READ), (1, 2), "Unsupported service namespace"),
        ((TABLE, READ), (3, 2), "Maximum capacity cannot be less than minimum capacity"),
        ((TABLE, READ), (1, None), "MinCapacity and MaxCapacity are required"),
        ((TABLE, "dynamodb:table"), (1, 2), "Member must satisfy enum value set"),
    ],
)
def test_1_4_wrong_targets_are_refused(named: tuple[str, str], bounds: tuple[int, int | None], message: str) -> None:
    least, most = bounds
    more = {"MinCapacity": least} | ({} if most is None else {"MaxCapacity": most})
    refusal = scaled().scaling_refused("RegisterScalableTarget", *named, **more)
    assert refusal.code == INVALID
    assert message in refusal.message


def test_1_4_a_table_that_is_new_or_on_demand_takes_no_target() -> None:
    world = Scaled()
    world.create(**INDEXED)
    bounds = {"MinCapacity": 1, "MaxCapacity": 2}
    assert "does not exist" in world.scaling_refused("RegisterScalableTarget", **bounds).message
    world.wait(world.durations.table_create_with_indexes)
    assert "on demand" in world.scaling_refused("RegisterScalableTarget", **bounds).message
    assert world.scaling_refused("DeregisterScalableTarget").code == "ObjectNotFoundException"
