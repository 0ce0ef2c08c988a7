"""A process that dies between two steps of its event loop, wherever that is; nothing that it does afterwards is seen outside.

All that a run does outside goes through its ports: the cloud, the store, the clock. A call of a port takes a few steps, with its
effect between two of them, so that it may be cut off before and after that. The dead process is unwound like a cancelled one, but
its ports are severed: every `finally` finds that out.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any, TypeVarTuple

from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.model import Call, Key, Row, Write
from orchestrator.ports import Cloud
from orchestrator.sandbox.clock import VirtualClock, VirtualLoop
from orchestrator.sandbox.rules.account import OURS, Account
from orchestrator.sandbox.rules.durations import Durations
from tests.end_to_end.dying import Dead
from tests.end_to_end.kills.meaning import Accepted

Ts = TypeVarTuple("Ts")


@dataclass(frozen=True, slots=True)
class Outside:
    """All that the next process can find: how many calls the cloud has served, how many writes the store has made, and when.

    The cloud and the store do the same in the same order each time, so that equal numbers are equal states.
    """

    served: int
    written: int
    at: float


@dataclass
class Life:
    """One process. `dies` is after how many steps, None for never; `left`: what was outside after each of its steps."""

    dies: int | None = None
    look: Callable[[], Outside] = lambda: Outside(0, 0, 0.0)
    left: list[Outside] = field(default_factory=list)
    dead: bool = False
    main: "asyncio.Task[Any] | None" = None

    def step(self) -> bool:
        """Note that a step begins; whether it is the first that the process does not live to see."""
        if self.dead:
            return False
        self.left.append(self.look())
        self.dead = len(self.left) - 1 == self.dies
        return self.dead

    def must_live(self) -> None:
        if self.dead:
            raise Dead


class MortalLoop(VirtualLoop):
    """The event loop of one process."""

    def __init__(self, life: Life) -> None:
        self._life = life
        super().__init__()

    def call_soon(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        return super().call_soon(lambda: self._step(callback, *args), context=context)

    def call_at(
        self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return super().call_at(when, lambda: self._step(callback, *args), context=context)

    def _step(self, callback: Callable[[*Ts], object], *args: *Ts) -> None:
        if self._life.step() and self._life.main:
            self._life.main.cancel()
        callback(*args)


class MortalClock(VirtualClock):
    """The clock of one process, from `start` on. What slept when it died does not wake: a call under way has no effect."""

    def __init__(self, start: float, life: Life) -> None:
        super().__init__(start)
        self._life = life

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        self._life.must_live()


@dataclass
class MortalCloud:
    cloud: Cloud
    life: Life

    async def send(self, call: Call) -> Mapping[str, Any]:
        self.life.must_live()
        return await self.cloud.send(call)


class CountingStore(MemoryStore):
    """What outlives the processes."""

    def __init__(self) -> None:
        super().__init__()
        self.written = 0

    async def write(self, *writes: Write) -> str:
        version = await super().write(*writes)
        self.written += 1
        return version


@dataclass
class MortalStore:
    """A process's way to the store: there and back take a moment each."""

    store: CountingStore
    clock: MortalClock
    life: Life

    async def make(self) -> None:
        await self._moment()
        await self.store.make()
        await self._moment()

    async def get(self, *keys: Key) -> Sequence[Row | None]:
        await self._moment()
        found = await self.store.get(*keys)
        await self._moment()
        return found

    async def rows(
        self, partition: str, *, after: str = "", limit: int | None = None, newest_first: bool = False
    ) -> Sequence[Row]:
        await self._moment()
        found = await self.store.rows(partition, after=after, limit=limit, newest_first=newest_first)
        await self._moment()
        return found

    async def write(self, *writes: Write) -> str:
        await self._moment()
        version = await self.store.write(*writes)
        await self._moment()
        return version

    async def _moment(self) -> None:
        self.life.must_live()
        await self.clock.sleep(0.01)


class WatchedAccount(Account):
    """Keeps what took effect in it, whoever heard of that."""

    def __init__(self, durations: Durations | None = None) -> None:
        super().__init__(durations=durations or Durations.fast())
        self.accepted: list[Accepted] = []

    def handle(
        self,
        service: str,
        operation: str,
        parameters: Mapping[str, Any],
        now: float,
        arrived: float | None = None,
        user: str = OURS,
    ) -> dict[str, Any]:
        reply = super().handle(service, operation, parameters, now, arrived, user)
        self.accepted.append(Accepted(f"{service}:{operation}", parameters, reply))
        return reply
