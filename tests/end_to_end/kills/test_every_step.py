"""A run that dies after any number of steps of its event loop, in virtual time; then another one with the same cloud and store.

What the next run comes to depends on nothing but what is outside, and when: one point stands for all steps that leave the same
(`Outside`). By default only some of those are tried (ORCHESTRATOR_TEST_EVERY_START=1: all).
"""

import asyncio
import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from orchestrator.model import Report, reveal
from orchestrator.sandbox.clock import EPOCH, Deadlock, run_virtual
from orchestrator.state import operators
from tests.end_to_end.dying import Dead
from tests.end_to_end.kills.meaning import makings, meaning
from tests.end_to_end.kills.steps import (
    CountingStore,
    Life,
    MortalClock,
    MortalCloud,
    MortalLoop,
    MortalStore,
    Outside,
    WatchedAccount,
)
from tests.end_to_end.kills.story import PLAN, ROLE, calls_of_the_past, written
from tests.end_to_end.virtual import VirtualAws

EVERY = bool(os.environ.get("ORCHESTRATOR_TEST_EVERY_START"))
SHARES = 8 if EVERY else 2
"""The work is parted so that it can run side by side."""
SAMPLE = 1 if EVERY else 10
"""Of so many points one is tried."""
FOR_EVER = 3600.0


class Story:
    """One account and store, in which one process after the other runs the plan, until it ends or dies."""

    def __init__(self, folder: Path) -> None:
        self.account, self.store, self.now = WatchedAccount(), CountingStore(), EPOCH
        self._folder = folder
        written(folder)
        self.account.lambda_.role_created(ROLE, EPOCH - FOR_EVER)
        for call in calls_of_the_past(folder):
            self.account.foreign(call.service, call.operation, reveal(call.parameters), self.now)
            self.now += FOR_EVER

    def run(self, dies: int | None = None) -> tuple[Report | None, Life]:
        """The report of a run, none where it died, and its life. Chance is the same in each."""
        life = Life(dies)
        clock = MortalClock(self.now, life)
        life.look = lambda: self.outside(clock.now())
        aws = VirtualAws(self._folder, self.account, clock, store=MortalStore(self.store, clock, life))
        aws.between = lambda cloud: MortalCloud(cloud, life)
        report = None

        async def main() -> Report:
            life.main = asyncio.current_task()
            return await aws.apply(PLAN)

        with patch.object(random, "_urandom", random.Random(0).randbytes):
            try:
                with asyncio.Runner(loop_factory=lambda: MortalLoop(life)) as runner:
                    report = runner.run(main())
            except (Dead, BaseExceptionGroup, asyncio.CancelledError, Deadlock):
                assert life.dead
        self.now = life.left[-1].at
        return report, life

    def outside(self, now: float) -> Outside:
        return Outside(len(self.account.timeline.served), self.store.written, now)

    def end(self) -> Mapping[str, Any]:
        """All that there is, once it has settled."""

        def look(service: str, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
            return self.account.foreign(service, operation, parameters, self.now + FOR_EVER)

        return meaning(look)

    def living_runs(self) -> Sequence[str]:
        """The runs that hold their locks still."""

        async def look() -> Sequence[str]:
            return [one.run.id for one in await operators.runs(self.store, 9) if one.live]

        return run_virtual(look)


@dataclass(frozen=True)
class Unkilled:
    """A run to its end."""

    story: Story
    life: Life

    @property
    def points(self) -> Sequence[int]:
        """After how many steps to die, so that all is met that there ever was outside."""
        left = self.life.left
        return [step for step in range(len(left)) if step == 0 or left[step] != left[step - 1]]


@pytest.fixture(scope="module")
def unkilled(tmp_path_factory: pytest.TempPathFactory) -> Unkilled:
    story = Story(tmp_path_factory.mktemp("unkilled"))
    report, life = story.run()
    assert report
    assert report.exit_code == 0
    assert story.living_runs() == []
    return Unkilled(story, life)


def test_a_run_takes_many_steps_and_there_are_few_that_leave_the_same(unkilled: Unkilled) -> None:
    assert len(unkilled.life.left) > 1000
    assert len(set(unkilled.life.left)) == len(unkilled.points) > 300


@pytest.mark.parametrize("share", range(SHARES))
def test_dead_after_any_step_the_next_run_ends_as_if_nothing_had_happened(
    unkilled: Unkilled, share: int, tmp_path: Path
) -> None:
    made, end = makings(unkilled.story.account.accepted), unkilled.story.end()
    assert set(made.values()) == {1}
    for step in unkilled.points[SAMPLE // 2 :: SAMPLE][share::SHARES]:
        story = _dead(unkilled, step, tmp_path)
        report, _ = story.run()
        assert report, step
        assert report.exit_code == 0, f"dead after step {step}: {report}"
        assert makings(story.account.accepted) == made, f"dead after step {step}"
        # Who finds nothing to do looks at no lock: the dead one's are taken over by whoever wants them next.
        assert len(story.living_runs()) <= (report.outcome == "nothing_to_do"), f"dead after step {step}"
        assert story.end() == end, f"dead after step {step}"


def _dead(unkilled: Unkilled, step: int, folder: Path) -> Story:
    """A story whose first run died after `step`, having done until then what the unkilled one did.

    In which order the end of a run cancels what it does side by side is chance (a set's order): then it is tried again.
    """
    for _ in range(30):
        story = Story(folder)
        report, life = story.run(step)
        assert report is None
        assert story.outside(story.now) == life.left[-1], "nothing that it did afterwards is seen"
        if life.left == unkilled.life.left[: step + 1]:
            return story
    raise AssertionError(f"step {step} leaves something else each time")
