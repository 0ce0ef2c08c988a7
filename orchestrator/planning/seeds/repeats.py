"""Which keys stand in a file twice, found in memory that has a bound however long the file is.

Eight bytes are held of each key. Two keys that have the same are only suspects: whether they are one key is for another reading
of the file to tell. Where the file has more keys than are held at a time, each reading holds those of one range of digests.
"""

import hashlib
import json
from array import array
from itertools import pairwise
from typing import Any

MOST_HELD = 4_000_000
"""Digests at a time: 32 MB."""
PARTS = 256
"""Into which all digests fall by their highest byte, so that no more than a part is ever sorted at once."""
ENOUGH = 1_000
"""Suspects to look at: more mistakes than anybody is told."""

Identity = tuple[tuple[str, Any], ...]
"""Type and value of each of a key's attributes."""


def digest(identity: Identity | None) -> int:
    """64 bits; those of different keys are hardly ever the same."""
    told = json.dumps(identity, default=bytes.hex).encode(errors="surrogatepass")
    return int.from_bytes(hashlib.blake2b(told, digest_size=8).digest())


class Held:
    """The digests of one range: from the part `begin` on, as many parts as there is room for."""

    def __init__(self, begin: int = 0) -> None:
        self._begin = begin
        self._parts = [array("Q") for _ in range(begin, PARTS)]
        self._number = 0

    def add(self, digest: int) -> None:
        part = digest * PARTS >> 64
        if not 0 <= part - self._begin < len(self._parts):
            return
        self._parts[part - self._begin].append(digest)
        self._number += 1
        while self._number > MOST_HELD and len(self._parts) > 1:
            self._number -= len(self._parts.pop())

    def suspects(self) -> frozenset[int]:
        """Those that were added more than once; where there are very many, ENOUGH of them."""
        found: set[int] = set()
        for part in self._parts:
            found.update(one for one, following in pairwise(sorted(part)) if one == following)
            if len(found) >= ENOUGH:
                break
        return frozenset(found)

    def rest(self) -> "Held | None":
        """For the digests that there was no room for; None where all were held."""
        end = self._begin + len(self._parts)
        return Held(end) if end < PARTS else None
