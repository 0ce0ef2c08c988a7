"""`history`, `unlock`, `pause`, `continue` and `cancel`, against a store in a file."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import anyio
import jsonschema
import pytest

from orchestrator.adapters.clock import SystemClock
from orchestrator.adapters.sqlite_store import SqliteStore
from orchestrator.errors import StoreUnavailable
from orchestrator.model import PlanMark, RunRecord
from orchestrator.state.contest import Contest
from orchestrator.state.ground import prepared
from orchestrator.state.lease import Lease
from tests.cli.conftest import Command
from tests.render import schemas

LEASE, BRIEF_LEASE = 2.0, 0.1
RUN = "01M8CJAVM5A59S9KBXM1B6JFPZ"


@pytest.fixture
async def store(tmp_path: Path) -> str:
    """A store in which a run has just begun."""
    return await begun(tmp_path, LEASE)


@pytest.fixture
async def brief(tmp_path: Path) -> str:
    """The same, of a run whose lease is soon over."""
    return await begun(tmp_path, BRIEF_LEASE)


async def begun(tmp_path: Path, seconds: float) -> str:
    path = tmp_path / "state.db"
    clock = SystemClock()
    kept = SqliteStore(path, clock)
    await prepared(kept)
    who = {"user": "deploy", "host": "pod-7", "commit": "c0ffee"}
    mine = RunRecord(RUN, (PlanMark("orders", "d"),), ("1/eu/dynamodb/table/orders",), clock.now(), seconds, who)
    lease = await Contest(kept, clock, mine, lambda: 0.5).take()
    assert isinstance(lease, Lease)
    return f"sqlite:{path}"


def test_history_lists_the_newest_runs(command: Command, store: str) -> None:
    ended = command("history", "--state", store)
    assert ended.code == 0
    assert RUN in ended.out
    assert "running: " in ended.out
    assert "deploy on pod-7" in ended.out


def test_history_of_one_run_says_whose_it_is_and_from_what(command: Command, store: str) -> None:
    ended = command("history", RUN, "--state", store, "--format", "json")
    found = json.loads(ended.out)
    jsonschema.validate(found, schemas.HISTORY)
    assert found["runs"][0]["state"] == "running"
    assert found["runs"][0]["who"]["commit"] == "c0ffee"
    assert (found["steps"], found["events"]) == ([], [])


def test_a_store_that_is_not_there_has_no_runs_and_is_not_made(command: Command, tmp_path: Path) -> None:
    ended = command("history", "--state", f"sqlite:{tmp_path / 'none.db'}")
    assert (ended.code, ended.out) == (0, f"No runs in sqlite:{tmp_path / 'none.db'}: no store is there.\n")
    told = json.loads(command("history", "--state", f"sqlite:{tmp_path / 'none.db'}", "--format", "json").out)
    jsonschema.validate(told, schemas.HISTORY)
    assert (told["exists"], told["runs"]) == (False, [])
    assert list(tmp_path.iterdir()) == []


def test_a_store_without_runs_is_told_from_one_that_is_not_there(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    anyio.run(prepared, SqliteStore(path, SystemClock()))
    assert command("history", "--state", f"sqlite:{path}").out == f"No runs in sqlite:{path}.\n"
    assert json.loads(command("history", "--state", f"sqlite:{path}", "--format", "json").out)["exists"] is True


def test_a_store_in_a_folder_that_is_not_there_is_said_in_a_sentence(command: Command, tmp_path: Path) -> None:
    ended = command("history", "--state", f"sqlite:{tmp_path / 'no' / 'state.db'}")
    assert (ended.code, ended.out) == (7, "")
    assert f"{tmp_path / 'no'}, the folder of state.db, is not there" in ended.err
    assert "state= in Python" in ended.err


def test_a_file_of_somebody_else_is_said_to_be_that_and_stays_as_it_is(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE customers (name TEXT)")
        other.commit()
    before = path.read_bytes()
    ended = command("history", "--state", f"sqlite:{path}")
    assert (ended.code, ended.out) == (7, "")
    assert f"{path} holds something else than runs" in ended.err
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


async def test_a_file_of_somebody_else_is_not_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE customers (name TEXT)")
        other.commit()
    before = path.read_bytes()
    with pytest.raises(StoreUnavailable, match="holds something else than runs"):
        await prepared(SqliteStore(path, SystemClock()))
    assert path.read_bytes() == before


def test_a_folder_is_no_store(command: Command, tmp_path: Path) -> None:
    ended = command("history", "--state", f"sqlite:{tmp_path}")
    assert (ended.code, "is a folder" in ended.err) == (7, True)


def test_a_file_that_is_no_database_is_said_in_a_sentence(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, " * 100)
    ended = command("history", "--state", f"sqlite:{path}")
    assert (ended.code, ended.out) == (7, "")
    assert "not a database" in ended.err


def test_without_a_store_there_is_nothing_to_show(command: Command) -> None:
    ended = command("history", "--state", "none")
    assert (ended.code, ended.out) == (64, "")
    assert "There is no state store" in ended.err


def test_a_run_that_lives_is_unlocked_by_force_alone(command: Command, store: str) -> None:
    refused = command("unlock", RUN, "--state", store)
    assert refused.code == 4
    assert "is alive" in refused.err
    forced = command("unlock", RUN, "--state", store, "--force")
    assert forced.code == 0
    assert "released by unlock" in forced.out
    again = command("unlock", RUN, "--state", store, "--force")
    assert (again.code, "holds nothing: it was released." in again.err) == (4, True)
    assert "can't be told to pause: it was released." in command("pause", RUN, "--state", store).err


def test_unlock_says_whose_lock_it_is_and_that_it_waits_where_there_is_no_terminal(
    command: Command, brief: str
) -> None:
    told = command("unlock", RUN, "--state", brief, "--force").err
    assert "deploy" in told
    assert "pod-7" in told
    assert "started" in told
    assert "heartbeat" in told
    assert "1/eu/dynamodb/table/orders" in told
    assert f"Releasing it takes {BRIEF_LEASE:g} s" in told


def test_unlock_for_a_machine_tells_the_same_in_its_log_and_its_document(command: Command, brief: str) -> None:
    ended = command("unlock", RUN, "--state", brief, "--force", "--format", "json")
    held, releasing = map(json.loads, ended.err.splitlines())
    assert (held["event"], held["run"], held["who"]["host"]) == ("lock_held", RUN, "pod-7")
    assert (releasing["event"], releasing["seconds"]) == ("lock_releasing", BRIEF_LEASE)
    document = json.loads(ended.out)
    jsonschema.validate(document, schemas.HISTORY)
    assert document["runs"][0]["state"] == "released"
    assert document["before"]["heartbeat"] == held["heartbeat"]


@pytest.mark.parametrize("what", ["pause", "continue", "cancel"])
def test_a_wish_is_kept_for_the_run_and_said(command: Command, store: str, what: str) -> None:
    told = command(what, RUN, "--state", store)
    assert told.code == 0
    assert f"Run {RUN} of orders (deploy on pod-7) is told to {what} by " in told.out
    assert "with its next heartbeat" in told.out
    told = json.loads(command(what, RUN, "--state", store, "--format", "json").out)
    jsonschema.validate(told, schemas.HISTORY)
    (run,) = told["runs"]
    assert (run["order"]["wish"], " on " in run["order"]["by"]) == (what, True)
    (kept,) = json.loads(command("history", RUN, "--state", store, "--format", "json").out)["runs"]
    assert kept["order"]["wish"] == what
    assert (f"told to {what} by " in command("history", "--state", store).out) == (what != "continue")
    assert command(what, "01NOBODY", "--state", store).code == 1
