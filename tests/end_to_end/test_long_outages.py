"""An endpoint that can't be reached for minutes, and the state store behind it with it: runs go on, or end at their deadline."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator.errors import StoreUnavailable
from orchestrator.model import Call, Report
from orchestrator.ports import Cloud
from orchestrator.state import operators
from tests.end_to_end.virtual import READS, VirtualAws
from tests.engine.scene import GONE, Answer, Outage
from tests.state.runs import Wayward

pytestmark = pytest.mark.virtual

BEFORE = "plan: shop\ntables:\n  orders: {partition_key: {id: S}}\n"
PLAN = """
plan: shop
tables:
  orders:
    partition_key: {id: S}
    indexes:
      by_day: {partition_key: {day: S}}
    ttl: expires
    tags: {team: shop}
"""
ONCE = ["TagResource", "UpdateTable", "UpdateTimeToLive"]
SILENT = Answer("", "NoAnswer", "ReadTimeoutError: Read timeout on endpoint", status=None)
NO_NAME = Answer("", "EndpointUnreachable", "getaddrinfo: Name or service not known", status=None, sent=False)
KINDS = pytest.mark.parametrize("answer", [GONE, NO_NAME, SILENT], ids=["refused", "no name", "timed out"])


class Behind(Wayward):
    """A store at the same endpoint: away as long as that is."""

    away = (0.0, 0.0)

    async def _late(self) -> None:
        at, until = self.away
        if at <= self.clock.now() < until:
            await self.clock.sleep(5)  # what the adapter tries by itself
            raise StoreUnavailable("EndpointUnreachable", "Could not connect", silent=True)


@pytest.fixture
async def aws(tmp_path: Path) -> VirtualAws:
    found = VirtualAws(tmp_path)
    await found.already(BEFORE)
    found.store = Behind(clock=found.clock)
    return found


def away(aws: VirtualAws, answer: Answer, after: float, seconds: float) -> None:
    """So many seconds from now the endpoint goes away, for so long."""
    at = aws.clock.now() + after
    aws.between = lambda cloud: Outage(cloud, aws.clock, answer, at, at + seconds)
    store = aws.store
    assert isinstance(store, Behind)
    store.away = at, at + seconds


def vanishing(aws: VirtualAws, answer: Answer, nth: int, seconds: float) -> None:
    """The endpoint goes away for so long in the moment in which the `nth` call that changes something goes out."""
    changing = 0

    class Vanishing:
        def __init__(self, cloud: Cloud) -> None:
            self._cloud = cloud
            self._outage: Cloud = cloud

        async def send(self, call: Call) -> Mapping[str, Any]:
            nonlocal changing
            changing += not READS.match(call.operation)
            if changing == nth and self._outage is self._cloud:
                away(aws, answer, 0, seconds)
                self._outage = aws.between(self._cloud)
            return await self._outage.send(call)

    aws.between = Vanishing


async def ended(aws: VirtualAws, answer: Answer, after: float, seconds: float, deadline: float | None = None) -> Report:
    away(aws, answer, after, seconds)
    return await aws.apply(PLAN, deadline=deadline)


@KINDS
@pytest.mark.parametrize("seconds", [240.0, 900.0])
async def test_in_the_middle_of_an_index_it_is_borne_and_nothing_is_sent_twice(
    aws: VirtualAws, answer: Answer, seconds: float
) -> None:
    report = await ended(aws, answer, 100, seconds)
    assert (report.exit_code, report.outcome) == (0, "succeeded")
    assert sorted(call.operation for call in aws.sent) == ONCE
    assert aws.store is not None
    (known,) = await operators.runs(aws.store, 9)
    assert (known.run.life, known.run.exit_code) == ("ended", 0)


@KINDS
@pytest.mark.parametrize(("nth", "seconds"), [(1, 480), (2, 480), (3, 240)])
async def test_before_a_call_it_is_borne_and_nothing_is_done_twice(
    aws: VirtualAws, answer: Answer, nth: int, seconds: float
) -> None:
    """The call itself is the first that meets it. The third, of tags, has five minutes in all."""
    vanishing(aws, answer, nth, seconds)
    report = await aws.apply(PLAN)
    assert report.exit_code == 0
    assert report.finished - report.started > seconds
    done = [one.api for one in aws.account.timeline.served if one.code is None and not one.foreign]
    assert [done.count(f"dynamodb:{name}") for name in ONCE] == [1, 1, 1]


@KINDS
async def test_a_deadline_that_passes_meanwhile_ends_with_6_and_what_goes_on(aws: VirtualAws, answer: Answer) -> None:
    report = await ended(aws, answer, 100, 3600, deadline=400)
    assert (report.exit_code, report.outcome) == (6, "in_progress")
    assert [str(one.ref) for one in report.still_running] == ["tables.orders.indexes.by_day"]
    assert not [step for step in report.steps if step.outcome == "failed"]
    await aws.clock.sleep(3600)
    aws.between = lambda cloud: cloud
    assert (await aws.apply(PLAN)).exit_code == 0
    assert sorted(call.operation for call in aws.sent) == ONCE


async def test_a_deadline_before_the_first_call_leaves_all_of_it_to_the_next_run(aws: VirtualAws) -> None:
    vanishing(aws, GONE, 1, 3600)
    report = await aws.apply(PLAN, deadline=400)
    assert (report.exit_code, report.outcome, report.still_running) == (6, "in_progress", ())
    assert {step.outcome for step in report.steps} == {"not_run"}


async def test_half_an_hour_without_anything_that_answers_is_the_end(aws: VirtualAws) -> None:
    """With a store and without one: an index may take a day, and nobody is helped by a day of trying."""
    report = await ended(aws, GONE, 100, 10_000)
    assert (report.exit_code, report.outcome) == (7, "unreachable")
    assert 1800 < report.finished - report.started < 2100


async def test_a_store_that_is_throttled_when_it_comes_back_is_given_its_minutes(aws: VirtualAws) -> None:
    class Crowded(Behind):
        async def _late(self) -> None:
            await super()._late()
            if 0 <= self.clock.now() - self.away[1] < 120:
                raise StoreUnavailable("ThrottlingException", "Rate exceeded")

    aws.store = Crowded(clock=aws.clock)
    report = await ended(aws, GONE, 100, 600)
    assert (report.exit_code, report.outcome) == (0, "succeeded")


async def test_a_store_that_answers_but_can_not_be_used_is_borne_for_five_minutes(aws: VirtualAws) -> None:
    class Throttled(Behind):
        async def _late(self) -> None:
            at, until = self.away
            if at <= self.clock.now() < until:
                raise StoreUnavailable("ThrottlingException", "Rate exceeded")

    aws.store = Throttled(clock=aws.clock)
    at = aws.clock.now() + 100
    aws.store.away = at, at + 3600
    report = await aws.apply(PLAN)
    assert (report.exit_code, report.outcome) == (7, "unreachable")
    assert report.finished - report.started < 500
