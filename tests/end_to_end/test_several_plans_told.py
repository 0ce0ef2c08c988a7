"""Where several plans are told of, each thing is told with its plan, and steps in the order in which they will run."""

import re
from pathlib import Path
from typing import Any

import pytest

from orchestrator import pipeline
from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.render import FORMATS
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

TEXT = FORMATS["text"]
ORDERS = """
plan: orders
requires: [users]
tasks: {fill: {seed: {table: things, items: [{id: a}]}}}
tables: {things: {name: orders, partition_key: {id: S}, billing: on_demand}}
"""
USERS = """
plan: users
tasks: {fill: {seed: {table: things, items: [{id: a}]}}}
tables: {things: {name: users, partition_key: {id: S}, billing: on_demand}}
"""
NUMBER = re.compile(r"^ +(\d+)  [+~>-]  ", re.MULTILINE)


class Shop(VirtualAws):
    """Both plans, the one that comes later named first."""

    def both(self, **options: Any) -> pipeline.Opened:
        path = self.folder / "users.yaml"
        path.write_text(USERS)
        return self.opened(ORDERS, beside=[path], **options)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path, store=MemoryStore())


async def test_a_preview_is_in_the_order_of_its_steps_and_says_whose_step_another_plan_waits_for(shop: Shop) -> None:
    written = TEXT.preview(await pipeline.preview_on(shop.both()))
    assert [int(number) for number in NUMBER.findall(written)] == [1, 2, 3, 4], written
    assert written.index("Plan users") < written.index("Plan orders")
    assert "after step 2 (users/tasks.fill)" in written
    assert "after step 1 (tables.things)" in written


async def test_a_report_and_a_status_name_the_plan(shop: Shop) -> None:
    names = ["users/tables.things", "users/tasks.fill", "orders/tables.things", "orders/tasks.fill"]
    applied = await pipeline.apply_on(shop.both(), approve=None)
    lines = TEXT.report(applied.report, applied.preview).splitlines()
    assert [line for line in lines if line in names] == names, lines
    status = TEXT.status(await pipeline.status_on(shop.both())).splitlines()
    assert sorted(line.split()[0] for line in status if " in place" in line and "/" in line) == sorted(names), status


async def test_what_is_waited_for_in_vain_is_named_with_its_plan_though_the_other_plan_is_in_place(shop: Shop) -> None:
    await pipeline.apply_on(shop.both(), approve=None)
    shop.send("dynamodb", "DeleteTable", TableName="users")
    waited = await pipeline.wait_on(shop.both(deadline=60))
    assert waited.exit_code == 6
    assert "\nusers/tables.things " in "\n" + TEXT.waited(waited)


async def test_of_one_plan_nothing_is_said_of_its_name(shop: Shop) -> None:
    applied = await pipeline.apply_on(shop.opened(USERS), approve=None)
    assert "tables.things" in TEXT.report(applied.report, applied.preview).splitlines()
    status = TEXT.status(await pipeline.status_on(shop.opened(USERS)))
    assert "\ntables.things " in status
