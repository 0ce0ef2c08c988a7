"""Waiting for others: live state is looked at again and again until it satisfies the plans and is settled. Nothing is sent."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import anyio

from orchestrator.engine.limits import Limits
from orchestrator.engine.pacing import CHANCE, poll_interval
from orchestrator.engine.run import within
from orchestrator.engine.stop import INTERRUPTED, RUN_DEADLINE, Cut, Stop
from orchestrator.model import Event, StatusLine, What
from orchestrator.ports import Clock

REPEATED_EVERY = 30.0
"""Seconds after which what is waited for is told again although nothing changed."""


async def wait(
    look: Callable[[], Awaitable[Sequence[StatusLine]]],
    clock: Clock,
    *,
    run: str,
    limits: Limits,
    deadline: float | None,
    stop: Stop,
    listeners: Sequence[Callable[[Event], None]] = (),
) -> tuple[Cut | None, Sequence[StatusLine]]:
    """Look until nothing is left. Returns what cut the wait off (None: it is over) and what was left at the last look.

    `look` answers with what is not in place yet; `deadline` is in seconds from now. What `look` raises passes through.
    """
    waiting = _Waiting(look, clock, run, limits, listeners)
    began = clock.now()
    work: Callable[[], Awaitable[bool]] = waiting.until_nothing_is_left
    over = await _unless(stop, work if deadline is None else _bounded(clock, deadline, work))
    if over:
        return None, ()
    passed = deadline is not None and clock.now() - began >= deadline
    return RUN_DEADLINE if passed and stop.signal is None else INTERRUPTED, waiting.left


def _bounded(clock: Clock, seconds: float, work: Callable[[], Awaitable[bool]]) -> Callable[[], Awaitable[bool]]:
    async def bounded() -> bool:
        return bool(await within(clock, seconds, work))

    return bounded


async def _unless(stop: Stop, work: Callable[[], Awaitable[bool]]) -> bool:
    """What `work` returns; False where a stop was asked for first (it is cancelled then)."""
    over, failure = False, None

    async def end() -> None:
        await stop.wait()
        group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        group.start_soon(end)
        try:
            over = await work()
        except Exception as error:  # noqa: BLE001 - only carried out of the group, which would wrap it
            failure = error
        group.cancel_scope.cancel()
    if failure:
        raise failure
    return over


class _Waiting:
    """One wait: `left` is what the last look found."""

    def __init__(
        self,
        look: Callable[[], Awaitable[Sequence[StatusLine]]],
        clock: Clock,
        run: str,
        limits: Limits,
        listeners: Sequence[Callable[[Event], None]],
    ) -> None:
        self.left: Sequence[StatusLine] = ()
        self._look = look
        self._clock = clock
        self._run = run
        self._limits = limits
        self._listeners = listeners
        self._told: dict[str, tuple[str, float]] = {}

    async def until_nothing_is_left(self) -> bool:
        began = self._clock.now()
        while True:
            at = self._clock.now()
            self.left = await self._look()
            self._let_go()
            if not self.left:
                return True
            waited = self._clock.now() - began
            for line in self.left:
                self._tell(line, waited)
            sections = [line.ref.section for line in self.left]
            interval = max(
                poll_interval(waited, sections.count(section), self._limits.polls_per_second(section), CHANCE)
                for section in sections
            )
            await self._clock.sleep(max(0.0, at + interval - self._clock.now()))

    def _tell(self, line: StatusLine, waited: float) -> None:
        """One event when what is to be said changes, and one each half minute (requirement A3)."""
        resource, now = str(line.ref), self._clock.now()
        said = line.detail or line.state
        status, at = self._told.get(resource, ("", float("-inf")))
        if said == status and now - at < REPEATED_EVERY:
            return
        self._told[resource] = (said, now)
        why = "until it is as planned and settled"
        self._emit(resource, "waiting", {"status": said, "seconds": waited, "reason": why})

    def _let_go(self) -> None:
        """One event for each resource that was waited for and is in place now."""
        for resource in sorted(self._told.keys() - {str(line.ref) for line in self.left}):
            del self._told[resource]
            self._emit(resource, "settled", {})

    def _emit(self, resource: str, what: What, details: Mapping[str, Any]) -> None:
        event = Event(self._clock.now(), self._run, f"{resource}:wait", what, {"resource": resource, **details})
        for listener in self._listeners:
            listener(event)
