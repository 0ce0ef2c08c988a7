"""What is asked about runs, and done to them, from elsewhere."""

import os
from collections.abc import Callable
from pathlib import Path

from orchestrator.adapters.identity import identity
from orchestrator.engine.fold import steps_of
from orchestrator.model import History, Wish
from orchestrator.pipeline.opening import opened_store
from orchestrator.pipeline.request import Request
from orchestrator.state import operators
from orchestrator.state.ground import understood


async def history(request: Request, *, limit: int = 20, run: str | None = None) -> History:
    """The newest runs; or one with all that it wrote down. Changes nothing, and makes no store."""
    async with opened_store(request) as (store, named, clock):
        if run is None:
            exists = await understood(store)
            return History(named, clock.now(), await operators.runs(store, limit), exists=exists)
        known, events = await operators.known(store, run), await operators.events(store, run)
        return History(named, clock.now(), [known], events, steps=steps_of(events))


async def unlock(
    request: Request, run: str, *, force: bool, shown: Callable[[History], None], waiting: Callable[[float], None]
) -> History:
    """Release what a run holds, after it was `shown`; the run as it is then. Raises Refused while its heartbeat is fresh.

    `waiting` gets the seconds that it takes until the run can't change anything any more.
    """
    async with opened_store(request) as (store, named, clock):
        shown(History(named, clock.now(), [await operators.known(store, run)], events=()))
        before = await operators.unlock(store, clock, run, force=force, waiting=waiting)
        return History(named, clock.now(), [await operators.known(store, run)], before=before)


async def wish(request: Request, run: str, what: Wish) -> History:
    """Let a run know that it is to pause, continue or stop; it hears of it with its next heartbeat."""
    by = identity(os.environ, Path())
    async with opened_store(request) as (store, named, clock):
        found = await operators.wish(store, clock, run, what, f"{by['user']} on {by['host']}")
        return History(named, clock.now(), [found], wished=what)
