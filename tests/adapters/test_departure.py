"""Requests that have to leave by a certain moment: what is not ready by then, whatever held it up, never leaves.

The keys are due to be renewed at their next use, and their source answers when the test says.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import aioboto3
import anyio
import pytest
from aiobotocore.credentials import AioRefreshableCredentials
from aiobotocore.session import get_session

from orchestrator.adapters.aws import AwsCloud
from orchestrator.adapters.clock import SystemClock
from orchestrator.adapters.connection import connect
from orchestrator.adapters.flight import Late, boarding
from orchestrator.departure import leaving_within
from orchestrator.engine.faults import classify
from orchestrator.engine.treatment import Situation, Treatment
from orchestrator.errors import Fault
from orchestrator.model import Call
from orchestrator.sandbox.clock import VirtualClock
from tests.adapters.test_aws import CREATE, Server, reply, serving

LIST = Call("dynamodb", "ListTables")
DONE = reply(b"{}", b"content-type: application/x-amz-json-1.0\r\n")
SOON = 0.05


def in_seconds(seconds: float) -> datetime:
    return datetime.fromtimestamp(SystemClock().now(), UTC) + timedelta(seconds=seconds)


@dataclass
class Dial:
    """A clock that a test sets."""

    at: float = 0.0

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


@dataclass
class Source:
    """Keys that are old, and new ones once it is `open`. `asked` counts how often somebody wanted them, `given` what came."""

    open: anyio.Event = field(default_factory=anyio.Event)
    passes: Dial | None = None
    asked: int = 0
    given: int = 0

    async def fresh(self) -> Mapping[str, str]:
        self.asked += 1
        if self.passes:
            self.passes.at += 60.0
        await self.open.wait()
        self.given += 1
        keys = {"access_key": "new", "secret_key": "hush-hush", "token": "t"}
        return {**keys, "expiry_time": in_seconds(7200).isoformat()}

    @asynccontextmanager
    async def cloud(self, server: Server) -> AsyncIterator[AwsCloud]:
        """One that knows who it is; from then on its keys are old."""
        core = get_session()
        keys = AioRefreshableCredentials("old", "hush-hush", "t", in_seconds(7200), self.fresh, "program")
        core._credentials = keys
        session = aioboto3.Session(botocore_session=core, region_name="eu-west-1")
        async with connect(endpoint_url=server.endpoint, session=session) as (cloud, _):
            keys._expiry_time = in_seconds(1)
            yield cloud


@pytest.mark.http
async def test_a_change_whose_credentials_come_too_late_never_leaves() -> None:
    source = Source()
    with serving(DONE) as server:
        async with source.cloud(server) as cloud:
            with pytest.raises(Fault) as caught, leaving_within(SOON, SystemClock()):
                await cloud.send(CREATE)
            assert server.read == []
            source.open.set()
            await cloud.send(LIST)
            await cloud.send(CREATE)
        assert server.read == ["ListTables", "CreateTable"]
    assert (caught.value.code, caught.value.sent, source.given) == ("TooLate", False, 1)
    assert classify(caught.value, Situation("create")).treatment is Treatment.RECONNECT


@pytest.mark.http
async def test_a_machine_that_slept_goes_by_the_clock_that_counts_sleep() -> None:
    """The loop's own may stand still meanwhile: no deadline of its passes here."""
    clock = Dial()
    source = Source(passes=clock)
    source.open.set()
    with serving(DONE) as server:
        async with source.cloud(server) as cloud:
            with pytest.raises(Fault) as caught, leaving_within(5.0, clock):
                await cloud.send(CREATE)
        assert server.read == []
    assert (caught.value.code, caught.value.sent, source.given) == ("TooLate", False, 1)


@pytest.mark.http
async def test_a_look_waits_for_slow_credentials_and_asks_for_them_once() -> None:
    source = Source()
    with serving(DONE) as server:
        async with source.cloud(server) as cloud, anyio.create_task_group() as group:
            group.start_soon(cloud.send, LIST)
            with anyio.move_on_after(SOON) as waited:
                await anyio.sleep_forever()
            assert (waited.cancelled_caught, server.read, source.asked) == (True, [], 1)
            source.open.set()
        assert server.read == ["ListTables"]
    assert source.asked == 1


@pytest.mark.virtual
async def test_what_has_left_is_answered_whenever_that_is() -> None:
    clock = VirtualClock()
    with leaving_within(5.0, clock), boarding() as flight:
        await clock.sleep(4.0)
        flight.leave()
        await clock.sleep(100.0)
    assert flight.left


@pytest.mark.virtual
async def test_what_has_not_left_is_given_up_at_its_moment() -> None:
    clock = VirtualClock()
    began = clock.now()
    with pytest.raises(Late), leaving_within(5.0, clock), boarding() as flight:
        await clock.sleep(100.0)
    assert (flight.left, clock.now() - began) == (False, 5.0)
