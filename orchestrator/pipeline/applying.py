"""Preview, show, ask, take turns with other runs, run, report."""

import os
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from functools import partial

from orchestrator.adapters.identity import identity
from orchestrator.adapters.journal import MemoryJournal
from orchestrator.adapters.store_names import MEMORY
from orchestrator.approval import Agreed, Approvals, Approve, Shown, unseen
from orchestrator.engine.executor import Stop, execute, new_run_id
from orchestrator.engine.race import CUT, unless
from orchestrator.engine.record import Listener, Listeners
from orchestrator.errors import OrchestratorError, Problem, StillInProgress, StoreUnavailable, Unreachable
from orchestrator.hold import Hold
from orchestrator.model import Event, PlanMark, Preview, Report, RunRecord
from orchestrator.pipeline.deadline import Deadline, unanswered
from orchestrator.pipeline.opening import Opened, opened
from orchestrator.pipeline.request import Request, options_of
from orchestrator.pipeline.reviewing import declarations
from orchestrator.planning import fingerprint
from orchestrator.planning.shares import shared
from orchestrator.state.ground import prepared
from orchestrator.state.lease import LEASE_SECONDS
from orchestrator.state.memory import Memories
from orchestrator.state.patience import patiently
from orchestrator.state.sentences import unavailable, waits
from orchestrator.turns import Claim, Turns, lock_name


@dataclass(frozen=True, slots=True)
class Applied:
    """What was shown and what came of it."""

    preview: Preview
    report: Report


async def apply(
    request: Request,
    *,
    approve: Approve | None,
    shown: Shown = unseen,
    begins: Shown = unseen,
    listeners: Sequence[Listener] = (),
    stop: Stop | None = None,
) -> Applied:
    """Preview, show, ask, run, report.

    `shown` gets each preview before `approve` is asked (None: approved beforehand); with nothing to change nobody is asked.
    A graph that grew while somebody thought about it is shown and asked anew; so is what is left to do after a run whose
    plan proved outdated. `begins` gets what is run, right before the first step of it. Raises InvalidPlan (error findings),
    Refused, Unreachable.
    """
    async with opened(request) as run:
        return await apply_on(run, approve=approve, shown=shown, begins=begins, listeners=listeners, stop=stop)


async def apply_on(
    run: Opened,
    *,
    approve: Approve | None,
    shown: Shown = unseen,
    begins: Shown = unseen,
    listeners: Sequence[Listener] = (),
    stop: Stop | None = None,
) -> Applied:
    due = Deadline(
        run.clock, options_of(run.request, run.plans).deadline, run.clock.now() if run.began is None else run.began
    )
    approvals, stop = Approvals(run, due.halted_by(approve), shown, begins), stop or Stop()
    agreed = await due.within(approvals.first, unanswered)
    if run.store is None or not agreed.preview.graph.steps:
        return await _run(run, approvals, agreed, stop, listeners)
    if shared(run.plans):
        approvals.lanes = {step.lane for step in agreed.preview.graph}
    claim = await _claim(run, agreed.since, due, listeners, approvals.lanes, deliberate=approve is not None)

    async def work(now: Agreed, hold: Hold | None) -> Applied:
        return await _run(run, approvals, now, stop, listeners, claim.run.id, hold)

    return await Turns(run.store, run.clock, claim, approvals, listeners).run(agreed, stop, work)


async def _run(
    run: Opened,
    approvals: Approvals,
    agreed: Agreed,
    stop: Stop,
    listeners: Sequence[Listener],
    run_id: str | None = None,
    hold: Hold | None = None,
) -> Applied:
    """Run what is agreed, under `hold` where there is one."""
    memories = _memories(run, hold)
    if hold:
        approvals.tells(hold.begins)
    if memories:
        approvals.remember = memories.stages
    await _begun(approvals, agreed, hold)
    report = await execute(
        agreed.preview,
        agreed.world,
        run.cloud,
        run.clock,
        hold.journal if hold else MemoryJournal(),
        options_of(run.request, run.plans),
        run=run_id,
        started=agreed.since,
        stop=stop,
        listeners=[*listeners, hold.event] if hold else listeners,
        again=approvals.again,
        guard=hold.guard if hold else None,
        memory=memories,
    )
    if hold:
        hold.outcome, hold.exit_code = report.outcome, report.exit_code
    return Applied(replace(agreed.preview, graph=approvals.graph(report)), report)


async def _begun(approvals: Approvals, agreed: Agreed, hold: Hold | None) -> None:
    """Raises why, where the run may change nothing any more before that is written down."""
    begin = partial(approvals.begin, agreed)
    if hold is None:
        await begin()
    elif await unless(begin, hold.guard.until_over) is CUT:
        raise await hold.guard.until_over()


def _memories(run: Opened, hold: Hold | None) -> Memories | None:
    if run.store is None or hold is None:
        return None
    past = run.remembering.past
    return Memories(run.store, hold.guard, run.clock, run.target, past.key, past.marks)


async def _claim(
    run: Opened,
    since: float,
    due: Deadline,
    listeners: Sequence[Listener],
    lanes: Set[str] | None,
    *,
    deliberate: bool,
) -> Claim:
    """What this run wants of the store: every table, function and task that its plans name; of a job among several only what it
    changes, for the others change nothing of that.
    """
    id_ = new_run_id(since)
    key = await _key(run, id_, due, listeners)
    run.remembering.begins(key)
    declared = declarations(run.plans, run.lock, key)
    record = RunRecord(
        id=id_,
        plans=tuple(PlanMark(plan.name, fingerprint.plan(plan, key)) for plan in run.plans),
        resources=tuple(sorted(declared if lanes is None else {lock_name(run.target, lane) for lane in lanes})),
        started=since,
        lease=LEASE_SECONDS,
        who=identity(os.environ, run.request.plans[0]),
    )
    return Claim(
        record,
        declared,
        run.request.lock_timeout,
        due.ends,
        deliberate=deliberate or run.request.allow_older,
    )


async def _key(run: Opened, id_: str, due: Deadline, listeners: Sequence[Listener]) -> bytes:
    """The key of the store's digests; the store is made where there is none. Raises Unreachable, StillInProgress, Refused."""
    assert run.store is not None
    store, heard = run.store, list[StoreUnavailable]()

    def tell(message: str) -> None:
        Listeners(listeners).tell(Event(run.clock.now(), id_, "", "notice", {"message": message}))

    def making() -> None:
        if run.store_name != MEMORY:
            tell(f"The state store {run.store_name} is not there yet: it is being made.")

    def away(error: StoreUnavailable) -> None:
        heard.append(error)
        tell(waits(error))

    def late() -> OrchestratorError:
        return Unreachable(unavailable(heard[-1])) if heard else StillInProgress(_not_made(run.store_name))

    try:
        return await due.within(lambda: patiently(lambda: prepared(store, making), run.clock, due.ends, away), late)
    except StoreUnavailable as error:
        raise Unreachable(unavailable(error)) from None


def _not_made(store: str) -> Problem:
    return Problem(
        "still-in-progress",
        f"The deadline passed before the state store {store} could be used, so nothing was changed.",
        "Run again, or give a longer --deadline: where it is being made, AWS goes on with that.",
    )
