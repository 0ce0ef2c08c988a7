"""A process that is killed at a chosen call of any of its ports, before or after that call's effect; then it is silent."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from orchestrator.model import Call, Key, Row, Write
from orchestrator.ports import Cloud, Store
from tests.end_to_end.dying import Dead

T = TypeVar("T")
Phase = Literal["before", "after"]


@dataclass
class Mortal:
    """Counts the calls of one process, and ends it at number `at`. Whatever it tries afterwards does not happen."""

    at: int
    phase: Phase
    called: int = 0
    dead: bool = False

    async def live(self, act: Callable[[], Awaitable[T]]) -> T:
        if self.dead:
            raise Dead
        self.called += 1
        dies = self.called == self.at
        if dies and self.phase == "before":
            self.dead = True
            raise Dead
        try:
            return await act()
        finally:
            if dies or self.dead:
                self.dead = True
                raise Dead  # whatever was answered, nobody hears of it


@dataclass
class MortalCloud:
    cloud: Cloud
    life: Mortal

    async def send(self, call: Call) -> Mapping[str, Any]:
        return await self.life.live(lambda: self.cloud.send(call))


@dataclass
class MortalStore:
    store: Store
    life: Mortal

    async def make(self) -> None:
        await self.life.live(self.store.make)

    async def get(self, *keys: Key) -> Sequence[Row | None]:
        return await self.life.live(lambda: self.store.get(*keys))

    async def rows(
        self, partition: str, *, after: str = "", limit: int | None = None, newest_first: bool = False
    ) -> Sequence[Row]:
        return await self.life.live(
            lambda: self.store.rows(partition, after=after, limit=limit, newest_first=newest_first)
        )

    async def write(self, *writes: Write) -> str:
        return await self.life.live(lambda: self.store.write(*writes))
