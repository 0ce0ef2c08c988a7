"""The items of one table, by key, and in the order in which a scan meets them.

A million fit: an item is a dict of tuples, and its place in the order is one more tuple. The order is that of the partition
keys' hashes, then of the sort keys, so that a page, a partition and a segment each are a slice of it. What a write of an
item that is there changes is the item alone; inserts and deletes are put into the order when it is next asked for.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any

from orchestrator.kinds.task.grammar.values import Item, Value, sortable
from orchestrator.sandbox.rules.dynamodb.items.values import size
from orchestrator.sandbox.rules.dynamodb.state import Keys

Key = tuple[Value, ...]
"""The values of the key attributes, partition key first."""
Place = tuple[int, tuple[Any, ...], Key]
"""Hash of the partition key, sort key, and the table's own key."""

SPACE = 2**64
"""How many hashes there are."""


def position(partition: Sequence[Value]) -> int:
    """Where a partition lies in the hash space."""
    digest = blake2b(digest_size=8)
    for kind, content in partition:
        data = content if isinstance(content, bytes) else content.encode()
        digest.update(f"{kind}{len(data)}:".encode() + data)
    return int.from_bytes(digest.digest())


def place(keys: Keys, item: Item, own: Key) -> Place | None:
    """An item's place in the order of these keys; None where it lacks one of them."""
    values = [item.get(attribute) for attribute, _ in keys]
    if None in values:
        return None
    hashes = sum(role == "HASH" for _, role in keys)
    known: list[Value] = [value for value in values if value is not None]
    return position(known[:hashes]), tuple(map(sortable, known[hashes:])), own


class Shelf:
    """`version` changes with every write. `size` is the bytes of all items."""

    def __init__(self) -> None:
        self._items: dict[Key, Item] = {}
        self._order: list[Place] = []
        self._fresh: dict[Key, Place] = {}
        self._gone: set[Key] = set()
        self._indexes: dict[str, tuple[object, list[Place]]] = {}
        self.version = 0
        self.size = 0

    def __len__(self) -> int:
        return len(self._items)

    def get(self, key: Key) -> Item | None:
        return self._items.get(key)

    def write(self, keys: Keys, key: Key, after: Item | None) -> None:
        """Set the item with this key to `after`; None takes it away."""
        before = self._items.get(key)
        self.version += 1
        self.size += (size(after) if after else 0) - (size(before) if before else 0)
        if after is not None:
            if before is None:
                self._insert(keys, key, after)
            self._items[key] = after
        elif before is not None:
            del self._items[key]
            if self._fresh.pop(key, None) is None:
                self._gone.add(key)

    def order(self) -> list[Place]:
        """All places, in order."""
        if self._gone:
            self._order = [found for found in self._order if found[2] not in self._gone]
            self._gone.clear()
        if self._fresh:
            # Two runs, one of them sorted already: that is a merge.
            self._order += sorted(self._fresh.values())
            self._order.sort()
            self._fresh.clear()
        return self._order

    def indexed(self, name: str, keys: Keys, types: Sequence[str]) -> list[Place]:
        """The places of the items that an index has: those with all of its keys, of the right types (fact sheet 4.2)."""
        mark = (self.version, keys)
        known = self._indexes.get(name)
        if known is None or known[0] != mark:
            wanted = list(zip((attribute for attribute, _ in keys), types, strict=True))
            places = (
                place(keys, item, own)
                for own, item in self._items.items()
                if all(name in item and item[name][0] == kind for name, kind in wanted)
            )
            known = self._indexes[name] = (mark, sorted(found for found in places if found is not None))
        return known[1]

    def _insert(self, keys: Keys, key: Key, item: Item) -> None:
        if key in self._gone:
            self._gone.remove(key)
            return
        found = place(keys, item, key)
        assert found is not None
        self._fresh[key] = found


def within(order: list[Place], low: int, high: int, after: Place | None, *, forward: bool = True) -> Iterator[Place]:
    """The places with hashes from `low` to below `high`, beyond `after` in the direction of reading.

    The order must not be changed meanwhile.
    """
    first, last = bisect_left(order, (low, (), ())), bisect_left(order, (high, (), ()))
    if after is not None and forward:
        first = max(first, bisect_right(order, after))
    elif after is not None:
        last = min(last, bisect_left(order, after))
    steps = range(first, last) if forward else range(last - 1, first - 1, -1)
    return (order[step] for step in steps)
