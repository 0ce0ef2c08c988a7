"""What a preview tells of later stages, where tasks of earlier ones will have been done."""

from pathlib import Path

import pytest

from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.model import FromLive, Ref, Text
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


READ_LATER = """
plan: shop
stages:
  - {stage: streams, tables: {orders: {partition_key: {id: S}, stream: new_image}}}
  - {stage: between, tables: {others: {partition_key: {id: S}}}}
  - stage: reads
    functions:
      reader:
        code: {directory: reader}
        runtime: python3.13
        handler: app.handler
        role: "arn:aws:iam::123456789012:role/shop"
        event_sources: {orders: {source: "${tables.orders.stream_arn}", starting_position: latest}}
"""


async def test_what_aws_will_choose_in_an_earlier_stage_is_not_made_up_for_the_reader(tmp_path: Path) -> None:
    (tmp_path / "reader").mkdir()
    (tmp_path / "reader" / "app.py").write_text("def handler(event, context): ...\n")
    aws = VirtualAws(tmp_path)
    aws.store = MemoryStore()
    shown = (await aws.preview(READ_LATER)).graph
    (call,) = [step.call for step in shown if step.call and step.call.operation == "CreateEventSourceMapping"]
    source = call.parameters["EventSourceArn"]
    assert isinstance(source, Text)
    assert list(source.unknown) == [FromLive(Ref("shop", ("tables", "orders")), "stream_arn")]
    assert (await aws.apply(READ_LATER)).exit_code == 0
