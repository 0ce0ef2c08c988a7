"""One attempt at one call: values known late are put in, the intent is written down, the call goes out, once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import anyio

from orchestrator import kinds
from orchestrator.departure import leaving_within
from orchestrator.engine.allowance import Allowance
from orchestrator.engine.observe import aspects
from orchestrator.engine.persistence import DURING_A_RUN
from orchestrator.engine.race import CUT, unless
from orchestrator.engine.run import Run
from orchestrator.engine.settle import Progress
from orchestrator.engine.treatment import Situation
from orchestrator.errors import Fault
from orchestrator.model import Call, Change, FromLive, FromRun, Ref, Step, What, bind, unknown


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
            await self._observe_again(missing)
            step, missing = self._fill()
        if missing:
            raise Unbound(missing)
        return step

    def _fill(self) -> tuple[Step, Sequence[FromLive | FromRun]]:
        def filled(call: Call) -> Call:
            return replace(call, parameters=bind(call.parameters, self._lookup))

        step = self._step

        def known(changes: Iterable[Change]) -> tuple[Change, ...]:
            return tuple(replace(change, after=bind(change.after, self._lookup)) for change in changes)

        call = filled(step.call) if step.call else None
        probes = tuple(map(filled, step.probes))
        because, given = known(step.because), known(step.given)
        values = [change.after for change in (*because, *given)], [one.parameters for one in (call, *probes) if one]
        return replace(step, call=call, because=because, given=given, probes=probes), unknown(values)

    def _lookup(self, late: FromLive | FromRun) -> str | None:
        if isinstance(late, FromRun):
            return self._run.recorder.run if late.field == "id" else None
        observer, root = self._run.observer, late.ref.root
        return kinds.attribute(late, observer.latest(root), observer.declared[root])

    async def _observe_again(self, missing: Sequence[FromLive | FromRun]) -> None:
        """Polls look at single aspects; a value may need another one."""
        observer = self._run.observer
        for root in dict.fromkeys(late.ref.root for late in missing if isinstance(late, FromLive)):
            await observer.read(root, aspects(*observer.stated[root], referred=True), DURING_A_RUN)

    async def send(self, call: Call, allowance: Allowance) -> Fault | None:
        """Send `call`, which must be bound. Returns None where it was accepted, else why not. Raises JournalFailed.

        What the guard and the journal take before it does not count against `allowance`.

        Once the call is on its way a cancellation waits for the answer, as long as the run's grace allows; a call that is
        not answered by then is one whose outcome is unknown.
        """
        run, progress = self._run, self._progress
        await run.cloud.admit(call)
        with allowance.standing_still():
            await self._allowed()
            await self._intend(call)
            seconds = await self._allowed()  # again: writing that down may have taken as long as the store was away
        run.touched.add(self._step.ref.root)
        with anyio.CancelScope(shield=True):
            progress.unknown = True
            began = run.clock.now()
            answer = await self._answer(call, seconds)
            await self._note(answer, began)
        return answer if isinstance(answer, Fault) else None

    async def _intend(self, call: Call) -> None:
        progress, recorder = self._progress, self._run.recorder
        progress.attempts += 1
        facts = {"service": call.service, "operation": call.operation, "attempt": progress.attempts}
        await recorder.record(self._step.id, "intent", **facts, **({"region": call.region} if call.region else {}))

    async def _allowed(self) -> float:
        """Return once the call may go out, with the seconds that it has to leave; never, once none may any more."""
        seconds = await self._run.guard.before_call()
        if self._run.over.is_set():
            await anyio.sleep_forever()  # what ended the run cancels this, too
        return seconds

    async def _note(self, answer: Mapping[str, Any] | Fault, began: float) -> None:
        run, progress, now = self._run, self._progress, self._run.clock.now()
        if isinstance(answer, Fault):
            progress.unknown = answer.sent and (answer.status is None or answer.status >= 500)
            told = {"code": answer.code, "request_id": answer.request_id}
        else:
            progress.unknown = False
            progress.accepted = now
            run.made.update(dict.fromkeys(_made(self._step), now))
            told = {"request_id": answer.get("ResponseMetadata", {}).get("RequestId")}
        what: What = "not_accepted" if isinstance(answer, Fault) else "sent"
        await run.recorder.record(self._step.id, what, **told, seconds=now - began)

    async def _answer(self, call: Call, seconds: float) -> Mapping[str, Any] | Fault:
        """The reply or the refusal of a call that leaves within `seconds`; after a stop, `grace` seconds are left for it."""

        async def forward() -> Mapping[str, Any] | Fault:
            try:
                with leaving_within(seconds, self._run.clock):
                    return await self._run.cloud.forward(call, Situation(self._step.action))
            except Fault as fault:
                return fault

        async def grace_is_over() -> None:
            await self._run.over.wait()
            await self._run.clock.sleep(self._run.options.grace)

        answer = await unless(forward, grace_is_over)
        if answer is CUT:
            return Fault(call.service, call.operation, "NoAnswer", "no answer before the run ended", region=call.region)
        return answer


def _made(step: Step) -> Iterator[Ref]:
    """What the step makes, also in place of another. A published version has no name yet: only that there is a new one."""
    for change in step.because if step.action != "delete" else ():
        if change.comes:
            yield change.ref
        elif change.effect == "create":
            yield change.ref.child(change.field, "")
