"""The life of one step: look, send, look until its goal is visible and all is settled, probe.

    ┌──────────── again, after a delay ◄───────────────┐
    ▼                                                  │
look before ── goal reached ──► already in place       │
    │ settled, the same thing, goal not reached        │
    ▼                                                  │
intent, send ── refused ──► treatment by the fault table ── no use ──► failed
    │ accepted                 │ outcome unknown       │
    ▼                          ▼                       │
look after: not settled ⟲ ── nothing of it shows ──────┘ (an accepted call: failed)
    │ goal visible, settled
    ▼
probes ──► settled
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from orchestrator import kinds
from orchestrator.engine import rationing
from orchestrator.engine.allowance import Allowance
from orchestrator.engine.attempt import Attempt, Unbound
from orchestrator.engine.ending import AlreadyInPlace, Done, Ending, Failure, InProgress, NotRun, Yields
from orchestrator.engine.faults import classify
from orchestrator.engine.judge import Conclusion, Doubt, Judge, Judgement, Look
from orchestrator.engine.limits import Slot
from orchestrator.engine.persistence import Persistence
from orchestrator.engine.probing import probed
from orchestrator.engine.race import CUT, unless
from orchestrator.engine.record import JournalFailed
from orchestrator.engine.redaction import forms, redacted
from orchestrator.engine.refusals import Refusals
from orchestrator.engine.run import FRESH_SECONDS, Run
from orchestrator.engine.settle import Progress, Watch
from orchestrator.engine.stop import STEP_DEADLINE, UNSEEN, Cut
from orchestrator.engine.treatment import READING, Rule, Situation, Treatment
from orchestrator.errors import Fault
from orchestrator.model import Broken, Call, FromLive, Pending, Scope, Step, coming_minute, known_text

VERIFY_SECONDS = 30.0
"""After this long without a trace a call whose outcome is unknown did not take effect (fact sheet 14.4)."""
VISIBLE_SECONDS = 300.0
"""After this long, or half of the step's deadline, an accepted change that a settled resource does not show won't show."""
SHOWING_SECONDS = 5.0
"""After this long reads lag behind no more as a rule (fact sheet 14.4): what is left then is told as it is seen."""
ISSUING_SECONDS = 60.0
"""So long background work tries to be taken where AWS says that it is busy and nothing is seen to move."""
UNSEEN_GOAL_SECONDS = 3.0
"""How long a resource must stay settled after a call whose effect can't be seen in it (fact sheet 14.1)."""
CONTRADICTIONS = (Treatment.PRECONDITION, Treatment.VERIFY)
"""What AWS says of things that are not as they are planned against."""
PROBING = Persistence(seconds=VISIBLE_SECONDS)
UNREACHABLE = 7
"""The exit code where no other call would do better."""


class StepRun:
    """Lives one step. `progress` says how far it has come; `slot` is its lane's place among those in motion."""

    def __init__(self, run: Run, step: Step) -> None:
        self.slot: Slot = run.slots.slot()
        self.progress = Progress(run.clock.now())
        self._run = run
        self._step = step
        self._watch = Watch(run, step, self.progress, self.slot)
        self._attempt = Attempt(run, step, self.progress)
        self._judge = Judge(step)  # of the bound step, once its values are known
        self._refusals = Refusals(run)
        self._allowance = Allowance(run.clock, 0.0)
        self._before: Any = None
        self._stale: Broken | None = None
        self._contradicted = False
        self._may_yield = False
        self._left = ""
        self._named = False

    async def paused(self, before: float) -> Ending | None:
        """Wait out the step's pause, counted from `before`, without a slot; an Ending where its time has to come later."""
        clock, until = self._run.clock, before + self._step.pause
        if parked := self._run.parking.ending(self._step, clock.now()):
            return parked
        if clock.now() >= until:
            return None
        message = f"Not before {coming_minute(until)}: AWS takes no second change of this sooner."
        if self._run.leaves(self._step):
            # A later round may plan the same with another gate.
            late = self._step.gate == "background"
            return NotRun(message, self._where, queued=True, postponed=late, until=until)
        reason = "until AWS takes the next change of this"
        await self._run.recorder.record(
            self._step.id, "waiting", status=f"not before {coming_minute(until)}", seconds=0.0, reason=reason
        )
        await clock.sleep(until - clock.now())
        return None

    async def live(self, *, may_yield: bool, again: Yields | None = None) -> Ending | Yields:
        """From the first look to the end, within what its pause leaves of the step's deadline.

        `may_yield`: what AWS takes only later, and then as background work, lets the rest of its lane go first; `again` is how
        it did that, where it is lived once more, with that deadline anew.
        """
        self._allowance = Allowance(self._run.clock, self._step.deadline - self._step.pause)
        self._may_yield = may_yield
        if again is not None and again.until <= self._run.clock.now():
            self._refusals.forget(Treatment.QUOTA_WAIT)
        ending = await unless(self._life, self._allowance.used_up)
        return self.cut(STEP_DEADLINE) if ending is CUT else ending

    def cut(self, cut: Cut) -> Ending:
        """How the step ends where it is stopped from outside: by what AWS is known to be doing."""
        progress, call = self.progress, self._step.call
        unseen = self._unseen(cut)
        if progress.accepted is not None:
            status = progress.status or (f"{call.operation} accepted" if call else "accepted")
            return InProgress(status, progress.accepted, cut.reason, unseen)
        if progress.status:
            return InProgress(progress.status, progress.since, cut.reason, unseen)
        if progress.unknown and call is not None:
            status = f"no answer to {call.operation}, so whether it took effect is unknown"
            return InProgress(status, self._run.clock.now(), cut.reason, unseen)
        if progress.refused and progress.refused[1].treatment is Treatment.WAIT and not progress.refused[1].guess:
            return NotRun(f"AWS did not take it by then: {progress.refused[0].message}", self._where, queued=True)
        if cut.final and (trouble := progress.unseen or progress.refused):
            rationed = trouble[1].treatment is Treatment.QUOTA_WAIT
            return self._parked(*trouble) if rationed else self._failure(*trouble)
        reason = cut.reason[0].upper() + cut.reason[1:]
        if cut.final:
            return self._stopped("Timeout", f"{reason}, and nothing had taken effect.", "Run again.")
        return NotRun(f"{reason} before it took effect.", self._where, queued=True)

    def _unseen(self, cut: Cut) -> Failure | None:
        """Why nobody can look any more; what only can't be read at the moment is no such reason."""
        return self._failure(*self.progress.unseen) if cut is UNSEEN and self.progress.unseen else None

    # ---------------------------------------------------------------------------------------------- look, send, look

    async def _life(self) -> Ending | Yields:
        try:
            self._step = await self._attempt.bound()
            self._judge = Judge(self._step)
            if self._step.call is None:
                return await self._idle()
            while True:
                if ending := await self._look_before():
                    return ending
                if outcome := await self._send(self._step.call):
                    return outcome
        except Unbound as unbound:
            late = dict.fromkeys(f"{one.ref}.{one.field}" for one in unbound.missing if isinstance(one, FromLive))
            said = f"{', '.join(late) or 'A value'} {'are' if len(late) > 1 else 'is'} not known yet."
            return self._stopped("unknown-value", said, "Run again.")
        except JournalFailed as failed:
            message = f"Nothing was sent, because the journal could not be written ({failed})."
            return self._stopped(
                "journal-unavailable", message, "See that the state store can be reached, then run again."
            )
        except Fault as fault:
            self.progress.unseen = fault, classify(fault, READING)
            return self.cut(self._run.shut_out(fault) or UNSEEN)

    async def _idle(self) -> Ending:
        """Only wait until nothing moves. Without a goal, a settled state is one that a second read confirms."""
        lasting = {Look.UNREACHED: VERIFY_SECONDS, Look.OTHERWISE: 0.0}
        lasting |= {} if self._step.because else {Look.REACHED: 0.0}
        look = await self._until(self._judge.idle, lasting, "until nothing moves")
        return Done(self._seconds) if look is Look.REACHED else self._not_as_hoped(look)

    async def _look_before(self) -> Ending | None:
        """Wait until the call may go out; an Ending where it need not or must not. Takes the slot again if it was lent."""
        assert self._step.call is not None
        while True:
            absent = FRESH_SECONDS if self._run.fresh(self._step.ref.root) else 0.0
            lasting = {
                Look.REACHED: 0.0,
                Look.ABSENT: absent,
                Look.TAKEN: VERIFY_SECONDS,
                Look.UNDONE: UNSEEN_GOAL_SECONDS,
                Look.REPLACED: 0.0,
            }
            look = await self._until(self._judge.before, lasting, f"before {self._step.call.operation} can be sent")
            if look is not Look.READY:
                break
            if self.slot.held:
                self._before = self._watch.live
                return None
            await self.slot.take()
        if look is Look.MOVING and not self.progress.unknown:
            return NotRun(f"Waits for something else: {self._left}.", self._where, queued=True)
        if look is not Look.REACHED:
            return self._not_as_hoped(look)
        if self.progress.attempts:
            return await self._done(adopted=True)
        return AlreadyInPlace(self._seconds)

    async def _send(self, call: Call) -> Ending | Yields | None:
        """Send the call and see it through; None where it has to be sent again."""
        fault = await self._attempt.send(call, self._allowance)
        if fault is None:
            await self._name()
            return await self._settle(accepted=True)
        return await self._treat(redacted(fault, forms(call.parameters)))

    async def _settle(self, *, accepted: bool) -> Ending | None:
        """Wait until the goal is visible and all is settled; None where nothing of an unsure call ever showed."""
        assert self._step.call is not None
        left = self._run.leaves(self._step)
        visible = SHOWING_SECONDS if left else min(VISIBLE_SECONDS, self._step.deadline / 2)
        lasting = {Look.UNREACHED: visible if accepted else VERIFY_SECONDS, Look.ABSENT: VERIFY_SECONDS}
        lasting[Look.TAKEN] = SHOWING_SECONDS
        if not self._step.because:
            lasting[Look.REACHED] = UNSEEN_GOAL_SECONDS
        look = await self._until(
            self._after,
            lasting,
            f"until {self._step.call.operation} has taken effect",
            delay=self._watch.interval(0) if accepted else 0.0,
            unsure=not accepted,
        )
        if look is Look.REACHED:
            return await self._done(adopted=not accepted)
        if look is Look.UNREACHED and not accepted:
            return None
        return self._not_as_hoped(look)

    def _after(self, live: Any) -> Judgement:
        """A failure that looks in all like the one before the call is no answer to it: the read lags behind. What is seen in
        the place of what AWS says is there already is another shape of it.
        """
        look = self._judge.after(live)
        self._stale = look if isinstance(look, Broken) and look.recoverable and live == self._before else None
        if self._contradicted and look is Look.UNREACHED and self._judge.occupied(live):
            return Look.TAKEN
        return Look.UNREACHED if self._stale else look

    async def _until(
        self,
        judge: Callable[[Any], Judgement],
        lasting: Mapping[Look, float],
        reason: str,
        *,
        delay: float = 0.0,
        unsure: bool = False,
    ) -> Conclusion:
        """Watch; where the run does not wait only as long as it takes to know what became of a call."""
        if self._run.leaves(self._step):
            judge = self._leaving(judge)
        if self._run.options.wait == "none" and not unsure:
            lasting = {}
        return await self._watch.until(Doubt(judge, lasting, self._run.clock.now), reason, delay=delay)

    def _leaving(self, judge: Callable[[Any], Judgement]) -> Callable[[Any], Judgement]:
        def judged(live: Any) -> Judgement:
            look = judge(live)
            if not isinstance(look, Pending):
                return look
            self._left = look.status
            return Look.MOVING

        return judged

    # ------------------------------------------------------------------------------------------------------ refusals

    async def _treat(self, fault: Fault) -> Ending | Yields | None:
        """Do what the fault table says; None where the call is to be sent again."""
        rule = classify(fault, Situation(self._step.action, self._run.fresh(self._step.ref.root)))
        self.progress.refused = fault, rule
        if cut := self._run.shut_out(fault):
            return self.cut(cut)
        self._contradicted = rule.treatment is Treatment.VERIFY and not self.progress.unknown
        self._refusals.note(rule, contradicts=self._contradicted)
        self._watch.beside |= kinds.ROOTS[self._step.ref.root.section].pointers(fault.message)
        if rule.treatment is Treatment.QUOTA_WAIT:
            return await self._rationed(fault, rule)
        delay = self._refusals.delay(fault, rule)
        if delay is None:
            failure = self._failure(fault, rule)
            return self._outdated(failure) if rule.treatment in CONTRADICTIONS else failure
        await self._note_refusal(fault, rule, delay)
        if rule.treatment is Treatment.WAIT:
            self._judge.whole = rule.scope is Scope.WHOLE
            if self._run.leaves(self._step) and self._refusals.lasting(rule) >= self._issuing:
                return self.cut(self._run.leaving)
        await self._run.clock.sleep(delay)
        return await self._settle(accepted=False) if rule.treatment is Treatment.VERIFY else None

    async def _rationed(self, fault: Fault, rule: Rule) -> Ending | Yields | None:
        """Wait without a slot where it is soon, and the deadlines leave time for it, or with all else the run waits for, after
        the rest of the lane where it yields to that; else it is left to a later run. None where it has to be sent again.
        """
        until = self._refusals.until(fault, rule)
        patience = rationing.SOON if self._run.options.wait == "gate" else float("inf")
        latest = min(self._allowance.ends, self._run.ends, self._run.clock.now() + patience)
        if self._leaves_rationed or until > latest:
            return self._parked(fault, rule)
        delay = self._refusals.delay(fault, rule) or 0.0
        await self._note_refusal(fault, rule, delay)
        if rule.yields and self._may_yield:
            return Yields(until)
        self.slot.give_back()
        await self._run.clock.sleep(delay)
        return None

    async def _note_refusal(self, fault: Fault, rule: Rule, delay: float) -> None:
        await self._watch.note_retry(fault, rule, self._refusals.times(rule), delay)

    @property
    def _issuing(self) -> float:
        return 0.0 if self._run.options.wait == "none" else ISSUING_SECONDS

    @property
    def _leaves_rationed(self) -> bool:
        return self._run.leaves(self._step) or (self._run.options.wait == "gate" and self._step.postponable)

    def _parked(self, fault: Fault, rule: Rule) -> NotRun:
        """Left to a later run, which is told from when on there is use in it."""
        until = self._refusals.until(fault, rule)
        message = rationing.sentence(fault, rule, until, self._run.clock.now())
        return NotRun(
            message, self._where, queued=True, action=rule.advice, postponed=self._step.postponable, until=until
        )

    # --------------------------------------------------------------------------------------------------------- the end

    async def _done(self, *, adopted: bool) -> Ending:
        for probe in self._step.probes:
            if trouble := await probed(self._run, self._step, probe, PROBING, self._watch.note_retry):
                if cut := self._run.shut_out(trouble[0]):
                    return self.cut(cut)
                failure = self._failure(*trouble)
                return failure if self._judge.reached(await self._watch.read()) else self._outdated(failure)
        await self._name()
        await self._tell_what_is_new()
        answer = self.progress.refused[0].code if adopted and self.progress.refused else ""
        return Done(self._seconds, adopted, answer)

    async def _name(self) -> None:
        """Tell what is made once, and is no state of the resource, by its name as soon as it is known to be made."""
        if self._step.action != "run" or self._named:
            return
        self._named = True
        for change in self._step.because:
            message = f"{change.ref}: the {change.field} is called {known_text(change.after)}."
            await self._run.recorder.record(self._step.id, "notice", message=message)

    async def _tell_what_is_new(self) -> None:
        """What AWS chose of what is made, and is known only now."""
        for change in self._step.because:
            row = kinds.KINDS[change.ref.section].ROWS.get(change.field)
            if row is not None and (message := row.told(change, self._watch.live)):
                await self._run.recorder.record(self._step.id, "notice", message=message)

    def _not_as_hoped(self, look: Conclusion) -> Ending:
        """The Ending for every look that is neither ready nor reached."""
        if look is Look.MOVING:
            self.progress.status, self.progress.since = self._left, self._run.clock.now()
            return self.cut(self._run.leaving)
        if look is Look.UNREACHED and self._run.leaves(self._step):
            return self.cut(self._run.leaving)
        if look is Look.UNREACHED and self._stale:
            look = self._stale
        if isinstance(look, Broken):
            cause, then = look.action or "Mend the cause.", "Then run again: it is sent afresh."
            action = f"{cause} {then}" if look.recoverable else look.action or f"{cause} Then preview again."
            return self._stopped(look.code or "Broken", look.reason, action)
        if look is Look.UNREACHED:
            message = f"{self._step.ref} is settled, but what was asked for does not show: somebody undid it."
            return self._outdated(self._stopped("not-visible", message, "Preview again."))
        message = f"{self._step.ref} is {look.value}."
        return self._outdated(self._stopped("drift", message, "Somebody else changes it too: preview again."))

    def _outdated(self, failure: Failure) -> Failure:
        """Where the run can plan anew it does; but what was to be deleted must be the thing that was looked at."""
        return replace(failure, outdated=self._run.replans and not self._step.destructive)

    def _failure(self, fault: Fault, rule: Rule) -> Failure:
        return Failure(
            fault.code,
            fault.message or fault.code,
            rule.advice,
            f"{self._step.ref} ({fault.title})",
            exit_code=UNREACHABLE if rule.treatment in (Treatment.CREDENTIALS, Treatment.RECONNECT) else 1,
            seconds=self._seconds,
        )

    def _stopped(self, code: str, message: str, action: str) -> Failure:
        return Failure(code, message, action, self._where, seconds=self._seconds)

    @property
    def _seconds(self) -> float:
        return self._run.clock.now() - self.progress.started

    @property
    def _where(self) -> str:
        call = self._step.call
        return f"{self._step.ref} ({call.title})" if call else str(self._step.ref)
