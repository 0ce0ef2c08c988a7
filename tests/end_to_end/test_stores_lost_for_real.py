"""The state store is lost in the middle of a real run: a table deleted, a file's disk full, its folder gone, no right to write.

Nothing is changed that could not be recorded first; the run ends with 7 and says why; the next one goes on, and ends with 0.
Over HTTP, with real files. `test_lost_stores.py` has every moment of it, in virtual time.
"""

import json
import os
import shutil
import sqlite3
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aioboto3
import boto3
import pytest

import orchestrator
from orchestrator import pipeline
from orchestrator.library import RunFailed
from orchestrator.model import Event
from orchestrator.pipeline import Request
from orchestrator.sandbox.rules.durations import Durations
from orchestrator.sandbox.server import SandboxServer
from orchestrator.state import patience
from tests.end_to_end.virtual import READS

pytestmark = pytest.mark.http

PLAN = """
plan: shop
tables:
  orders: {partition_key: {id: S}, billing: on_demand, ttl: expires, tags: {team: shop}}
  users: {partition_key: {id: S}, billing: on_demand, stream: keys_only, tags: {team: shop}}
"""
KEYS = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox", "region_name": "eu-west-1"}
connect = sqlite3.connect


@dataclass
class Scene:
    """One account, one plan, one store, and what was sent to change the account."""

    folder: Path
    server: SandboxServer
    patched: pytest.MonkeyPatch
    state: str
    events: list[Event] = field(default_factory=list)
    lost: int | None = None
    """How many events there had been when the store was lost."""

    @property
    def target(self) -> dict[str, Any]:
        return {"endpoint_url": self.server.endpoint, "session": aioboto3.Session(**KEYS), "state": self.state}

    @property
    def dynamodb(self) -> Any:
        return boto3.client("dynamodb", endpoint_url=self.server.endpoint, **KEYS)

    async def apply(self, lose: Callable[["Scene"], None] | None = None) -> orchestrator.Report:
        """Apply the plan; once the first call was accepted, the store is lost by `lose`."""

        def heard(event: Event) -> None:
            self.events.append(event)
            if event.what == "sent" and lose and self.lost is None:
                self.lost = len(self.events)
                lose(self)

        plan = self.folder / "plan.yaml"
        plan.write_text(PLAN)
        return await orchestrator.apply(plan, on_event=heard, **self.target)

    def served(self) -> Counter[str]:
        """The calls that changed what the plan is about, as AWS counts them: whatever the run says of them."""
        with urllib.request.urlopen(f"{self.server.endpoint}/_sandbox/timeline") as reply:
            calls = json.load(reply)["served"]
        return Counter(call["api"].partition(":")[2] for call in calls if _changes(call))

    def intended(self, until: int | None = None) -> Counter[str]:
        """The calls that were to be sent, among the first events."""
        intents = (event for event in self.events[:until] if event.what == "intent")
        return Counter(str(event.details["operation"]) for event in intents)

    async def recorded(self) -> Counter[str]:
        """The same, as the store tells."""
        kept = Request(plans=(), **self.target)
        (known,) = (await pipeline.history(kept)).runs
        events = (await pipeline.history(kept, run=known.run.id)).events or ()
        return Counter(str(event.details["operation"]) for event in events if event.what == "intent")


def _changes(call: Mapping[str, Any]) -> bool:
    return not READS.match(call["api"].partition(":")[2]) and call["resource"] in ("table/orders", "table/users")


def table_deleted(scene: Scene) -> None:
    name = scene.state.removeprefix("dynamodb://")
    scene.dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
    scene.dynamodb.delete_table(TableName=name)


def disk_full(scene: Scene) -> None:
    def full(*arguments: Any, **named: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **named)
        connection.execute("PRAGMA max_page_count = 1")  # none beyond those that there are
        return connection

    scene.patched.setattr(sqlite3, "connect", full)


def folder_removed(scene: Scene) -> None:
    shutil.rmtree(Path(scene.state.removeprefix("sqlite:")).parent)


def read_only(scene: Scene) -> None:
    def guarded(*arguments: Any, **named: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **named)
        connection.execute("PRAGMA query_only = ON")
        return connection

    scene.patched.setattr(sqlite3, "connect", guarded)


LOSSES = [
    (table_deleted, "dynamodb://runs", "ResourceNotFoundException"),
    (disk_full, "sqlite:{folder}/kept/runs.db", "database or disk is full"),
    (folder_removed, "sqlite:{folder}/kept/runs.db", "not there any more"),
]
if os.environ.get(
    "ORCHESTRATOR_TEST_EVERY_START"
):  # what can't be written can't be given back: the next run waits for a lease
    LOSSES.append((read_only, "sqlite:{folder}/kept/runs.db", "readonly"))


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(durations=replace(Durations.instant(), table_create=0.2, table_delete=0.1)) as running:
        yield running


@pytest.mark.parametrize(("lose", "state", "said"), LOSSES, ids=[loss.__name__ for loss, _, _ in LOSSES])
async def test_what_could_not_be_recorded_is_not_changed_and_the_next_run_goes_on(
    lose: Callable[[Scene], None],
    state: str,
    said: str,
    server: SandboxServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "kept").mkdir()
    with closing(connect(tmp_path / "kept" / "runs.db")) as connection:
        connection.execute("PRAGMA page_size = 512")  # so that no row fits into what an earlier one left
        connection.execute("VACUUM")
    scene = Scene(tmp_path, server, monkeypatch, state.format(folder=tmp_path))
    monkeypatch.setattr(patience, "PATIENCE_SECONDS", 1.0)
    with pytest.raises(RunFailed) as caught:
        await scene.apply(lose)
    monkeypatch.setattr(sqlite3, "connect", connect)
    report = caught.value.report
    assert (report.exit_code, report.outcome) == (7, "unreachable")
    assert any(said in notice and "--state" in notice for notice in report.notices), report.notices
    assert scene.lost is not None
    readable = lose in (disk_full, read_only)
    assert scene.served() <= (await scene.recorded() if readable else scene.intended(scene.lost))
    (tmp_path / "kept").mkdir(exist_ok=True)
    scene.state = state.format(folder=tmp_path)
    assert (await scene.apply()).exit_code == 0
    assert scene.served()["CreateTable"] == 2
