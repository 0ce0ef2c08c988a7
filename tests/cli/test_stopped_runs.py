"""SIGTERM and SIGINT to a real process in the middle of a run with a state store, over HTTP: it has ten seconds, whatever hangs.

The scenes are played side by side, for their seconds are real ones.
"""

import json
import os
import signal
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aioboto3
import boto3
import pytest

from orchestrator import pipeline
from orchestrator.adapters.clock import SystemClock
from orchestrator.pipeline import Request
from orchestrator.sandbox.clock import ServerClock
from orchestrator.sandbox.rules.durations import Durations
from orchestrator.sandbox.server import SandboxServer
from tests.cli.wall import Wall
from tests.warm import Warm

pytestmark = pytest.mark.http

PLAN = "plan: {name}\ntables:\n  {name}: {{partition_key: {{id: S}}, billing: on_demand, ttl: spoils}}\n"
STATE = "kept-runs"
GRACE = 10.0
KEYS = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox", "region_name": "eu-west-1"}
TERM, INT = signal.SIGTERM, signal.SIGINT


@dataclass(frozen=True)
class Scene:
    """A run of one table that gets `signals` once it waits for it, and what hangs then, and on.

    `hides`: whatever a client says with these bytes in it gets no answer. `from_the_start`: it gets none before either, and
    the signals come once it has been said. `locked`: somebody else has the store's file and does not give it back.
    """

    name: str
    signals: Sequence[int] = (TERM,)
    hides: bytes | None = None
    from_the_start: bytes | None = None
    locked: bool = False
    store: str = f"dynamodb://{STATE}"


SCENES = [
    Scene("term"),
    Scene("int", [INT]),
    Scene("unanswered", hides=b"", from_the_start=b"spoils"),
    Scene("locked", locked=True, store="sqlite:{folder}/{name}.db"),
    Scene("impatient", [TERM, INT], hides=b""),
]
if os.environ.get("ORCHESTRATOR_TEST_EVERY_START"):
    SCENES += [
        Scene("silent", hides=b""),
        Scene("forgetful", hides=STATE.encode()),
        Scene("looking", from_the_start=b""),
    ]


@dataclass(frozen=True)
class End:
    """How a scene's run ended, after how many seconds, and with which report."""

    code: int
    seconds: float
    report: Mapping[str, Any] | None


class Stage:
    """One server for all scenes, whose clock can be moved on."""

    def __init__(self, folder: Path) -> None:
        self.ahead = 0.0
        self._clock, self._folder = ServerClock(), folder
        durations = replace(Durations.instant(), table_create=60.0)
        self.server = SandboxServer(durations=durations, now=lambda: self._clock.now() + self.ahead)

    def play(self, scene: Scene) -> End:
        with Wall(self.server.endpoint) as wall:
            wall.hides = scene.from_the_start
            run = self.start(scene, wall.endpoint)
            if scene.from_the_start is None:
                run.until("waiting")
            else:
                wall.hidden.wait(30)
            wall.hides = scene.hides
            with closing(sqlite3.connect(self._folder / f"{scene.name}.db", isolation_level=None)) as other:
                if scene.locked:
                    other.execute("BEGIN EXCLUSIVE")
                began = SystemClock().now()
                for signum in scene.signals:
                    run.kill(signum)
                code = run.end()
                seconds = SystemClock().now() - began
        return End(code, seconds, json.loads(run.report.read_text()) if run.report.exists() else None)

    def make(self, table: str, **key: str) -> None:
        boto3.client("dynamodb", endpoint_url=self.server.endpoint, **KEYS).create_table(
            TableName=table,
            KeySchema=[{"AttributeName": name, "KeyType": sort} for sort, name in key.items()],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in key.values()],
            BillingMode="PAY_PER_REQUEST",
        )

    def start(self, scene: Scene, endpoint: str, again: str = "") -> Warm:
        plan = self._folder / f"{scene.name}.yaml"
        plan.write_text(PLAN.format(name=scene.name))
        store = scene.store.format(name=scene.name, folder=self._folder)
        options = ["--yes", "--endpoint-url", endpoint, "--state", store]
        return Warm(self._folder, scene.name + again, ["apply", plan, *options])


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    found = Stage(tmp_path_factory.mktemp("stage"))
    with found.server:
        yield found


@pytest.fixture(scope="module")
def ends(stage: Stage) -> Mapping[str, End]:
    """How each scene ended; the store and the table of the unanswered one are there before."""
    stage.make("unanswered", HASH="id")
    stage.make(STATE, HASH="partition", RANGE="sort")
    stage.ahead += 100
    with ThreadPoolExecutor(len(SCENES)) as threads:
        return dict(zip((scene.name for scene in SCENES), threads.map(stage.play, SCENES), strict=True))


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_a_signal_ends_a_run_within_its_grace_whatever_hangs(scene: Scene, ends: Mapping[str, End]) -> None:
    end = ends[scene.name]
    assert end.code in {128 + signum for signum in scene.signals}
    assert end.seconds < GRACE


@pytest.mark.parametrize("scene", [one for one in SCENES if one.name != "impatient"], ids=lambda scene: scene.name)
def test_it_writes_its_report_whatever_hangs(scene: Scene, ends: Mapping[str, End]) -> None:
    end = ends[scene.name]
    assert end.report is not None
    assert end.report["exit_code"] == end.code
    begun = scene.name != "looking"
    assert end.report["format"] == ("orchestrator.report/1" if begun else "orchestrator.error/1")
    assert not begun or end.report["outcome"] == "interrupted"


def test_a_second_signal_ends_it_at_once(ends: Mapping[str, End]) -> None:
    assert ends["impatient"].seconds < 2


@pytest.mark.parametrize("name", ["term", "int"])
async def test_its_locks_are_free_and_the_next_run_goes_on_with_what_aws_does(
    name: str, stage: Stage, ends: Mapping[str, End]
) -> None:
    scene = next(one for one in SCENES if one.name == name)
    session = aioboto3.Session(**KEYS)
    request = Request(plans=(), endpoint_url=stage.server.endpoint, session=session, state=f"dynamodb://{STATE}")
    (known,) = [one for one in (await pipeline.history(request)).runs if one.run.names == name]
    assert (known.run.life, known.run.outcome, known.run.exit_code) == ("ended", "interrupted", ends[name].code)
    stage.ahead += 100
    run = stage.start(scene, stage.server.endpoint, again="-again")
    assert run.end() == 0
    report = json.loads(run.report.read_text())
    assert "dynamodb:CreateTable" not in report["calls"]
    assert "dynamodb:UpdateTimeToLive" in report["calls"]
