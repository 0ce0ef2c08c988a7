"""What is the account's rather than one resource's is read once for all who ask within one observation."""

from collections.abc import Mapping
from typing import Any

import anyio

from orchestrator.kinds import ROOTS
from orchestrator.model import Call
from orchestrator.ports import Cloud

COMMON = frozenset[str]().union(*(root.COMMON_READS for root in ROOTS.values()))

Key = tuple[str, str | None, frozenset[tuple[str, Any]]]


class Shared:
    """A Cloud for one observation, in which a common read of the same words goes out once. A failed one is no answer.

    To be made anew for each observation: what it was told does not grow older than that.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._turns: dict[Key, anyio.Lock] = {}
        self._replies: dict[Key, Mapping[str, Any]] = {}

    async def send(self, call: Call) -> Mapping[str, Any]:
        if call.api not in COMMON:
            return await self._cloud.send(call)
        key = call.api, call.region, frozenset(call.parameters.items())
        async with self._turns.setdefault(key, anyio.Lock()):
            if key not in self._replies:
                self._replies[key] = await self._cloud.send(call)
            return self._replies[key]
