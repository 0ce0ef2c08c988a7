"""How often a task is done: `run: once | on_change | always`, over the runs of whole plans, and plans that require others."""

from pathlib import Path
from typing import Any

import pytest

from orchestrator import pipeline
from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.errors import InvalidPlan, Refused
from tests.end_to_end.staged import Shop, steps_of
from tests.end_to_end.virtual import VirtualAws
from tests.engine.scene import Answer, Scripted

pytestmark = pytest.mark.virtual

BEFORE = "plan: before\ntables: {orders: {partition_key: {id: S}, billing: on_demand}}\n"
COUNT = "transact: [{update: {table: orders, key: {id: total}, add: {n: 1}}}]"
TWICE = COUNT.replace("n: 1", "n: 2")


def plan(task: str = COUNT, run: str = "once", name: str = "shop", more: str = "") -> str:
    return f"""
plan: {name}
{more}
policy: {{destructive: allow}}
tables: {{orders: {{partition_key: {{id: S}}, billing: on_demand}}}}
tasks:
  count: {{run: {run}, {task}}}
"""


@pytest.fixture
async def shop(tmp_path: Path) -> Shop:
    found = Shop(tmp_path)
    await found.begins(BEFORE)
    return found


async def counts(shop: Shop, *texts: str, **options: Any) -> list[int]:
    """What the counter says after each of these plans."""
    found = []
    for text in texts:
        report = await shop.apply(text, **options)
        assert report.exit_code == 0, report
        found.append(shop.counted())
    return found


async def test_once_is_once(shop: Shop) -> None:
    assert await counts(shop, plan(), plan(), plan()) == [1, 1, 1]


async def test_on_change_is_once_for_each_content_that_follows_another(shop: Shop) -> None:
    one, two = plan(run="on_change"), plan(TWICE, "on_change")
    assert await counts(shop, one, one, two, two) == [1, 1, 3, 3]
    with pytest.raises(Refused, match="A newer version of this plan"):
        await shop.apply(one)
    assert await counts(shop, one, one, allow_older=True) == [4, 4]


async def test_always_is_each_time(shop: Shop) -> None:
    assert await counts(shop, *[plan(run="always")] * 3) == [1, 2, 3]


@pytest.mark.parametrize("run", ["once", "on_change"])
async def test_another_rule_for_what_was_done_does_nothing(shop: Shop, run: str) -> None:
    other = "on_change" if run == "once" else "once"
    assert await counts(shop, plan(run=run), plan(run=other)) == [1, 1]


async def test_what_is_done_once_and_says_something_else_is_refused_with_a_way_out(shop: Shop) -> None:
    await counts(shop, plan())
    with pytest.raises(InvalidPlan, match="run: on_change") as caught:
        await shop.apply(plan(TWICE))
    assert [problem.code for problem in caught.value.problems] == ["task-changed"]
    assert await counts(shop, plan()) == [1], "taking the change back is one"
    assert await counts(shop, plan(TWICE, "on_change")) == [3], "and so is that"


async def test_another_id_is_another_task(shop: Shop) -> None:
    assert await counts(shop, plan(), plan().replace("count:", "counted:")) == [1, 2]


async def test_another_plan_has_tasks_of_its_own(shop: Shop) -> None:
    assert await counts(shop, plan(), plan(name="other")) == [1, 2]


@pytest.mark.parametrize("run", ["once", "on_change"])
async def test_a_table_made_anew_makes_it_due_again(shop: Shop, run: str) -> None:
    assert await counts(shop, plan(run=run)) == [1]
    shop.send("dynamodb", "DeleteTable", TableName="orders")
    await shop.clock.sleep(600)
    assert await counts(shop, plan(run=run), plan(run=run)) == [1, 1]


@pytest.mark.parametrize("run", ["once", "on_change"])
async def test_a_table_that_somebody_else_makes_anew_makes_it_due_again(shop: Shop, run: str) -> None:
    """It looks as the one before, and only its identity tells that what was done is gone."""
    assert await counts(shop, plan(run=run)) == [1]
    shop.send("dynamodb", "DeleteTable", TableName="orders")
    await shop.clock.sleep(600)
    kept, shop.store = shop.store, None
    await shop.already(BEFORE)
    shop.store = kept
    assert shop.counted() == 0
    assert await counts(shop, plan(run=run), plan(run=run)) == [1, 1]
    assert [call.operation for call in shop.sent] == ["TransactWriteItems"]


async def test_a_table_that_the_plan_itself_makes_anew_makes_it_due_again_in_that_run(shop: Shop) -> None:
    assert await counts(shop, plan()) == [1]
    text = plan().replace("partition_key: {id: S}", "partition_key: {id: S}, sort_key: {line: N}, replace: recreate")
    text = text.replace("key: {id: total}", "key: {id: total, line: 1}").replace(
        "count: {run: once", "count: {run: on_change"
    )
    report = await shop.apply(text)
    assert report.exit_code == 0, report
    assert shop.counted() == 1, "it stands in the new table"
    assert (await shop.apply(text)).outcome == "nothing_to_do"


@pytest.mark.parametrize("run", ["once", "on_change"])
async def test_without_a_store_nobody_would_remember(shop: Shop, run: str) -> None:
    shop.store = None
    with pytest.raises(InvalidPlan) as caught:
        await shop.apply(plan(run=run))
    assert [problem.code for problem in caught.value.problems] == ["no-memory"]
    assert not shop.sent


async def test_without_a_store_what_is_always_done_is_done(shop: Shop) -> None:
    shop.store = None
    assert await counts(shop, plan(run="always"), plan(run="always")) == [1, 2]


STAGED = """
plan: first
policy: {destructive: allow}
stages:
  - stage: one
    tables: {orders: {partition_key: {id: S}, indexes: {by_day: {partition_key: {day: S}}}}}
  - stage: two
    tables: {orders: {tags: {team: shop}}}
    tasks: {count: {transact: [{update: {table: orders, key: {id: total}, add: {n: 1}}}]}}
"""
AFTER = "plan: second\nrequires: [first]\ntables: {users: {partition_key: {id: S}, billing: on_demand}}\n"


async def test_a_plan_begins_once_the_stages_of_the_one_it_requires_are_done(shop: Shop) -> None:
    (shop.folder / "second.yaml").write_text(AFTER)
    beside = [shop.folder / "second.yaml"]
    foretold = [step.id for step in (await shop.preview(STAGED, beside=beside)).graph]
    report = await shop.apply(STAGED, beside=beside)
    assert report.exit_code == 0, report
    assert [call.operation for call in shop.sent] == [
        "UpdateTable",
        "TagResource",
        "TransactWriteItems",
        "CreateTable",
    ]
    assert sorted(foretold) == sorted(step.id for step in report.steps)
    assert (await shop.apply(STAGED, beside=beside)).outcome == "nothing_to_do"


@pytest.mark.parametrize("operation", ["UpdateTable", "TagResource", "TransactWriteItems"])
async def test_what_requires_a_plan_that_fails_is_not_run(shop: Shop, operation: str) -> None:
    (shop.folder / "second.yaml").write_text(AFTER)
    beside = [shop.folder / "second.yaml"]
    shop.between = lambda cloud: Scripted(cloud, Answer(operation, "ValidationException", "no"))
    report = await shop.apply(STAGED, beside=beside)
    assert report.exit_code == 1
    assert "CreateTable" not in [call.operation for call in shop.sent]
    assert steps_of(report)["second/tables.users:create"] == "not_run"
    shop.between = lambda cloud: cloud
    assert (await shop.apply(STAGED, beside=beside)).exit_code == 0
    assert shop.counted() == 1


def restated(run: str, first: str = "n: 1", then: str = "n: 2") -> str:
    """A task that a later stage states anew."""
    task = "tasks: {{count: {{run: {run}, transact: [{{update: {{table: orders, key: {{id: total}}, add: {{{add}}}}}}}]}}}}"
    return f"""
plan: shop
stages:
  - stage: one
    tables: {{orders: {{partition_key: {{id: S}}}}}}
    {task.format(run=run, add=first)}
  - stage: two
    tables: {{orders: {{tags: {{team: shop}}}}}}
    {task.format(run=run, add=then)}
"""


async def test_a_task_that_a_later_stage_states_anew_is_done_by_both(shop: Shop) -> None:
    text = restated("on_change")
    foretold = [step.id for step in (await shop.preview(text)).graph]
    report = await shop.apply(text)
    assert (report.exit_code, shop.counted()) == (0, 3), report
    assert foretold.count("tasks.count:run") == foretold.count("tasks.count:run-2") == 1
    assert sorted(foretold) == sorted(step.id for step in report.steps)
    assert await counts(shop, text) == [3]


@pytest.mark.parametrize("run", ["once", "on_change", "always"])
async def test_a_task_that_a_later_stage_repeats_is_done_by_the_first(shop: Shop, run: str) -> None:
    text = restated(run, then="n: 1")
    assert [step.id for step in (await shop.preview(text)).graph].count("tasks.count:run") == 1
    assert await counts(shop, text) == [1]
    assert await counts(shop, text) == [2 if run == "always" else 1]


async def test_a_task_to_be_done_once_that_a_later_stage_states_anew_is_refused_beforehand(shop: Shop) -> None:
    with pytest.raises(InvalidPlan) as caught:
        await shop.apply(restated("once"))
    assert [problem.code for problem in caught.value.problems] == ["task-changed"]
    assert not shop.sent


async def test_a_marker_that_cannot_be_written_is_an_error_of_the_preview_and_nothing_runs(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path, store=MemoryStore())
    text = plan(COUNT + ", marker: true")
    (found,) = [one for one in (await pipeline.preview_on(aws.opened(text))).findings if one.level == "error"]
    assert (found.code, str(found.ref)) == ("no-marker", "tasks.count")
    assert "marker: false" in found.action
    with pytest.raises(InvalidPlan, match="asks for a marker"):
        await aws.apply(text)
    assert not aws.sent
    assert (await aws.apply(plan(COUNT + ", marker: false"))).exit_code == 0
