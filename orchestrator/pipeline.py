"""The stages in order, and the only place that builds adapters: load, connect, observe, compile, then show or run.

A Request (what the command line or a caller asked for) enters; plans, a Preview, an Applied, a Waited or a Status leaves.
Everything that goes wrong is an OrchestratorError that carries its exit code. Each command is two functions: one opens the
target and closes it again, the other (`…_on`) works on an open one, whatever is behind its ports.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from orchestrator.adapters.clock import SystemClock
from orchestrator.adapters.journal import MemoryJournal
from orchestrator.engine.executor import Options, Stop, execute, new_run_id
from orchestrator.engine.limits import Limited
from orchestrator.engine.observe import observe
from orchestrator.engine.wait import wait as until_in_place
from orchestrator.errors import InvalidPlan, Problem, Refused
from orchestrator.kinds.table import PITR
from orchestrator.model import Event, Finding, Plan, Preview, Report, Status, StatusLine, Target, Waited, World
from orchestrator.planning.compile import compile_plans
from orchestrator.planning.load import Inputs, Said, load, read
from orchestrator.planning.standing import standing
from orchestrator.ports import Clock

if TYPE_CHECKING:
    import aioboto3

Listener = Callable[[Event], None]
Approve = Callable[[Preview], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Request:
    """What one command was asked to do. Durations are in seconds; `state` is `none` until the state store comes.

    `said` is what the one who asked calls `variables`, for messages about them.
    """

    plans: tuple[Path, ...]
    variables: Mapping[str, object] = field(default_factory=dict)
    var_files: tuple[Path, ...] = ()
    region: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    sandbox: bool = False
    state: Literal["none"] = "none"
    allow_destructive: bool = False
    max_parallel: int | None = None
    fail_fast: bool = False
    deadline: float | None = None
    wait: Literal["gate", "all", "none"] = "gate"
    session: "aioboto3.Session | None" = None
    said: Said = "variables="


@dataclass(frozen=True, slots=True)
class Applied:
    """What was shown and what came of it."""

    preview: Preview
    report: Report


# ---------------------------------------------------------------------------------------------------------- the target


@dataclass(frozen=True, slots=True)
class Opened:
    """A request with its plans loaded for the account and region that the credentials lead to.

    One `cloud` serves all that is done with it, so that rates are shared and every call is counted.
    """

    request: Request
    plans: tuple[Plan, ...]
    target: Target
    cloud: Limited
    clock: Clock

    async def observe(self, *, with_hazards: bool = False) -> World:
        """Live state of all that the plans name; `with_hazards` also of what only a preview's warnings need."""
        return await observe(self.plans, self.cloud, self.clock, extra_reads={"tables": {PITR}} if with_hazards else {})

    def compile(self, world: World) -> Preview:
        return compile_plans(self.plans, world, self.target, allow_destructive=self.request.allow_destructive)


@asynccontextmanager
async def opened(request: Request) -> AsyncIterator[Opened]:
    """Load the plans, open the target, refuse another account than the plan's, load again for what only the target knows."""
    from orchestrator.adapters.aws import connect  # 0.3 s of imports that offline commands must not pay

    sources, inputs = read(request.plans), _inputs(request)
    offline = load(sources, inputs, region=request.region)
    region = request.region or next((plan.region for plan in offline if plan.region), None)
    async with (
        _endpoint(request) as (endpoint_url, credentials),
        connect(
            region=region or ("us-east-1" if request.sandbox else None),
            profile=request.profile,
            endpoint_url=endpoint_url,
            session=request.session,
            credentials=credentials,
        ) as (cloud, target),
    ):
        _guard(offline, target)
        plans = load(sources, inputs, account=target.account, region=target.region)
        clock = SystemClock()
        yield Opened(request, plans, target, Limited.over(cloud, clock), clock)


def _inputs(request: Request) -> Inputs:
    return Inputs(variables=request.variables, files=request.var_files, environ=os.environ, said=request.said)


@asynccontextmanager
async def _endpoint(request: Request) -> AsyncIterator[tuple[str | None, Mapping[str, str] | None]]:
    """The endpoint to use, and credentials for it where they are not the user's: the sandbox starts and ends here."""
    if not request.sandbox:
        yield request.endpoint_url, None
        return
    from orchestrator.sandbox.rules.durations import Durations
    from orchestrator.sandbox.server import SandboxServer  # moto is an optional extra

    with SandboxServer(durations=Durations.fast()) as server:
        yield server.endpoint, {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox"}


def _guard(plans: Sequence[Plan], target: Target) -> None:
    """Refuse another account than the plan's, before anything is observed (requirement B9)."""
    for plan in plans:
        if plan.account is not None and plan.account != target.account:
            where = plan.where(("account",))
            raise Refused(
                Problem(
                    "account-guard",
                    f"Plan {plan.name} is for account {plan.account}, but the credentials belong to {target.account}.",
                    "Use credentials of that account, or correct `account:` in the plan.",
                    file=where.file if where else plan.file,
                    line=where.line if where else None,
                    column=where.column if where else None,
                )
            )


# ------------------------------------------------------------------------------------------------------------- looking


def validate(request: Request) -> tuple[Plan, ...]:
    """The files alone, offline. Raises InvalidPlan with every problem found."""
    return load(read(request.plans), _inputs(request), region=request.region)


async def preview(request: Request) -> Preview:
    """What an apply would do now. Error findings are in it; raises InvalidPlan, Refused (account guard), Unreachable."""
    async with opened(request) as run:
        return run.compile(await run.observe(with_hazards=True))


async def status(request: Request) -> Status:
    """Where everything stands that the plans name. Raises as `preview` does."""
    async with opened(request) as run:
        return await status_on(run)


async def status_on(run: Opened) -> Status:
    world = await run.observe()
    return Status(run.target, standing(run.compile(world), world))


async def wait(request: Request, *, listeners: Sequence[Listener] = (), stop: Stop | None = None) -> Waited:
    """Block until live state satisfies the plans and is settled; changes nothing.

    Ends with exit code 0, 6 when the request's or a plan's deadline passes, 130 or 143 when stopped. Raises InvalidPlan for
    plans that can't be satisfied, else as `preview` does.
    """
    async with opened(request) as run:
        return await wait_on(run, listeners=listeners, stop=stop)


async def wait_on(run: Opened, *, listeners: Sequence[Listener] = (), stop: Stop | None = None) -> Waited:
    stop, options = stop or Stop(), _options(run.request, run.plans)

    async def look() -> Sequence[StatusLine]:
        world = await run.observe()
        found = run.compile(world)
        _refuse_errors(found)
        return [line for line in standing(found, world) if line.state != "in_place"]

    cut, pending = await until_in_place(
        look,
        run.clock,
        run=new_run_id(run.clock.now()),
        limits=run.cloud.limits,
        deadline=options.deadline,
        stop=stop,
        listeners=listeners,
    )
    if cut is None:
        return Waited(0, "succeeded", run.target)
    if stop.signal is not None:
        return Waited(128 + stop.signal, "interrupted", run.target, tuple(pending))
    return Waited(6, "in_progress", run.target, tuple(pending))


# ------------------------------------------------------------------------------------------------------------- apply


async def apply(
    request: Request,
    *,
    approve: Approve | None,
    shown: Callable[[Preview], None] = lambda preview: None,
    listeners: Sequence[Listener] = (),
    stop: Stop | None = None,
) -> Applied:
    """Preview, show, ask, run, report.

    `shown` gets each preview before `approve` is asked (None: approved beforehand); with nothing to change nobody is asked.
    A graph that grew while somebody thought about it is shown and asked anew. Raises InvalidPlan (error findings), Refused,
    Unreachable.
    """
    async with opened(request) as run:
        return await apply_on(run, approve=approve, shown=shown, listeners=listeners, stop=stop)


async def apply_on(
    run: Opened,
    *,
    approve: Approve | None,
    shown: Callable[[Preview], None] = lambda preview: None,
    listeners: Sequence[Listener] = (),
    stop: Stop | None = None,
) -> Applied:
    world, found = await _agreed(run, approve, shown)
    report = await execute(
        found,
        world,
        run.cloud,
        run.clock,
        MemoryJournal(),
        _options(run.request, run.plans),
        stop=stop or Stop(),
        listeners=listeners,
    )
    return Applied(found, report)


async def _agreed(run: Opened, approve: Approve | None, shown: Callable[[Preview], None]) -> tuple[World, Preview]:
    """What is to be run, and the world it was compiled from: shown, not refused, and approved as it is now."""
    while True:
        world = await run.observe(with_hazards=True)
        found = run.compile(world)
        shown(found)
        _refuse(found)
        if approve is None or not found.graph.steps:
            return world, found
        if not await approve(found):
            raise Refused(Problem("not-approved", "Nothing was changed, because the preview was not approved."))
        world = await run.observe(with_hazards=True)
        now = run.compile(world)
        if _covers(found, now):
            if now.graph != found.graph:  # some of it was done meanwhile
                shown(now)
            return world, now


def _options(request: Request, plans: Sequence[Plan]) -> Options:
    deadlines = [plan.policy.deadline for plan in plans if plan.policy.deadline is not None]
    deadline = request.deadline if request.deadline is not None else min(deadlines, default=None)
    defaults = Options()
    return Options(
        max_parallel=request.max_parallel or defaults.max_parallel,
        fail_fast=request.fail_fast,
        deadline=deadline,
        wait=request.wait,
    )


def _covers(shown: Preview, now: Preview) -> bool:
    """Whether every step that would run now was in what was shown."""
    approved = {step.id: step.call for step in shown.graph}
    return all(step.call is None or approved.get(step.id) == step.call for step in now.graph)


def _refuse(found: Preview) -> None:
    """Error findings and refused steps end an apply before anyone is asked."""
    _refuse_errors(found)
    if refusals := [_problem(finding) for finding in found.findings if finding.refuses]:
        raise Refused(refusals)


def _refuse_errors(found: Preview) -> None:
    if errors := [_problem(finding) for finding in found.findings if finding.level == "error"]:
        raise InvalidPlan(errors)


def _problem(finding: Finding) -> Problem:
    where = finding.where
    return Problem(
        finding.code,
        finding.message,
        finding.action,
        file=where.file if where else None,
        line=where.line if where else None,
        column=where.column if where else None,
        subject=str(finding.ref) if finding.ref else None,
    )
