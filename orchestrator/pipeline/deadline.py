"""The deadline of a command before it has a run: looking, and making the store, must not outlast it."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from orchestrator.approval import Approve
from orchestrator.engine.race import CUT, unless
from orchestrator.errors import OrchestratorError, Problem, Unreachable
from orchestrator.model import Preview
from orchestrator.ports import Clock

T = TypeVar("T")
AGAIN_SECONDS = 1.0
"""How often it is looked whether a person who is asked has answered."""


class Deadline:
    """`seconds` (None: no limit) from `began` (epoch) on. What a person thinks does not count."""

    def __init__(self, clock: Clock, seconds: float | None, began: float) -> None:
        self.ends = None if seconds is None else began + seconds
        self._clock = clock
        self._asking = False

    def halted_by(self, approve: Approve | None) -> Approve | None:
        """`approve`, during which no time passes."""
        if approve is None:
            return None

        async def asked(preview: Preview) -> bool:
            began, self._asking = self._clock.now(), True
            try:
                return await approve(preview)
            finally:
                self._asking = False
                if self.ends is not None:
                    self.ends += self._clock.now() - began

        return asked

    async def within(self, work: Callable[[], Awaitable[T]], late: Callable[[], OrchestratorError]) -> T:
        """What `work` returns. Raises what it raises, and `late` once the deadline has passed."""
        if self.ends is None:
            return await work()
        result = await unless(work, self._passed)
        if result is CUT:
            raise late()
        return result

    async def _passed(self) -> None:
        while self.ends is not None and (self._asking or self._clock.now() < self.ends):
            await self._clock.sleep(max(self.ends - self._clock.now(), AGAIN_SECONDS if self._asking else 0.0))


def unanswered() -> Unreachable:
    """Live state was not seen in time."""
    return Unreachable(
        Problem(
            "deadline",
            "The deadline passed before live state could be read, so nothing was begun.",
            "See that the endpoint is up and answers, or give a longer --deadline, then run again.",
        )
    )
