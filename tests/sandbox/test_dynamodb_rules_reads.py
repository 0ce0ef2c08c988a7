"""Reads that lag, somebody else's calls, and the timeline (fact sheet section 7, 15.2, 15.13)."""

from typing import Any

import pytest

from orchestrator.sandbox.rules.durations import Durations, Staleness
from orchestrator.sandbox.rules.refusal import Refusal
from tests.sandbox.dynamodb_world import (
    IN_USE,
    INDEXED,
    INVALID,
    PROVISIONED,
    World,
    attributes,
    creation,
    deletion,
    index,
    scaling,
    throughput,
)

SEEDS = range(20)
CAPACITY: dict[str, Any] = {"ProvisionedThroughput": throughput(9)}


def reads_until(world: World, wanted: str) -> int:
    """How many reads at one moment don't yet show `wanted` as the TableStatus."""
    shown = [status_or_absence(world) for _ in range(10)]
    assert wanted in shown
    return shown.index(wanted)


def status_or_absence(world: World) -> str:
    try:
        return str(world.table()["TableStatus"])
    except Refusal as refusal:
        return refusal.code


def test_15_2_the_first_reads_after_a_creation_may_not_find_the_table() -> None:
    def stale_reads(seed: int) -> int:
        world = World(staleness=Staleness(), seed=seed)
        world.create()
        return reads_until(world, "CREATING")

    assert {stale_reads(seed) for seed in SEEDS} == {0, 1, 2}


def test_15_2_the_first_reads_after_an_update_may_still_say_active_with_old_values() -> None:
    def stale_reads(seed: int) -> int:
        world = World(staleness=Staleness(), seed=seed)
        world.active(**PROVISIONED)
        world.update(DeletionProtectionEnabled=True, **CAPACITY)
        number = reads_until(world, "UPDATING")
        assert world.table()["DeletionProtectionEnabled"] is True
        return number

    assert {stale_reads(seed) for seed in SEEDS} == {0, 1, 2}


def test_15_2_stale_reads_show_the_whole_state_before() -> None:
    world = World(staleness=Staleness(reads=5, seconds=9))
    world.active(**INDEXED)
    before = world.table()
    world.update(AttributeDefinitions=attributes(month="S"), GlobalSecondaryIndexUpdates=creation("by_month", "month"))
    shown = [world.table() for _ in range(6)]
    stale = [described for described in shown if described == before]
    assert len(stale) in range(6)
    assert all(len(d["GlobalSecondaryIndexes"]) == 2 for d in shown[len(stale) :])


def test_15_2_no_read_lags_for_longer_than_the_lag_lasts() -> None:
    for seed in SEEDS:
        world = World(staleness=Staleness(reads=9, seconds=4), seed=seed)
        world.create()
        world.wait(4)
        assert reads_until(world, "CREATING") == 0


def test_the_service_itself_never_sees_a_stale_state() -> None:
    world = World(staleness=Staleness(reads=9, seconds=9))
    world.active(**PROVISIONED)
    world.update(**CAPACITY)
    assert world.update_refused(**CAPACITY).code == IN_USE


def test_ttl_of_a_table_that_comes_or_goes_cannot_be_told() -> None:
    world = World()
    world.create()
    refusal = world.refused("DescribeTimeToLive", TableName="orders")
    assert refusal.code == INVALID
    assert refusal.message.startswith("Cannot describe time to live while table is in CREATING state")
    world.wait(world.durations.table_create)
    world.call("DescribeTimeToLive", TableName="orders")
    world.call("DeleteTable", TableName="orders")
    assert "DELETING state" in world.refused("DescribeTimeToLive", TableName="orders").message


# --------------------------------------------------------------------------------------------------------- somebody else


def test_15_13_a_scheduled_call_of_somebody_else_happens_at_its_time() -> None:
    world = World()
    world.active(**PROVISIONED)
    at = world.now + 100
    world.account.schedule(at, "dynamodb", "UpdateTable", {"TableName": "orders", **CAPACITY})
    world.wait(99)
    assert world.table()["TableStatus"] == "ACTIVE"
    world.wait(2)
    assert world.table()["TableStatus"] == "UPDATING"
    assert world.update_refused(DeletionProtectionEnabled=True).in_transition
    world.wait(world.durations.throughput - 2)
    assert world.table()["TableStatus"] == "UPDATING", "it began at its own time, not when somebody looked"
    world.wait(1)
    assert world.table()["TableStatus"] == "ACTIVE"
    (foreign,) = [served for served in world.account.timeline.served if served.foreign]
    assert (foreign.at, foreign.api) == (at, "dynamodb:UpdateTable")


def test_scheduled_calls_are_made_in_their_order_and_a_refused_one_is_only_written_down() -> None:
    world = World()
    world.active()
    for delay, operation in ((30, "DeleteTable"), (10, "DeleteTable"), (20, "DescribeTable")):
        world.account.schedule(world.now + delay, "dynamodb", operation, {"TableName": "orders"})
    world.wait(1000)
    world.call("ListTables")
    served = [(s.api, s.code) for s in world.account.timeline.served if s.foreign]
    missing = "ResourceNotFoundException"
    assert served == [
        ("dynamodb:DeleteTable", None),
        ("dynamodb:DescribeTable", None),
        ("dynamodb:DeleteTable", missing),
    ]


def test_somebody_elses_refusals_are_not_counted_as_ours() -> None:
    world = World()
    world.create()
    with pytest.raises(Refusal):
        world.account.foreign("dynamodb", "DeleteTable", {"TableName": "orders"}, world.now)
    timeline = world.account.timeline
    assert (timeline.refused_in_transition, timeline.calls["dynamodb:DeleteTable"]) == (0, 0)
    world.refused("DeleteTable", TableName="orders")
    assert (timeline.refused_in_transition, timeline.calls["dynamodb:DeleteTable"]) == (1, 1)


# -------------------------------------------------------------------------------------------------------------- timeline


def test_the_timeline_holds_every_call_and_what_was_under_way() -> None:
    world = World()
    world.active(**INDEXED)
    began = world.now
    world.update(GlobalSecondaryIndexUpdates=deletion("by_day"))
    world.refused("DeleteTable", TableName="orders")
    last, work = world.account.timeline.served[-1], world.account.timeline.intervals[-1]
    assert (last.at, last.api, last.resource, last.code) == (began, "dynamodb:DeleteTable", "table/orders", IN_USE)
    assert last.refused_because_in_transition
    assert (work.service, work.resource, work.what) == ("dynamodb", "table/orders", "delete index by_day")
    assert (work.start, work.end) == (began, began + world.durations.index_delete)


def test_changes_of_one_table_that_overlap_are_found() -> None:
    """The rules let throughput through while an index is filled; the timeline knows that two changes overlap."""
    world = World()
    world.active(**PROVISIONED)
    new = creation("by_day", "day", ProvisionedThroughput=throughput(1))
    world.update(AttributeDefinitions=attributes(day="S"), GlobalSecondaryIndexUpdates=new)
    world.wait(world.durations.index_allocate)
    assert not world.account.timeline.clashes()
    world.update(**CAPACITY)
    ((one, other),) = world.account.timeline.clashes()
    assert {one.what, other.what} == {"create index by_day", "update throughput"}


def test_2_6_what_one_call_changes_at_once_does_not_overlap() -> None:
    world = World()
    numbers = {"ProvisionedThroughput": throughput(5)}
    indexes = [index("by_day", "day", **numbers), index("by_month", "month", **numbers)]
    world.active(
        **PROVISIONED, AttributeDefinitions=attributes(id="S", day="S", month="S"), GlobalSecondaryIndexes=indexes
    )
    world.update(**CAPACITY, GlobalSecondaryIndexUpdates=scaling(by_day=7, by_month=8))
    busy = {work.what for work in world.account.timeline.intervals if work.end > world.now}
    assert busy == {"update throughput", "update index by_day", "update index by_month"}
    assert not world.account.timeline.clashes()


def test_settings_do_not_clash_with_other_changes() -> None:
    world = World()
    world.active(**PROVISIONED)
    specification = {"Enabled": True, "AttributeName": "expires"}
    world.call("UpdateTimeToLive", TableName="orders", TimeToLiveSpecification=specification)
    world.update(**CAPACITY)
    assert not world.account.timeline.clashes()


def test_time_never_goes_back() -> None:
    world = World()
    world.create()
    world.wait(-1000)
    world.call("ListTables")
    assert world.account.timeline.served[-1].at == world.account.timeline.served[0].at


# ------------------------------------------------------------------------------------------------------------- durations


def test_instant_durations_settle_at_once() -> None:
    world = World(Durations.instant())
    world.create(**INDEXED)
    assert world.table()["TableStatus"] == "ACTIVE"
    world.update(AttributeDefinitions=attributes(month="S"), GlobalSecondaryIndexUpdates=creation("by_month", "month"))
    assert {i["IndexStatus"] for i in world.table()["GlobalSecondaryIndexes"]} == {"ACTIVE"}
    assert not world.account.timeline.intervals
    world.call("DeleteTable", TableName="orders")
    world.create()


def test_fast_durations_show_every_phase_within_seconds() -> None:
    world = World(Durations.fast())
    world.active()
    world.update(AttributeDefinitions=attributes(month="S"), GlobalSecondaryIndexUpdates=creation("by_month", "month"))
    seen = []
    for _ in range(40):
        described = world.table()
        index = described["GlobalSecondaryIndexes"][0]
        seen.append((described["TableStatus"], index["IndexStatus"], index.get("Backfilling")))
        world.wait(0.1)
    assert list(dict.fromkeys(seen)) == [
        ("UPDATING", "CREATING", False),
        ("ACTIVE", "CREATING", False),
        ("ACTIVE", "CREATING", True),
        ("ACTIVE", "ACTIVE", None),
    ]
