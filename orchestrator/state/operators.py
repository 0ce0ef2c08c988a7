"""What is asked of, and done to, runs from elsewhere: history, unlock, pause, continue, cancel."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from orchestrator.errors import OrchestratorError, Problem, Refused
from orchestrator.model import Event, KnownRun, Put, RunRecord, Wish
from orchestrator.ports import Clock, Store
from orchestrator.state.contest import rewritten
from orchestrator.state.ground import understood
from orchestrator.state.journal import event_of
from orchestrator.state.patience import RETRY_SECONDS
from orchestrator.state.reading import known_runs, read
from orchestrator.state.records import KEPT_SECONDS, RUNS, LockRecord, lock_key, wish_key

EVENTS_AT_ONCE = 500


async def runs(store: Store, limit: int) -> Sequence[KnownRun]:
    """The newest runs, the newest first."""
    rows = await store.rows(RUNS, limit=limit, newest_first=True)
    return list((await known_runs(store, [row.key.sort for row in rows])).values())


async def known(store: Store, run: str) -> KnownRun:
    """One run. Raises OrchestratorError where the store knows none of that id."""
    found = (await known_runs(store, [run])).get(run)
    if found is None:
        raise OrchestratorError(
            Problem("unknown-run", f"There is no run {run} in the state store.", "See `orchestrator history`.")
        )
    return found


async def events(store: Store, run: str) -> Sequence[Event]:
    """All that a run wrote down, in order."""
    found: list[Event] = []
    after = "event/"
    while rows := await store.rows(f"run/{run}", after=after, limit=EVENTS_AT_ONCE):
        found += [event_of(run, row) for row in rows if row.key.sort.startswith("event/")]
        after = rows[-1].key.sort
    return found


async def holders(store: Store, resources: Sequence[str]) -> dict[str, KnownRun]:
    """The live run that holds each of these, by resource; those that nobody holds are left out. Raises Refused (newer store)."""
    await understood(store)
    rows = await read(store, map(lock_key, resources))
    locks = [LockRecord.of(resource, row) for resource, row in zip(resources, rows, strict=True) if row]
    found = await known_runs(store, {lock.run for lock in locks})
    return {lock.resource: one for lock in locks if (one := found.get(lock.run)) and one.live}


async def unlock(
    store: Store, clock: Clock, run: str, *, force: bool, waiting: Callable[[float], None] = lambda seconds: None
) -> KnownRun:
    """Release what a run holds; the run as it was. Raises Refused where it is not live, or lives still and not `force`.

    It is fenced off first: its next heartbeat tells it that it is over. What it holds is free once it can't trust its lease
    any more, `waiting` seconds later, whatever the clocks say of how long it has been silent.
    """
    found, now = await known(store, run), clock.now()
    if not found.live:
        raise Refused(Problem("not-live", f"Run {run} holds nothing: it is {found.run.life}.", ""))
    if found.fresh(now) and not force:
        message = f"Run {run} is alive: its last heartbeat was {found.silent_for(now):.0f} s ago."
        raise Refused(
            Problem("alive", message, "Use `cancel` to stop it; `--force` takes its locks away all the same.")
        )
    fenced = await _fenced(store, clock, found)
    while fenced is None and force:
        await clock.sleep(RETRY_SECONDS)
        fenced = await _fenced(store, clock, await known(store, run))
    if fenced is None:
        raise Refused(Problem("alive", f"Run {run} sent a heartbeat or ended just now.", "Look at it again."))
    waiting(found.run.lease)
    await clock.sleep(found.run.lease)
    ended = fenced.ended("released", clock.now())
    if not await rewritten(store, ended, fenced.version, fenced.version, clock.now()):
        await _is_over(store, run)  # taken over meanwhile, as a dead one
    return found


async def _is_over(store: Store, run: str) -> None:
    """Raises Refused where the run holds what it held."""
    if (await known(store, run)).live:
        raise Refused(
            Problem("alive", f"Run {run} is not released: somebody else unlocks it, too.", "Look at it again.")
        )


async def _fenced(store: Store, clock: Clock, found: KnownRun) -> RunRecord | None:
    """The run, still holding what it holds, but not any more the one that its process knows; None where that is too late."""
    if not found.live:
        raise Refused(Problem("not-live", f"Run {found.run.id} holds nothing: it is {found.run.life}.", ""))
    beat = found.beat.version if found.beat else None
    fenced = replace(found.run, epoch=found.run.epoch + 1)
    version = await rewritten(store, fenced, found.run.version, beat, clock.now())
    return replace(fenced, version=version) if version else None


async def wish(store: Store, clock: Clock, run: str, what: Wish, by: str) -> KnownRun:
    """Let a live run know, which sees it with its next heartbeat; the run as it is. Raises Refused where it is not live."""
    found, now = await known(store, run), clock.now()
    if not found.live:
        raise Refused(Problem("not-live", f"Run {run} can't be told to {what}: it is {found.run.life}.", ""))
    await store.write(Put(wish_key(run), {"wish": what, "by": by, "at": now}, expires=now + KEPT_SECONDS))
    return found
