"""Credentials that AWS accepts no more in the middle of a run: it ends cleanly before its next call, and the next one goes on."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.errors import Fault, StoreUnavailable, Unreachable
from orchestrator.model import Call, Report
from orchestrator.ports import Cloud
from orchestrator.state import operators
from tests.end_to_end.virtual import VirtualAws
from tests.engine.scene import Answer, Outage
from tests.state.runs import Wayward

pytestmark = pytest.mark.virtual

BEFORE = """
plan: shop
tables:
  orders: {partition_key: {id: S}}
  users: {partition_key: {id: S}}
"""
PLAN = """
plan: shop
tables:
  orders:
    partition_key: {id: S}
    indexes:
      by_day: {partition_key: {day: S}}
      by_hour: {partition_key: {hour: S}}
  users: {partition_key: {id: S}, stream: new_image, ttl: expires, tags: {team: shop}}
"""
ABROAD = """
plan: shop
tables:
  orders:
    partition_key: {id: S}
    stream: new_and_old_images
    replicas: {us-west-2: {point_in_time_recovery: true}}
  users: {partition_key: {id: S}, stream: new_image, ttl: expires}
"""
EXPIRED = Answer("", "ExpiredTokenException", "The security token included in the request is expired")
WORDS = {
    "ExpiredTokenException": ("The security token included in the request is expired", "expired", "Log in again"),
    "ExpiredToken": ("The provided token has expired.", "expired", "Log in again"),
    "RequestExpired": ("Request has expired.", "expired", "Log in again"),
    "UnrecognizedClientException": ("The security token included in the request is invalid.", "not know", "valid"),
    "InvalidClientTokenId": ("The security token included in the request is invalid.", "not know", "valid"),
    "RequestTimeTooSkewed": ("The difference between the times is too large.", "clock", "Set the clock"),
    "InvalidSignatureException": ("Signature expired: 20260101T000000Z is now earlier", "clock", "Set the clock"),
    "NoCredentials": ("Error when retrieving credentials from custom-process: login first", "No cred", "log in again"),
}


@pytest.fixture
async def aws(tmp_path: Path) -> VirtualAws:
    found = VirtualAws(tmp_path)
    await found.already(BEFORE)
    found.store = Wayward(clock=found.clock)
    return found


def refused(aws: VirtualAws, answer: Answer, seconds: float) -> None:
    """From so many seconds from now on everything is answered so."""
    at = aws.clock.now() + seconds
    aws.between = lambda cloud: Outage(cloud, aws.clock, answer, at, float("inf"))


async def ended(aws: VirtualAws, answer: Answer = EXPIRED, seconds: float = 60.0, **options: Any) -> Report:
    refused(aws, answer, seconds)
    report = await aws.apply(PLAN, **options)
    aws.between = lambda cloud: cloud
    return report


def operations(calls: Sequence[Call]) -> list[str]:
    return sorted(call.operation for call in calls)


@pytest.mark.parametrize("code", WORDS)
async def test_it_ends_with_7_and_says_once_what_happened_and_what_to_do(aws: VirtualAws, code: str) -> None:
    message, happened, action = WORDS[code]
    sent = code != "NoCredentials"
    report = await ended(aws, Answer("", code, message, status=400 if sent else None, sent=sent))
    assert (report.exit_code, report.outcome) == (7, "unreachable")
    (notice,) = report.notices
    assert message.rstrip(".") in notice
    assert happened in notice
    assert action in notice
    assert "run the same command again: an apply goes on where it stopped" in notice


async def test_what_goes_on_in_aws_is_no_failure_and_is_listed(aws: VirtualAws) -> None:
    report = await ended(aws)
    ends = {step.id: step.outcome for step in report.steps}
    assert ends["tables.orders.indexes.by_day:create"] == "in_progress"
    assert ends["tables.orders.indexes.by_hour:create"] == "not_run"
    assert "failed" not in ends.values()
    assert [str(one.ref) for one in report.still_running] == ["tables.orders.indexes.by_day"]
    assert "tables.orders.indexes.by_hour:create" in report.queued


async def test_it_ends_at_once_and_asks_nothing_more(aws: VirtualAws) -> None:
    """The other lanes need not find out by themselves."""
    began, told = aws.clock.now(), 60.0
    asked: list[float] = []
    refused(aws, EXPIRED, told)
    outage = aws.between

    class Counting:
        def __init__(self, cloud: Cloud) -> None:
            self._cloud = cloud

        async def send(self, call: Call) -> Mapping[str, Any]:
            try:
                return await self._cloud.send(call)
            except Fault:
                asked.append(aws.clock.now())
                raise

    aws.between = lambda cloud: Counting(outage(cloud))
    report = await aws.apply(PLAN)
    assert report.exit_code == 7
    assert len(asked) == 1
    assert report.finished == asked[0] < began + told + 30


async def test_the_locks_are_released_and_a_run_with_good_ones_goes_on_at_once(aws: VirtualAws) -> None:
    first = await ended(aws)
    assert aws.store is not None
    (known,) = await operators.runs(aws.store, 9)
    assert (known.run.life, known.run.outcome, known.run.exit_code) == ("ended", "unreachable", 7)
    began = aws.clock.now()
    second = await aws.apply(PLAN)
    assert (second.exit_code, second.run != first.run) == (0, True)
    assert not [event for event in aws.events if event.what == "lock_waiting" and event.at >= began]
    assert operations(aws.sent) == ["TagResource", "UpdateTable", "UpdateTable", "UpdateTable", "UpdateTimeToLive"]
    assert aws.refused == []


async def test_a_call_that_is_refused_for_them_changed_nothing_and_is_not_sent_again(aws: VirtualAws) -> None:
    """The first call of all that changes something meets them."""
    changing = aws.between

    class Refusing:
        def __init__(self, cloud: Cloud) -> None:
            self._cloud = cloud

        async def send(self, call: Call) -> Mapping[str, Any]:
            if call.operation.startswith("Update"):
                raise EXPIRED.fault(call)
            return await self._cloud.send(call)

    aws.between = Refusing
    report = await aws.apply(PLAN)
    assert report.exit_code == 7
    assert report.still_running == ()
    assert sum(step.attempts for step in report.steps) <= 2, "two lanes at most were that far at that moment"
    assert {step.outcome for step in report.steps} <= {"not_run", "done"}
    aws.between = changing
    assert (await aws.apply(PLAN)).exit_code == 0


async def test_a_store_in_the_same_account_notices_too_and_says_the_same(aws: VirtualAws) -> None:
    """It can't be told that the run is over: its lease runs out, and the next run takes over."""
    store = Wayward(clock=aws.clock)

    class Expiring(Wayward):
        async def _late(self) -> None:
            if expires <= self.clock.now() < renewed:
                raise StoreUnavailable(EXPIRED.code, EXPIRED.message, lost=True)

    expires, renewed = aws.clock.now() + 60, aws.clock.now() + 100
    aws.store = Expiring(store.store, aws.clock)
    report = await ended(aws, seconds=60)
    assert report.exit_code == 7
    assert any("have expired" in notice and "Log in again" in notice for notice in report.notices)
    await aws.clock.sleep(renewed - aws.clock.now())
    assert (await aws.apply(PLAN)).exit_code == 0
    assert [known.run.life for known in await operators.runs(aws.store, 9)] == ["ended", "lost"]
    assert operations(aws.sent).count("UpdateTable") == 3


async def test_what_one_other_region_does_not_know_is_a_failure_of_what_is_there_alone(aws: VirtualAws) -> None:
    """A Region that the account has not enabled answers so, whatever the credentials."""

    class Abroad:
        def __init__(self, cloud: Cloud) -> None:
            self._cloud = cloud

        async def send(self, call: Call) -> Mapping[str, Any]:
            if call.region == "us-west-2" and call.operation == "UpdateContinuousBackups":
                raise replaced(Answer("", "UnrecognizedClientException", "The security token is invalid").fault(call))
            return await self._cloud.send(call)

    def replaced(fault: Fault) -> Fault:
        return Fault(fault.service, fault.operation, fault.code, fault.message, status=400, region="us-west-2")

    aws.between = Abroad
    report = await aws.apply(ABROAD)
    ends = {step.id: step.outcome for step in report.steps}
    assert report.exit_code == 7
    assert [step for step, end in ends.items() if end == "failed"] == [
        "tables.orders.replicas.us-west-2:update-point_in_time_recovery"
    ]
    assert ends["tables.users:update-ttl"] == "done"


async def test_who_waits_is_told_too(aws: VirtualAws) -> None:
    refused(aws, EXPIRED, 30)
    with pytest.raises(Unreachable, match="have expired") as caught:
        await aws.wait(PLAN)
    assert "Log in again" in str(caught.value)


async def test_who_can_not_even_reach_the_store_with_them_is_told_that_and_not_of_other_stores(aws: VirtualAws) -> None:
    aws.store = Wayward(MemoryStore(), failing=StoreUnavailable(EXPIRED.code, EXPIRED.message, lost=True))
    with pytest.raises(Unreachable, match="have expired") as caught:
        await aws.apply(PLAN)
    assert "--state" not in str(caught.value)
