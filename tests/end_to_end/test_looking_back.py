"""The look at what was done, before a run says that it is: quick where nothing is odd, and never silent."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestrator.engine.limits import Limits, Rate
from orchestrator.model import Call, Event
from orchestrator.ports import Cloud
from orchestrator.sandbox.clock import VirtualClock
from tests.end_to_end.virtual import VirtualAws
from tests.engine.scene import Answer, Scripted

pytestmark = pytest.mark.virtual

PLAN = "plan: shop\npolicy: {destructive: allow, backup_before_delete: false}\ntables:\n"
REPLICATED = PLAN + "  orders:\n    partition_key: {id: S}\n    deletion_protection: false\n    replicas: {%s}\n"
REGIONS = ("us-west-2", "us-east-1", "eu-central-1")
MADE = REPLICATED % ", ".join(f"{region}: {{}}" for region in REGIONS)
GONE = PLAN + f"  orders: {{ensure: absent, replicas: {{{', '.join(f'{region}: absent' for region in REGIONS)}}}}}\n"


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return VirtualAws(tmp_path)


def last_wait(events: list[Event]) -> float:
    """Seconds between the end of the last step and that of the run."""
    ended = [event.at for event in events if event.what in ("settled", "already_in_place")]
    return events[-1].at - ended[-1]


async def test_what_is_gone_everywhere_is_no_odd_answer(aws: VirtualAws) -> None:
    """A table that is not there is looked for once in each Region, not again and again."""
    assert (await aws.apply(MADE)).exit_code == 0
    assert (await aws.apply(GONE)).exit_code == 0
    assert aws.events[-1].what == "finished"
    assert last_wait(aws.events) < 1


@dataclass
class Far:
    """Each answer from another Region takes a second."""

    cloud: Cloud
    clock: VirtualClock

    async def send(self, call: Call) -> Mapping[str, Any]:
        if call.region is not None:
            await self.clock.sleep(1)
        return await self.cloud.send(call)


async def test_the_regions_of_a_table_are_looked_at_side_by_side(aws: VirtualAws) -> None:
    assert (await aws.apply(MADE)).exit_code == 0
    aws.between = lambda cloud: Far(cloud, aws.clock)
    began = aws.clock.now()
    assert not (await aws.preview(MADE)).graph.steps
    assert aws.clock.now() - began < 2
    began = aws.clock.now()
    assert (await aws.preview(GONE)).graph.steps
    assert aws.clock.now() - began < 3  # a description, then the scalable targets


def told(events: list[Event], what: str) -> list[Event]:
    """What the run itself said, not one of its steps."""
    return [event for event in events if event.what == what and not event.step]


async def test_a_look_that_takes_its_time_says_what_for_and_how_long_already(aws: VirtualAws) -> None:
    limits = Limits({"dynamodb:DescribeTable": Rate(2)})
    plan = PLAN + "".join(f"  t{number:02}: {{partition_key: {{id: S}}}}\n" for number in range(40))
    assert (await aws.apply(plan, limits=limits)).exit_code == 0
    assert last_wait(aws.events) > 10
    waits = [event.details for event in told(aws.events, "waiting")]
    assert {(wait["status"], wait["reason"]) for wait in waits} == {
        ("looking once more at 40 resources", "until all of it shows as planned")
    }
    assert 0 < waits[0]["seconds"] <= 5


def afterwards(aws: VirtualAws, steps: int, answer: Answer) -> None:
    """AWS answers so once this many steps are done."""

    class Later:
        def __init__(self, cloud: Cloud) -> None:
            self.cloud, self.scripted = cloud, Scripted(cloud, answer)

        async def send(self, call: Call) -> Mapping[str, Any]:
            done = sum(event.what == "settled" for event in aws.events) >= steps
            return await (self.scripted if done else self.cloud).send(call)

    aws.between = Later


async def test_a_look_that_fails_for_a_while_says_so(aws: VirtualAws) -> None:
    """The service fails once the table is made, for as long as it is looked back at."""
    failing = Answer("DescribeTable", "InternalServerError", "try again", status=500, times=3)
    afterwards(aws, 1, failing)
    assert (await aws.apply(PLAN + "  orders: {partition_key: {id: S}}\n")).exit_code == 0
    assert [(event.details["code"], event.details["resource"]) for event in told(aws.events, "retrying")] == [
        ("InternalServerError", "tables.orders")
    ] * 3


async def test_an_odd_answer_while_looking_back_costs_no_report(aws: VirtualAws) -> None:
    odd = Answer("DescribeTimeToLive", "SomethingNew", "no idea", times=2)
    afterwards(aws, 2, odd)
    report = await aws.apply(PLAN + "  orders: {partition_key: {id: S}, ttl: expires_at}\n")
    assert (report.exit_code, report.notices) == (0, ())
