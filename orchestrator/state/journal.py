"""The events of one run, kept as rows that only the holder of its lease can write."""

from collections import deque
from collections.abc import Mapping
from typing import Any

import anyio

from orchestrator.model import Event, Put, Row
from orchestrator.state.lease import AT_ONCE, Lease
from orchestrator.state.records import KEPT_SECONDS, event_key


class StoreJournal:
    """The Journal port over a Lease: events are written in their order, some at a time, by `keep`; an intent is waited for."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._numbered = 0
        self._waiting: deque[Put] = deque()
        self._writing = anyio.Lock()
        self._news = anyio.Event()

    async def record(self, event: Event) -> None:
        """Keep `event`. An `intent` is in the store before this returns, which is never where the lease is over.

        Nobody else writes this run's events, and an event may be written twice: where the answer was not waited for.
        """
        self._numbered += 1
        row = Put(event_key(event.run, self._numbered), body(event), expires=event.at + KEPT_SECONDS)
        self._waiting.append(row)
        self._news.set()
        if event.what == "intent":
            while row in self._waiting:
                await self._write_some()

    async def keep(self) -> None:
        """Write what is recorded, until cancelled."""
        while True:
            await self._news.wait()
            self._news = anyio.Event()
            await self.flush()

    async def flush(self) -> None:
        """Write all that is recorded by now, as long as the lease is not over."""
        while self._waiting:
            await self._write_some()

    async def _write_some(self) -> None:
        async with self._writing:
            some = tuple(self._waiting)[:AT_ONCE]
            if not some:
                return
            await self._lease.write(*some)
            for _ in some:
                self._waiting.popleft()


def body(event: Event) -> Mapping[str, Any]:
    return {"at": event.at, "step": event.step, "what": event.what, "details": event.details}


def event_of(run: str, row: Row) -> Event:
    return Event(row.body["at"], run, row.body["step"], row.body["what"], row.body["details"])
