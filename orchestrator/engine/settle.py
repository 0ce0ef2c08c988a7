"""Polling: one step's resource is read until a judge is satisfied, as often as is useful and as seldom as is polite."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from orchestrator.engine.judge import Conclusion, Judgement, Lagging
from orchestrator.engine.limits import Slot
from orchestrator.engine.news import News
from orchestrator.engine.pacing import poll_interval
from orchestrator.engine.persistence import DURING_A_RUN
from orchestrator.engine.record import retried
from orchestrator.engine.run import Run
from orchestrator.engine.treatment import Rule
from orchestrator.errors import Fault
from orchestrator.model import Broken, Pending, Sighting, Step

SLOT_KEPT_FOR = 300.0
"""Seconds of waiting after which a lane's place is given to another: index builds take hours."""


@dataclass
class Progress:
    """How far a step has come: what is known of it when it is cut off.

    `status` is what AWS is seen doing, `since` when that was first seen, `accepted` when a call was accepted (both in
    seconds since the epoch), `unknown`: a call is out and nobody knows what became of it. `refused` is the last answer to
    a call that was not accepted, `unseen` why the resource can't be read at the moment. `unsettled`: of a transaction, that it
    may have been applied, and what to do.
    """

    started: float
    attempts: int = 0
    status: str = ""
    since: float = 0.0
    accepted: float | None = None
    unknown: bool = False
    refused: tuple[Fault, Rule] | None = None
    unseen: tuple[Fault, Rule] | None = None
    unsettled: tuple[str, str] | None = None


class Watch:
    """Reads one step's resource. Keeps `progress` true, tells of waits and failed reads, and lets the lane's slot go."""

    def __init__(self, run: Run, step: Step, progress: Progress, slot: Slot) -> None:
        self._run = run
        self._step = step
        self._progress = progress
        self._slot = slot
        self._news = News()
        self._reason = ""
        self.live: Any = None
        """What the last read showed."""
        self.beside: frozenset[str] = frozenset()
        """Aspects that are read beside those of the step."""

    async def until(
        self, judge: Callable[[Any], Judgement], reason: str, *, began: float | None = None, delay: float = 0.0
    ) -> Conclusion:
        """Read, after `delay` seconds, until `judge` says something else than Pending, and return that.

        `reason` is what the wait is for, `began` when it began, if not now. Raises Fault where the resource can't be read.
        """
        clock, self._reason = self._run.clock, reason
        began = clock.now() if began is None else began
        with self._run.waits_for(self._step.ref.root.section):
            while True:
                if delay > 0:
                    await clock.sleep(delay)
                at = clock.now()
                answer = judge(await self.read())
                self._note(answer)
                foreign = self._foreign(answer)
                if not isinstance(answer, Pending):
                    return answer
                await self._tell(foreign, answer, clock.now() - began)
                delay = at + self.interval(clock.now() - began) - clock.now()

    def interval(self, waited: float) -> float:
        """Seconds between two reads of what has been waited for `waited` seconds."""
        section = self._step.ref.root.section
        rate = self._run.cloud.limits.polls_per_second(section)
        return poll_interval(waited, self._run.waiting[section], rate, self._run.draw)

    async def read(self) -> Any:
        """Live state with the aspects that show the step's goal."""
        root = self._step.ref.root
        reads = self._step.reads | self.beside
        self.live = await self._run.observer.read(root, reads, DURING_A_RUN, self._note_unseen)
        self._progress.unseen = None
        return self.live

    async def _note_unseen(self, fault: Fault, rule: Rule, attempt: int, delay: float) -> None:
        self._progress.unseen = fault, rule
        await self.note_retry(fault, rule, attempt, delay)

    async def note_retry(self, fault: Fault, rule: Rule, attempt: int, delay: float) -> None:
        """Write down that something is tried again."""
        await self._run.recorder.record(self._step.id, "retrying", **retried(fault, rule, attempt, delay))

    def _note(self, answer: Judgement) -> None:
        progress = self._progress
        status = answer.status if isinstance(answer, Pending) and not isinstance(answer, Lagging) else ""
        if isinstance(answer, Broken):
            status = answer.reason
        if status and not progress.status:
            progress.since = self._run.clock.now()
        progress.status = status

    def _foreign(self, answer: Judgement) -> Sighting | None:
        """What this run did not set moving, once the step's own call is out too."""
        root, progress = self._step.ref.root, self._progress
        if not isinstance(answer, Pending) or isinstance(answer, Lagging):
            self._run.origins.rests(root)
            return None
        called = progress.accepted is not None or progress.unknown
        return self._run.foreign(root, self._step if called else None)

    async def _tell(self, foreign: Sighting | None, answer: Pending, waited: float) -> None:
        if waited >= SLOT_KEPT_FOR:
            self._slot.give_back()
        said = f"{answer.status} {foreign.origin if foreign else None}"
        if not answer.status or not self._news.worth_telling(self._step.id, said, self._run.clock.now()):
            return
        details: dict[str, Any] = {"status": answer.status, "seconds": waited, "reason": self._reason}
        details |= foreign.facts() if foreign else {}
        if answer.progress is not None:
            details["progress"] = answer.progress
        await self._run.recorder.record(self._step.id, "waiting", **details)
