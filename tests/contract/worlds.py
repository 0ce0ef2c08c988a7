"""Where the contract is tried: each world is a Cloud, its clock, and how long it may take."""

import asyncio
import functools
import os
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import aioboto3
import pytest

from orchestrator.adapters.aws import AwsCloud
from orchestrator.adapters.connection import connect
from orchestrator.errors import Fault
from orchestrator.model import Call
from orchestrator.ports import Clock, Cloud
from orchestrator.sandbox.clock import EPOCH, ServerClock, VirtualClock, run_virtual
from orchestrator.sandbox.cloud import VirtualCloud
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Durations, Staleness
from orchestrator.sandbox.server import SandboxServer

REGION = "eu-west-1"
CREDENTIALS = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox"}
LOCAL = "ORCHESTRATOR_TEST_DYNAMODB_LOCAL"

Reply = Mapping[str, Any]


@dataclass(frozen=True)
class World:
    """`step` is the pause between two looks, `patience` how long anything may take (seconds). `prefix` makes names its own."""

    cloud: Cloud
    clock: Clock
    step: float
    patience: float
    prefix: str

    def table(self, name: str) -> str:
        """A table's name that no other test uses: DynamoDB Local keeps its tables."""
        return f"{self.prefix}-{name}"

    async def dynamodb(self, operation: str, **parameters: Any) -> Reply:
        return await self.cloud.send(Call("dynamodb", operation, parameters))

    async def functions(self, operation: str, **parameters: Any) -> Reply:
        return await self.cloud.send(Call("lambda", operation, parameters))

    async def refused(self, service: str, operation: str, code: str, pattern: str, **parameters: Any) -> Fault:
        """Send what must be refused with this code and a message like this."""
        with pytest.raises(Fault) as caught:
            await self.cloud.send(Call(service, operation, parameters))
        fault = caught.value
        assert (fault.code, bool(re.search(pattern, fault.message, re.IGNORECASE))) == (code, True), str(fault)
        return fault

    async def until(self, look: Callable[[], Any], settled: Callable[[Any], bool]) -> list[Any]:
        """Look again and again until `settled`; everything different that was seen, in order."""
        seen: list[Any] = []
        end = self.clock.now() + self.patience
        while True:
            found = await look()
            if not seen or seen[-1] != found:
                seen.append(found)
            if settled(found):
                return seen
            assert self.clock.now() < end, f"never settled: {seen}"
            await self.clock.sleep(self.step)


@asynccontextmanager
async def rules(prefix: str) -> AsyncIterator[World]:
    """The rules behind the Cloud port, in virtual time, with realistic durations."""
    clock = VirtualClock()
    account = Account(region=REGION, durations=replace(Durations(), iam_lag=0), staleness=Staleness.off())
    yield World(VirtualCloud(account, clock), clock, 1, 3600, prefix)


class ByHand:
    """Moves only where a story waits, so that no machine is too slow for it."""

    def __init__(self) -> None:
        self._now = EPOCH

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        self._now += seconds


@asynccontextmanager
async def http(prefix: str) -> AsyncIterator[World]:
    """The same rules over real HTTP, through the adapter that production uses; time is the story's."""
    instant = Durations.instant()
    tables = replace(instant, table_create=0.5, table_create_with_indexes=0.3, table_delete=0.5, throughput=0.5)
    indexes = replace(tables, index_start=0.1, index_allocate=1.5, index_backfill=0.6, index_delete=0.8)
    durations = replace(indexes, function_create=0.4, function_update=0.4, function_delete=0.4, version_publish=0.3)
    clock = ByHand()
    with SandboxServer(region=REGION, durations=durations, now=clock.now) as server:
        async with connect(region=REGION, endpoint_url=server.endpoint, credentials=CREDENTIALS) as (cloud, _):
            yield World(cloud, clock, 0.05, 20, prefix)


@asynccontextmanager
async def dynamodb_local(prefix: str) -> AsyncIterator[World]:
    """AWS's own DynamoDB Local with -delayTransientStatuses, which holds each phase of an index for 15 seconds."""
    endpoint = os.environ.get(LOCAL)
    if not endpoint or not urlsplit(endpoint).hostname:
        pytest.skip(f"{LOCAL} names no endpoint of DynamoDB Local (.ci/dynamodb-local starts one)")
    # Not by `connect`, which asks STS who it is: DynamoDB Local has none.
    async with AsyncExitStack() as stack:
        cloud = AwsCloud(aioboto3.Session(**CREDENTIALS), stack, REGION, endpoint)
        yield World(cloud, ServerClock(), 0.5, 90, prefix)


Story = Callable[[World], Coroutine[Any, Any, None]]
Opener = Callable[[str], AbstractAsyncContextManager[World]]
Runner = Callable[[Callable[[], Coroutine[Any, Any, None]]], None]


@dataclass(frozen=True)
class Place:
    """A world that is still to be opened, and in whose time."""

    open: Opener
    run: Runner
    prefix: str

    def tell(self, story: Story) -> None:
        """Open the world, let `story` happen in it, close it."""

        async def main() -> None:
            async with self.open(self.prefix) as world:
                await story(world)

        self.run(main)


def _run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(main())


WORLDS: Mapping[str, tuple[Opener, Runner]] = {
    "rules": (rules, run_virtual),
    "http": (http, _run),
    "dynamodb_local": (dynamodb_local, _run),
}


def contract(story: Story) -> Callable[..., None]:
    """A test of a story: its one argument names the fixture that says where it is told."""

    @functools.wraps(story)
    def test(**places: Place) -> None:
        (place,) = places.values()
        place.tell(story)

    return test
