"""What DescribeTable tells of how often a table may still be changed (fact sheet 2.5, section 3, 14.1)."""

from typing import Any

from orchestrator.sandbox.rules.durations import Durations
from tests.sandbox.dynamodb_world import DAY, HOUR, INDEXED_PROVISIONED, LIMIT, World, scaling, throughput

INFREQUENT = "STANDARD_INFREQUENT_ACCESS"


def world_of(**more: Any) -> World:
    world = World(Durations.instant())
    world.active(**more)
    return world


def test_decreases_are_told_of_table_and_index_apart_and_start_anew_at_midnight() -> None:
    world = world_of(**INDEXED_PROVISIONED)
    world.wait(60)
    for units in (4, 3, 2, 1):
        world.update(ProvisionedThroughput=throughput(units))
    last = world.now
    world.wait(60)
    world.update(ProvisionedThroughput=throughput(9))
    assert world.update_refused(ProvisionedThroughput=throughput(8)).code == LIMIT
    shown = world.table()["ProvisionedThroughput"]
    assert (shown["NumberOfDecreasesToday"], shown["LastDecreaseDateTime"]) == (4, last)
    assert shown["LastIncreaseDateTime"] == world.now
    by_day = (world.index("by_day") or {})["ProvisionedThroughput"]
    assert by_day["NumberOfDecreasesToday"] == 0
    assert "LastDecreaseDateTime" not in by_day
    world.update(GlobalSecondaryIndexUpdates=scaling(by_day=4))
    by_day = (world.index("by_day") or {})["ProvisionedThroughput"]
    assert (by_day["NumberOfDecreasesToday"], by_day["LastDecreaseDateTime"]) == (1, world.now)
    world.wait(DAY / 2)
    shown = world.table()["ProvisionedThroughput"]
    assert (shown["NumberOfDecreasesToday"], shown["LastDecreaseDateTime"]) == (0, last)
    world.update(ProvisionedThroughput=throughput(8))


def test_the_last_switch_to_on_demand_is_told_also_after_the_way_back() -> None:
    world = world_of(**INDEXED_PROVISIONED)
    assert "BillingModeSummary" not in world.table()
    switches = []
    for _ in range(4):
        world.wait(HOUR)
        world.update(BillingMode="PAY_PER_REQUEST")
        switches.append(world.now)
        assert world.table()["BillingModeSummary"] == {
            "BillingMode": "PAY_PER_REQUEST",
            "LastUpdateToPayPerRequestDateTime": world.now,
        }
        world.wait(60)
        world.update(
            BillingMode="PROVISIONED",
            ProvisionedThroughput=throughput(5),
            GlobalSecondaryIndexUpdates=scaling(by_day=5),
        )
    summary = {"BillingMode": "PROVISIONED", "LastUpdateToPayPerRequestDateTime": switches[-1]}
    assert world.table()["BillingModeSummary"] == summary
    refusal = world.update_refused(BillingMode="PAY_PER_REQUEST")
    assert refusal.code == LIMIT
    assert "Update to PayPerRequest mode are limited to 4 times in 1 day(s)" in refusal.message
    world.wait(switches[0] + DAY - world.now)
    world.update(BillingMode="PAY_PER_REQUEST")


def test_the_last_change_of_class_is_told_and_only_that() -> None:
    world = world_of()
    assert "TableClassSummary" not in world.table()
    for wanted in (INFREQUENT, "STANDARD"):
        world.wait(HOUR)
        world.update(TableClass=wanted)
        assert world.table()["TableClassSummary"] == {"TableClass": wanted, "LastUpdateDateTime": world.now}
    assert world.update_refused(TableClass=INFREQUENT).code == LIMIT


def test_a_class_given_at_creation_counts_as_no_change() -> None:
    world = world_of(TableClass=INFREQUENT)
    assert world.table()["TableClassSummary"] == {"TableClass": INFREQUENT}
    world.update(TableClass="STANDARD")
    world.update(TableClass=INFREQUENT)
    assert world.update_refused(TableClass="STANDARD").code == LIMIT


def test_a_table_made_anew_has_all_its_budgets_again() -> None:
    world = world_of()
    for wanted in (INFREQUENT, "STANDARD"):
        world.update(TableClass=wanted)
    world.call("DeleteTable", TableName="orders")
    world.active()
    world.update(TableClass=INFREQUENT)
