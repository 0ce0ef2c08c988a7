"""How soon what has settled is noticed, and what the polling costs."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from orchestrator.engine.limits import Limits, Rate
from orchestrator.model import Plan, Report
from orchestrator.sandbox.clock import run_virtual
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Durations, Staleness
from tests.engine.scene import Scene, Watched, function, functions, table, tables

LATENCY = 0.02
"""Seconds that a call takes: reading late is part of noticing late."""


def scene(**durations: float) -> Scene:
    return Scene(Account(durations=Durations(**durations), staleness=Staleness.off()), latency=LATENCY)


@settings(max_examples=40, deadline=None)
@given(takes=some.floats(0.1, 500), number=some.integers(1, 10))
def test_a3_a_settled_table_is_noticed_within_half_a_second_or_5_percent(takes: float, number: int) -> None:
    """While at most ten wait: max(0.5 s, 5 % of the time waited) after it has settled."""

    async def late() -> list[float]:
        here = scene(table_create=takes)
        report = await here.run(tables(**{f"t{n:02}": table() for n in range(number)}))
        assert report.outcome == "succeeded"
        ends = {i.resource: i.end for i in here.account.timeline.intervals}
        return [here.at(f"tables.t{n:02}:create", "settled") - ends[f"table/t{n:02}"] for n in range(number)]

    assert all(0 <= seconds <= max(0.5, 0.05 * takes) + LATENCY for seconds in run_virtual(late))


@settings(max_examples=20, deadline=None)
@given(takes=some.floats(0.1, 100), number=some.integers(1, 10))
def test_c8_a_settled_function_is_noticed_as_soon(takes: float, number: int) -> None:
    async def late() -> list[float]:
        here = scene(function_create=takes, iam_lag=0)
        report = await here.run(functions(**{f"f{n:02}": function() for n in range(number)}))
        assert report.outcome == "succeeded"
        ends = {i.resource: i.end for i in here.account.timeline.intervals}
        return [here.at(f"functions.f{n:02}:create", "settled") - ends[f"function/f{n:02}"] for n in range(number)]

    assert all(0 <= seconds <= max(0.5, 0.05 * takes) + LATENCY for seconds in run_virtual(late))


def most_within(seconds: float, times: list[float]) -> int:
    """The most calls in any stretch of that length."""
    return max(sum(at <= other < at + seconds for other in times) for at in times)


async def watched(here: Scene, plans: tuple[Plan, ...], **options: Any) -> tuple[Report, Watched]:
    preview, world = await here.preview(plans)
    cloud = Watched(here.cloud, here.clock)
    return await here.execute(preview, world, cloud=cloud, **options), cloud


@pytest.mark.parametrize("number", [11, 50, 300])
async def test_beyond_ten_describe_table_stays_under_twenty_a_second(number: int) -> None:
    here = scene(table_create=40)
    report, cloud = await watched(here, tables(**{f"t{n:03}": table() for n in range(number)}), max_parallel=number)
    assert report.outcome == "succeeded"
    described = cloud.times("DescribeTable")
    assert most_within(10, described) <= 20 * 10 + 10  # and a burst of ten where nothing was read before
    assert most_within(1, described) <= 30


async def test_beyond_ten_get_function_stays_under_thirty_a_second() -> None:
    here = scene(function_create=40, iam_lag=0)
    report, cloud = await watched(here, functions(**{f"f{n:03}": function() for n in range(100)}), max_parallel=100)
    assert report.outcome == "succeeded"
    assert most_within(10, cloud.times("GetFunction")) <= 30 * 10 + 10


async def test_the_rate_is_the_users_to_set() -> None:
    here = scene(table_create=40)
    limits = Limits({"dynamodb:DescribeTable": Rate(5)})
    report, cloud = await watched(here, tables(**{f"t{n:02}": table() for n in range(30)}), limits=limits)
    assert report.outcome == "succeeded"
    assert most_within(10, cloud.times("DescribeTable")) <= 5 * 10 + 1


async def test_polling_a_long_index_build_costs_little() -> None:
    """An hour of backfill is looked at about once a minute at last, and every look is jittered."""
    here = scene(index_backfill=3600)
    await here.settled(tables(orders=table()))
    report, cloud = await watched(here, tables(orders=table(["by_day"])))
    assert report.outcome == "succeeded"
    described = cloud.times("DescribeTable")
    assert len(described) < 200
    gaps = [after - before for before, after in pairwise(described)]
    assert max(gaps) <= 60 + LATENCY
    assert len({round(gap, 6) for gap in gaps}) > len(gaps) / 2


async def test_a3_waits_are_told_when_they_change_and_every_half_minute() -> None:
    """A3: what for, in AWS's words, and for how long already; not at every look."""
    here = scene(index_backfill=600)
    await here.settled(tables(orders=table()))
    report, cloud = await watched(here, tables(orders=table(["by_day"])))
    assert report.outcome == "succeeded"
    waits = [event for event in here.events if event.what == "waiting"]
    assert len(waits) < len(cloud.times("DescribeTable")) / 3
    assert any(wait.details["status"] == "index by_day CREATING, backfilling" for wait in waits)
    for before, after in pairwise(waits):
        assert after.details["seconds"] > before.details["seconds"]
        assert after.details["status"] != before.details["status"] or after.at - before.at >= 30
    assert {wait.details["reason"] for wait in waits} == {"until UpdateTable has taken effect"}


async def test_a_slot_is_given_back_after_five_minutes_of_waiting() -> None:
    """Index builds take hours: with one slot for two tables the second does not wait for the first one's build."""
    here = scene(index_backfill=7200)
    await here.settled(tables(first=table(), second=table()))
    began = here.clock.now()
    bodies = {name: table(["by_day"]) for name in ("first", "second")}
    report, _ = await watched(here, tables(**bodies), max_parallel=1)
    assert report.outcome == "succeeded"
    issued = [here.at(f"tables.{name}.indexes.by_day:create", "sent") - began for name in bodies]
    assert min(issued) < 1
    assert 300 <= max(issued) < 400
    assert here.clock.now() - began < 2.2 * 3600


async def test_no_more_lanes_are_in_motion_than_allowed() -> None:
    here = scene(table_create=20)
    report, _ = await watched(here, tables(**{f"t{n:02}": table() for n in range(12)}), max_parallel=4)
    assert report.outcome == "succeeded"
    busy = here.account.timeline.intervals
    assert max(sum(one.start <= at.start < one.end for one in busy) for at in busy) == 4


async def test_a_slot_that_was_given_back_is_taken_again_before_the_call() -> None:
    """A wait for somebody's index build lends the only slot to another table; our own call then comes after that one's."""
    here = scene(index_backfill=300)
    await here.settled(tables(first=table(), second=table()))
    bodies = {name: table(["by_day"]) for name in ("first", "second")}
    preview, world = await here.preview(tables(**bodies))
    theirs = {"IndexName": "theirs", "KeySchema": [{"AttributeName": "x", "KeyType": "HASH"}]}
    here.foreign(
        "UpdateTable",
        TableName="first",
        AttributeDefinitions=[{"AttributeName": "x", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[{"Create": {**theirs, "Projection": {"ProjectionType": "ALL"}}}],
    )
    report = await here.execute(preview, world, max_parallel=1)
    assert report.outcome == "succeeded"
    lent = here.at("tables.second.indexes.by_day:create", "sent")
    assert here.at("tables.first.indexes.by_day:create", "intent") >= lent + 300
