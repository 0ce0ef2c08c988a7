"""What is remembered of tasks and stages: rows of the store that outlive every run.

A task is known by the account, the Region and the endpoint that it was done at, its plan and id, and the real names of what it
works on (plan language, tasks). Runs read; only the one that holds the task's lock writes, under its lease.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

import anyio

from orchestrator.errors import StoreUnavailable
from orchestrator.model import Delete, Key, Plan, Put, Ref, Remembered, Row, Target, Task
from orchestrator.planning import fingerprint
from orchestrator.ports import Clock, Marks, Store, TaskMemory
from orchestrator.state.lease import AT_ONCE, Lease
from orchestrator.state.patience import RETRY_SECONDS
from orchestrator.state.reading import read

T = TypeVar("T")
DONE = "done"
"""The row that says how a task was done last; the others of its partition are its parts."""


def place(target: Target) -> str:
    """Where things are done: `123456789012/eu-west-1/` and the endpoint where it is not AWS's own."""
    return f"{target.account}/{target.region}/{target.endpoint or ''}"


def partition(target: Target, task: Task) -> str:
    """Where all that is kept of a task is: names may be long, so that they are told by a digest."""
    names = hashlib.sha256("\n".join(sorted(task.acts_on.values())).encode()).hexdigest()[:16]
    return f"{task.key}/{names}@{place(target)}"


def stages_key(target: Target, plan: str) -> Key:
    """What is kept of the stages of a plan."""
    return Key("stages", f"{plan}@{place(target)}")


async def tasks_done(store: Store, target: Target, tasks: Sequence[Task]) -> Mapping[Ref, Remembered]:
    """Those of `tasks` that were done before, and how they were. Raises StoreUnavailable."""
    rows = await read(store, (Key(partition(target, task), DONE) for task in tasks))
    return {task.ref: _remembered(row) for task, row in zip(tasks, rows, strict=True) if row}


async def stages_done(store: Store, target: Target, plans: Sequence[Plan]) -> Mapping[str, Sequence[str]]:
    """The digests of the stages that are done, by the plan's name. Raises StoreUnavailable."""
    rows = await read(store, (stages_key(target, plan.name) for plan in plans))
    return {plan.name: tuple(row.body["done"]) for plan, row in zip(plans, rows, strict=True) if row}


def _remembered(row: Row) -> Remembered:
    return Remembered(row.body["digest"], row.body["identities"], row.body["run"], row.body["at"])


class Memories:
    """The engine's Memory, for the run that holds `lease`. `key` is that of the store's digests."""

    def __init__(
        self, store: Store, lease: Lease, clock: Clock, target: Target, key: bytes, marks: Marks | None
    ) -> None:
        self._store = store
        self._lease = lease
        self._clock = clock
        self._target = target
        self._key = key
        self._marks = marks

    def of(self, task: Task) -> TaskMemory:
        return _TaskMemory(self._reading, self._lease, partition(self._target, task), self._key, self._marks)

    async def stages(self, plan: str, digests: Sequence[str]) -> None:
        """Keep that these stages of a plan are done, and no others."""
        await self._lease.write(Put(stages_key(self._target, plan), {"done": list(digests), "run": self._lease.run.id}))

    async def _reading(self, keys: Sequence[Key]) -> Sequence[Row | None]:
        """The rows, once the store can be read; never, where the run may change nothing any more before that."""
        while self._lease.over is None:
            try:
                return await read(self._store, keys)
            except StoreUnavailable:
                await self._clock.sleep(RETRY_SECONDS)  # the heartbeats tell of it, and how long it may last
        await anyio.sleep_forever()
        raise AssertionError("unreachable")


class _TaskMemory:
    def __init__(
        self,
        reading: Callable[[Sequence[Key]], Awaitable[Sequence[Row | None]]],
        lease: Lease,
        partition: str,
        key: bytes,
        marks: Marks | None,
    ) -> None:
        self._reading = reading
        self._lease = lease
        self._partition = partition
        self._key = key
        self.marks = marks
        """Where transactions can write that they were done."""

    async def done(self) -> Remembered | None:
        (row,) = await self._reading([Key(self._partition, DONE)])
        return _remembered(row) if row else None

    async def remember(self, done: Remembered) -> None:
        await self.put(DONE, asdict(done) | {"identities": dict(done.identities)})

    async def get(self, *parts: str) -> Sequence[Mapping[str, Any] | None]:
        rows = await self._reading([Key(self._partition, part) for part in parts])
        return [row.body if row else None for row in rows]

    async def put(self, part: str, body: Mapping[str, Any]) -> None:
        await self._lease.write(Put(Key(self._partition, part), body))

    async def forget(self, *parts: str) -> None:
        for start in range(0, len(parts), AT_ONCE):
            some = parts[start : start + AT_ONCE]
            await self._lease.write(*(Delete(Key(self._partition, part)) for part in some))

    def digest(self, stated: Any) -> str:
        return fingerprint.digest(stated, self._key)
