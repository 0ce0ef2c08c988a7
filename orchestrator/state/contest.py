"""How a run gets its locks: all of them or none, in one order; and how it follows a run that has them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from orchestrator.errors import Contradicted
from orchestrator.model import Beat, Check, Delete, KnownRun, Put, RunRecord
from orchestrator.ports import Clock, Store
from orchestrator.state.lease import AT_ONCE, Lease
from orchestrator.state.reading import known_runs, read
from orchestrator.state.records import KEPT_SECONDS, LockRecord, beat_body, beat_key, lock_key, run_body, run_key

POLL_SECONDS = 2.0
"""How often a follower looks, twice as often at its most hurried: the holder's progress is as old as its heartbeat anyway."""
COUNTED_SECONDS = 5.0
"""So much of the time between two looks counts as seen: a clock that jumped, or a machine that slept, saw nothing meanwhile."""


@dataclass(frozen=True, slots=True)
class Busy:
    """A live run that holds what another one needs."""

    known: KnownRun
    resources: tuple[str, ...]
    """What of it is needed."""


@dataclass(slots=True)
class _Silence:
    """How long the same heartbeat has been seen, on this process's own clock."""

    version: str | None
    looked: float
    seconds: float = 0.0

    def still_at(self, now: float) -> float:
        """Looked again; seconds for which it has stood still by now."""
        self.seconds += min(now - self.looked, COUNTED_SECONDS)
        self.looked = now
        return self.seconds


class Contest:
    """One run's competition for the locks of what its plans name. `mine` is its row; `draw` jitters."""

    def __init__(self, store: Store, clock: Clock, mine: RunRecord, draw: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._mine = replace(mine, resources=tuple(sorted(mine.resources)))
        self._draw = draw
        self._seen: dict[str, _Silence] = {}
        """What was seen of each run that is followed."""

    async def take(self) -> Lease | Busy:
        """Everything, or who has some of it. Raises StoreUnavailable; what of it was done all the same, the next one undoes."""
        attempt = 0
        while True:
            locks = await self._locks()
            if busy := await self._busy(locks):
                return busy
            if lease := await self._taken([lock.taken(self._mine.id) for lock in locks]):
                return lease
            attempt += 1  # somebody was faster, and may be gone already
            await self._clock.sleep(self._draw() * min(attempt, 5))

    async def _locks(self) -> Sequence[LockRecord]:
        wanted = self._mine.resources
        rows = await read(self._store, map(lock_key, wanted))
        return [LockRecord.of(resource, row) for resource, row in zip(wanted, rows, strict=True)]

    async def _busy(self, locks: Sequence[LockRecord]) -> Busy | None:
        """The live run that holds most of them."""
        runs = await known_runs(self._store, sorted({lock.run for lock in locks} - {"", self._mine.id}))
        held = {id_: tuple(lock.resource for lock in locks if lock.run == id_) for id_, run in runs.items() if run.live}
        if not held:
            return None
        first = max(held, key=lambda run: len(held[run]))
        return Busy(runs[first], held[first])

    async def _taken(self, locks: Sequence[LockRecord]) -> Lease | None:
        """All of `locks`, or none of them."""
        began, mine = self._clock.now(), self._mine
        expires, puts = began + KEPT_SECONDS, [_put(lock) for lock in locks]
        try:
            version = await self._store.write(
                Put(run_key(mine.id), run_body(mine), None, expires),
                Put(beat_key(mine.id), beat_body(Beat(began)), expires=expires),
                *puts[:AT_ONCE],
            )
        except Contradicted:
            await self.withdraw()  # another one was faster, or this one, whose answer was lost
            return None
        try:
            for start in range(AT_ONCE, len(puts), AT_ONCE):
                await self._store.write(Check(run_key(mine.id), version), *puts[start : start + AT_ONCE])
        except Contradicted:
            await self.withdraw()
            return None
        return Lease(self._store, self._clock, replace(mine, version=version), version, locks, began, self._draw)

    async def withdraw(self) -> None:
        """Hold nothing, whatever `take` came to before it was cut off: locks that point to no run are free."""
        await self._store.write(Delete(run_key(self._mine.id)))

    # ----------------------------------------------------------------------------------------------------------- following

    async def look(self, busy: Busy) -> Busy | None:
        """The run that is followed as it is after a while; None once it is over, or was taken over because it is dead."""
        await self._clock.sleep(POLL_SECONDS * (0.5 + 0.5 * self._draw()))
        began = self._clock.now()
        found = (await known_runs(self._store, [busy.known.run.id])).get(busy.known.run.id)
        if found is None or not found.live:
            return None
        run, version = found.run, found.beat.version if found.beat else None
        seen = self._seen.get(run.id)
        if seen is None or seen.version != version:
            self._seen[run.id] = _Silence(version, self._clock.now())
        elif seen.still_at(began) >= run.lease:
            return None if await self._took_over(run, version) else busy
        return replace(busy, known=found)

    async def _took_over(self, dead: RunRecord, beat: str | None) -> bool:
        """Whether the dead run was ended here; False where it, or somebody else, was faster."""
        now = self._clock.now()
        return await rewritten(self._store, dead.ended("lost", now), dead.version, beat, now) is not None


async def rewritten(store: Store, run: RunRecord, version: str, beat: str | None, now: float) -> str | None:
    """Write another's run anew, in one write with its heartbeat so that the run itself can't miss it; the version of both, None
    where it, or somebody else, was faster.
    """
    expires = now + KEPT_SECONDS
    try:
        return await store.write(
            Put(run_key(run.id), run_body(run), version, expires),
            Put(beat_key(run.id), beat_body(Beat(now)), beat, expires),
        )
    except Contradicted:
        return None


def _put(lock: LockRecord) -> Put:
    return Put(lock_key(lock.resource), lock.body, lock.version)
