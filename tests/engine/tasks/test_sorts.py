"""A sort of task is known everywhere: mypy sees to what tells the sorts apart, this to what looks one up."""

from typing import get_args

from orchestrator.engine.tasks.running import DOING
from orchestrator.kinds.task.spec import TIMEOUTS, TaskSpec
from orchestrator.model import Work

SORTS = [sort.sort for sort in get_args(Work)]


def test_each_sort_is_done_by_something() -> None:
    assert set(DOING) == set(get_args(Work))


def test_each_sort_can_be_stated_and_has_its_time() -> None:
    assert sorted(SORTS) == sorted(TIMEOUTS)
    assert set(SORTS) <= set(TaskSpec.model_fields)
