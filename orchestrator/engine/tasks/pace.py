"""How far a task with many items has come: items, percent, items a second, and how long the rest is likely to take."""

from typing import Any

from orchestrator.engine.tasks.doing import Job
from orchestrator.model import rough

OFTEN, SELDOM = 5.0, 60.0
"""Seconds between two tellings: every twentieth of the time so far, within these."""
SURE = 1.0
"""Seconds before which a rate says nothing."""
SLOW = 1.0
"""Items a second below which they are told by the minute."""
ENOUGH = 1.0
"""Percent from which on the rest can be foretold."""
NEARLY_ALL = 99.0
"""Percent that is never passed where the number of items is not exact."""


class Pace:
    """`before` items were done by earlier runs; `total` is how many there are, None where nobody knows. `about`: AWS counts
    the items of a table every six hours or so. `word` is what is counted: `items`.
    """

    def __init__(self, job: Job[Any], word: str, before: int, total: int | None, *, about: bool = False) -> None:
        self._job = job
        self._word = word
        self._before = before
        self._total = total or None
        self._about = about
        self._began = self._next = job.run.clock.now()

    async def tell(self, done: int) -> None:
        """Say that `done` items are, those of earlier runs among them, if it is time to."""
        now, said = self._job.run.clock.now(), self._said(done)
        self._job.progress.status = said  # what is told of a task that is cut off
        if now < self._next:
            return
        seconds = now - self._began
        self._next = now + min(max(seconds / 20, OFTEN), SELDOM)
        rate = (done - self._before) / seconds if seconds >= SURE else 0.0
        percent, left = self._percent(done), self._left(done, rate)
        pace = [f"{rate:,.0f} a second" if rate >= SLOW else f"{60 * rate:,.0f} a minute"] if rate else []
        pace += [f"about {rough(left)} left"] if left is not None else []
        if self._about and not self._total:
            pace.append("of how many AWS has not counted yet")
        facts = {"items": done, "rate": round(rate, 1), **({"eta_seconds": round(left)} if left is not None else {})}
        await self._job.tell(said, percent, ", ".join(pace), **facts)

    def _said(self, done: int) -> str:
        if not self._total:
            return f"{done:,} {self._word}"
        return f"{done:,} of {'about ' * self._about}{self._total:,} {self._word}"

    def _percent(self, done: int) -> float | None:
        if self._total is None:
            return None
        return min(100 * done / self._total, NEARLY_ALL if self._about else 100.0)

    def _left(self, done: int, rate: float) -> float | None:
        percent = self._percent(done)
        if percent is None or percent < ENOUGH or not rate or self._total is None or done >= self._total:
            return None
        return (self._total - done) / rate
