"""Waiting without changing anything: for those who start only once somebody else's run is through."""

from collections import Counter
from collections.abc import Callable, Sequence
from random import SystemRandom

import anyio

from orchestrator.engine.limits import Limited, Limits
from orchestrator.engine.observe import observe
from orchestrator.engine.pacing import poll_interval
from orchestrator.engine.record import Listener
from orchestrator.engine.run import within
from orchestrator.engine.settle import REPEATED_EVERY
from orchestrator.engine.stop import Stop
from orchestrator.model import Event, Pending, Plan, Verdict, World
from orchestrator.ports import Clock, Cloud


async def until(
    plans: Sequence[Plan],
    cloud: Cloud,
    clock: Clock,
    satisfied: Callable[[World], Verdict],
    *,
    limits: Limits | None = None,
    deadline: float | None = None,
    stop: Stop | None = None,
    listeners: Sequence[Listener] = (),
) -> tuple[World | None, Verdict]:
    """Observe until `satisfied` says something else than Pending; the last world seen, and the verdict on it.

    Pending is returned where `deadline` seconds pass first or `stop` is requested; the world is None where not even one
    observation was complete by then. Listeners get `waiting` events of no step. Raises Unreachable.
    """
    waiting = _Waiting(plans, Limited.over(cloud, clock, limits), clock, satisfied, listeners)

    async def unless_stopped() -> None:
        async with anyio.create_task_group() as group:

            async def stopped() -> None:
                await (stop or Stop()).wait()
                group.cancel_scope.cancel()

            group.start_soon(stopped)
            try:
                await waiting.live()
            finally:
                group.cancel_scope.cancel()

    await within(clock, float("inf") if deadline is None else deadline, unless_stopped)
    return waiting.world, waiting.verdict


class _Waiting:
    def __init__(
        self,
        plans: Sequence[Plan],
        cloud: Limited,
        clock: Clock,
        satisfied: Callable[[World], Verdict],
        listeners: Sequence[Listener],
    ) -> None:
        self.world: World | None = None
        self.verdict: Verdict = Pending("not looked yet")
        self._plans = plans
        self._cloud = cloud
        self._clock = clock
        self._satisfied = satisfied
        self._listeners = listeners
        self._began = clock.now()
        self._told = ("", float("-inf"))
        self._draw = SystemRandom().random
        self._sections = Counter(item.ref.section for plan in plans for item in plan.resources)

    async def live(self) -> None:
        while True:
            at = self._clock.now()
            self.world = await observe(self._plans, self._cloud, self._clock)
            self.verdict = self._satisfied(self.world)
            if not isinstance(self.verdict, Pending):
                return
            self._tell(self.verdict)
            await self._clock.sleep(max(0.0, at + self._interval() - self._clock.now()))

    def _interval(self) -> float:
        """Seconds between the starts of two observations, all of which read everything."""
        waited = self._clock.now() - self._began
        rates = {section: self._cloud.limits.polls_per_second(section) for section in self._sections}
        return max(
            (poll_interval(waited, count, rates[section], self._draw) for section, count in self._sections.items()),
            default=0.0,
        )

    def _tell(self, verdict: Pending) -> None:
        status, at = self._told
        now = self._clock.now()
        if verdict.status == status and now - at < REPEATED_EVERY:
            return
        self._told = (verdict.status, now)
        details = {"status": verdict.status, "seconds": now - self._began}
        for listener in self._listeners:
            listener(Event(now, "", "", "waiting", details))
