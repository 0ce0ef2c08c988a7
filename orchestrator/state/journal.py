"""The events of one run, kept as rows that only the holder of its lease can write."""

from collections import deque
from collections.abc import Mapping
from typing import Any

import anyio

from orchestrator.errors import Locked, StoreUnavailable
from orchestrator.model import Event, Put, Row
from orchestrator.ports import Clock
from orchestrator.state.lease import AT_ONCE, RETRY_SECONDS, Lease
from orchestrator.state.records import KEPT_SECONDS, event_key


class StoreJournal:
    """The Journal port over a Lease: events are written in their order, some at a time, by `keep`; an intent is waited for."""

    def __init__(self, lease: Lease, clock: Clock) -> None:
        self._lease = lease
        self._clock = clock
        self._numbered = 0
        self._waiting: deque[Put] = deque()
        self._writing = anyio.Lock()
        self._news = anyio.Event()

    async def record(self, event: Event) -> None:
        """Keep `event`. An `intent` is in the store before this returns, which is never where the lease is over."""
        self._numbered += 1
        row = Put(event_key(event.run, self._numbered), body(event), None, event.at + KEPT_SECONDS)
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
        """Write all that is recorded by now, as long as the store is not lost."""
        while self._waiting and await self._write_some():
            pass

    async def _write_some(self) -> bool:
        """Whether there is use in going on."""
        async with self._writing:
            some = tuple(self._waiting)[:AT_ONCE]
            if not some:
                return True
            try:
                await self._lease.write(*some)
            except Locked:
                await anyio.sleep_forever()  # whoever watches the lease ends the run
            except StoreUnavailable as error:
                await self._clock.sleep(RETRY_SECONDS)
                return not error.lost
            for _ in some:
                self._waiting.popleft()
            return True


def body(event: Event) -> Mapping[str, Any]:
    return {"at": event.at, "step": event.step, "what": event.what, "details": event.details}


def event_of(run: str, row: Row) -> Event:
    return Event(row.body["at"], run, row.body["step"], row.body["what"], row.body["details"])
