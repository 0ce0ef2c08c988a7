"""How the calls of a task are sent: each with leave, tried again as the fault table says, until the task's time is over.

A task sends many calls of which none is a step of its own: they are not written down one by one (the task is, before its
first) unless each of them counts, and none is resent where it may have taken effect unless that does no harm.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import anyio

from orchestrator.engine.faults import classify
from orchestrator.engine.persistence import DURING_A_RUN, Noted, persistently
from orchestrator.engine.race import unless
from orchestrator.engine.record import OTHER_SECONDS, retried
from orchestrator.engine.redaction import forms, redacted
from orchestrator.engine.refusals import Refusals
from orchestrator.engine.run import Run
from orchestrator.engine.sending import allowed, answered, noted
from orchestrator.engine.settle import Progress
from orchestrator.engine.treatment import RETRIED_WRITES, Rule, Situation, Treatment
from orchestrator.errors import Fault
from orchestrator.model import Call, Step, Text, hide


@dataclass(frozen=True, slots=True)
class Refusal:
    """A write that was answered with `fault`, for the `times`-th time so, and the seconds until the next attempt; None where
    there is no use in one.
    """

    fault: Fault
    rule: Rule
    times: int
    delay: float | None


class Calls:
    """Sends for one step. `progress` hears what the last one that failed was answered, for where the task is cut off."""

    def __init__(self, run: Run, step: Step, progress: Progress) -> None:
        self._run = run
        self._step = step
        self._progress = progress
        self.secret = forms(step.task and step.task.work.stated, list(_environments(run, step)))
        """The forms of what nobody may be told that a function says, or AWS: hidden values of the task, environments."""
        self.ends = float("inf")
        """When the task's time is over (seconds since the epoch): no answer is waited for much longer."""

    @property
    def situation(self) -> Situation:
        """What was going on: a table that this run has just made may not be known everywhere yet."""
        task = self._step.task
        return Situation(
            "run", frozenset().union(*(self._run.fresh(root) for root in task.acts_on)) if task else frozenset()
        )

    async def begin(self, call: Call, **facts: Any) -> None:
        """Write down, before the first one, that calls of this sort go out. Raises JournalFailed."""
        self._progress.attempts += 1
        told = {"service": call.service, "operation": call.operation, "attempt": self._progress.attempts, **facts}
        await self._run.recorder.record(self._step.id, "intent", **told)

    async def read(self, call: Call, noted: Noted | None = None) -> Mapping[str, Any]:
        """The reply to a read, however often it has to be sent; each time `noted` hears why. Raises the Fault that is final."""
        clock, draw = self._run.clock, self._run.draw
        return await persistently(lambda: self._read(call), clock, draw, DURING_A_RUN, noted or self.note)

    async def _read(self, call: Call) -> Mapping[str, Any]:
        try:
            return await self._run.cloud.send(call)
        except Fault as fault:
            raise redacted(fault, self.secret) from None

    async def write(self, call: Call, *, harmless: bool, told: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """The reply to a write. Where its outcome is unknown it is sent again if that is `harmless`; each attempt is written
        down, with what is `told` of it, unless that is None. Raises the Fault that is final, or whose outcome is unknown.
        """
        refusals = Refusals(self._run)
        while True:
            try:
                return await (self.once(call) if told is None else self.attempt(call, **told))
            except Fault as fault:
                await self.rest(self.refused(fault, refusals, harmless=harmless))

    def refused(self, fault: Fault, refusals: Refusals, *, harmless: bool) -> Refusal:
        """What is to become of a write that was answered so; `harmless`: it does no harm if it is applied twice."""
        rule = classify(fault, self.situation)
        refusals.note(rule, contradicts=False)
        again = rule.treatment in RETRIED_WRITES or (harmless and rule.treatment is Treatment.VERIFY)
        return Refusal(fault, rule, refusals.times(rule), refusals.delay(fault, rule) if again else None)

    async def rest(self, refusal: Refusal, noted: Noted | None = None) -> None:
        """Return when it is to be sent again, which `noted` is told of. Raises its Fault where there is no use."""
        if refusal.delay is None:
            raise refusal.fault
        self._progress.refused = refusal.fault, refusal.rule
        await (noted or self.note)(refusal.fault, refusal.rule, refusal.times, refusal.delay)
        await self._run.clock.sleep(refusal.delay)

    async def once(self, call: Call) -> Mapping[str, Any]:
        """Send a write, once, with leave; after a stop, the run's grace is left for its answer. Raises Fault."""
        await self._run.cloud.admit(call)
        seconds = await allowed(self._run)
        with anyio.CancelScope(shield=True):
            answer = await self._answer(call, seconds)
        return self._told(answer)

    async def attempt(self, call: Call, *, latest: float = float("inf"), **facts: Any) -> Mapping[str, Any]:
        """The same where each one counts: its intent, with `facts` and its number, and what came of it are written down.

        It leaves by `latest` (seconds since the epoch), or not at all. What it raises or returns is known before a cancellation.
        """
        run = self._run
        await run.cloud.admit(call)
        await allowed(self._run)
        await self.begin(call, **facts)
        seconds = await allowed(self._run)  # again: writing that down may have taken as long as the store was away
        began = run.clock.now()
        with anyio.CancelScope(shield=True):
            if began < latest:
                answer = await self._answer(call, min(seconds, latest - began))
            else:
                answer = Fault(call.service, call.operation, "TooLate", "it was not ready in time", sent=False)
            await self._note_answer(answer, began, facts)
        return self._told(answer)

    async def kept(self, keep: Callable[[], Awaitable[None]]) -> None:
        """Have written down what an answer means, also where the run is stopped in that moment; then it has to be quick."""

        async def stopped() -> None:
            await self._run.over.wait()
            await self._run.clock.sleep(OTHER_SECONDS)

        with anyio.CancelScope(shield=True):
            await unless(keep, stopped)

    async def _note_answer(self, answer: Mapping[str, Any] | Fault, began: float, facts: Mapping[str, Any]) -> None:
        what, told = noted(answer)
        seconds = self._run.clock.now() - began
        await self._run.recorder.record(self._step.id, what, **told, seconds=seconds, **facts)

    def _told(self, answer: Mapping[str, Any] | Fault) -> Mapping[str, Any]:
        if isinstance(answer, Fault):
            raise answer
        self._progress.refused = None
        return answer

    async def _answer(self, call: Call, seconds: float) -> Mapping[str, Any] | Fault:
        run = self._run

        async def time_is_over() -> None:
            left = None if self.ends == float("inf") else max(0.0, self.ends - run.clock.now())
            with anyio.move_on_after(left):  # one task less for each of a million calls than to race for it
                await run.over.wait()

        answer = await answered(run, call, self.situation, seconds, time_is_over, "no answer before its time was over")
        return redacted(answer, self.secret) if isinstance(answer, Fault) else answer

    async def note(self, fault: Fault, rule: Rule, attempt: int, delay: float) -> None:
        """Write down that something is tried again."""
        await self._run.recorder.record(self._step.id, "retrying", **retried(fault, rule, attempt, delay))


def _environments(run: Run, step: Step) -> Iterator[Text]:
    """What the plan puts into the environments of the functions that a task works on, but for names that are shown anyway."""
    shown = {declared.name for declared in run.observer.declared.values()}
    for root in step.task.acts_on if step.task else ():
        environment = getattr(run.observer.declared[root].spec, "environment", None) or {}
        yield from (hide(value) for value in environment.values() if value not in shown)
