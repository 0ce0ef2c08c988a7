"""The items of a seed, handed out in their order to many who put them, and how far they certainly are in the table.

A file of a million items is read as they are needed. What is out at a time is bounded, two items of one key are never out
together, and before an item is handed out it is kept that it may be: so that the next run knows which of the items that it finds
in the table can be ours.
"""

import asyncio
import json
from base64 import b64encode
from collections import deque
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import anyio

from orchestrator.engine.tasks.checkpoints import Checkpoints
from orchestrator.kinds.task.sameness import comparable
from orchestrator.model import Listed, reveal
from orchestrator.model.work import Item, Items
from orchestrator.ports import Clock

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
    """Hands out `items`. `keys` are the table's key attributes."""

    def __init__(self, items: Items, keys: Sequence[str], checkpoints: Checkpoints, clock: Clock, done: int) -> None:
        self.done = done
        """How many items are in the table, in whatever order."""
        self.left: int = 0
        """How many were left as they were found, up to the last checkpoint."""
        self._items = items
        self._keys = keys
        self._checkpoints = checkpoints
        self._clock = clock
        self._iterator: Iterator[Item] | None = None
        self._skipped = self._next = done
        self._read: deque[Item] = deque()
        self._head: Numbered | None = None
        self._out: dict[int, Hashable] = {}
        self._keys_out: set[Hashable] = set()
        self._left: set[int] = set()
        self._ours = self._reach = 0
        self._kept_at = clock.now()
        self._turn, self._keeping, self._freed = anyio.Lock(), anyio.Lock(), anyio.Event()

    @classmethod
    async def of(cls, items: Items, keys: Sequence[str], checkpoints: Checkpoints, clock: Clock) -> "Source":
        """From where the run before had come to."""
        (reached,) = await checkpoints.get(PART)
        source = cls(items, keys, checkpoints, clock, reached["done"] if reached else 0)
        if reached:
            source.left = reached["left"]
            source._ours = source._reach = reached["reach"]
        return source

    def perhaps_ours(self, one: Numbered) -> bool:
        """Whether a run before may have put this item without keeping that it did."""
        return one.number < self._ours

    async def take(self, most: int) -> Sequence[Numbered]:
        """The next items, up to `most`, and no more than fit into one request; none where all are handed out.

        Raises InvalidPlan for one that is none.
        """
        async with self._turn:
            taken: list[Numbered] = []
            while len(taken) < most and (head := await self._peek()):
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
        self.done += len(taken)
        self._freed.set()
        self._freed = anyio.Event()
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
            await self._checkpoints.put(PART, {"done": certain, "reach": self._reach, "left": self.left})

    @property
    def _certain(self) -> int:
        """Up to which item all are done: they are handed out in order, so that the first that is out is the least."""
        handed_out = self._next - (self._head is not None)
        return next(iter(self._out), handed_out)

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
