"""The Memory of a run that keeps nothing (`--state none`): what it does it knows only until it ends."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.model import Remembered, Task
from orchestrator.planning import fingerprint
from orchestrator.ports import Marks, TaskMemory


class Forgetful:
    """What is remembered is in this process alone."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._kept: dict[str, _Kept] = {}

    def of(self, task: Task) -> TaskMemory:
        return self._kept.setdefault(task.key, _Kept(self._key))


class _Kept:
    def __init__(self, key: bytes) -> None:
        self._key = key
        self._done: Remembered | None = None
        self._parts: dict[str, Mapping[str, Any]] = {}

    async def done(self) -> Remembered | None:
        return self._done

    async def remember(self, done: Remembered) -> None:
        self._done = done

    async def get(self, *parts: str) -> Sequence[Mapping[str, Any] | None]:
        return [self._parts.get(part) for part in parts]

    async def put(self, part: str, body: Mapping[str, Any]) -> None:
        self._parts[part] = body

    async def forget(self, *parts: str) -> None:
        for part in parts:
            self._parts.pop(part, None)

    def digest(self, stated: Any) -> str:
        return fingerprint.digest(stated, self._key)

    @property
    def marks(self) -> Marks | None:
        return None
