"""Who watches a run in stages sees one count of steps from the first to the last of them."""

from functools import partial
from pathlib import Path

import anyio
import pytest

from orchestrator import pipeline
from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.model import Event, Preview
from orchestrator.render.progress import Progress
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

PLAN = """
plan: shop
stages:
  - stage: expand
    tables: {orders: {partition_key: {id: S}, billing: on_demand}}
  - stage: fill
    tasks: {first: {seed: {table: orders, items: [{id: a}]}}}
  - stage: contract
    tables: {orders: {stream: new_image, tags: {team: orders}}}
"""


class Watcher:
    """The progress of a run, and the counts and the stage that it had whenever something began."""

    def __init__(self) -> None:
        self.progress = Progress()
        self.began: list[tuple[int, int, tuple[str, ...]]] = []

    def begins(self, shown: Preview) -> None:
        self.progress = Progress.of(shown, self.progress)
        self.began.append((*self.progress.steps_done, self.progress.stages))

    def heard(self, event: Event) -> None:
        self.progress = self.progress.after(event)


async def test_each_stage_goes_on_with_the_count_of_those_before(tmp_path: Path) -> None:
    aws, watcher = VirtualAws(tmp_path, store=MemoryStore()), Watcher()
    applied = await pipeline.apply_on(aws.opened(PLAN), approve=None, begins=watcher.begins, listeners=[watcher.heard])
    total = len(applied.report.steps)
    assert watcher.progress.steps_done == (total, total)
    assert [stages for _, _, stages in watcher.began] == [
        ("Stage 1 of 3, expand",),
        ("Stage 2 of 3, fill",),
        ("Stage 3 of 3, contract",),
    ]
    assert [(done, of) for done, of, _ in watcher.began] == [(0, total), (1, total), (2, total)]


async def test_who_follows_it_is_told_the_same_count(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path, store=MemoryStore())
    told: list[Event] = []
    async with anyio.create_task_group() as group:
        group.start_soon(partial(aws.apply, PLAN))
        await aws.clock.sleep(1)
        await pipeline.apply_on(aws.opened(PLAN), approve=None, listeners=[told.append])
    counts = [(event.details["done"], event.details["total"]) for event in told if event.what == "lock_waiting"]
    assert counts == sorted(counts)
    assert counts[-1] in ((2, 4), (3, 4)), (
        "in the last stage, which has two steps, of which one may be done by the last look"
    )
