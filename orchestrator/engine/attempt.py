"""One attempt at one call: values known late are put in, the intent is written down, the call goes out, once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import anyio

from orchestrator.engine.allowance import Allowance
from orchestrator.engine.run import Run
from orchestrator.engine.sending import allowed, answered, noted
from orchestrator.engine.settle import Progress
from orchestrator.engine.treatment import Situation
from orchestrator.errors import Fault
from orchestrator.model import Call, Change, FromLive, FromRun, Ref, Step, bind, unknown


class Unbound(Exception):
    """A value that the call needs is still not known."""

    def __init__(self, missing: Sequence[FromLive | FromRun]) -> None:
        self.missing = tuple(missing)
        super().__init__(*self.missing)


class Attempt:
    """Sends the call of one step. Not before it may, not twice, and not without a trace."""

    def __init__(self, run: Run, step: Step, progress: Progress) -> None:
        self._run = run
        self._step = step
        self._progress = progress

    async def bound(self) -> Step:
        """The step with every value in its requests and goals that is known only while running.

        Raises Unbound, or Fault where one can't be looked up.
        """
        step, missing = self._fill()
        if missing:
            await self._run.see(missing)
            step, missing = self._fill()
        if missing:
            raise Unbound(missing)
        return step

    def _fill(self) -> tuple[Step, Sequence[FromLive | FromRun]]:
        def filled(call: Call) -> Call:
            return replace(call, parameters=bind(call.parameters, self._run.known))

        step = self._step

        def known(changes: Iterable[Change]) -> tuple[Change, ...]:
            return tuple(replace(change, after=bind(change.after, self._run.known)) for change in changes)

        call = filled(step.call) if step.call else None
        probes = tuple(map(filled, step.probes))
        because, given = known(step.because), known(step.given)
        values = [change.after for change in (*because, *given)], [one.parameters for one in (call, *probes) if one]
        return replace(step, call=call, because=because, given=given, probes=probes), unknown(values)

    async def send(self, call: Call, allowance: Allowance) -> Fault | None:
        """Send `call`, which must be bound. Returns None where it was accepted, else why not. Raises JournalFailed.

        What the guard and the journal take before it does not count against `allowance`.

        Once the call is on its way a cancellation waits for the answer, as long as the run's grace allows; a call that is
        not answered by then is one whose outcome is unknown.
        """
        run, progress = self._run, self._progress
        await run.cloud.admit(call)
        with allowance.standing_still():
            await allowed(run)
            await self._intend(call)
            seconds = await allowed(run)  # again: writing that down may have taken as long as the store was away
        run.touched.add(self._step.ref.root)
        with anyio.CancelScope(shield=True):
            progress.unknown = True
            began = run.clock.now()
            situation = Situation(self._step.action)
            answer = await answered(run, call, situation, seconds, run.over.wait, "no answer before the run ended")
            await self._note(answer, began)
        return answer if isinstance(answer, Fault) else None

    async def _intend(self, call: Call) -> None:
        progress, recorder = self._progress, self._run.recorder
        progress.attempts += 1
        facts = {"service": call.service, "operation": call.operation, "attempt": progress.attempts}
        await recorder.record(self._step.id, "intent", **facts, **({"region": call.region} if call.region else {}))

    async def _note(self, answer: Mapping[str, Any] | Fault, began: float) -> None:
        run, progress, now = self._run, self._progress, self._run.clock.now()
        if isinstance(answer, Fault):
            progress.unknown = answer.sent and (answer.status is None or answer.status >= 500)
        else:
            progress.unknown = False
            progress.accepted = now
            run.made.update(dict.fromkeys(_made(self._step), now))
        what, told = noted(answer)
        await run.recorder.record(self._step.id, what, **told, seconds=now - began)


def _made(step: Step) -> Iterator[Ref]:
    """What the step makes, also in place of another. A published version has no name yet: only that there is a new one."""
    for change in step.because if step.action != "delete" else ():
        if change.comes:
            yield change.ref
        elif change.effect == "create":
            yield change.ref.child(change.field, "")
