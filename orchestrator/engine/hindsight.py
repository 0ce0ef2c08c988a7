"""What a run tells while it looks back at what it did: what for, for how long already, and which reads fail."""

from collections.abc import Awaitable, Callable, Mapping, Sized
from typing import Any, TypeVar

from orchestrator.engine.judge import NEWS_AFTER
from orchestrator.engine.news import REPEATED_EVERY
from orchestrator.engine.persistence import Noted
from orchestrator.engine.race import CUT, unless
from orchestrator.engine.record import retried
from orchestrator.engine.run import Run
from orchestrator.engine.treatment import Rule
from orchestrator.errors import Fault
from orchestrator.model import Ref, What

T = TypeVar("T")


class Hindsight:
    """The looks back of one run. What it tells is the run's own, and no step's: all of those have ended."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def noted(self, ref: Ref) -> Noted:
        """Who is told of failed reads of `ref`."""

        async def noted(fault: Fault, rule: Rule, attempt: int, delay: float) -> None:
            await self._tell(
                "retrying", {"plan": ref.plan, "resource": str(ref), **retried(fault, rule, attempt, delay)}
            )

        return noted

    async def telling(self, roots: Sized, look: Callable[[], Awaitable[T]]) -> T:
        """What `look` at these returns, however long it takes; after some seconds, and then now and again, that is told."""
        began, number = self._run.clock.now(), len(roots)
        status = f"looking once more at {number} resource{'' if number == 1 else 's'}"

        async def tell() -> None:
            delay = NEWS_AFTER
            while True:
                await self._run.clock.sleep(delay)
                seconds, delay = self._run.clock.now() - began, REPEATED_EVERY
                reason = "until all of it shows as planned"
                await self._tell("waiting", {"status": status, "seconds": seconds, "reason": reason})

        found = await unless(look, tell)
        assert found is not CUT  # `tell` never ends
        return found

    async def _tell(self, what: What, details: Mapping[str, Any]) -> None:
        await self._run.recorder.record("", what, **details)
