"""`wait`, for those who must not change anything: it looks until others have brought everything about."""

from pathlib import Path

import anyio
import pytest

from orchestrator.errors import Unreachable
from orchestrator.ports import Cloud
from tests.end_to_end.virtual import VirtualAws
from tests.engine.scene import GONE, Outage

pytestmark = pytest.mark.virtual

PLAN = """
plan: shop
tables:
  orders:
    partition_key: {id: S}
    billing: on_demand
    indexes:
      by_day: {partition_key: {day: S}}
"""


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return VirtualAws(tmp_path)


def outage(aws: VirtualAws, seconds: float, until: float) -> None:
    """Nothing answers, from so many seconds from now on, until then."""
    now = aws.clock.now()

    def between(cloud: Cloud) -> Cloud:
        return Outage(cloud, aws.clock, GONE, now + seconds, now + until)

    aws.between = between


async def test_it_ends_when_somebody_elses_apply_is_done_and_lists_what_is_in_place(aws: VirtualAws) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(aws.apply, PLAN)
        waited = await aws.wait(PLAN)
    assert (waited.exit_code, waited.outcome, waited.pending) == (0, "succeeded", ())
    assert [(str(line.ref), line.state) for line in waited.lines] == [("tables.orders", "in_place")]
    assert [part.ref.name for part in waited.lines[0].parts] == ["by_day"]


async def test_a_deadline_ends_it_with_exit_6_and_what_is_pending(aws: VirtualAws) -> None:
    waited = await aws.wait(PLAN, deadline=30)
    assert (waited.exit_code, [line.state for line in waited.pending]) == (6, ["pending_change"])


async def test_a_connection_that_is_lost_for_minutes_does_not_end_it(aws: VirtualAws) -> None:
    """It says so meanwhile, with the resource that it can't look at."""
    aws.send(
        "dynamodb",
        "CreateTable",
        TableName="orders",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    outage(aws, 2, 600)
    waited = await aws.wait(PLAN.partition("    indexes")[0])
    assert waited.exit_code == 0
    told = {(event.details["resource"], event.details["code"]) for event in aws.events if event.what == "retrying"}
    assert told == {("tables.orders", "EndpointUnreachable")}


async def test_what_was_never_there_is_given_up_within_a_minute(aws: VirtualAws) -> None:
    outage(aws, 0, 86_400)
    began = aws.clock.now()
    with pytest.raises(Unreachable):
        await aws.wait(PLAN)
    assert aws.clock.now() - began < 60


async def test_only_what_is_not_in_place_is_looked_at_again(aws: VirtualAws) -> None:
    """Of a hundred tables one is on its way: it is watched closely, the others are seen once before and once after."""
    names = [f"t{number:03}" for number in range(100)]
    text = "plan: many\ntables:\n" + "".join(
        f"  {name}: {{partition_key: {{id: S}}, tags: {{a: b}}}}\n" for name in names
    )
    await aws.apply(text)
    index = {
        "IndexName": "by_x",
        "KeySchema": [{"AttributeName": "x", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    definitions = [{"AttributeName": "x", "AttributeType": "S"}]
    updates = [{"Create": index}]
    aws.send(
        "dynamodb",
        "UpdateTable",
        TableName="t007",
        AttributeDefinitions=definitions,
        GlobalSecondaryIndexUpdates=updates,
    )
    await aws.clock.sleep(5)  # until reads don't lag behind any more
    calls, began = aws.account.timeline.calls, aws.clock.now()
    before = calls["dynamodb:DescribeTable"]
    waited = await aws.wait(text)
    assert waited.exit_code == 0
    polls = calls["dynamodb:DescribeTable"] - before - 2 * len(names)
    assert 20 < polls < 120
    ready = aws.account.timeline.intervals[-1].end
    assert aws.clock.now() - ready < 0.05 * (ready - began) + 2 * len(names) / 10


async def test_what_nobody_has_begun_is_told_as_such(aws: VirtualAws) -> None:
    await aws.wait(PLAN, deadline=5)
    (told,) = {(event.details["status"], event.details["reason"]) for event in aws.events if event.what == "waiting"}
    assert told == ("not started: create table orders with 1 index", "until somebody applies it")
    assert {event.step for event in aws.events if event.what == "waiting"} == {"tables.orders:wait"}
