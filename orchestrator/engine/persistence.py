"""Reads that fail and are tried again: how long, how often, and a Cloud that does so for every call."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from orchestrator.engine.faults import classify
from orchestrator.engine.pacing import Draw, backoff
from orchestrator.engine.treatment import READING, RETRIED_READS, Rule, Situation, Treatment
from orchestrator.errors import Fault
from orchestrator.model import Call
from orchestrator.ports import Clock, Cloud

T = TypeVar("T")
INFINITE = float("inf")


@dataclass(frozen=True, slots=True)
class Persistence:
    """How long a failing read is tried again, counted from its first failure (of those that can't connect: in a row).

    `seconds` while the service throttles, fails or does not answer, and at least `attempts` times: under a throttle each
    attempt has to queue. `connecting`: seconds while nothing can be reached. `strange`: how often a resource is read anew
    from the start where an answer makes no sense to its kind: it should be final, but now and then is not (fact sheet 12.3).
    """

    seconds: float = INFINITE
    attempts: int = 0
    connecting: float = INFINITE
    strange: int = 0

    def goes_on(self, rule: Rule, failing_for: float, attempt: int, strange: int) -> bool:
        if rule.treatment is Treatment.FATAL:
            return strange <= self.strange and not rule.final
        if rule.treatment is Treatment.RECONNECT:
            return failing_for < self.connecting
        return rule.treatment in RETRIED_READS and (failing_for < self.seconds or attempt < self.attempts)

    @property
    def of_each_call(self) -> "Persistence":
        """What is tried again call by call: what is not there is an answer, which the kind has to see first."""
        return replace(self, strange=0)

    @property
    def of_the_whole(self) -> "Persistence":
        """What is left to try again with the whole resource."""
        return Persistence(seconds=0, connecting=0, strange=self.strange)


BEFORE_A_RUN = Persistence(seconds=60, attempts=10, connecting=15)
"""Somebody waits for the preview, and nothing is at stake yet."""
DURING_A_RUN = Persistence(connecting=1800, strange=3)
"""The step's deadline is the limit, and half an hour without anything that answers: an index build's deadline is a day.
One answer that makes no sense must not end an otherwise healthy wait.
"""
LOOKING_BACK = Persistence(seconds=600, attempts=10, connecting=1800, strange=3)
"""Everything is done, and only to be seen once more: as patient as the run was, but without a step's deadline to end it."""

Noted = Callable[[Fault, Rule, int, float], Awaitable[None]]
"""Told of every failed read that is tried again: the fault, its rule, which attempt failed, the delay in seconds."""


async def unnoted(fault: Fault, rule: Rule, attempt: int, delay: float) -> None:
    """Nobody asked."""


async def persistently(
    read: Callable[[], Awaitable[T]],
    clock: Clock,
    draw: Draw,
    persistence: Persistence,
    noted: Noted = unnoted,
    situation: Situation = READING,
) -> T:
    """What `read` returns once it does. Raises the Fault with which persistence ends."""
    began: float | None = None
    cut_off: float | None = None
    attempt = strange = 0
    while True:
        try:
            return await read()
        except Fault as fault:
            failed = fault
        rule = classify(failed, situation)
        now = clock.now()
        began = now if began is None else began
        cut_off = (now if cut_off is None else cut_off) if rule.treatment is Treatment.RECONNECT else None
        attempt += 1
        strange += rule.treatment is Treatment.FATAL
        if not persistence.goes_on(rule, now - (began if cut_off is None else cut_off), attempt, strange):
            raise failed
        delay = backoff(attempt, draw, failed.retry_after)
        await noted(failed, rule, attempt, delay)
        await clock.sleep(delay)


class Persistent:
    """A Cloud for reads: each call by itself is tried again, so that a failing one does not cost those before it.

    What a kind makes sense of itself (not found, access denied) is final here and goes straight to it.
    """

    def __init__(self, cloud: Cloud, clock: Clock, draw: Draw, persistence: Persistence, noted: Noted) -> None:
        self._cloud = cloud
        self._clock = clock
        self._draw = draw
        self._persistence = persistence
        self._noted = noted

    async def send(self, call: Call) -> Mapping[str, Any]:
        return await persistently(
            lambda: self._cloud.send(call), self._clock, self._draw, self._persistence, self._noted
        )
