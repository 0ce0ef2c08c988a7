"""Stages that undo what those before them did: whoever dies on the way, nothing is done twice."""

import os
from pathlib import Path

import pytest

from tests.end_to_end.staged import Shop

pytestmark = pytest.mark.virtual

EVERY = bool(os.environ.get("ORCHESTRATOR_TEST_EVERY_START"))
SAMPLE = 1 if EVERY else 12
"""Of so many points one is tried."""
PLAN = """
plan: temporary
policy: {destructive: allow}
stages:
  - stage: help
    tables: {orders: {partition_key: {id: S}, indexes: {by_help: {partition_key: {help: S}}}}}
  - stage: tidy
    tables: {orders: {indexes: {by_help: absent}}}
  - stage: told
    tables: {orders: {tags: {helped: "yes"}}}
"""
ONCE = {"Create index orders by_help": 1, "Delete index orders by_help": 1}


async def shop_of(folder: Path) -> Shop:
    shop = Shop(folder)
    await shop.begins()
    return shop


async def calls_until(folder: Path, operations: int) -> int:
    """How many calls a run makes until so many of its changes were sent."""
    at = 0
    while True:
        at += 1
        shop = await shop_of(folder)
        if not await shop.killed(PLAN, at) or len(shop.sent) >= operations:
            return at


async def test_killed_twice_nothing_is_made_again(tmp_path: Path) -> None:
    """The first dies once the index is made, the next somewhere on its way through what is left."""
    first, point = await calls_until(tmp_path, 1), 1 - SAMPLE
    while True:
        point += SAMPLE
        shop = await shop_of(tmp_path)
        assert await shop.killed(PLAN, first + 1, answered=True)
        await shop.clock.sleep(120)
        died = await shop.killed(PLAN, point)
        await shop.clock.sleep(120)
        assert (await shop.apply(PLAN)).exit_code == 0
        assert shop.made == ONCE, f"killed at call {point}"
        if not died:
            break


async def test_without_a_store_one_run_goes_through_all_of_them(tmp_path: Path) -> None:
    shop = await shop_of(tmp_path)
    shop.store = None
    assert (await shop.apply(PLAN)).exit_code == 0
    assert shop.made == ONCE
