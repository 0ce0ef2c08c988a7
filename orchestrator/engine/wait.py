"""Waiting for others: live state is looked at again and again until it satisfies the plans and is settled. Nothing is sent."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any

from orchestrator.engine.limits import Limits
from orchestrator.engine.news import News
from orchestrator.engine.observe import NotedOf
from orchestrator.engine.origins import Origins
from orchestrator.engine.pacing import CHANCE, poll_interval
from orchestrator.engine.persistence import Noted
from orchestrator.engine.race import CUT, unless
from orchestrator.engine.record import Listeners, retried
from orchestrator.engine.stop import Stop
from orchestrator.engine.treatment import Rule
from orchestrator.errors import Fault
from orchestrator.model import Event, Ref, StatusLine, What
from orchestrator.ports import Clock

Standing = Sequence[StatusLine]
Look = Callable[[Collection[Ref] | None, NotedOf], Awaitable[Standing]]
"""Where everything stands; told which roots to look at again (None: all), and whom to tell of reads that fail."""


async def wait(
    look: Look,
    clock: Clock,
    *,
    run: str,
    limits: Limits,
    origins: Origins,
    deadline: float | None,
    stop: Stop,
    listeners: Sequence[Callable[[Event], None]] = (),
    background: bool = False,
) -> tuple[bool, Standing]:
    """Look until everything is in place, with `background` also what a start-up need not wait for.

    Returns whether it is, rather than that the deadline (seconds from now) or a stop came first, and what the last look
    showed; `origins` says who began what moves meanwhile. What `look` raises passes through.
    """
    waiting = _Waiting(look, clock, run, limits, origins, listeners, background=background)
    ends = () if deadline is None else (lambda: clock.sleep(deadline),)
    over = await unless(waiting.until_all_is_in_place, stop.wait, origins.keep, *ends) is not CUT
    return over, waiting.seen


class _Waiting:
    """One wait: `seen` is what the last look showed."""

    def __init__(
        self,
        look: Look,
        clock: Clock,
        run: str,
        limits: Limits,
        origins: Origins,
        listeners: Sequence[Callable[[Event], None]],
        *,
        background: bool,
    ) -> None:
        self.seen: Standing = ()
        self._look = look
        self._clock = clock
        self._run = run
        self._limits = limits
        self._origins = origins
        self._listeners = Listeners(listeners)
        self._news = News()
        self._several = False
        self._background = background

    async def until_all_is_in_place(self) -> bool:
        began, left = self._clock.now(), list[StatusLine]()
        while True:
            at = self._clock.now()
            found = await self._look({line.ref for line in left} if left else None, self._noted)
            self.seen = self._origins.noted(found)
            self._several = len({line.ref.plan for line in self.seen}) > 1
            before, left = left, [line for line in self.seen if self._awaited(line)]
            for ref in sorted({line.ref for line in before} - {line.ref for line in left}):
                self._emit(ref, "settled", {})
            if not left:
                if before:
                    continue  # one more look at all of it: what was in place at first may no longer be
                return True
            waited = self._clock.now() - began
            for line in left:
                self._tell(line, waited)
            sections = [line.ref.section for line in left]
            interval = max(
                poll_interval(waited, sections.count(section), self._limits.polls_per_second(section), CHANCE)
                for section in sections
            )
            await self._clock.sleep(max(0.0, at + interval - self._clock.now()))

    def _awaited(self, line: StatusLine) -> bool:
        return line.state != "in_place" and (self._background or line.gate == "start")

    def _tell(self, line: StatusLine, waited: float) -> None:
        said, why = line.detail or line.state, "until it is as planned and settled"
        if line.state == "pending_change":
            said, why = f"not started: {said}", "until somebody applies it"
        news = f"{said} {line.sighting.origin if line.sighting else None}"
        if self._news.worth_telling(line.ref, news, self._clock.now()):
            facts = {"status": said, "seconds": waited, "reason": why}
            facts |= line.sighting.facts() if line.sighting else {}
            self._emit(line.ref, "waiting", facts)

    def _noted(self, ref: Ref) -> Noted:
        async def noted(fault: Fault, rule: Rule, attempt: int, delay: float) -> None:
            self._emit(ref, "retrying", retried(fault, rule, attempt, delay))

        return noted

    def _emit(self, ref: Ref, what: What, details: Mapping[str, Any]) -> None:
        about = {"plan": ref.plan, "resource": str(ref)}
        step = f"{ref.plan}/{ref}:wait" if self._several else f"{ref}:wait"
        self._listeners.tell(Event(self._clock.now(), self._run, step, what, {**about, **details}))
