"""One contract of every state store: in memory, in a file, and in a table over real HTTP."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.adapters.clock import SystemClock
from orchestrator.adapters.connection import connect
from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.adapters.stores import open_store
from orchestrator.errors import Contradicted, StoreUnavailable
from orchestrator.model import Check, Delete, Key, Put
from orchestrator.ports import Store
from orchestrator.sandbox.rules.durations import Durations
from orchestrator.sandbox.server import SandboxServer

CREDENTIALS = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox"}
A, B, C = Key("things", "a"), Key("things", "b"), Key("things", "c")
STORES = ["memory", "sqlite", pytest.param("dynamodb", marks=pytest.mark.http)]


def half() -> float:
    return 0.5


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    clock = SystemClock()
    if request.param == "dynamodb":
        with SandboxServer(durations=replace(Durations.instant(), table_create=0.2)) as server:
            async with connect(region="eu-west-1", endpoint_url=server.endpoint, credentials=CREDENTIALS) as (cloud, _):
                yield _opened("dynamodb://orchestrator-state", cloud, clock)
        return
    yield MemoryStore() if request.param == "memory" else _opened(f"sqlite:{tmp_path / 'state.db'}", None, clock)


def _opened(named: str, cloud: object, clock: SystemClock) -> Store:
    found = open_store(named, cloud, clock, half)  # type: ignore[arg-type]  # only the one in a table needs a Cloud
    assert found is not None
    return found


async def test_a_store_that_was_never_made_reads_as_empty_and_reading_makes_nothing(store: Store) -> None:
    assert list(await store.get(A, B)) == [None, None]
    assert list(await store.rows("things")) == []
    await store.make()
    assert list(await store.get(A)) == [None]


async def test_what_is_written_is_read_with_the_version_that_the_write_told(store: Store) -> None:
    await store.make()
    version = await store.write(Put(A, {"n": 1, "of": ["x", None, 1.5], "in": {"deep": True}}, expires=4e9))
    (row,) = await store.get(A)
    assert row is not None
    assert (row.key, row.version, row.expires) == (A, version, 4e9)
    assert row.body == {"n": 1, "of": ["x", None, 1.5], "in": {"deep": True}}
    assert await store.write(Put(A, {})) != version


async def test_making_it_twice_keeps_what_it_holds(store: Store) -> None:
    await store.make()
    await store.write(Put(A, {"n": 1}))
    await store.make()
    (row,) = await store.get(A)
    assert row is not None
    assert row.body == {"n": 1}


async def test_a_write_happens_wholly_or_not_at_all(store: Store) -> None:
    await store.make()
    version = await store.write(Put(A, {"n": 1}, None))
    with pytest.raises(Contradicted):
        await store.write(Put(B, {}), Put(A, {"n": 2}, "another"))
    with pytest.raises(Contradicted):
        await store.write(Put(B, {}), Check(A, None))
    with pytest.raises(Contradicted):
        await store.write(Put(A, {"n": 2}, None))
    with pytest.raises(Contradicted):
        await store.write(Delete(C, "some"), Put(B, {}))
    assert [row and row.body for row in await store.get(A, B)] == [{"n": 1}, None]
    newer = await store.write(Check(A, version), Put(B, {}, None), Put(C, {}))
    assert [row.version if row else "" for row in await store.get(A, B, C)] == [version, newer, newer]


async def test_a_row_is_removed_on_a_condition(store: Store) -> None:
    await store.make()
    version = await store.write(Put(A, {}))
    with pytest.raises(Contradicted):
        await store.write(Delete(A, "another"))
    await store.write(Delete(A, version))
    assert list(await store.get(A)) == [None]
    await store.write(Delete(A))


async def test_rows_come_in_their_order_from_either_end_and_page_by_page(store: Store) -> None:
    await store.make()
    await store.write(*(Put(Key("list", f"{number:02}"), {"n": number}) for number in range(5)), Put(A, {}))

    async def listed(**how: object) -> list[int]:
        return [row.body["n"] for row in await store.rows("list", **how)]  # type: ignore[arg-type]  # checked by the port

    assert await listed() == [0, 1, 2, 3, 4]
    assert await listed(limit=2) == [0, 1]
    assert await listed(limit=2, after="01") == [2, 3]
    assert await listed(newest_first=True, limit=2) == [4, 3]
    assert await listed(newest_first=True, after="02") == [1, 0]
    assert await store.rows("nothing") == []


async def test_of_many_who_write_on_one_condition_one_succeeds(store: Store) -> None:
    await store.make()

    async def attempt(number: int) -> int | None:
        try:
            await store.write(Put(A, {"n": number}, None), Put(B, {"n": number}, None))
        except Contradicted:
            return None
        return number

    won = [one for one in await asyncio.gather(*map(attempt, range(8))) if one is not None]
    assert len(won) == 1
    assert [row and row.body["n"] for row in await store.get(A, B)] == [won[0], won[0]]


async def test_a_hundred_rows_are_written_and_read_at_once(store: Store) -> None:
    await store.make()
    keys = [Key("many", f"{number:03}") for number in range(100)]
    await store.write(*(Put(key, {"text": "x" * 500}) for key in keys))
    assert [row.key if row else None for row in await store.get(*reversed(keys))] == list(reversed(keys))


@pytest.mark.parametrize("before", [False, True], ids=["new", "made before there was an index"])
async def test_what_has_expired_is_found_in_a_file_without_a_look_at_every_row(tmp_path: Path, *, before: bool) -> None:
    path = tmp_path / "state.db"
    store = _opened(f"sqlite:{path}", None, SystemClock())
    await store.make()
    await store.write(Put(A, {"n": 1}), Put(B, {}, expires=1.0))
    if before:
        with closing(sqlite3.connect(path)) as connection:
            made = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql > ''"
            for (name,) in connection.execute(made).fetchall():
                connection.execute(f"DROP INDEX {name}")
        store = _opened(f"sqlite:{path}", None, SystemClock())
    await store.write(Put(C, {}))
    assert [row and row.body for row in await store.get(A, B, C)] == [{"n": 1}, None, {}]
    with closing(sqlite3.connect(path)) as connection:
        plan = str(connection.execute("EXPLAIN QUERY PLAN DELETE FROM rows WHERE expires < 1").fetchall())
    assert "INDEX" in plan
    assert "SCAN" not in plan


def _emptied(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()


async def test_a_file_that_goes_away_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    store = _opened(f"sqlite:{path}", None, SystemClock())
    await store.make()
    _emptied(tmp_path)
    with pytest.raises(StoreUnavailable, match="not there any more") as caught:
        await store.write(Put(A, {}))
    assert caught.value.lost


async def test_a_file_that_is_no_database_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_text("this is a letter, not a database" * 50)
    with pytest.raises(StoreUnavailable, match="not a database") as caught:
        await _opened(f"sqlite:{path}", None, SystemClock()).make()
    assert caught.value.lost


async def test_a_folder_that_is_not_there_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="unable to open") as caught:
        await _opened(f"sqlite:{tmp_path / 'no' / 'state.db'}", None, SystemClock()).make()
    assert caught.value.lost
