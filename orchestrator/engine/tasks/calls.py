"""How the calls of a task are sent: each with leave, tried again as the fault table says, until the task's time is over.

A task sends many calls of which none is a step of its own: they are not written down one by one (the task is, before its
first), and none is resent where it may have taken effect unless that does no harm.
"""

from collections.abc import Mapping
from typing import Any

import anyio

from orchestrator.departure import leaving_within
from orchestrator.engine.faults import classify
from orchestrator.engine.persistence import DURING_A_RUN, persistently
from orchestrator.engine.race import CUT, unless
from orchestrator.engine.record import retried
from orchestrator.engine.refusals import Refusals
from orchestrator.engine.run import Run
from orchestrator.engine.settle import Progress
from orchestrator.engine.treatment import Rule, Situation, Treatment
from orchestrator.errors import Fault
from orchestrator.model import Call, Step

SENT_AGAIN = frozenset({Treatment.BACKOFF, Treatment.RECONNECT, Treatment.LAG, Treatment.WAIT})
"""The treatments under which nothing was applied."""


class Calls:
    """Sends for one step. `progress` hears what the last one that failed was answered, for where the task is cut off."""

    def __init__(self, run: Run, step: Step, progress: Progress) -> None:
        self._run = run
        self._step = step
        self._progress = progress
        self._situation = Situation("run")

    async def begin(self, call: Call) -> None:
        """Write down, before the first one, that calls of this sort go out. Raises JournalFailed."""
        self._progress.attempts += 1
        facts = {"service": call.service, "operation": call.operation, "attempt": self._progress.attempts}
        await self._run.recorder.record(self._step.id, "intent", **facts)

    async def read(self, call: Call) -> Mapping[str, Any]:
        """The reply to a read, however often it has to be sent. Raises the Fault that is final."""
        return await persistently(
            lambda: self._run.cloud.send(call), self._run.clock, self._run.draw, DURING_A_RUN, self.note
        )

    async def write(self, call: Call, *, harmless: bool) -> Mapping[str, Any]:
        """The reply to a write. Where its outcome is unknown it is sent again if that is `harmless`. Raises the Fault that is
        final, or whose outcome is unknown.
        """
        refusals = Refusals(self._run)
        while True:
            try:
                return await self.once(call)
            except Fault as fault:
                rule = classify(fault, self._situation)
                again = rule.treatment in SENT_AGAIN or (harmless and rule.treatment is Treatment.VERIFY)
                refusals.note(rule, contradicts=False)
                delay = refusals.delay(fault, rule) if again else None
                if delay is None:
                    raise
                self._progress.refused = fault, rule
                await self.note(fault, rule, refusals.times(rule), delay)
                await self._run.clock.sleep(delay)

    async def once(self, call: Call) -> Mapping[str, Any]:
        """Send a write, once, with leave; after a stop, the run's grace is left for its answer. Raises Fault."""
        run = self._run
        await run.cloud.admit(call)
        seconds = await run.guard.before_call()
        if run.over.is_set():
            await anyio.sleep_forever()  # what ended the run cancels this, too
        with anyio.CancelScope(shield=True):
            answer = await self._answer(call, seconds)
        if isinstance(answer, Fault):
            raise answer
        self._progress.refused = None
        return answer

    async def _answer(self, call: Call, seconds: float) -> Mapping[str, Any] | Fault:
        run = self._run

        async def forward() -> Mapping[str, Any] | Fault:
            try:
                with leaving_within(seconds, run.clock):
                    return await run.cloud.forward(call, self._situation)
            except Fault as fault:
                return fault

        async def grace_is_over() -> None:
            await run.over.wait()
            await run.clock.sleep(run.options.grace)

        answer = await unless(forward, grace_is_over)
        if answer is CUT:
            return Fault(call.service, call.operation, "NoAnswer", "no answer before the run ended", region=call.region)
        return answer

    async def note(self, fault: Fault, rule: Rule, attempt: int, delay: float) -> None:
        """Write down that something is tried again."""
        await self._run.recorder.record(self._step.id, "retrying", **retried(fault, rule, attempt, delay))
