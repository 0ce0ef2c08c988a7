"""`--shard`: which share of backfills a job does."""

from dataclasses import replace

import pytest

from orchestrator.kinds.task.update import segments
from orchestrator.model import Backfill, Plan, Ref, Seed, Share, Task
from orchestrator.model.work import Listed
from orchestrator.planning.shares import said, taking

FILL = Task(Ref("shop", ("tasks", "fill")), Backfill("orders", remove=("draft",), segments=8))
SEED = Task(Ref("shop", ("tasks", "seed")), Seed("orders", Listed(())))


@pytest.mark.parametrize(
    ("text", "share"),
    [("1/4", Share(1, 4)), ("4/4", Share(4, 4)), ("1/1", Share(1, 1)), ("12/300", Share(12, 300))],
)
def test_a_share_is_a_number_of_how_many(text: str, share: Share) -> None:
    assert said(text) == share


@pytest.mark.parametrize("text", ["", "1", "0/4", "5/4", "1/0", "-1/4", "1/4 ", "a/b", "1/4/2", "1.0/4", "01/4"])
def test_anything_else_is_none(text: str) -> None:
    assert said(text) is None


@pytest.mark.parametrize("of", [1, 3, 8, 20])
def test_all_jobs_together_scan_each_segment_once(of: int) -> None:
    """Also where there are more jobs than the plan has segments."""
    stage = Plan("shop", "plan.yaml", "", resources=(), tasks=(FILL,), stage="fill")
    plan = replace(stage, tasks=(SEED, FILL), stages=(stage,), stage=None)
    scanned: list[int] = []
    for number in range(1, of + 1):
        taken = taking(plan, Share(number, of))
        assert taken.tasks[0] == SEED
        work = taken.tasks[1].work
        assert isinstance(work, Backfill)
        assert taken.stages[0].tasks[0].work == work
        assert segments(work)
        scanned += segments(work)
    assert sorted(scanned) == list(range(max(8, of)))
