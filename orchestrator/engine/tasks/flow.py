"""Many calls side by side: as many at once as the table takes, which only its throttles tell.

A few at first; one more with every round that nothing was throttled in, half as many after a throttle (additive increase,
multiplicative decrease), so that live traffic is crowded out by nobody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import anyio

from orchestrator.engine.faults import CONDITION_FAILED
from orchestrator.engine.news import News
from orchestrator.engine.pacing import backoff
from orchestrator.engine.refusals import Refusals
from orchestrator.engine.tasks.doing import Job
from orchestrator.engine.treatment import Rule, Treatment
from orchestrator.errors import Fault
from orchestrator.model import Call

FEW, MOST = 4, 64
"""Calls in flight at first, and at most: as many as the connection pool has connections."""
ONE_SIGNAL = 1.0
"""Throttles within a second answer calls that were sent side by side: they count once."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a write was answered. `refused`: its condition does not hold. `unsure`: an attempt may have been applied, one before
    this answer, or the only one, which was not answered.
    """

    reply: Mapping[str, Any]
    refused: bool = False
    unsure: bool = False


class Flow:
    """Sends the calls of one job."""

    def __init__(self, job: Job[Any]) -> None:
        self._run = job.run
        self._job = job
        self._places = anyio.CapacityLimiter(FEW)
        self._width = float(FEW)
        self._narrowed = float("-inf")
        self._news = News()

    @property
    def width(self) -> int:
        """How many calls may be in flight."""
        return int(self._places.total_tokens)

    async def write(self, call: Call, *, harmless: bool = True) -> Answer:
        """Send a write until it is answered; one that is not `harmless` if it is applied twice only until its outcome is unknown.

        Raises the Fault that is final.
        """
        refusals, unsure = Refusals(self._run), False
        async with self._places:
            while True:
                try:
                    reply = await self._job.calls.once(call)
                except Fault as fault:
                    if fault.code == CONDITION_FAILED:
                        return Answer({}, refused=True, unsure=unsure)
                    refusal = self._job.calls.refused(fault, refusals, harmless=True)
                    unsure |= refusal.rule.treatment is Treatment.VERIFY
                    if refusal.rule.treatment is Treatment.BACKOFF:
                        self._throttled()
                    await self._job.calls.rest(refusal, self._note)
                    if unsure and not harmless:
                        return Answer({}, unsure=True)
                else:
                    self._set(self._width + 1 / self._width)
                    return Answer(reply, unsure=unsure)

    async def read(self, call: Call) -> Mapping[str, Any]:
        """The reply to a read, however often it has to be sent. Raises the Fault that is final."""
        return await self._job.calls.read(call, self._note)

    async def rest(self, attempt: int) -> None:
        """Part of what was sent was not taken, for the `attempt`-th time: be slower, and wait before it is sent again."""
        self._throttled()
        await self._run.clock.sleep(backoff(attempt, self._run.draw))

    async def _note(self, fault: Fault, rule: Rule, attempt: int, delay: float) -> None:
        """Of many calls that are answered alike, one is told now and then: a backfill may be throttled for days."""
        if self._news.worth_telling(fault.code, rule.why, self._run.clock.now()):
            await self._job.calls.note(fault, rule, attempt, delay)

    def _throttled(self) -> None:
        now = self._run.clock.now()
        if now - self._narrowed >= ONE_SIGNAL:
            self._narrowed = now
            self._set(self._width / 2)

    def _set(self, width: float) -> None:
        self._width = max(1.0, min(float(MOST), width))
        self._places.total_tokens = int(self._width)
