"""Reading rows: as many at a time as the store takes, and runs with their heartbeats and what they were told."""

from collections.abc import Iterable, Mapping, Sequence

from orchestrator.model import Key, KnownRun, Row
from orchestrator.ports import Store
from orchestrator.state.records import beat_key, beat_of, order_of, run_key, run_of, wish_key

AT_ONCE = 100
"""Keys in one `Store.get`."""


async def read(store: Store, keys: Iterable[Key]) -> Sequence[Row | None]:
    """The rows, one for each key, however many there are."""
    wanted, rows = list(keys), list[Row | None]()
    for start in range(0, len(wanted), AT_ONCE):
        rows += await store.get(*wanted[start : start + AT_ONCE])
    return rows


async def known_runs(store: Store, runs: Iterable[str]) -> Mapping[str, KnownRun]:
    """These runs as the store tells, by id; those that it does not know are left out."""
    rows = await read(store, (key(run) for run in runs for key in (run_key, beat_key, wish_key)))
    return {
        run.key.sort: KnownRun(run_of(run), beat_of(beat) if beat else None, order_of(order) if order else None)
        for run, beat, order in zip(rows[::3], rows[1::3], rows[2::3], strict=True)
        if run
    }
