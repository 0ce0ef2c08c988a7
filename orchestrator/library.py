"""The library: the pipeline with Python's own conveniences, and exceptions where the command line has exit codes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast, get_args

from orchestrator import pipeline
from orchestrator.adapters.store_names import FORMS, is_store
from orchestrator.engine.limits import Limits, Rate
from orchestrator.engine.log import Log
from orchestrator.engine.record import Listener
from orchestrator.errors import OrchestratorError, Problem, StillInProgress, Usage
from orchestrator.model import Plan, Preview, Report, Status, Wait, Waited
from orchestrator.pipeline.request import LOCK_TIMEOUT
from orchestrator.planning.shares import said
from orchestrator.render.text.words import count

if TYPE_CHECKING:
    import aioboto3

Paths = str | PathLike[str] | Sequence[str | PathLike[str]]

__all__ = [
    "Limits",
    "Listener",
    "Log",
    "Rate",
    "RunFailed",
    "RunStillInProgress",
    "apply",
    "load",
    "preview",
    "status",
    "wait",
]

GOES_ON = "AWS goes on working on it: call `apply` again to go on from there, or `wait` to see it settle."
WAIT_ON = "The deadline passed before it was as planned and settled: call `wait` again, or `apply` what is pending."
CALL_AGAIN = "What is done stays done: call `apply` again to go on."


class RunFailed(OrchestratorError):
    """A run that did not end with everything in place; `report` says how each step ended."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.exit_code = report.exit_code
        self.outcome = report.outcome
        super().__init__(tuple(_failures(report)) or _unfinished(report))


class RunStillInProgress(RunFailed, StillInProgress):
    """Nothing has failed (exit code 6): the deadline passed, and AWS goes on with what `report.still_running` names; or AWS
    takes something only later, or a task is not at its end, which its step says."""


def _failures(report: Report) -> Iterator[Problem]:
    for step in report.steps:
        if step.error and not step.left:
            yield Problem(step.error["code"], step.error["message"], step.error["action"], subject=step.error["where"])


def _unfinished(report: Report) -> Sequence[Problem]:
    """What a run without a failure left: what kept it from going on, what AWS still works on, what was not run, and why."""
    if report.outcome in ("invalid", "refused", "unreachable", "locked") and report.notices:
        return [Problem(report.outcome, notice, CALL_AGAIN) for notice in report.notices]
    late = report.exit_code == StillInProgress.exit_code
    running = [
        Problem("still-in-progress", f"{thing.status} when the deadline passed.", GOES_ON, subject=str(thing.ref))
        for thing in report.still_running
    ]
    left = [
        Problem(step.error["code"], step.error["message"], step.error["action"], subject=step.error["where"])
        for step in report.steps
        if step.error and step.left
    ]
    if late and (running or left):
        return [*running, *left]
    how = "The deadline passed" if late else f"The run ended as {report.outcome}"
    missing = sum(step.outcome not in ("done", "already_in_place") for step in report.steps)
    message = f"{how} with {missing} of {count(len(report.steps), 'step')} not done."
    return [Problem("still-in-progress" if late else report.outcome, message, CALL_AGAIN)]


def _request(
    plans: Paths,
    variables: Mapping[str, object] | None,
    region: str | None,
    endpoint_url: str | None,
    session: "aioboto3.Session | None",
    deadline: float | None = None,
    *,
    allow_destructive: bool = False,
    max_parallel: int | None = None,
    fail_fast: bool = False,
    wait: Wait = "gate",
    limits: Limits | None = None,
    iam_lag: float | None = None,
    state: str | None = None,
    lock_timeout: float | None = None,
    allow_older: bool = False,
    shard: str | None = None,
) -> pipeline.Request:
    paths = (plans,) if isinstance(plans, str | PathLike) else tuple(plans)
    if wrong := tuple(_wrong(paths, deadline, max_parallel, iam_lag, wait, lock_timeout, state, shard)):
        raise Usage(wrong)
    return pipeline.Request(
        plans=tuple(Path(path) for path in paths),
        variables=variables or {},
        region=region,
        endpoint_url=endpoint_url,
        session=session,
        deadline=deadline,
        allow_destructive=allow_destructive,
        max_parallel=max_parallel,
        fail_fast=fail_fast,
        wait=wait,
        limits=limits,
        iam_lag=iam_lag,
        state=state,
        lock_timeout=LOCK_TIMEOUT if lock_timeout is None else lock_timeout,
        allow_older=allow_older,
        share=said(shard) if shard is not None else None,
    )


def _wrong(
    paths: Sequence[object],
    deadline: object,
    max_parallel: object,
    iam_lag: object,
    wait: object,
    lock_timeout: object,
    state: str | None,
    shard: str | None,
) -> Iterator[Problem]:
    """What a program may get wrong that the command line's own options can't."""
    if state is not None and not is_store(state):
        yield Problem("usage", f"state={state!r} is no state store.", f"Give {FORMS}.")
    if shard is not None and said(shard) is None:
        yield Problem("usage", f"shard={shard!r} is no share.", "Give one such as '1/4', the first of four.")
    if not paths:
        yield Problem("usage", "No plan is given.", "Name a plan file or a folder of them.")
    if lock_timeout is not None and not (type(lock_timeout) in (int, float) and cast(float, lock_timeout) >= 0):
        yield Problem("usage", f"lock_timeout={lock_timeout!r} is no number of seconds.", "Give seconds, 0 or more.")
    for name, seconds in (("deadline", deadline), ("iam_lag", iam_lag)):
        if seconds is not None and not (type(seconds) in (int, float) and 0 < cast(float, seconds) < float("inf")):
            yield Problem("usage", f"{name}={seconds!r} is no number of seconds.", f"Give seconds, such as {name}=900.")
    if max_parallel is not None and not (type(max_parallel) is int and max_parallel > 0):
        yield Problem("usage", f"max_parallel={max_parallel!r} is no number of resources.", "Give 1 or more.")
    if wait not in get_args(Wait):
        yield Problem("usage", f"{wait!r} is nothing to wait for.", f"Give one of {', '.join(get_args(Wait))}.")


def load(plans: Paths, *, variables: Mapping[str, object] | None = None, region: str | None = None) -> tuple[Plan, ...]:
    """Read and check plan files, offline. Raises InvalidPlan with every problem found, here and below Usage for bad arguments."""
    return pipeline.validate(_request(plans, variables, region, None, None))


async def preview(
    plans: Paths,
    *,
    variables: Mapping[str, object] | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
    session: "aioboto3.Session | None" = None,
    allow_destructive: bool = False,
    state: str | None = None,
    shard: str | None = None,
    count_items: bool = False,
) -> Preview:
    """What `apply` would do now. `state` and `shard` as there; a preview neither makes nor writes the store. `count_items` reads
    up to 10,000 items of the table of each backfill, to count what it would change. Raises InvalidPlan, Refused (account guard),
    Unreachable.
    """
    request = _request(
        plans,
        variables,
        region,
        endpoint_url,
        session,
        allow_destructive=allow_destructive,
        state=state,
        shard=shard,
    )
    return await pipeline.preview(replace(request, count_items=count_items))


async def apply(
    plans: Paths,
    *,
    variables: Mapping[str, object] | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
    session: "aioboto3.Session | None" = None,
    allow_destructive: bool = False,
    deadline: float | None = None,
    max_parallel: int | None = None,
    fail_fast: bool = False,
    wait: Wait = "gate",
    limits: Limits | None = None,
    iam_lag: float | None = None,
    state: str | None = None,
    lock_timeout: float | None = None,
    allow_older: bool = False,
    shard: str | None = None,
    on_event: Listener | None = None,
) -> Report:
    """Make live state as the plans say, and return when all of it is settled that has `gate: start`.

    `wait="all"` waits for background work too, `wait="none"` for nothing. The report says what goes on and what is queued.
    With nothing to change no mutating call is sent and the report's outcome is `nothing_to_do`. `deadline` is in seconds,
    and so is `iam_lag`: how long a role, policy or key may be too young to be seen (120 unless given;
    AWS has been seen to take 900).
    `limits` are the request rates to keep to; `on_event` hears of each event as it happens, such as `Log()`. Nobody is asked:
    what is destructive needs the plan's policy or `allow_destructive`. Cancelling stops before the next call; what AWS works on
    then goes on, and the next run picks it up.
    `state` names the state store (`dynamodb://TABLE`, which is `dynamodb://orchestrator-state` unless given, `sqlite:PATH`, or
    `none`: no lock across processes), `lock_timeout` the seconds to wait for runs of other plans, `allow_older` lets these plans
    undo what newer ones made. `shard`, such as "1/4", is the share of backfills that this job does, other jobs the others.

    Raises RunStillInProgress where a deadline passed, RunFailed where something failed, both with the report, else as
    `preview` does.
    """
    request = _request(
        plans,
        variables,
        region,
        endpoint_url,
        session,
        deadline,
        allow_destructive=allow_destructive,
        max_parallel=max_parallel,
        fail_fast=fail_fast,
        wait=wait,
        limits=limits,
        iam_lag=iam_lag,
        state=state,
        lock_timeout=lock_timeout,
        allow_older=allow_older,
        shard=shard,
    )
    applied = await pipeline.apply(request, approve=None, listeners=(on_event,) if on_event else ())
    if applied.report.exit_code == StillInProgress.exit_code:
        raise RunStillInProgress(applied.report)
    if applied.report.exit_code:
        raise RunFailed(applied.report)
    return applied.report


async def wait(
    plans: Paths,
    *,
    variables: Mapping[str, object] | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
    session: "aioboto3.Session | None" = None,
    deadline: float | None = None,
    until: Literal["gate", "all"] = "gate",
    on_event: Listener | None = None,
) -> Waited:
    """Return when live state satisfies the plans and is settled, but for background work; sends no mutating call.

    With `until="all"` also that.
    `deadline` is in seconds; StillInProgress is raised when it passes. `on_event` as in `apply`. Else raises as `preview` does.
    """
    request = _request(plans, variables, region, endpoint_url, session, deadline, wait=until)
    waited = await pipeline.wait(request, listeners=(on_event,) if on_event else ())
    if waited.exit_code:
        raise StillInProgress(
            [
                Problem("still-in-progress", f"{line.detail or line.state}.", WAIT_ON, subject=str(line.ref))
                for line in waited.pending
                if until == "all" or line.gate == "start"
            ]
            or Problem(
                "still-in-progress", "The deadline passed before live state could be read.", "Call `wait` again."
            )
        )
    return waited


async def status(
    plans: Paths,
    *,
    variables: Mapping[str, object] | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
    session: "aioboto3.Session | None" = None,
    state: str | None = None,
) -> Status:
    """Where everything stands now that the plans name, and who holds it; sends no mutating call. Raises as `preview` does."""
    return await pipeline.status(_request(plans, variables, region, endpoint_url, session, state=state))
