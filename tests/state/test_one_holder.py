"""Whatever happens to runs, machines and the store: nothing is changed but by the one run that holds it.

Several runs compete for one lock in virtual time. Each has a clock of its own, which is wrong and goes too fast or too slow; they
are stopped for a while (as by a debugger or a machine that is put to sleep), killed, and answered late or not at all. At every
change the store itself is asked who holds the lock.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import anyio
from hypothesis import event, given, settings
from hypothesis import strategies as st

from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.errors import OrchestratorError, StoreUnavailable
from orchestrator.model import Key, Row, Write
from orchestrator.sandbox.clock import EPOCH, VirtualClock, run_virtual
from orchestrator.state.contest import Busy, Contest
from orchestrator.state.lease import LEASE_SECONDS, Lease
from orchestrator.state.records import lock_key, run_key
from tests.state.runs import record

T = TypeVar("T")
RESOURCE = "orders"
LATE_SECONDS = 7.0
"""One way."""
SECONDS = 400.0
"""How long things go wrong; twice that the runs go on."""


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
class Changes:
    """All that was changed, and what was wrong about it."""

    made: list[tuple[float, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    async def make(self, store: MemoryStore, lease: Lease, now: float) -> None:
        lock, run = await store.get(lock_key(RESOURCE), run_key(lease.run.id))
        self.made.append((now, lease.run.id))
        holder = lock.body["run"] if lock else None
        if holder != lease.run.id or run is None or run.version != lease.run.version:
            self.wrong.append(f"{now}: {lease.run.id} changes what {holder} holds")


async def live(name: str, line: Line, changes: Changes, draw: Callable[[], float]) -> None:
    """Run after run until the end, each of which makes some changes."""
    machine, number = line.machine, 0
    while machine.base.now() - machine.base.start < 2 * SECONDS:
        number += 1
        contest = Contest(line, machine, record(f"{name}{number}", RESOURCE), draw)
        try:
            await _run(contest, line, changes)
        except (StoreUnavailable, OrchestratorError):
            await machine.sleep(1)


async def _run(contest: Contest, line: Line, changes: Changes) -> None:
    found: Lease | Busy | None = await contest.take()
    while isinstance(found, Busy):
        found = await contest.look(found) or await contest.take()
    assert isinstance(found, Lease)
    lease = found

    async def work() -> None:
        for _ in range(4):
            await line.machine.sleep(5)
            await lease.before_call()
            await line.machine.awake()
            if line.machine.now() <= lease.trusted_until:
                await changes.make(line.store, lease, line.machine.base.now())
        group.cancel_scope.cancel()

    async def until_over() -> None:
        await lease.until_over()
        group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for task in (lease.keep, until_over, work):
            group.start_soon(task)
    await lease.release("succeeded", 0)


AFTERWARDS = EPOCH + SECONDS + 4 * LEASE_SECONDS

TROUBLES = st.tuples(
    st.floats(0, SECONDS),
    st.integers(0, 2),
    st.sampled_from(["stops", "dies", "late", "cut", "deaf"]),
    st.floats(0, 2.5 * LEASE_SECONDS),
)
CLOCKS = st.tuples(st.floats(-1e6, 1e6), st.floats(0.9, 1.1))


@settings(max_examples=60, deadline=None)
@given(troubles=st.lists(TROUBLES, max_size=12), clocks=st.tuples(CLOCKS, CLOCKS, CLOCKS), seed=st.integers(1, 999))
def test_nothing_is_changed_but_by_the_run_that_holds_it(
    troubles: Sequence[tuple[float, int, str, float]], clocks: Sequence[tuple[float, float]], seed: int
) -> None:
    store, changes = MemoryStore(), Changes()
    draws = (math.fmod(seed * 0.61803398875 * number, 1.0) for number in range(1, 10_000_000))

    async def main() -> None:
        base = VirtualClock()
        lines = [Line(store, Machine(base, ahead, pace)) for ahead, pace in clocks]
        scopes = [anyio.CancelScope() for _ in lines]

        async def lived(number: int) -> None:
            with scopes[number]:
                await live("abc"[number], lines[number], changes, lambda: next(draws))

        async def trouble(at: float, number: int, what: str, seconds: float) -> None:
            await base.sleep(at)
            line, until = lines[number], base.now() + seconds
            match what:
                case "stops":
                    line.machine.wakes = max(line.machine.wakes, until)
                case "dies":
                    scopes[number].cancel()
                case "late":
                    line.late_until = until
                case _:
                    line.cut_until, line.deaf = until, what == "deaf"

        async with anyio.create_task_group() as group:
            for number in range(len(lines)):
                group.start_soon(lived, number)
            for one in troubles:
                group.start_soon(trouble, *one)

    run_virtual(main)
    assert changes.wrong == []
    dead = {number for _, number, what, _ in troubles if what == "dies"}
    event(f"{len(dead)} of 3 died")
    if len(dead) < 3:
        assert any(at > AFTERWARDS for at, _ in changes.made), "whoever is left goes on"
