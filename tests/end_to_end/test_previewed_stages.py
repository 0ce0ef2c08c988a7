"""What a preview tells of later stages, where tasks of earlier ones will have been done."""

from pathlib import Path

import pytest

from orchestrator.adapters.memory_store import MemoryStore
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

STAGES = """
plan: shop
stages:
  - stage: first
    tables:
      orders: {partition_key: {id: S}, billing: on_demand}
    tasks:
      once: {seed: {table: orders, items: [{id: a}]}}
      each: {seed: {table: orders, items: [{id: b}]}, run: always}
  - stage: second
    tables:
      orders: {indexes: {by_day: {partition_key: {day: S}}}}
  - stage: third
    tables:
      orders: {stream: new_image}
"""


async def test_a_task_is_told_in_its_own_stage_and_in_no_later_one(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path)
    aws.store = MemoryStore()
    told = [step.id for step in (await aws.preview(STAGES)).graph.steps]
    assert [name for name in told if name.startswith("tasks.")] == ["tasks.once:run", "tasks.each:run"]
    assert (await aws.apply(STAGES)).exit_code == 0
    written = [call.parameters["Item"]["id"]["S"] for call in aws.sent if call.operation == "PutItem"]
    assert sorted(written) == ["a", "b"]
