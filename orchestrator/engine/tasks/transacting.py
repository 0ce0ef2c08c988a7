"""Transactions: each is applied exactly once, whatever is cut, dropped or killed (requirements D1 to D8; fact sheet 6.3, 6.4).

kept with its token ──► sent ── 200 ──────────────────────────────► applied
    ▲                    │ ▲ │
    │                    │ │ └─ refused for good, surely not applied ──► refused: told action by action
    │                    │ └─── nobody knows, or not now ──── the same token and bytes, for five minutes
    │                    ▼ past those
    │          its marker ── there ───────────────────────────────► applied
    └── a new token ◄┘  │ └─ (none) ──► stopped: a person has to look
"""

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum

from orchestrator.engine.faults import CANCELLED, classify
from orchestrator.engine.refusals import Refusals
from orchestrator.engine.tasks import cancellation, unsettled
from orchestrator.engine.tasks.calls import Refusal
from orchestrator.engine.tasks.doing import Job, Undone
from orchestrator.engine.tasks.marking import Mark, fence, look
from orchestrator.engine.tasks.transaction import (
    PART,
    Record,
    kept,
    new_token,
    restored,
)
from orchestrator.engine.treatment import UNMET, Rule, Treatment, reasons
from orchestrator.errors import Fault
from orchestrator.kinds.task.transact import MOST_ACTIONS, Action, is_marked, request
from orchestrator.kinds.task.transact import actions as transact_items
from orchestrator.model import Transaction, reveal

NO_MARKER = (
    "no marker is written with it, for the state store is no table of this account and Region: should an answer be lost for "
    "more than five minutes, a person has to see whether it was applied."
)


class Outcome(Enum):
    """What became of sending; a refusal for good is the Fault itself."""

    APPLIED = "applied"
    FENCED = "never to be applied"
    UNKNOWN = "unknown, and its token must not be used any more"


async def transact(job: Job[Transaction]) -> None:
    """Apply the transaction of `job`, once. Raises Undone."""
    await _Transacting(job).live()


class _Transacting:
    def __init__(self, job: Job[Transaction]) -> None:
        self._job = job
        self._clock = job.run.clock
        self._marks = job.memory.marks
        self._run = job.run.recorder.run
        self._refusals = Refusals(job.run)

    async def live(self) -> None:
        self._check_marker()
        (body,) = await self._job.memory.get(PART)
        record = Record.read(body) if body else None
        same_things = record is not None and dict(record.names) == dict(self._job.names)
        if record is not None and same_things and await self._settled(record):
            return
        if self._job.work.marker is not False and self._marks is None:
            await self._job.notice(f"{self._job.step.ref}: {NO_MARKER}")
        while not await self._applied(*self._prepared(record)):
            (body,) = await self._job.memory.get(PART)
            record = Record.read(body) if body else None

    def _check_marker(self) -> None:
        """Raises Undone where there can be none although the plan wants one, and where there is no room for it."""
        work = self._job.work
        if work.marker is True and self._marks is None:
            action = (
                "Keep the state in a DynamoDB table of this account and Region (--state), or state `marker: false`."
            )
            raise self._job.failed("no-marker", "There is no table that its marker could be written to.", action)
        if is_marked(work, self._marks) and len(work.actions) >= MOST_ACTIONS:
            message = f"With its marker it has {len(work.actions) + 1} actions, and a transaction takes {MOST_ACTIONS}."
            raise self._job.failed("too-many-actions", message, "Take one out, or state `marker: false`.")

    # -------------------------------------------------------------------------------------------------- what was before

    async def _settled(self, record: Record) -> bool:
        """See what became of an earlier transaction; whether the task is done by that. Raises Undone where nobody knows, or where
        other content was applied that was to be applied once.
        """
        if record.state == "refused" or (record.state == "applied" and self._job.was_done_by(record.run)):
            return False
        if record.state == "applied":
            return await self._was_applied(record)
        actions = self._actions(record.marker)
        if self._job.memory.digest(reveal(actions)) == record.digest:
            return await self._applied(record, actions)
        return await self._other(record)

    async def _other(self, record: Record) -> bool:
        """The earlier one says something else: it is applied by now, or never is."""
        if record.marker and self._marks:
            if await fence(self._job.calls, self._marks, record.marker) is Mark.THERE:
                return await self._was_applied(record)
            await self._keep(replace(record, state="refused", content=""))
            return False
        if record.request is None:
            raise self._stopped(record)
        outcome = await self._sent(record, restored(record.request))
        if outcome is Outcome.UNKNOWN:
            raise self._stopped(record)
        return outcome is Outcome.APPLIED and await self._was_applied(record)

    async def _was_applied(self, record: Record) -> bool:
        if record.content == self._job.digest:
            await self._keep(replace(record, state="applied", run=self._run))
            return True
        await self._keep(replace(record, state="applied"))
        await self._job.remember(record.content, record.run)
        if self._job.task.run == "once":
            raise self._job.changed(record.run)
        return False

    # ----------------------------------------------------------------------------------------------------- a new one

    def _prepared(self, before: Record | None) -> tuple[Record, Sequence[Action]]:
        """What follows `before`: the same once more where that was refused, so that its marker stands for both."""
        job = self._job
        generation = before.generation if before else 0
        if before is None or before.state != "refused" or before.content != job.digest:
            generation += 1
        marker = self._name(generation) if is_marked(job.work, self._marks) else None
        actions = self._actions(marker)
        digest = job.memory.digest(reveal(actions))
        made = Record(new_token(), generation, digest, job.digest, dict(job.names), marker, kept(actions), self._run)
        return made, actions

    def _name(self, generation: int) -> str:
        job = self._job
        about = job.memory.digest([job.task.lane, dict(job.names), job.digest])
        return f"{job.task.lane}/{about[:32]}/{generation}"

    def _actions(self, marker: str | None) -> Sequence[Action]:
        return transact_items(self._job.work, self._marks, marker)

    # ------------------------------------------------------------------------------------------------------- sending

    async def _applied(self, record: Record, actions: Sequence[Action]) -> bool:
        """See a transaction through: False where it never takes effect, so that another has to. Raises Undone."""
        while True:
            outcome = await self._sent(record, actions)
            if isinstance(outcome, Fault):
                raise self._refused(outcome, actions)
            if outcome is not Outcome.UNKNOWN:
                return outcome is Outcome.APPLIED
            if record.marker is None or self._marks is None:
                raise self._stopped(record)
            outcome = await self._seen(record)
            if outcome is not Outcome.UNKNOWN:
                return outcome is Outcome.APPLIED
            record = record.again(self._clock.now())

    async def _sent(self, record: Record, actions: Sequence[Action]) -> Outcome | Fault:
        """Send until the answer is definite, as long as the token may be used. A Fault is final, and nothing was applied.

        Raises Undone where it is final and nobody knows what was applied.
        """
        doubt = record.sends > 0 or record.renewed
        while True:
            now = self._clock.now()
            record = record if doubt else record.begun(now)
            if not record.usable(now):
                return Outcome.UNKNOWN
            record = replace(record, state="open", last=now, sends=record.sends + 1, run=self._run)
            self._told_of(record, doubt)
            await self._keep(record)
            try:
                await self._attempt(record, actions)
            except Fault as fault:
                refusal = self._job.calls.refused(fault, self._refusals, harmless=True)
                doubt = self._in_doubt(refusal, record, doubt)
                self._told_of(record, doubt)
                outcome = await self._treated(refusal, record, doubt)
                if outcome is not None:
                    return outcome
                continue
            await self._job.calls.kept(lambda: self._keep(replace(record, state="applied")))  # noqa: B023 - called at once
            return Outcome.APPLIED

    def _told_of(self, record: Record, doubt: bool) -> None:
        """What is said of it should it be cut off now."""
        self._job.progress.unsettled = unsettled.standing(self._job.step.ref, record) if doubt else None

    async def _attempt(self, record: Record, actions: Sequence[Action]) -> None:
        call = request(actions, record.token)
        await self._job.calls.attempt(call, latest=record.latest, token=record.token, number=record.sends)

    def _in_doubt(self, refusal: Refusal, record: Record, before: bool) -> bool:
        """Whether anything of it may have been applied, this attempt or one before it.

        Under one token a condition that fails speaks for all of them: had one been applied, this would have been answered with
        success (fact sheet 6.3, rule 4). Of conflicts and throttles nobody says that.
        """
        fault = refusal.fault
        if fault.code == CANCELLED:
            return record.renewed if UNMET in reasons(fault) else before
        return before or not refusal.rule.spares(fault)

    async def _treated(self, refusal: Refusal, record: Record, doubt: bool) -> Outcome | Fault | None:
        """None, after a while, where it is to be sent again."""
        fault, rule = refusal.fault, refusal.rule
        self._job.progress.refused = fault, rule
        if record.marker and self._marks and fault.code == CANCELLED and UNMET in reasons(fault):
            outcome = await self._seen(record)
            if outcome is not Outcome.UNKNOWN:
                return outcome
        if not doubt:
            await self._job.calls.kept(lambda: self._keep(replace(record, state="refused")))
        if refusal.delay is None:
            if doubt and rule.treatment is not Treatment.CREDENTIALS:
                raise self._failed_in_doubt(fault, rule, record)
            return fault
        if doubt:
            await self._job.tell("no answer yet that says whether it was applied")
        await self._job.calls.rest(refusal)
        return None

    async def _seen(self, record: Record) -> Outcome:
        """What the marker tells."""
        assert record.marker is not None
        assert self._marks is not None
        mark = await look(self._job.calls, self._marks, record.marker)
        if mark is Mark.ABSENT:
            return Outcome.UNKNOWN
        if mark is Mark.THERE:
            await self._keep(replace(record, state="applied", run=self._run))
            return Outcome.APPLIED
        await self._keep(replace(record, state="refused", content=""))
        return Outcome.FENCED

    async def _keep(self, record: Record) -> None:
        await self._job.memory.put(PART, record.body())

    # -------------------------------------------------------------------------------------------------------- endings

    def _refused(self, fault: Fault, actions: Sequence[Action]) -> Undone | Fault:
        if fault.code != CANCELLED:
            return fault
        refused = list(cancellation.lines(fault, actions, self._keys))
        message = "Nothing of it was applied:\n" + "\n".join(refused or [fault.message])
        return self._job.failed(fault.code, message, classify(fault, self._job.calls.situation).advice, fault)

    def _failed_in_doubt(self, fault: Fault, rule: Rule, record: Record) -> Undone:
        message = f"{fault.message or fault.code}. {unsettled.sentence(self._job.step.ref, record)}"
        action = f"{rule.advice or 'See what the message says, then run again.'} {unsettled.NEXT}"
        return self._job.failed(fault.code, message, action, fault)

    def _stopped(self, record: Record) -> Undone:
        actions = restored(record.request) if record.request else self._job.work.actions
        message = f"{unsettled.sentence(self._job.step.ref, record)} {unsettled.WHY}"
        looked = [cancellation.told(action, self._keys) for action in actions]
        return self._job.failed("unknown-outcome", message, unsettled.action(looked))

    @property
    def _keys(self) -> cancellation.Keys:
        """Of each table its key attributes, as they were seen last."""
        found: dict[str, Sequence[str]] = {}
        for ref, live in self._job.live.items():
            if ref.section == "tables":
                found[live.name] = [name for name, _ in live.keys.attributes]
        return found
