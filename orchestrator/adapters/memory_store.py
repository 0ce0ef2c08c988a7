"""A state store of one process, for tests and for programs of one process: what the others are measured by."""

import secrets
from collections.abc import Sequence

from orchestrator.errors import Contradicted
from orchestrator.model import ANY, Check, Delete, Expected, Key, Put, Row, Write


class MemoryStore:
    """The Store port over a dictionary. It can't be unavailable."""

    def __init__(self) -> None:
        self._rows: dict[Key, Row] = {}

    async def make(self) -> None:
        """There is nothing to make."""

    async def get(self, *keys: Key) -> Sequence[Row | None]:
        return [self._rows.get(key) for key in keys]

    async def rows(
        self, partition: str, *, after: str = "", limit: int | None = None, newest_first: bool = False
    ) -> Sequence[Row]:
        here = sorted((row for key, row in self._rows.items() if key.partition == partition), key=lambda row: row.key)
        if newest_first:
            here.reverse()
        beyond = [row for row in here if not after or (row.key.sort < after if newest_first else row.key.sort > after)]
        return beyond[:limit]

    async def write(self, *writes: Write) -> str:
        for write in writes:
            if not self._holds(write.key, write.expected):
                raise Contradicted(write.key)
        version = secrets.token_hex(8)
        for write in writes:
            match write:
                case Put(key, body, _, expires):
                    self._rows[key] = Row(key, version, body, expires)
                case Delete(key):
                    self._rows.pop(key, None)
                case Check():
                    pass
        return version

    def _holds(self, key: Key, expected: Expected) -> bool:
        row = self._rows.get(key)
        return expected is ANY or (row.version if row else None) == expected
