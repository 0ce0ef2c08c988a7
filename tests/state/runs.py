"""Runs that compete in virtual time for what is in one store."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.errors import StoreUnavailable
from orchestrator.model import Key, PlanMark, Row, RunRecord, Write
from orchestrator.sandbox.clock import VirtualClock
from orchestrator.state.contest import Busy, Contest
from orchestrator.state.lease import LEASE_SECONDS, Lease
from orchestrator.state.reading import AT_ONCE


def half() -> float:
    return 0.5


@dataclass
class Wayward:
    """A store that can be slow, silent or gone. `failing`: it answers nothing; `swallows`: it does what it does not answer.

    `slow` passes before it does anything, `tardy` between a write and its answer (seconds).
    """

    store: MemoryStore = field(default_factory=MemoryStore)
    clock: VirtualClock = field(default_factory=VirtualClock)
    failing: StoreUnavailable | None = None
    swallows: bool = False
    slow: float = 0.0
    tardy: float = 0.0

    async def make(self) -> None: ...

    async def get(self, *keys: Key) -> Sequence[Row | None]:
        assert len(keys) <= AT_ONCE, "as the port says"
        await self._late()
        return await self.store.get(*keys)

    async def rows(
        self, partition: str, *, after: str = "", limit: int | None = None, newest_first: bool = False
    ) -> Sequence[Row]:
        await self._late()
        return await self.store.rows(partition, after=after, limit=limit, newest_first=newest_first)

    async def write(self, *writes: Write) -> str:
        if self.swallows and self.failing:
            await self.store.write(*writes)
        await self._late()
        version = await self.store.write(*writes)
        if self.tardy:
            await self.clock.sleep(self.tardy)
        return version

    async def _late(self) -> None:
        if self.slow:
            await self.clock.sleep(self.slow)
        if self.failing:
            raise self.failing


def record(run: str, *resources: str, plan: str = "orders", digest: str = "d1") -> RunRecord:
    return RunRecord(run, (PlanMark(plan, digest),), resources or ("orders",), 0.0, LEASE_SECONDS, {"host": "pod"})


def contest(store: Wayward, run: str, *resources: str, digest: str = "d1") -> Contest:
    return Contest(store, store.clock, record(run, *resources, digest=digest), half)


async def taken(store: Wayward, run: str, *resources: str) -> Lease:
    found = await contest(store, run, *resources).take()
    assert isinstance(found, Lease), found
    return found


async def busy(store: Wayward, run: str, *resources: str) -> Busy:
    found = await contest(store, run, *resources).take()
    assert isinstance(found, Busy), found
    return found
