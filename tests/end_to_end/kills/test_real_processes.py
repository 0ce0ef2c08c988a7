"""A real process over HTTP, killed (SIGKILL) at any call, to AWS or to its store, at three moments; then the same command again.

Both runs are the command itself, against one sandbox whose time, like theirs, runs 40 times as fast. The points are all calls of
a run that nobody kills, times the moments; by default only some are tried (ORCHESTRATOR_TEST_EVERY_START=1: all). Which reads a
run makes depends on how fast it is, so that one that is late in line may not come; it is tried again then, or counted as missed.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from tests.end_to_end.kills.meaning import makings
from tests.end_to_end.kills.process import Starter
from tests.end_to_end.kills.proxy import MOMENTS, Point, Proxy
from tests.end_to_end.kills.story import calls_of_the_past, written
from tests.end_to_end.kills.world import REGION, STATE, World
from tests.end_to_end.virtual import READS

pytestmark = pytest.mark.http

EVERY = bool(os.environ.get("ORCHESTRATOR_TEST_EVERY_START"))
SHARES = 8 if EVERY else 1
"""The work is parted so that it can run side by side."""
SAMPLE = (
    Point("dynamodb:CreateTable", 1, "between"),
    Point("dynamodb:UpdateTable", 2, "before"),
    Point("lambda:PublishVersion", 2, "between"),
    Point("dynamodb:TransactWriteItems", 2, "after"),
)
KEYS = {"AWS_ACCESS_KEY_ID": "sandbox", "AWS_SECRET_ACCESS_KEY": "sandbox", "AWS_REGION": REGION}
KILLED = -9


@dataclass
class Stage:
    """Where runs are killed. `end` and `made` are what comes of one that is not, `calls` how often it calls each operation."""

    world: World
    proxy: Proxy
    starter: Starter
    folder: Path
    plan: Path
    end: Mapping[str, Any]
    made: Counter[str]
    calls: Counter[str]

    def run(self, trap: Point | None = None) -> int:
        """Run the command; its exit code, or KILLED."""
        self.proxy.watch(self.starter.child, trap)
        store = ["--state", f"dynamodb://{STATE}", "--format", "json"]
        arguments = ["apply", str(self.plan), "--yes", "--endpoint-url", self.proxy.endpoint, *store]
        self.said.unlink(missing_ok=True)
        code = self.starter.run(arguments, self.world.clock.ahead, self.said)
        self.proxy.settle()
        return code

    @property
    def said(self) -> Path:
        """What the last run wrote on its streams."""
        return self.folder / "said"

    def begin(self) -> None:
        self.world.begin()
        self.proxy.accepted.clear()

    def points(self, share: int) -> Sequence[Point]:
        """A part of all: which one a point is in goes by itself, as each process that tests has an unkilled run of its own."""
        every = (
            Point(api, number, moment)
            for api, count in sorted(self.calls.items())
            for number in range(1, count + 1)
            for moment in MOMENTS
        )
        return [point for point in every if crc32(str(point).encode()) % SHARES == share]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("kills")
    plan = written(folder)
    world = World(calls_of_the_past(folder))
    proxy, starter = Proxy(world.port), Starter(KEYS)
    try:
        found = Stage(world, proxy, starter, folder, plan, {}, Counter(), Counter())
        found.begin()
        assert found.run() == 0, found.said.read_text()
        found.made, found.calls = makings(proxy.accepted), Counter(proxy.seen)
        assert world.living_runs() == []
        found.end = world.meaning()
        yield found
    finally:
        starter.close()
        proxy.close()
        world.close()


def test_the_unkilled_run_does_something_of_everything(stage: Stage) -> None:
    assert set(stage.made.values()) == {1}
    assert len(stage.made) == 13
    assert {f"table {STATE}", "table orders", "table users", "function report", "function job"} < set(stage.end)


@pytest.mark.parametrize("share", range(SHARES))
def test_killed_anywhere_the_same_command_ends_as_if_nothing_had_happened(stage: Stage, share: int) -> None:
    points = stage.points(share) if EVERY else SAMPLE
    missed = [point for point in points if not _killed_and_run_again(stage, point)]
    assert all(_may_be_missed(point) for point in missed)
    print(f"\nshare {share}: {len(points)} points, {len(missed)} of them missed: {', '.join(map(str, missed))}")


def _killed_and_run_again(stage: Stage, point: Point) -> bool:
    """Kill a run at `point` and run it again; whether that was reached, if need be at the third try."""
    for _ in range(3):
        stage.begin()
        first = stage.run(point)
        # Who has its answer goes on, and may have come to its end before the kill came: that was none.
        assert first == KILLED or (first == 0 and (point.moment == "after" or not stage.proxy.sprung)), point
        if first == KILLED:
            _again(stage, point)
            return True
    return False


def _again(stage: Stage, point: Point) -> None:
    code = stage.run()
    said = stage.said.read_text()
    assert code == 0, f"{point}: {said}"
    assert makings(stage.proxy.accepted) == stage.made, f"{point}: something was made twice, or not: {said}"
    left = stage.world.living_runs()
    assert stage.world.meaning() == stage.end, point
    # Who finds nothing to do looks at no lock: the dead one's are taken over by whoever wants them next.
    done = json.loads(said[said.index("\n{\n") :])["outcome"] == "nothing_to_do"
    assert len(left) <= done, f"{point}: {left}"


def _may_be_missed(point: Point) -> bool:
    """How often a run looks, and how many rows of its journal go into one write, depends on how fast it is."""
    operation = point.api.partition(":")[2]
    return bool(READS.match(operation)) or operation in ("TransactWriteItems", "PutItem")
