"""The stages in order, and the only place that builds adapters: load, connect, observe, compile, then show or run.

A Request (what the command line or a caller asked for) enters; plans, a Preview, an Applied, a Waited or a Status leaves.
Everything that goes wrong is an OrchestratorError that carries its exit code. Each command is two functions: one opens the
target and closes it again, the other (`…_on`) works on an open one, whatever is behind its ports.
"""

import os
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from orchestrator.adapters.clock import SystemClock
from orchestrator.adapters.journal import MemoryJournal
from orchestrator.approval import Approvals, Approve, Shown, refuse_errors, unseen
from orchestrator.engine.executor import Options, Stop, execute, new_run_id
from orchestrator.engine.limits import Limited, Limits
from orchestrator.engine.observe import NotedOf, observe
from orchestrator.engine.persistence import BEFORE_A_RUN, DURING_A_RUN
from orchestrator.engine.record import Listener, Listeners
from orchestrator.engine.wait import wait as until_in_place
from orchestrator.errors import Problem, Refused
from orchestrator.kinds import ROOTS
from orchestrator.model import (
    Event,
    Outcome,
    Plan,
    Preview,
    Ref,
    Report,
    Status,
    StatusLine,
    Target,
    Wait,
    Waited,
    World,
)
from orchestrator.planning.compile import compile_plans
from orchestrator.planning.load import Inputs, Said, load, read
from orchestrator.planning.standing import standing
from orchestrator.ports import Clock

if TYPE_CHECKING:
    import aioboto3


@dataclass(frozen=True, slots=True)
class Request:
    """What one command was asked to do. Durations are in seconds; `state` is `none` until the state store comes.

    `wait`, `limits` and `iam_lag` as in the engine's Options, None for its defaults.
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
    wait: Wait = "gate"
    session: "aioboto3.Session | None" = None
    limits: Limits | None = None
    iam_lag: float | None = None
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

    @property
    def wait(self) -> Wait:
        """What an apply waits for."""
        return self.request.wait

    async def observe(self, **how: Any) -> World:
        """Live state of all that the plans name; `how`: keyword arguments of the engine's `observe`."""
        return await observe(self.plans, self.cloud, self.clock, **how)

    async def with_hazards(self, world: World) -> World:
        """The same with what a preview's warnings need."""
        roots = [item.ref for plan in self.plans for item in plan.resources if ROOTS[item.ref.section].HAZARD_READS]
        return {**world, **await self.observe(only=roots, hazards=True)}

    def compile(self, world: World) -> Preview:
        return compile_plans(
            self.plans,
            world,
            self.target,
            now=self.clock.now(),
            allow_destructive=self.request.allow_destructive,
            wait=self.request.wait,
        )


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
        yield Opened(request, plans, target, Limited(cloud, clock, request.limits), clock)


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
        return run.compile(await run.observe(hazards=True))


async def status(request: Request) -> Status:
    """Where everything stands that the plans name. Raises as `preview` does."""
    async with opened(request) as run:
        return await status_on(run)


async def status_on(run: Opened) -> Status:
    world = await run.observe()
    return Status(run.target, standing(run.compile(world), world))


async def wait(request: Request, *, listeners: Sequence[Listener] = (), stop: Stop | None = None) -> Waited:
    """Block until live state satisfies the plans and is settled, but for background work with `wait` gate; changes nothing.

    Ends with exit code 0, 6 when the request's or a plan's deadline passes, 130 or 143 when stopped. Raises InvalidPlan for
    plans that can't be satisfied, else as `preview` does.
    """
    async with opened(request) as run:
        return await wait_on(run, listeners=listeners, stop=stop)


async def wait_on(run: Opened, *, listeners: Sequence[Listener] = (), stop: Stop | None = None) -> Waited:
    stop, options = stop or Stop(), _options(run.request, run.plans)
    began = run.clock.now()
    run_id = new_run_id(began)
    world: dict[Ref, Any] = {}

    async def look(only: Collection[Ref] | None, noted: NotedOf) -> Sequence[StatusLine]:
        # Who could look once waits on when the connection is lost.
        world.update(await run.observe(only=only, noted=noted, persistence=DURING_A_RUN if world else BEFORE_A_RUN))
        found = run.compile(world)
        refuse_errors(found)
        return standing(found, world)

    over, lines = await until_in_place(
        look,
        run.clock,
        run=run_id,
        limits=run.cloud.limits,
        deadline=options.deadline,
        stop=stop,
        listeners=listeners,
        background=options.wait == "all",
    )
    exit_code, outcome = _end(stop, over=over)
    ended = run.clock.now()
    told = {"outcome": outcome, "exit_code": exit_code, "seconds": ended - began}
    Listeners(listeners).tell(Event(ended, run_id, "", "finished", told))
    return Waited(exit_code, outcome, run.target, tuple(lines))


def _end(stop: Stop, *, over: bool) -> tuple[int, Outcome]:
    if over:
        return 0, "succeeded"
    return (6, "in_progress") if stop.signal is None else (128 + stop.signal, "interrupted")


# ------------------------------------------------------------------------------------------------------------- apply


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
    approvals = Approvals(run, approve, shown, begins)
    agreed = await approvals.first()
    report = await execute(
        agreed.preview,
        agreed.world,
        run.cloud,
        run.clock,
        MemoryJournal(),
        _options(run.request, run.plans),
        started=agreed.since,
        stop=stop or Stop(),
        listeners=listeners,
        again=approvals.again,
    )
    return Applied(replace(agreed.preview, graph=approvals.graph(report)), report)


def _options(request: Request, plans: Sequence[Plan]) -> Options:
    deadlines = [plan.policy.deadline for plan in plans if plan.policy.deadline is not None]
    deadline = request.deadline if request.deadline is not None else min(deadlines, default=None)
    defaults = Options()
    return Options(
        max_parallel=request.max_parallel or defaults.max_parallel,
        fail_fast=request.fail_fast,
        deadline=deadline,
        wait=request.wait,
        iam_lag=defaults.iam_lag if request.iam_lag is None else request.iam_lag,
    )
