"""Commands that change nothing: load, observe, compile, then show or wait."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from orchestrator.approval import refuse_errors
from orchestrator.engine.executor import Stop, new_run_id
from orchestrator.engine.observe import NotedOf
from orchestrator.engine.persistence import BEFORE_A_RUN, DURING_A_RUN
from orchestrator.engine.race import CUT, within
from orchestrator.engine.record import Listener, Listeners
from orchestrator.engine.wait import wait as until_in_place
from orchestrator.errors import Refused, StoreUnavailable
from orchestrator.model import Event, Foreign, KnownRun, Outcome, Plan, Preview, Ref, Status, StatusLine, Waited
from orchestrator.pipeline.counting import samples
from orchestrator.pipeline.opening import Opened, inputs_of, opened
from orchestrator.pipeline.request import Request, options_of
from orchestrator.planning.counted import counted
from orchestrator.planning.load import load, read
from orchestrator.planning.standing import standing
from orchestrator.state import operators
from orchestrator.state.ground import GLANCE_SECONDS
from orchestrator.state.sentences import unreadable


def validate(request: Request) -> tuple[Plan, ...]:
    """The files alone, offline. Raises InvalidPlan with every problem found."""
    return load(read(request.plans), inputs_of(request), region=request.region)


async def preview(request: Request) -> Preview:
    """What an apply would do now. Error findings are in it; raises InvalidPlan, Refused (account guard), Unreachable."""
    async with opened(request) as run:
        return await preview_on(run)


async def preview_on(run: Opened) -> Preview:
    world = await run.observe(hazards=True)
    found = await run.reviewed(world)
    if run.request.count_items:
        known, unknown = await samples(run, found, world)
        found = counted(found, known, options_of(run.request, run.plans).wait)
        found = replace(found, findings=(*found.findings, *unknown))
    lines = await run.origins().of(standing(found, world))
    return replace(found, foreign=tuple(Foreign(one.ref, one.detail, one.sighting) for one in lines if one.sighting))


async def status(request: Request) -> Status:
    """Where everything stands that the plans name. Raises as `preview` does."""
    async with opened(request) as run:
        return await status_on(run)


async def status_on(run: Opened) -> Status:
    world = await run.observe()
    found = await run.origins().of(standing(run.merged(world), world))
    held, unknown = await _holders(run)
    lines = tuple(replace(line, holder=held.get(line.ref)) for line in found)
    return Status(run.target, lines, run.clock.now(), unknown)


async def _holders(run: Opened) -> tuple[Mapping[Ref, KnownRun], str]:
    """Who holds what, and why that can't be told: where things stand is seen all the same."""
    if run.store is None:
        return {}, ""
    names = {item.ref: run.lock(item) for plan in run.plans for item in plan.items}
    try:
        held = await within(run.clock, GLANCE_SECONDS, partial(operators.holders, run.store, tuple(names.values())))
    except StoreUnavailable as error:
        return {}, unreadable(error).message
    except Refused as error:
        return {}, error.problems[0].message
    if held is CUT:
        return {}, f"The state store did not answer within {GLANCE_SECONDS:g} s."
    return {ref: held[name] for ref, name in names.items() if name in held}, ""


async def wait(request: Request, *, listeners: Sequence[Listener] = (), stop: Stop | None = None) -> Waited:
    """Block until live state satisfies the plans and is settled, but for background work with `wait` gate; changes nothing.

    Ends with exit code 0, 6 when the request's or a plan's deadline passes, 130 or 143 when stopped. Raises InvalidPlan for
    plans that can't be satisfied, else as `preview` does.
    """
    async with opened(request) as run:
        return await wait_on(run, listeners=listeners, stop=stop)


async def wait_on(run: Opened, *, listeners: Sequence[Listener] = (), stop: Stop | None = None) -> Waited:
    stop, options = stop or Stop(), options_of(run.request, run.plans)
    began = run.clock.now()
    run_id = new_run_id(began)
    world: dict[Ref, Any] = {}

    async def look(only: Collection[Ref] | None, noted: NotedOf) -> Sequence[StatusLine]:
        # Who could look once waits on when the connection is lost.
        world.update(await run.observe(only=only, noted=noted, persistence=DURING_A_RUN if world else BEFORE_A_RUN))
        found = run.merged(world)
        refuse_errors(found)
        return standing(found, world)

    over, lines = await until_in_place(
        look,
        run.clock,
        run=run_id,
        limits=run.cloud.limits,
        origins=run.origins(),
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
