"""Tasks on a table that the plan only names: its key is in live state, and what does not go with it is told before a call."""

from pathlib import Path

import pytest

from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.model import Finding
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

MADE = """
version: 1
plan: before
tables: {shops: {partition_key: {shop: S}, sort_key: {line: N}, billing: on_demand}}
"""
NAMED = """
version: 1
plan: shop
tables: {shops: {}}
tasks:
"""


@pytest.fixture
async def aws(tmp_path: Path) -> VirtualAws:
    aws = VirtualAws(tmp_path)
    aws.store = MemoryStore()
    await aws.already(MADE)
    return aws


async def errors(aws: VirtualAws, task: str) -> list[Finding]:
    """Those of the preview; nothing is planned then."""
    shown = await aws.preview(NAMED + task)
    found = [one for one in shown.findings if one.level == "error"]
    assert bool(found) != bool(shown.graph.steps)
    return found


@pytest.mark.parametrize("how", ["keep", "fail", "overwrite"])
async def test_a_file_with_items_of_one_key_is_refused_with_both_and_the_line(aws: VirtualAws, how: str) -> None:
    (aws.folder / "shops.csv").write_text("shop,line:N,name\na,1,one\na,2,two\na,1.0,again\n")
    (found,) = await errors(aws, f"  many: {{seed: {{table: shops, file: shops.csv, if_exists: {how}}}}}\n")
    assert found.message == "Item 3 has the same key as item 1."
    assert found.where is not None
    assert (Path(found.where.file).name, found.where.line) == ("shops.csv", 4)


async def test_rows_without_the_key_or_of_another_type_are_told_before_they_are_sent(aws: VirtualAws) -> None:
    (aws.folder / "shops.jsonl").write_text('{"shop": "a", "line": 1}\n{"shop": "a"}\n{"shop": "a", "line": "x"}\n')
    found = await errors(aws, "  many: {seed: {table: shops, file: shops.jsonl}}\n")
    assert [one.where.line for one in found if one.where] == [2, 3]
    assert "lacks `line`" in found[0].message


async def test_items_of_the_plan_are_told_with_their_numbers(aws: VirtualAws) -> None:
    items = "[{shop: a, line: 1}, {line: 2}, {shop: a, line: '2'}, {shop: a, line: 1.0}]"
    found = await errors(aws, f"  many: {{seed: {{table: shops, items: {items}}}}}\n")
    assert [one.message for one in found] == [
        "tasks.many: item 2 lacks `shop`, which is part of the table's key.",
        "tasks.many: item 3, line: the table's key has a number (N) here, found a string.",
        "tasks.many: item 4 has the same key as item 1.",
    ]
    assert [one.where.line for one in found if one.where] == [6, 6, 6]


@pytest.mark.parametrize("change", ["set: {line: 5}", "remove: [shop]", "set: {name: x}, remove: [line]"])
async def test_a_backfill_of_a_key_attribute_is_refused(aws: VirtualAws, change: str) -> None:
    (found,) = await errors(aws, f"  fill: {{backfill: {{table: shops, {change}}}}}\n")
    assert found.code == "key-changed"
    assert "is part of the key of shops, which no update changes" in found.message


async def test_what_goes_with_the_key_is_planned_and_done(aws: VirtualAws) -> None:
    (aws.folder / "shops.csv").write_text("shop,line:N\na,1\na,2\n")
    tasks = "  many: {seed: {table: shops, file: shops.csv}}\n"
    tasks += "  fill: {backfill: {table: shops, set: {name: x}}, after: [tasks.many]}\n"
    assert await errors(aws, tasks) == []
    assert (await aws.apply(NAMED + tasks)).exit_code == 0


async def test_a_file_that_is_away_for_a_moment_is_not_held_against_the_plan(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path, store=MemoryStore())
    await aws.already("plan: before\ntables: {orders: {partition_key: {id: S}}}\n")
    file = tmp_path / "many.jsonl"
    file.write_text('{"id": "a"}\n')
    run = aws.opened("plan: shop\ntables: {orders: {}}\ntasks: {many: {seed: {table: orders, file: many.jsonl}}}\n")
    world = await run.observe()
    file.rename(tmp_path / "away.jsonl")
    run.compile(world)
    (tmp_path / "away.jsonl").rename(file)
    found = run.compile(world)
    assert [finding.code for finding in found.findings if finding.level == "error"] == []
    assert [step.id for step in found.graph] == ["tasks.many:run"]


async def test_an_empty_key_of_a_table_that_is_only_named_is_an_error_of_the_preview(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path, store=MemoryStore())
    await aws.already("plan: before\ntables: {orders: {partition_key: {id: S}}}\n")
    text = "plan: shop\ntables: {orders: {}}\ntasks: {many: {seed: {table: orders, items: [{id: a}, {id: ''}]}}}\n"
    (error,) = [finding for finding in (await aws.preview(text)).findings if finding.level == "error"]
    assert (error.code, error.message) == ("empty-key", "tasks.many: item 2, id: what is part of a key can't be empty.")
