"""`history`, `unlock`, `pause`, `continue` and `cancel`, against a store in a file."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from orchestrator.adapters.clock import SystemClock
from orchestrator.adapters.sqlite_store import SqliteStore
from orchestrator.errors import StoreUnavailable
from orchestrator.model import PlanMark, RunRecord
from orchestrator.state.contest import Contest
from orchestrator.state.ground import prepared
from orchestrator.state.lease import Lease
from tests.cli.conftest import Command

LEASE = 2.0
RUN = "01M8CJAVM5A59S9KBXM1B6JFPZ"


@pytest.fixture
async def store(tmp_path: Path) -> str:
    """A store in which a run has just begun."""
    path = tmp_path / "state.db"
    clock = SystemClock()
    kept = SqliteStore(path, clock)
    await prepared(kept)
    who = {"user": "deploy", "host": "pod-7", "commit": "c0ffee"}
    mine = RunRecord(RUN, (PlanMark("orders", "d"),), ("1/eu/dynamodb/table/orders",), clock.now(), LEASE, who)
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
    assert found["format"] == "orchestrator.history/1"
    assert found["runs"][0]["state"] == "running"
    assert found["runs"][0]["who"]["commit"] == "c0ffee"
    assert found["events"] == []


def test_a_store_that_is_not_there_has_no_runs_and_is_not_made(command: Command, tmp_path: Path) -> None:
    ended = command("history", "--state", f"sqlite:{tmp_path / 'none.db'}")
    assert (ended.code, ended.out) == (0, f"No runs in sqlite:{tmp_path / 'none.db'}.\n")
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_somebody_else_is_read_as_no_runs_and_stays_as_it_is(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE customers (name TEXT)")
        other.commit()
    before = path.read_bytes()
    ended = command("history", "--state", f"sqlite:{path}")
    assert (ended.code, ended.out) == (0, f"No runs in sqlite:{path}.\n")
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
    assert (again.code, "holds nothing" in again.err) == (4, True)


@pytest.mark.parametrize("what", ["pause", "continue", "cancel"])
def test_a_wish_is_kept_for_the_run(command: Command, store: str, what: str) -> None:
    assert command(what, RUN, "--state", store).code == 0
    assert command(what, "01NOBODY", "--state", store).code == 1
