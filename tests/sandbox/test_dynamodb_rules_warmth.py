"""Warm throughput and ceilings where a table or index begins, and over its changes (fact sheet 1.6, 2.3, section 3)."""

from typing import Any

import pytest

from orchestrator.sandbox.rules.durations import Durations
from tests.sandbox.dynamodb_world import (
    INDEXED,
    INDEXED_PROVISIONED,
    INVALID,
    PROVISIONED,
    World,
    attributes,
    creation,
    index,
    scaling,
    table,
    throughput,
)


def warm(read: int | None = None, write: int | None = None) -> dict[str, Any]:
    stated = {"ReadUnitsPerSecond": read, "WriteUnitsPerSecond": write}
    return {"WarmThroughput": {name: value for name, value in stated.items() if value is not None}}


def of_index(read: int | None = None, write: int | None = None) -> dict[str, Any]:
    return {"GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": "by_day", **warm(read, write)}}]}


def units(shown: Any) -> tuple[int, int, str]:
    found = shown["WarmThroughput"]
    return found["ReadUnitsPerSecond"], found["WriteUnitsPerSecond"], found["Status"]


def test_section_3_warmth_is_given_at_creation_for_table_and_index() -> None:
    world = World(Durations.instant())
    by_day = index("by_day", "day", **warm(15000, 5000))
    world.active(AttributeDefinitions=attributes(id="S", day="S"), GlobalSecondaryIndexes=[by_day], **warm(13000))
    assert units(world.table()) == (13000, 4000, "ACTIVE")
    assert units(world.index("by_day")) == (15000, 5000, "ACTIVE")
    world.update(
        AttributeDefinitions=attributes(month="S"),
        GlobalSecondaryIndexUpdates=creation("by_month", "month", **warm(14000)),
    )
    assert units(world.index("by_month")) == (14000, 4000, "ACTIVE")


def test_what_begins_colder_than_by_itself_is_refused() -> None:
    world = World()
    refusal = world.refused("CreateTable", **table(**warm(11999)))
    assert refusal.code == INVALID
    assert "ReadUnitsPerSecond for WarmThroughput for table is lower than initial throughput" in refusal.message
    colder = {**INDEXED, "GlobalSecondaryIndexes": [index("by_day", "day", **warm(write=3999))]}
    assert (
        "WriteUnitsPerSecond for WarmThroughput for index by_day"
        in world.refused("CreateTable", **table(**colder)).message
    )
    world.active()
    refusal = world.update_refused(
        AttributeDefinitions=attributes(day="S"),
        GlobalSecondaryIndexUpdates=creation("by_day", "day", **warm(1)),
    )
    assert refusal.code == INVALID
    world.active("provisioned", **PROVISIONED, **warm(5, 6))


def test_1_6_an_indexs_warmth_never_falls() -> None:
    world = World()
    world.active(**INDEXED)
    refusal = world.update_refused(**of_index(100))
    assert refusal.code == INVALID
    assert refusal.message.endswith(
        "Requested ReadUnitsPerSecond for WarmThroughput for index by_day is lower than current WarmThroughput, "
        "decreasing WarmThroughput is not supported"
    )
    reply = world.update(**of_index(12000, 4000))
    assert units(reply["GlobalSecondaryIndexes"][0]) == (12000, 4000, "ACTIVE"), "equal values are accepted"


def test_section_3_two_raises_at_once_end_at_the_higher_of_both() -> None:
    world = World()
    world.active(**INDEXED)
    world.update(**warm(30000))
    world.update(**of_index(30000))
    world.wait(world.durations.warm_throughput / 2)
    world.update(**warm(20000, 9000))
    world.update(**of_index(20000, 9000))
    world.wait(world.durations.warm_throughput / 2)
    assert units(world.table()) == units(world.index("by_day")) == (30000, 4000, "UPDATING")
    assert world.table()["TableStatus"] == "ACTIVE"
    world.wait(world.durations.warm_throughput / 2)
    assert units(world.table()) == units(world.index("by_day")) == (30000, 9000, "ACTIVE")


def test_section_3_warmth_that_was_reached_stays_over_decreases_and_flips() -> None:
    world = World(Durations.instant())
    world.active(**INDEXED_PROVISIONED)
    assert units(world.table()) == units(world.index("by_day")) == (5, 5, "ACTIVE")
    world.update(ProvisionedThroughput=throughput(9), GlobalSecondaryIndexUpdates=scaling(by_day=9))
    world.update(ProvisionedThroughput=throughput(2), GlobalSecondaryIndexUpdates=scaling(by_day=2))
    assert units(world.table()) == units(world.index("by_day")) == (9, 9, "ACTIVE")
    world.update(BillingMode="PAY_PER_REQUEST")
    world.update(
        BillingMode="PROVISIONED", ProvisionedThroughput=throughput(1), GlobalSecondaryIndexUpdates=scaling(by_day=1)
    )
    assert units(world.table()) == units(world.index("by_day")) == (12000, 4000, "ACTIVE")


# -------------------------------------------------------------------------------------------------------------- ceilings


@pytest.mark.parametrize("on_index", [False, True])
def test_2_3_ceilings_at_creation_belong_to_on_demand_and_are_not_empty(on_index: bool) -> None:
    def with_ceilings(given: dict[str, int], base: dict[str, Any]) -> dict[str, Any]:
        ceilings: dict[str, Any] = {"OnDemandThroughput": given}
        if not on_index:
            return table(**base, **ceilings)
        return table(**{**base, "GlobalSecondaryIndexes": [{**base["GlobalSecondaryIndexes"][0], **ceilings}]})

    world = World()
    refusal = world.refused("CreateTable", **with_ceilings({}, INDEXED))
    assert (refusal.code, refusal.status) == ("InternalFailure", 500)
    for limit in (10, -1):
        refusal = world.refused("CreateTable", **with_ceilings({"MaxWriteRequestUnits": limit}, INDEXED_PROVISIONED))
        assert refusal.code == INVALID
        assert "MaxWriteRequestUnits for OnDemandThroughput cannot be specified" in refusal.message
    world.call("CreateTable", **with_ceilings({"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": 7}, INDEXED))
    shown = world.index("by_day") if on_index else world.table()
    assert shown is not None
    assert shown["OnDemandThroughput"] == {"MaxWriteRequestUnits": 7}


def test_2_5_an_indexs_ceilings_go_with_on_demand_billing_too() -> None:
    world = World(Durations.instant())
    by_day = index("by_day", "day", OnDemandThroughput={"MaxReadRequestUnits": 7})
    world.active(**{**INDEXED, "GlobalSecondaryIndexes": [by_day]})
    for ceilings, code in (({}, "InternalFailure"), ({"MaxReadRequestUnits": -1}, None)):
        update = {"Update": {"IndexName": "by_day", "OnDemandThroughput": ceilings}}
        if code:
            assert world.update_refused(GlobalSecondaryIndexUpdates=[update]).code == code
        else:
            world.update(GlobalSecondaryIndexUpdates=[update])
    assert "OnDemandThroughput" not in (world.index("by_day") or {})
    world.update(
        BillingMode="PROVISIONED", ProvisionedThroughput=throughput(1), GlobalSecondaryIndexUpdates=scaling(by_day=1)
    )
    refusal = world.update_refused(
        GlobalSecondaryIndexUpdates=[
            {"Update": {"IndexName": "by_day", "OnDemandThroughput": {"MaxReadRequestUnits": 1}}}
        ]
    )
    assert "when the table BillingMode is PROVISIONED" in refusal.message
