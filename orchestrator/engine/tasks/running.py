"""The life of a task's step.

what it works on takes calls ──► done before, with this content, on these things? ──► already in place
                                   │ no
                                   ▼
                                 done, by its own module ──► remembered ──► settled
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from orchestrator import kinds
from orchestrator.engine.allowance import Allowance
from orchestrator.engine.ending import AlreadyInPlace, Begun, Done, Ending, Failure, NotRun, Yields
from orchestrator.engine.faults import classify
from orchestrator.engine.judge import Doubt, Judgement, Look
from orchestrator.engine.limits import Slot
from orchestrator.engine.race import CUT, unless
from orchestrator.engine.record import JournalFailed
from orchestrator.engine.run import Run
from orchestrator.engine.settle import Progress, Watch
from orchestrator.engine.stop import STEP_DEADLINE, Cut
from orchestrator.engine.tasks.backfilling import backfill
from orchestrator.engine.tasks.calls import Calls
from orchestrator.engine.tasks.doing import Job, Undone
from orchestrator.engine.tasks.invoking import invoke
from orchestrator.engine.tasks.seeding import seed
from orchestrator.engine.tasks.transacting import transact
from orchestrator.engine.treatment import Situation, Treatment
from orchestrator.errors import Fault, InvalidPlan
from orchestrator.model import (
    Backfill,
    Broken,
    FromLive,
    Invocation,
    Ref,
    Scope,
    Seed,
    Settled,
    Step,
    Task,
    Transaction,
    Work,
    bind,
    unknown,
)
from orchestrator.planning.done_before import Changed, Stands, identities, said, standing

UNREACHABLE = 7
VISIBLE_SECONDS = 5.0
"""After this long reads lag behind no more as a rule (fact sheet 14.4)."""
FUNCTIONS = "functions"
Do = Callable[[Job[Any]], Awaitable[None]]
"""Does the work of a job, all of it. Raises Undone, Fault, InvalidPlan."""
DOING: Mapping[type[Work], Do] = {Seed: seed, Transaction: transact, Invocation: invoke, Backfill: backfill}
"""By what sort of work."""


class TaskRun:
    """Lives the step of one task. `progress` says how far it has come; `slot` is its place among those in motion."""

    def __init__(self, run: Run, step: Step, task: Task) -> None:
        self.slot: Slot = run.slots.slot()
        self.progress = Progress(run.clock.now())
        self._run = run
        self._step = step
        self._task = task
        self._calls = Calls(run, step, self.progress)
        self._memory = run.memory.of(task)

    async def paused(self, before: float) -> Ending | None:
        """Nothing: AWS takes the calls of a task at any time."""

    async def live(self, *, may_yield: bool, again: Yields | None = None) -> Ending | Yields:
        """From the first look to the end, within the step's deadline."""
        allowance = Allowance(self._run.clock, self._step.deadline)
        self._calls.ends = self._run.clock.now() + self._step.deadline
        ending = await unless(self._life, allowance.used_up)
        return self.cut(STEP_DEADLINE) if ending is CUT else ending

    def cut(self, cut: Cut) -> Ending:
        """How the task ends where it is stopped from outside: what it did stays done, and the next run goes on from there."""
        progress = self.progress
        if cut.final:
            return self._timed_out(cut)
        if progress.attempts:
            return Begun(progress.status, progress.since or progress.started, cut.reason, str(self._step.ref))
        return NotRun(f"{cut.reason[0].upper()}{cut.reason[1:]} before it began.", str(self._step.ref), queued=True)

    # ---------------------------------------------------------------------------------------------------------- the life

    async def _life(self) -> Ending:
        try:
            return await self._lived()
        except Undone as undone:
            return undone.ending
        except InvalidPlan as error:
            first = error.problems[0]
            return self._stopped(first.code, first.message, first.action)
        except Fault as fault:
            if cut := self._run.shut_out(fault):
                return self.cut(cut)
            return self._failure(fault)
        except JournalFailed as error:
            message = f"The journal can't be written ({error}), and nothing is sent that nobody remembers."
            return self._stopped("JournalFailed", message, "See that the state store can be written, then run again.")

    async def _lived(self) -> Ending:
        live = {ref: await self._ready(ref) for ref in sorted(self._task.acts_on)}
        task = await self._bound()
        job = Job(
            self._run,
            self._step,
            task,
            task.work,
            self._memory,
            self._calls,
            self.progress,
            digest=self._memory.digest(task.work.stated),
            names=identities(task, live),
            live=live,
            before=await self._memory.done(),
        )
        says = self._memory.digest(said(self._task, task.work))
        match standing(task, says, job.names, job.before):
            case Stands():
                return AlreadyInPlace(self._seconds)
            case Changed(done):
                raise job.changed(done.run)
        await DOING[type(task.work)](job)
        await job.remember(says, self._run.recorder.run)
        return Done(self._seconds)

    async def _bound(self) -> Task:
        """The task with every value that is known only while running. Raises Undone where one is not known, Fault."""
        await self._run.see(self._task.late)
        work = self._task.work.filled(lambda value: bind(value, self._run.known))
        if missing := unknown(work.stated):
            said = ", ".join(dict.fromkeys(f"{one.ref}.{one.field}" for one in missing if isinstance(one, FromLive)))
            raise Undone(self._stopped("unknown-value", f"{said or 'A value'} is not known yet.", "Run again."))
        return replace(self._task, work=work)

    async def _ready(self, root: Ref) -> Any:
        """The live state of `root` once it takes items, or invocations (requirement A6). Raises Undone where it can't, Fault."""
        step = replace(self._step, ref=root, reads=frozenset(), because=())
        watch = Watch(self._run, step, self.progress, self.slot)
        parts = [need for need in self._task.needs if need.root == root and need != root]
        judge = Doubt(lambda live: _ready(root, parts, live), {Look.ABSENT: VISIBLE_SECONDS}, self._run.clock.now)
        found = await watch.until(judge, f"until {root} takes what the task does")
        if isinstance(found, Broken):
            action = found.action or "Mend the cause, then run again."
            raise Undone(self._stopped(found.code or "Broken", f"{root}: {found.reason}.", action))
        if found is Look.ABSENT:
            raise Undone(self._stopped("not-there", f"{root} is not there.", "Somebody deleted it: preview again."))
        self.progress.status = ""
        return watch.live

    # --------------------------------------------------------------------------------------------------------- the end

    def _timed_out(self, cut: Cut) -> Failure:
        """What passed, how far it is, what AWS answered last, and, of a transaction, that it may have been applied."""
        progress = self.progress
        stands = f" ({progress.status})" if progress.status else ""
        said = [f"{cut.reason[0].upper()}{cut.reason[1:]} before the task was done{stands}."]
        action = "Run again: it goes on from there. A longer `timeout` gives it more time."
        ended = self._stopped("Timeout", "", action)
        if trouble := progress.refused or progress.unseen:
            ended = replace(
                ended, where=f"{self._step.ref} ({trouble[0].title})", exit_code=self._failure(trouble[0]).exit_code
            )
            said.append(f"The last answer was {trouble[0].code}: {trouble[0].message.rstrip('.') or trouble[0].code}.")
        if progress.unsettled:
            sentence, action = progress.unsettled
            said.append(sentence)
        return replace(ended, message=" ".join(said), action=action)

    def _failure(self, fault: Fault) -> Failure:
        rule = classify(fault, Situation("run"))
        out_of_reach = rule.treatment in (Treatment.CREDENTIALS, Treatment.RECONNECT)
        return Failure(
            fault.code,
            fault.message or fault.code,
            rule.advice or "See what the message says, then run again: the task goes on from where it is.",
            f"{self._step.ref} ({fault.title})",
            exit_code=UNREACHABLE if out_of_reach else 1,
            seconds=self._seconds,
        )

    def _stopped(self, code: str, message: str, action: str) -> Failure:
        return Failure(code, message, action, str(self._step.ref), seconds=self._seconds)

    @property
    def _seconds(self) -> float:
        return self._run.clock.now() - self.progress.started


def _ready(root: Ref, parts: Sequence[Ref], live: Any) -> Judgement:
    """Whether the table with those of its indexes that the task waits for, or the function, takes what a task does."""
    kind = kinds.ROOTS[root.section]
    if not kinds.is_there(root, live):
        return Look.ABSENT
    seen = kind.parts(live)
    verdicts = [kind.verdict(live, Scope.WHOLE if root.section == FUNCTIONS else Scope.SELF)]
    verdicts += [seen[part] for ref in parts if (part := (ref.section, ref.name)) in seen]
    return next((one for one in verdicts if not isinstance(one, Settled)), Look.READY)
