"""A task whose table a later stage takes away: it was done, and is remembered until the plan is through."""

from pathlib import Path

import pytest

from orchestrator.adapters.memory_store import MemoryStore
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

PLAN = """
plan: shop
policy: {destructive: allow, backup_before_delete: false}
stages:
  - stage: expand
    tables: {drafts: {partition_key: {id: S}}, orders: {partition_key: {id: S}}}
    tasks: {first: {seed: {table: drafts, items: [{id: a}]}}}
  - stage: between
    tables: {orders: {stream: new_image}}
  - stage: contract
    tables: {drafts: absent}
"""


async def test_it_is_done_once_though_the_run_is_killed_later(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path, store=MemoryStore())
    puts = 0
    for at in range(1, 200):
        if not await aws.dies(PLAN, at):
            break
        await aws.clock.sleep(60)
    puts += sum(call.operation == "PutItem" for call in aws.sent)
    assert puts == 1
    assert (await aws.preview(PLAN)).graph.steps == ()


async def test_it_is_locked_while_it_may_be_done(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path, store=MemoryStore())
    await aws.apply(PLAN)
    (locked,) = [event.details["resources"] for event in aws.events if event.what == "lock_acquired"]
    assert [name.rpartition("eu-west-1/")[2] for name in locked] == [
        "dynamodb/table/drafts",
        "dynamodb/table/orders",
        "task/shop/first",
    ]
