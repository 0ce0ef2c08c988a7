"""The state store is lost, away for a while, or answers no more, from each of its calls on: what is not recorded is not changed.

In virtual time, over the memory store behind a wall that falls at a chosen call.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

import anyio
import pytest

from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.errors import OrchestratorError, StoreUnavailable, Unreachable
from orchestrator.model import Key, Put, Report, Row, Write
from orchestrator.ports import Store
from orchestrator.sandbox.clock import VirtualClock
from orchestrator.state import operators
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

T = TypeVar("T")
How = Literal["lost", "away", "unanswered"]

PLAN = """
plan: shop
tables:
  orders:
    partition_key: {id: S}
    billing: on_demand
    ttl: expires
    tags: {team: shop}
  users: {partition_key: {id: S}, billing: on_demand, tags: {team: shop}}
"""
THROTTLED = StoreUnavailable(
    "ProvisionedThroughputExceededException", "The level of configured throughput was exceeded"
)
GONE = StoreUnavailable("ResourceNotFoundException", "Requested resource not found", lost=True)
MINUTE = 60.0


@dataclass
class Failing:
    """The Store port over `store`, which from its call `at` on is lost, or away for a minute; `unanswered`: that call is done."""

    clock: VirtualClock
    at: int
    how: How
    store: MemoryStore = field(default_factory=MemoryStore)
    called: int = 0
    since: float | None = None

    async def make(self) -> None:
        await self._tried(self.store.make)

    async def get(self, *keys: Key) -> Sequence[Row | None]:
        return await self._tried(lambda: self.store.get(*keys))

    async def rows(
        self, partition: str, *, after: str = "", limit: int | None = None, newest_first: bool = False
    ) -> Sequence[Row]:
        return await self._tried(
            lambda: self.store.rows(partition, after=after, limit=limit, newest_first=newest_first)
        )

    async def write(self, *writes: Write) -> str:
        return await self._tried(lambda: self.store.write(*writes))

    async def _tried(self, act: Callable[[], Awaitable[T]]) -> T:
        self.called += 1
        if self.called == self.at:
            self.since = self.clock.now()
            if self.how == "unanswered":
                await act()
        if self.since is None:
            return await act()
        if self.how == "lost":
            raise GONE
        if self.clock.now() < self.since + MINUTE:
            raise THROTTLED
        return await act()


@dataclass
class Full(MemoryStore):
    """A disk without room from `since` on: what is there can be written over, nothing can be added."""

    clock: VirtualClock
    since: float = float("inf")

    def __post_init__(self) -> None:
        super().__init__()

    async def write(self, *writes: Write) -> str:
        if self.clock.now() >= self.since:
            puts = [write.key for write in writes if isinstance(write, Put)]
            if None in await self.get(*puts):
                raise StoreUnavailable("SQLITE_FULL", "database or disk is full")
        return await super().write(*writes)


async def _ended(aws: VirtualAws) -> Report | OrchestratorError:
    try:
        return await aws.apply(PLAN)
    except OrchestratorError as error:
        return error


async def _failing(folder: Path, at: int, how: How) -> tuple[VirtualAws, Failing, Report | OrchestratorError]:
    """A run whose store fails so at its call `at`."""
    aws = VirtualAws(folder)
    store = Failing(aws.clock, at, how)
    aws.store = store
    return aws, store, await _ended(aws)


async def _calls(folder: Path) -> int:
    _, store, end = await _failing(folder, -1, "lost")
    assert end.exit_code == 0
    return store.called


async def _recorded(store: MemoryStore) -> Counter[str]:
    """How often each operation was to be sent, as the store tells."""
    found = [event for run in await operators.runs(store, 99) for event in await operators.events(store, run.run.id)]
    return Counter(event.details["operation"] for event in found if event.what == "intent")


async def _goes_on(aws: VirtualAws, store: MemoryStore) -> None:
    """The next run finds the store as it was left, needs no flag, ends well, and makes nothing twice."""
    aws.store = store
    assert (await _ended(aws)).exit_code == 0
    assert Counter(call.operation for call in aws.sent)["CreateTable"] == 2
    assert aws.refused == []


async def test_a_store_that_is_lost_at_any_call_lets_nothing_happen_that_it_does_not_tell(tmp_path: Path) -> None:
    for at in range(1, await _calls(tmp_path) + 1):
        aws, store, end = await _failing(tmp_path, at, "lost")
        sent = Counter(call.operation for call in aws.sent)
        assert sent <= await _recorded(store.store), f"lost at call {at}"
        if end.exit_code != 0:
            assert end.exit_code == 7, f"lost at call {at}: {end}"
            said = str(end) if isinstance(end, OrchestratorError) else " ".join(end.notices)
            assert "ResourceNotFoundException" in said, f"lost at call {at}: {said}"
            assert "--state" in said, f"lost at call {at}: {said}"
        await _goes_on(aws, store.store)


@pytest.mark.parametrize("how", ["away", "unanswered"])
async def test_a_store_that_is_away_for_a_minute_from_any_call_on_costs_a_minute_and_nothing_else(
    how: How, tmp_path: Path
) -> None:
    for at in range(1, await _calls(tmp_path) + 1):
        aws, store, end = await _failing(tmp_path, at, how)
        assert end.exit_code == 0, f"{how} at call {at}: {end}"
        sent = Counter(call.operation for call in aws.sent)
        assert sent <= await _recorded(store.store), f"{how} at call {at}"
        await _goes_on(aws, store.store)


async def test_a_store_without_room_for_what_is_new_ends_the_run_although_it_takes_heartbeats(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path)
    aws.store = store = Full(aws.clock, aws.clock.now() + 3)
    end = await _ended(aws)
    assert end.exit_code == 7
    assert isinstance(end, Report)
    assert "SQLITE_FULL" in " ".join(end.notices)
    assert "--state" in " ".join(end.notices)
    assert Counter(call.operation for call in aws.sent) <= await _recorded(store)
    (known,) = await operators.runs(store, 9)
    assert not known.live, "what can be written over lets go of the locks"
    store.since = float("inf")
    await _goes_on(aws, store)


async def test_who_waits_for_the_store_is_told_so_once(tmp_path: Path) -> None:
    for at in (1, 5, 9):
        aws, _, end = await _failing(tmp_path, at, "away")
        assert end.exit_code == 0
        told = [event.details["message"] for event in aws.events if event.what == "notice"]
        (away,) = [message for message in told if "for now" in message]
        assert THROTTLED.code in away


async def test_a_run_that_ends_at_its_deadline_does_not_wait_longer_for_the_store(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path)
    aws.store = Failing(aws.clock, 3, "away")
    began = aws.clock.now()
    with pytest.raises(Unreachable, match=THROTTLED.code):
        await aws.apply(PLAN, deadline=20.0)
    assert aws.clock.now() - began < 30


@dataclass
class LateIntent(Failing):
    """The intent of its first call is kept at once and answered 45 s later; meanwhile nothing else comes through."""

    async def write(self, *writes: Write) -> str:
        version = await super().write(*writes)
        if self.since is None and any(isinstance(one, Put) and one.body.get("what") == "intent" for one in writes):
            self.since = self.clock.now()
            await self.clock.sleep(45)
        return version


async def test_an_intent_that_is_answered_after_a_takeover_lets_no_call_out(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path)
    late = LateIntent(aws.clock, -1, "away")
    ends: list[Report | OrchestratorError] = []

    async def begins(store: Store, after: float) -> None:
        await aws.clock.sleep(after)
        aws.store = store
        ends.append(await _ended(aws))

    async with anyio.create_task_group() as group:
        group.start_soon(begins, late, 0.0)
        group.start_soon(begins, late.store, 1.0)
    assert sorted(end.exit_code for end in ends) == [0, 5]
    assert Counter(call.operation for call in aws.sent)["CreateTable"] == 2
    assert aws.refused == []
