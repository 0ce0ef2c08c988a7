"""Machines that runs live on, whose clocks are wrong and whose lines to the store fail, and a witness of every change."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.errors import StoreUnavailable
from orchestrator.model import Key, Row, Write
from orchestrator.sandbox.clock import VirtualClock
from orchestrator.state.lease import Lease
from orchestrator.state.records import lock_key, run_key

T = TypeVar("T")
RESOURCE = "orders"
LATE_SECONDS = 7.0
"""One way."""


@dataclass
class Machine:
    """What a run lives on: `ahead` seconds before everybody else's clock, `pace` times as fast. It may stand still."""

    base: VirtualClock
    ahead: float = 0.0
    pace: float = 1.0
    wakes: float = 0.0
    """Until when (true time) it stands still."""

    def now(self) -> float:
        return self.base.start + self.ahead + self.pace * (self.base.now() - self.base.start)

    async def sleep(self, seconds: float) -> None:
        await self.base.sleep(max(0.0, seconds) / self.pace)
        await self.awake()

    async def awake(self) -> None:
        while self.base.now() < self.wakes:
            await self.base.sleep(self.wakes - self.base.now())


@dataclass
class Line:
    """The way of one machine to the store: slow, or cut, before or after the store did what it was asked."""

    store: MemoryStore
    machine: Machine
    late_until: float = 0.0
    cut_until: float = 0.0
    deaf: bool = False

    async def make(self) -> None: ...

    async def get(self, *keys: Key) -> Sequence[Row | None]:
        await self._out()
        return await self._back(await self.store.get(*keys))

    async def rows(
        self, partition: str, *, after: str = "", limit: int | None = None, newest_first: bool = False
    ) -> Sequence[Row]:
        await self._out()
        return await self._back(await self.store.rows(partition, after=after, limit=limit, newest_first=newest_first))

    async def write(self, *writes: Write) -> str:
        await self._out()
        return await self._back(await self.store.write(*writes))

    async def _out(self) -> None:
        await self._travel()
        if self._cut and not self.deaf:
            raise StoreUnavailable("NoAnswer", "cut")

    async def _back(self, reply: T) -> T:
        await self._travel()
        await self.machine.awake()
        if self._cut:
            raise StoreUnavailable("NoAnswer", "cut")
        return reply

    async def _travel(self) -> None:
        late = self.machine.base.now() < self.late_until
        await self.machine.base.sleep(LATE_SECONDS if late else 0.01)

    @property
    def _cut(self) -> bool:
        return self.machine.base.now() < self.cut_until


@dataclass
class Witness:
    """All that was changed, and what was wrong about it: at every change the store itself is asked who holds the lock."""

    store: MemoryStore
    made: list[tuple[float, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    async def sees(self, lease: Lease, now: float) -> None:
        """That run changes something at this moment (true time)."""
        lock, run = await self.store.get(lock_key(RESOURCE), run_key(lease.run.id))
        self.made.append((now, lease.run.id))
        holder = lock.body["run"] if lock else None
        if holder != lease.run.id or run is None or run.body["life"] != "live":
            self.wrong.append(f"{now}: {lease.run.id} changes what {holder} holds")
