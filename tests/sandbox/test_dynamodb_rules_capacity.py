"""Billing mode, capacity, ceilings, warm throughput, and what one UpdateTable may hold (fact sheet 2, section 3)."""

from typing import Any

import pytest

from orchestrator.sandbox.rules.durations import Durations
from orchestrator.sandbox.rules.refusal import Refusal
from tests.sandbox.dynamodb_world import (
    DAY,
    HOUR,
    IN_USE,
    INDEXED,
    INDEXED_PROVISIONED,
    INVALID,
    LIMIT,
    NOON,
    PROVISIONED,
    World,
    attributes,
    creation,
    deletion,
    scaling,
    throughput,
)

NEITHER = "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
CAPACITY: dict[str, Any] = {"ProvisionedThroughput": throughput(9)}
PROTECTION: dict[str, Any] = {"DeletionProtectionEnabled": True}
STREAM: dict[str, Any] = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}}
CLASS: dict[str, Any] = {"TableClass": "STANDARD_INFREQUENT_ACCESS"}
ENCRYPTION: dict[str, Any] = {"SSESpecification": {"Enabled": True}}
CEILINGS: dict[str, Any] = {"OnDemandThroughput": {"MaxReadRequestUnits": 100, "MaxWriteRequestUnits": 50}}
WARMTH: dict[str, Any] = {"WarmThroughput": {"ReadUnitsPerSecond": 20000}}
NEW_INDEX: dict[str, Any] = {
    "AttributeDefinitions": attributes(month="S"),
    "GlobalSecondaryIndexUpdates": creation("by_month", "month", ProvisionedThroughput=throughput(1)),
}
OLD_INDEX: dict[str, Any] = {"GlobalSecondaryIndexUpdates": deletion("by_day")}


def capacity(world: World) -> tuple[int, int]:
    now = world.table()["ProvisionedThroughput"]
    return now["ReadCapacityUnits"], now["WriteCapacityUnits"]


# ---------------------------------------------------------------------------------------------------------- combinations


@pytest.mark.parametrize(
    ("together", "message"),
    [
        ({}, "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or"),
        ({"GlobalSecondaryIndexUpdates": []}, "At least one of ProvisionedThroughput"),
        (CLASS | PROTECTION, "TableClass modification must be the only operation in the request"),
        (CLASS | CAPACITY, "TableClass modification must be the only operation in the request"),
        (ENCRYPTION | STREAM, "Server-Side Encryption modification must be the only operation in the request"),
        (ENCRYPTION | CLASS, "Server-Side Encryption modification must be the only operation in the request"),
        (STREAM | CAPACITY, "You cannot modify stream status while updating table IOPS"),
        (NEW_INDEX | CAPACITY, "Cannot create or delete index while updating table ProvisionedThroughput"),
        (OLD_INDEX | CAPACITY, "Cannot create or delete index while updating table ProvisionedThroughput"),
        (NEW_INDEX | STREAM, "index create and stream cannot be changed in one UpdateTable"),
        (WARMTH | CAPACITY, "cannot be changed in one UpdateTable"),
    ],
)
def test_15_3_what_one_call_may_not_hold(together: dict[str, Any], message: str) -> None:
    world = World()
    world.active(**INDEXED_PROVISIONED)
    before = world.table()
    refusal = world.update_refused(**together)
    assert (refusal.code, refusal.in_transition) == (INVALID, False)
    assert message in refusal.message
    assert world.table() == before


def test_2_6_capacity_of_table_and_indexes_and_protection_in_one_call() -> None:
    world = World()
    world.active(**INDEXED_PROVISIONED)
    world.update(**CAPACITY, **PROTECTION, GlobalSecondaryIndexUpdates=scaling(by_day=7))
    world.wait(world.durations.throughput)
    assert capacity(world) == (9, 9)
    assert world.table()["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["ReadCapacityUnits"] == 7
    assert world.table()["DeletionProtectionEnabled"] is True


def test_1_4_an_absent_creating_or_updating_table_is_not_updated() -> None:
    world = World()
    assert world.update_refused(**CAPACITY).code == "ResourceNotFoundException"
    world.create(**PROVISIONED)
    refusal = world.update_refused(**CAPACITY)
    assert (refusal.code, refusal.in_transition) == (IN_USE, True)
    assert refusal.message.endswith("Table is being created: orders")
    world.wait(world.durations.table_create)
    world.update(**CAPACITY)
    assert world.update_refused(**STREAM).message.endswith("Table IOPS are currently being updated. Table: orders")
    world.wait(world.durations.throughput)
    world.update(**STREAM)
    assert world.update_refused(**CAPACITY).message.endswith("Table is being updated: orders")
    world.wait(world.durations.stream)
    world.call("DeleteTable", TableName="orders")
    assert world.update_refused(**CAPACITY).message.endswith("Table is being deleted: orders")


def test_the_table_is_looked_up_before_its_state_is_judged() -> None:
    """A request that is wrong in itself is refused whatever the table does; what depends on its state comes last."""
    world = World()
    assert world.update_refused().code == INVALID
    world.active(**PROVISIONED)
    world.update(**CAPACITY)
    assert world.update_refused(**CAPACITY).code == IN_USE, "the no-op is not looked at while the table is UPDATING"


# ----------------------------------------------------------------------------------------------------- provisioned units


def test_2_5_reply_and_reads_show_the_old_numbers_until_the_end() -> None:
    world = World()
    world.active(**PROVISIONED)
    reply = world.update(**CAPACITY)
    assert reply["TableStatus"] == "UPDATING"
    assert reply["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
    assert capacity(world) == (5, 5)
    world.wait(world.durations.throughput)
    assert capacity(world) == (9, 9)
    assert world.table()["TableStatus"] == "ACTIVE"
    assert world.table()["ProvisionedThroughput"]["LastIncreaseDateTime"] == world.now - world.durations.throughput


@pytest.mark.parametrize("more", [{}, {"BillingMode": "PROVISIONED"}, PROTECTION])
def test_15_3_the_same_numbers_are_refused(more: dict[str, Any]) -> None:
    world = World()
    world.active(**PROVISIONED)
    refusal = world.update_refused(ProvisionedThroughput=throughput(5), **more)
    assert refusal.code == INVALID
    assert refusal.message.startswith(
        "The provisioned throughput for the table will not change. The requested value equals the current value. "
        "Current ReadCapacityUnits provisioned for the table: 5. Requested ReadCapacityUnits: 5."
    )


def test_15_3_the_same_numbers_for_an_index_are_refused() -> None:
    world = World()
    world.active(**INDEXED_PROVISIONED)
    refusal = world.update_refused(GlobalSecondaryIndexUpdates=scaling(by_day=5))
    assert "The provisioned throughput for the index by_day will not change." in refusal.message


def test_numbers_below_one_are_refused() -> None:
    world = World()
    world.active(**PROVISIONED)
    refusal = world.update_refused(ProvisionedThroughput=throughput(0, 1))
    assert "at 'provisionedThroughput.readCapacityUnits' failed to satisfy constraint" in refusal.message


def test_section_3_decreases_are_budgeted_by_the_utc_day() -> None:
    world = World(Durations.instant())
    world.active(ProvisionedThroughput=throughput(100))
    world.wait(11 * HOUR + 1800)  # half past eleven at night
    for number in range(4):
        world.update(ProvisionedThroughput=throughput(99 - number))
    refusal = world.update_refused(ProvisionedThroughput=throughput(50))
    assert refusal.code == LIMIT
    assert "Provisioned throughput decreases are limited within a given UTC day" in refusal.message
    assert "Number of decreases today: 4" in refusal.message
    assert world.table()["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 4
    world.update(ProvisionedThroughput=throughput(200, 150))  # increases are not limited
    assert world.update_refused(ProvisionedThroughput=throughput(300, 100)).code == LIMIT, (
        "one number down is a decrease"
    )
    world.wait(1800)
    assert world.table()["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 0
    world.update(ProvisionedThroughput=throughput(50))


def test_section_3_one_decrease_more_each_hour_makes_27_a_day() -> None:
    world = World(Durations.instant())
    world.active(ProvisionedThroughput=throughput(1000))
    world.now = NOON + 12 * HOUR
    accepted = 0
    for number in range(48):
        accepted += accepts(world, ProvisionedThroughput=throughput(999 - number))
        world.wait(HOUR / 2)
    assert accepted == 27


def test_section_3_never_more_than_four_decreases_are_banked() -> None:
    world = World(Durations.instant())
    world.active(ProvisionedThroughput=throughput(1000))
    world.wait(11 * HOUR)
    assert [accepts(world, ProvisionedThroughput=throughput(999 - number)) for number in range(6)] == [True] * 4 + [
        False
    ] * 2


def accepts(world: World, **update: Any) -> bool:
    """Whether an update is accepted; only a used-up budget may refuse it."""
    try:
        world.update(**update)
    except Refusal as refusal:
        if refusal.code != LIMIT:
            raise
        return False
    return True


def test_section_3_each_index_has_a_budget_of_its_own_and_one_without_refuses_all() -> None:
    world = World(Durations.instant())
    world.active(**INDEXED_PROVISIONED | {"ProvisionedThroughput": throughput(100)})
    for number in range(4):
        world.update(ProvisionedThroughput=throughput(99 - number))
    refusal = world.update_refused(ProvisionedThroughput=throughput(50), GlobalSecondaryIndexUpdates=scaling(by_day=1))
    assert refusal.code == LIMIT
    assert world.table()["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 0
    world.update(GlobalSecondaryIndexUpdates=scaling(by_day=1))


# ---------------------------------------------------------------------------------------------------------------- flips


def test_15_4_a_flip_to_provisioned_needs_numbers_for_every_index() -> None:
    world = World()
    world.active(**INDEXED)
    refusal = world.update_refused(BillingMode="PROVISIONED", **CAPACITY)
    assert refusal.code == INVALID
    assert refusal.message.endswith("ProvisionedThroughput must be specified for index: by_day")
    refusal = world.update_refused(BillingMode="PROVISIONED", GlobalSecondaryIndexUpdates=scaling(by_day=3))
    assert "ProvisionedThroughput must be specified when BillingMode is PROVISIONED" in refusal.message
    world.update(BillingMode="PROVISIONED", **CAPACITY, GlobalSecondaryIndexUpdates=scaling(by_day=3))


def test_15_4_a_flip_sets_every_index_updating_and_the_table_comes_back_first() -> None:
    world = World()
    world.active(**INDEXED)
    world.update(BillingMode="PROVISIONED", **CAPACITY, GlobalSecondaryIndexUpdates=scaling(by_day=3))
    described = world.table()
    assert described["TableStatus"] == "UPDATING"
    assert described["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert described["GlobalSecondaryIndexes"][0]["IndexStatus"] == "UPDATING"
    world.wait(world.durations.flip_to_provisioned)
    described = world.table()
    assert described["TableStatus"] == "ACTIVE"
    assert described["BillingModeSummary"]["BillingMode"] == "PROVISIONED", (
        "it was on demand once, so it has the summary"
    )
    assert capacity(world) == (9, 9)
    assert described["GlobalSecondaryIndexes"][0]["IndexStatus"] == "UPDATING"
    world.wait(world.durations.flip_indexes)
    last = world.table()["GlobalSecondaryIndexes"][0]
    assert (last["IndexStatus"], last["ProvisionedThroughput"]["ReadCapacityUnits"]) == ("ACTIVE", 3)


def test_2_5_a_flip_to_on_demand_takes_no_numbers_and_ends_at_none() -> None:
    world = World()
    world.active(**INDEXED_PROVISIONED)
    assert world.update_refused(BillingMode="PAY_PER_REQUEST", **CAPACITY).message.endswith(NEITHER)
    refusal = world.update_refused(BillingMode="PAY_PER_REQUEST", GlobalSecondaryIndexUpdates=scaling(by_day=9))
    assert "can be specified for index: by_day when BillingMode is PAY_PER_REQUEST" in refusal.message
    flipped = world.now
    world.update(BillingMode="PAY_PER_REQUEST", **CEILINGS)
    world.wait(world.durations.flip_to_on_demand + world.durations.flip_indexes)
    described = world.table()
    assert described["BillingModeSummary"] == {
        "BillingMode": "PAY_PER_REQUEST",
        "LastUpdateToPayPerRequestDateTime": flipped,
    }
    assert capacity(world) == (0, 0)
    assert described["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["ReadCapacityUnits"] == 0
    assert described["OnDemandThroughput"] == CEILINGS["OnDemandThroughput"]


def test_2_5_numbers_on_demand_are_refused() -> None:
    world = World()
    world.active(**INDEXED)
    assert world.update_refused(**CAPACITY).message.endswith(NEITHER)
    refusal = world.update_refused(GlobalSecondaryIndexUpdates=scaling(by_day=9))
    assert "can be specified for index: by_day when BillingMode is PAY_PER_REQUEST" in refusal.message


def test_2_3_on_demand_stated_again_is_accepted_and_moves_nothing() -> None:
    world = World()
    world.active()
    assert world.update(BillingMode="PAY_PER_REQUEST")["TableStatus"] == "ACTIVE"
    assert not [i for i in world.account.timeline.intervals if i.what != "create"]


def test_2_5_four_flips_to_on_demand_in_any_24_hours() -> None:
    world = World(Durations.instant())
    world.active(**PROVISIONED)
    first = world.now
    for _ in range(4):
        world.update(BillingMode="PAY_PER_REQUEST")
        world.update(BillingMode="PROVISIONED", **CAPACITY)
        world.wait(HOUR)
    refusal = world.update_refused(BillingMode="PAY_PER_REQUEST")
    assert refusal.code == LIMIT
    assert "Update to PayPerRequest mode are limited to 4 times in 1 day(s)" in refusal.message
    world.wait(first + DAY - world.now)
    world.update(BillingMode="PAY_PER_REQUEST")


# ------------------------------------------------------------------------------------------------- ceilings and warmth


def test_2_3_ceilings_merge_and_minus_one_removes_one() -> None:
    world = World()
    world.active(**CEILINGS)
    reply = world.update(OnDemandThroughput={"MaxReadRequestUnits": -1})
    assert reply["OnDemandThroughput"] == {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": 50}, "the reply echoes it"
    assert world.table()["OnDemandThroughput"] == {"MaxWriteRequestUnits": 50}
    world.wait(world.durations.on_demand_limits)
    refusal = world.update_refused(OnDemandThroughput={})
    assert (refusal.code, refusal.status) == ("InternalFailure", 500)


def test_2_3_ceilings_belong_to_on_demand_and_go_with_it() -> None:
    world = World(Durations.instant())
    world.active(**CEILINGS)
    world.update(BillingMode="PROVISIONED", **CAPACITY)
    assert "OnDemandThroughput" not in world.table()
    refusal = world.update_refused(**CEILINGS)
    assert refusal.message.endswith(
        "MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED"
    )


def test_section_3_warm_throughput_rises_out_of_band_and_never_falls() -> None:
    world = World()
    world.active()
    assert world.update(**WARMTH)["TableStatus"] == "ACTIVE"
    assert world.table()["WarmThroughput"]["Status"] == "UPDATING"
    world.update(**STREAM)
    world.wait(world.durations.warm_throughput)
    raised = {"ReadUnitsPerSecond": 20000, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE"}
    assert world.table()["WarmThroughput"] == raised
    assert world.update(**WARMTH)["WarmThroughput"] == raised, "stated again it is accepted (2.3)"
    refusal = world.update_refused(WarmThroughput={"ReadUnitsPerSecond": 19999})
    assert refusal.message.endswith(
        "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than current WarmThroughput, "
        "decreasing WarmThroughput is not supported"
    )


def test_section_3_warm_throughput_minds_no_busy_index() -> None:
    """A2: raising warm throughput is one of the two things that a busy index does not hold back."""
    world = World()
    world.active()
    world.update(AttributeDefinitions=attributes(day="S"), GlobalSecondaryIndexUpdates=creation("by_day", "day"))
    assert world.update_refused(**WARMTH).code == IN_USE
    world.wait(world.durations.index_start)
    world.update(**WARMTH)


def test_section_3_an_indexs_warm_throughput_is_raised_alone() -> None:
    world = World()
    world.active(**INDEXED)
    warmer = [{"Update": {"IndexName": "by_day", **WARMTH}}]
    refusal = world.update_refused(GlobalSecondaryIndexUpdates=warmer, **PROTECTION)
    assert "must be updated by itself" in refusal.message
    world.update(GlobalSecondaryIndexUpdates=warmer)
    assert world.table()["GlobalSecondaryIndexes"][0]["IndexStatus"] == "ACTIVE"
    world.wait(world.durations.warm_throughput)
    assert world.table()["GlobalSecondaryIndexes"][0]["WarmThroughput"]["ReadUnitsPerSecond"] == 20000


def test_2_3_an_indexs_ceilings_are_updated() -> None:
    world = World()
    world.active(**INDEXED)
    world.update(GlobalSecondaryIndexUpdates=[{"Update": {"IndexName": "by_day", **CEILINGS}}])
    assert world.table()["GlobalSecondaryIndexes"][0]["IndexStatus"] == "UPDATING"
    world.wait(world.durations.on_demand_limits)
    settled = world.table()["GlobalSecondaryIndexes"][0]
    assert (settled["IndexStatus"], settled["OnDemandThroughput"]) == ("ACTIVE", CEILINGS["OnDemandThroughput"])
    refusal = world.update_refused(GlobalSecondaryIndexUpdates=[{"Update": {"IndexName": "by_day"}}])
    assert "Nothing to update for index: by_day" in refusal.message
