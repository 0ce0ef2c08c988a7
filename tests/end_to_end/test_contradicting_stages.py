"""Stages that undo what those before them did: whoever dies on the way, nothing is done twice."""

import os
from pathlib import Path

import pytest

from tests.end_to_end.staged import FUNCTION, Shop, steps_of

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
HEAD = "plan: shop\npolicy: {destructive: allow, backup_before_delete: false}\nstages:\n"
TABLE = "{partition_key: {id: S}, billing: on_demand}"


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


SAID_AGAIN = f"""{HEAD}
  - {{stage: slow, functions: {{order-api: {{memory: 256}}}}}}
  - {{stage: fast, functions: {{order-api: {{memory: 512}}}}}}
  - {{stage: slow-again, functions: {{order-api: {{memory: 256}}}}}}
  - {{stage: told, tables: {{orders: {{tags: {{slowed: "yes"}}}}}}}}
"""
MADE_AGAIN = f"""{HEAD}
  - {{stage: make, tables: {{orders: {TABLE}, tmp: {TABLE}}}}}
  - {{stage: drop, tables: {{tmp: absent}}}}
  - {{stage: make-again, tables: {{tmp: {TABLE}}}}}
  - {{stage: drop-again, tables: {{tmp: absent, last: {TABLE}}}}}
"""
RECREATED_TWICE = f"""{HEAD}
  - stage: keys
    tables: {{orders: {{indexes: {{by_user: {{partition_key: {{user: S}}, projection: keys_only, replace: recreate}}}}}}}}
  - stage: all
    tables: {{orders: {{indexes: {{by_user: {{partition_key: {{user: S}}, sort_key: {{day: N}}, projection: all}}}}}}}}
"""
SOURCE = '{source: "${tables.orders.stream_arn}", starting_position: latest}'
READ_FOR_A_WHILE = f"""{HEAD}
  - stage: read
    tables: {{orders: {{stream: new_image}}}}
    functions: {{order-api: {{code: {{directory: one}}, {FUNCTION}, event_sources: {{orders: {SOURCE}}}}}}}
  - {{stage: leave, functions: {{order-api: {{event_sources: {{orders: absent}}}}}}}}
  - {{stage: told, tables: {{orders: {{tags: {{left: "yes"}}}}}}}}
"""
CONFIGURED = ["UpdateFunctionConfiguration"] * 3


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        (SAID_AGAIN, [*CONFIGURED, "TagResource"]),
        (MADE_AGAIN, ["CreateTable", "DeleteTable", "CreateTable", "DeleteTable", "CreateTable"]),
        (RECREATED_TWICE, ["UpdateTable"] * 4),
        (READ_FOR_A_WHILE, ["UpdateTable", "CreateEventSourceMapping", "DeleteEventSourceMapping", "TagResource"]),
    ],
    ids=["says the same again", "made and dropped twice", "recreated twice", "an event source for a while"],
)
async def test_each_stage_is_foretold_and_done_whatever_others_say(text: str, sent: list[str], tmp_path: Path) -> None:
    shop = await shop_of(tmp_path)
    foretold = await shop.preview(text)
    report = await shop.apply(text)
    assert (report.exit_code, steps_of(report)) == (0, {step.id: "done" for step in foretold.graph})
    assert sorted(call.operation for call in shop.sent) == sorted(sent)
    assert (await shop.apply(text)).outcome == "nothing_to_do"
