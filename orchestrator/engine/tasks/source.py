"""The items of a seed, handed out in their order to many who put them, and how far they certainly are in the table.

A file of a million items is read as they are needed. What is out at a time is bounded, two items of one key are never out
together, and before an item is handed out it is kept that it may be: so that the next run knows which of the items that it finds
in the table can be ours. That outlasts a change of the items: a seed that stopped at one is mended, and done from its beginning.
"""

import asyncio
import json
from base64 import b64encode
from collections import deque
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import anyio

from orchestrator.engine.tasks.checkpoints import Checkpoints
from orchestrator.engine.tasks.doing import Job
from orchestrator.kinds.task.sameness import comparable
from orchestrator.model import Listed, Seed, reveal
from orchestrator.model.work import Item

PART = "seed"
EVERY, SECONDS = 500, 10.0
"""How many items, and seconds, lie between two checkpoints."""
FARTHEST = 5000
"""How far what is handed out may be ahead of what is certainly done."""
AT_ONCE = 100
"""Items that are read from a file in one go."""
LARGEST = 12_000_000
"""Bytes of the items of one request as they are written: DynamoDB takes 16 MB of it (fact sheet 6.2)."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """An item with its place, counted from 0, its key, and the bytes that it takes in a request."""

    number: int
    item: Item
    key: Hashable
    bytes: int


class Source:
    """Hands out the items of `job`. `keys` are the table's key attributes."""

    def __init__(self, job: Job[Seed], keys: Sequence[str], checkpoints: Checkpoints, done: int) -> None:
        self.done = done
        """How many items are in the table, in whatever order."""
        self.left: int = 0
        """How many were left as they were found, up to the last checkpoint."""
        self.refused: list[Numbered] = []
        """Those that are somebody else's, where none may be; once there is one, no more items are handed out."""
        self._items = job.work.items
        self._how = job.work.if_exists
        self._told = job.memory.digest
        self._keys = keys
        self._checkpoints = checkpoints
        self._clock = job.run.clock
        self._iterator: Iterator[Item] | None = None
        self._skipped = self._next = done
        self._read: deque[Item] = deque()
        self._head: Numbered | None = None
        self._out: dict[int, Hashable] = {}
        self._keys_out: set[Hashable] = set()
        self._left: set[int] = set()
        self._ours = self._reach = 0
        self._theirs: set[str] = set()
        self._kept_at = self._clock.now()
        self._turn, self._keeping, self._freed = anyio.Lock(), anyio.Lock(), anyio.Event()

    @classmethod
    async def of(cls, job: Job[Seed], keys: Sequence[str], checkpoints: Checkpoints) -> "Source":
        """From where the run before had come to; from the beginning, if its items were others."""
        (reached,) = await checkpoints.get(PART)
        if reached:
            source = cls(job, keys, checkpoints, reached["done"])
            source.left = reached["left"]
            source._go_on(reached)
        else:
            source = cls(job, keys, checkpoints, 0)
            other = await checkpoints.of_other_content(PART)
            if other and other["how"] == source._how:
                source._go_on(other)
        return source

    def _go_on(self, reached: Mapping[str, Any]) -> None:
        """Items that were added since, before one that was put already, move that to a later place."""
        added = max(0, self._items.number - reached["items"])
        self._ours = self._reach = reached["reach"] + added
        self._theirs = set(reached["theirs"])

    def perhaps_ours(self, one: Numbered) -> bool:
        """Whether a run before may have put this item without keeping that it did, or while it had another place."""
        return one.number < self._ours and self._key_told(one) not in self._theirs

    async def refuse(self, one: Numbered) -> None:
        """This item is somebody else's, and none may be: which the next run will know, too."""
        self.refused.append(one)
        self._theirs.add(self._key_told(one))
        self._wake()
        await self.keep()

    def _key_told(self, one: Numbered) -> str:
        return self._told([[name, one.item[name]] for name in self._keys])

    async def take(self, most: int) -> Sequence[Numbered]:
        """The next items, up to `most`, and no more than fit into one request; none where all are handed out.

        Raises InvalidPlan for one that is none.
        """
        async with self._turn:
            taken: list[Numbered] = []
            while len(taken) < most and not self.refused and (head := await self._peek()):
                if self._has_to_wait(head) or (taken and sum(one.bytes for one in taken) + head.bytes > LARGEST):
                    if taken:
                        break
                    await self._freed.wait()
                    continue
                taken.append(head)
                self._head, self._out[head.number] = None, head.key
                self._keys_out.add(head.key)
            if taken and taken[-1].number >= self._reach:
                self._reach = taken[-1].number + EVERY
                await self.keep()
            return taken

    async def finished(self, taken: Sequence[Numbered], *, left: bool = False) -> None:
        """These are in the table now, or were already and are left as they were."""
        for one in taken:
            self._keys_out.discard(self._out.pop(one.number))
            if left:
                self._left.add(one.number)
            elif self._theirs:
                self._theirs.discard(self._key_told(one))
        self.done += len(taken)
        self._wake()
        if self._clock.now() - self._kept_at >= SECONDS:
            await self.keep()

    async def place(self, one: Numbered) -> str:
        """Where an item stands in its file, for people."""
        return await asyncio.to_thread(self._items.place, one.number)

    async def keep(self) -> None:
        """Keep how far it has come."""
        self._kept_at = self._clock.now()
        async with self._keeping:
            certain = self._certain
            passed = {number for number in self._left if number < certain}
            self.left += len(passed)
            self._left -= passed
            if self.refused:  # no more is handed out than what was
                self._reach = max(self._ours, self._handed_out)
            reached = {"done": certain, "reach": self._reach, "left": self.left, "items": self._items.number}
            await self._checkpoints.put(PART, {**reached, "how": self._how, "theirs": sorted(self._theirs)})

    def _wake(self) -> None:
        """Those who wait until more may be handed out."""
        self._freed.set()
        self._freed = anyio.Event()

    @property
    def _certain(self) -> int:
        """Up to which item all are done: they are handed out in order, so that the first that is out is the least."""
        return next(iter(self._out), self._handed_out)

    @property
    def _handed_out(self) -> int:
        return self._next - (self._head is not None)

    def _has_to_wait(self, head: Numbered) -> bool:
        return head.key in self._keys_out or head.number - self._certain >= FARTHEST

    async def _peek(self) -> Numbered | None:
        if self._head is None:
            if not self._read:
                self._read.extend(await self._chunk())
            if self._read:
                item = self._read.popleft()
                key = tuple(comparable(item[name]) if name in item else None for name in self._keys)
                self._head = Numbered(self._next, item, key, _bytes(item))
                self._next += 1
        return self._head

    async def _chunk(self) -> Sequence[Item]:
        if isinstance(self._items, Listed):
            return self._some()
        # A thread of anyio's own would be outside of a virtual loop's sight.
        return await asyncio.to_thread(self._some)

    def _some(self) -> Sequence[Item]:
        if self._iterator is None:
            self._iterator = islice(iter(self._items), self._skipped, None)
        return list(islice(self._iterator, AT_ONCE))


def _bytes(item: Item) -> int:
    """As the SDK writes it: JSON, with binary data in base64."""
    return len(json.dumps(reveal(item), default=_base64))


def _base64(value: Any) -> str:
    return b64encode(value).decode()
