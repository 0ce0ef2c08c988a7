"""The only place that builds adapters: a request becomes plans, a target and the ports behind which they are."""

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from orchestrator.adapters.clock import SystemClock
from orchestrator.adapters.store_names import DEFAULT, DYNAMODB, MEMORY
from orchestrator.adapters.stores import marks_of, open_store
from orchestrator.engine.limits import Limited
from orchestrator.engine.observe import observe, reads_of
from orchestrator.engine.origins import Origins
from orchestrator.engine.pacing import CHANCE
from orchestrator.engine.persistence import Persistence, persistently
from orchestrator.errors import Problem, Refused, StoreUnavailable, Unreachable, Usage
from orchestrator.kinds import ROOTS
from orchestrator.model import Declared, Graph, Plan, Preview, Target, Task, Wait, World
from orchestrator.pipeline.deadline import Deadline, unanswered
from orchestrator.pipeline.memory import Remembering
from orchestrator.pipeline.request import Request, options_of
from orchestrator.pipeline.reviewing import told_of_store
from orchestrator.planning.compile import compile_plans
from orchestrator.planning.foretold import Foretold, Unforetold
from orchestrator.planning.load import Inputs, load, read
from orchestrator.planning.reach import ALL, Reach
from orchestrator.planning.shares import taking
from orchestrator.ports import Clock, Cloud, Store
from orchestrator.state.ground import understood
from orchestrator.state.sentences import unreadable
from orchestrator.turns import lock_name

WHOSE = Persistence(seconds=60, connecting=0)
"""How long it is asked whose the credentials are: an address where nobody listens is told at once, it may be a wrong one."""


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
    store: Store | None = None
    """Where runs and locks are kept; None: nowhere."""
    began: float | None = None
    """When it was asked for (epoch), before anything was sent; None: now."""
    remembering: Remembering = field(init=False)
    """What was done before, as far as it is kept."""

    def __post_init__(self) -> None:
        found = Remembering(self.store, self.clock, self.target, self.plans, marks_of(self.store))
        object.__setattr__(self, "remembering", found)

    @property
    def wait(self) -> Wait:
        """What an apply waits for."""
        return self.request.wait

    @property
    def declared(self) -> Sequence[Declared]:
        """Every table and function that the plans name."""
        return [item for plan in self.plans for item in plan.resources]

    @property
    def store_name(self) -> str:
        """As `--state` has it."""
        return store_name(self.request)

    def lock(self, item: Declared | Task) -> str:
        """What locks it."""
        lane = item.lane if isinstance(item, Task) else ROOTS[item.ref.section].lane(item.name)
        return lock_name(self.target, lane)

    async def observe(self, **how: Any) -> World:
        """Live state of all that the plans name; `how`: keyword arguments of the engine's `observe`."""
        await self.remembering.refresh()
        return await observe(self.plans, self.cloud, self.clock, **how)

    def passes(self, plan: str, stages: Sequence[str]) -> bool:
        """Take these stages of a plan for done from now on, whether or not that is kept; whether it is news."""
        return self.remembering.passes(plan, stages)

    async def with_hazards(self, world: World) -> World:
        """The same with what a preview's warnings need."""
        roots = [item.ref for item in self.declared if ROOTS[item.ref.section].HAZARD_READS]
        return {**world, **await self.observe(only=roots, hazards=True)}

    def origins(self) -> Origins:
        """Who tells who began what moves."""
        return Origins(self.cloud, self.clock, self.target.caller)

    async def reviewed(self, world: World) -> Preview:
        """What is to be done, as a reviewer is shown it: with where runs are kept."""
        found = self.compile(world)
        kept, warnings = await told_of_store(self.store, self.store_name, found, self.lock)
        return replace(found, kept=kept, findings=(*found.findings, *warnings))

    def compile(self, world: World, reach: Reach = ALL) -> Preview:
        """What is to be done by a run that reaches so far."""
        return compile_plans(
            self.plans,
            world,
            self.target,
            now=self.clock.now(),
            allow_destructive=self.request.allow_destructive,
            wait=self.request.wait,
            past=self.remembering.past,
            reach=reach,
            foretell=self._foretell,
        )

    def _foretell(
        self, before: Foretold, plans: Sequence[Plan], graph: Graph, target: Target, now: float
    ) -> Foretold | Unforetold:
        from orchestrator.sandbox.foretelling import foretold  # the rules are only needed for plans in stages

        return foretold(before, plans, graph, reads_of(self.plans), target, now)

    def merged(self, world: World) -> Preview:
        """What there is to do until the plans hold, whatever their stages would do on the way."""
        whole = [replace(plan, stages=()) for plan in self.plans]
        return compile_plans(whole, world, self.target, now=self.clock.now(), past=self.remembering.past)


@asynccontextmanager
async def opened(request: Request) -> AsyncIterator[Opened]:
    """Load the plans, open the target, refuse another account than the plan's, load again for what only the target knows."""
    from orchestrator.adapters.connection import connect  # 0.3 s of imports that offline commands must not pay

    clock = SystemClock()
    began = clock.now()
    sources, inputs = read(request.plans), inputs_of(request)
    offline = load(sources, inputs, region=request.region)
    region = request.region or next((plan.region for plan in offline if plan.region), None)
    async with AsyncExitStack() as stack:
        endpoint_url, credentials = await stack.enter_async_context(_endpoint(request))
        target_found = connect(
            region=region or ("us-east-1" if request.sandbox else None),
            profile=request.profile,
            endpoint_url=endpoint_url,
            session=request.session,
            credentials=credentials,
            asking=partial(persistently, clock=clock, draw=CHANCE, persistence=WHOSE),
        )
        due = Deadline(clock, options_of(request, offline).deadline, began)
        cloud, target = await due.within(lambda: stack.enter_async_context(target_found), unanswered)
        _guard(offline, target)
        plans = load(sources, inputs, account=target.account, region=target.region)
        if request.share is not None:
            plans = tuple(taking(plan, request.share) for plan in plans)
        store = open_store(store_name(request), cloud, clock, CHANCE)
        yield Opened(request, plans, target, Limited(cloud, clock, request.limits), clock, store, began)


def store_name(request: Request) -> str:
    return request.state or (MEMORY if request.sandbox else DEFAULT)


def inputs_of(request: Request) -> Inputs:
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


@asynccontextmanager
async def opened_store(request: Request) -> AsyncIterator[tuple[Store, str, Clock]]:
    """The state store without any plan, how it is called, and the clock. Raises Unreachable, Refused (a newer store), Usage."""
    named, clock = request.state or DEFAULT, SystemClock()
    async with AsyncExitStack() as stack:
        cloud: Cloud | None = None
        if named.startswith(DYNAMODB):
            from orchestrator.adapters.connection import (
                connect,  # 0.3 s of imports that a store in a file must not cost
            )

            target = connect(
                region=request.region,
                profile=request.profile,
                endpoint_url=request.endpoint_url,
                session=request.session,
                asking=partial(persistently, clock=clock, draw=CHANCE, persistence=WHOSE),
            )
            cloud, _ = await stack.enter_async_context(target)
        store = open_store(named, cloud, clock, CHANCE)
        if store is None:
            raise Usage(Problem("no-state", "There is no state store: `none` keeps nothing.", "Name one with --state."))
        try:
            await understood(store)
            yield store, named, clock
        except StoreUnavailable as error:
            raise Unreachable(unreadable(error)) from None
