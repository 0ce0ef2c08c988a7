"""Whole plans in stages: what is foretold and what is done, where a run stops, and where the next goes on."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from orchestrator import pipeline
from orchestrator.errors import InvalidPlan, Refused
from orchestrator.model import Preview, Step
from tests.end_to_end.staged import PLAN, Meanwhile, Shop, steps_of
from tests.engine.scene import Answer, Scripted

pytestmark = pytest.mark.virtual

ORDERS = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"
EXPAND = ["tables.orders.indexes.by_customer:create", "tasks.fill:run"]
SWITCH = [
    "functions.order-api:update-code",
    "functions.order-api:create-version",
    "functions.order-api.aliases.live:update",
    "tasks.count:run",
]
CONTRACT = ["tables.orders.indexes.by_user:delete"]
EVERYTHING = [*EXPAND, *SWITCH, *CONTRACT]


@pytest.fixture
async def shop(tmp_path: Path) -> Shop:
    found = Shop(tmp_path)
    await found.begins()
    return found


def shown(steps: Sequence[Step]) -> list[tuple[str, str | None]]:
    return [(step.id, step.call.api if step.call else None) for step in steps]


async def test_what_is_foretold_is_what_is_done(shop: Shop) -> None:
    foretold = await shop.preview(PLAN)
    assert [step.id for step in foretold.graph] == EVERYTHING
    assert [step.stage for step in foretold.graph] == ["expand"] * 2 + ["switch"] * 4 + ["contract"]
    done = await pipeline.apply_on(shop.opened(PLAN), approve=None)
    assert done.report.exit_code == 0
    assert shown(done.preview.graph.steps) == shown(foretold.graph.steps)
    assert steps_of(done.report) == dict.fromkeys(EVERYTHING, "done")


async def test_a_failure_leaves_the_stages_after_it_and_names_what_stopped_them(shop: Shop) -> None:
    shop.between = lambda cloud: Scripted(cloud, Answer("UpdateFunctionCode", "InvalidParameterValueException", "no"))
    report = await shop.apply(PLAN)
    assert report.exit_code == 1
    assert steps_of(report) == {
        **dict.fromkeys(EXPAND, "done"),
        SWITCH[0]: "failed",
        **dict.fromkeys([*SWITCH[1:], *CONTRACT], "not_run"),
    }
    stopped = [step.error for step in report.steps if step.outcome == "not_run"]
    assert all(error and SWITCH[0] in error["message"] for error in stopped), stopped
    shop.between = lambda cloud: cloud
    report = await shop.apply(PLAN)
    assert steps_of(report) == dict.fromkeys([*SWITCH, *CONTRACT], "done"), "what was done is not done again"
    assert set(shop.made.values()) == {1}


async def test_stages_that_contradict_each_other_do_nothing_once_their_sum_holds(tmp_path: Path) -> None:
    plan = """
plan: temporary
policy: {destructive: allow}
stages:
  - stage: help
    tables: {orders: {partition_key: {id: S}, indexes: {by_help: {partition_key: {help: S}}}}}
  - stage: done
    tables: {orders: {indexes: {by_help: absent}}}
"""
    shop = Shop(tmp_path)
    await shop.begins()
    assert (await shop.apply(plan)).outcome == "nothing_to_do", "the sum holds before anything was ever done"
    assert not shop.sent


async def test_stages_that_contradict_each_other_beside_a_task_that_is_always_done(tmp_path: Path) -> None:
    """Nobody keeps what is done: the task alone is no reason to go through all stages anew."""
    plan = """
plan: temporary
policy: {destructive: allow}
stages:
  - stage: help
    tables: {orders: {partition_key: {id: S}, indexes: {by_help: {partition_key: {help: S}}}}}
  - stage: done
    tables: {orders: {indexes: {by_help: absent}}}
    tasks: {beat: {run: always, transact: [{update: {table: orders, key: {id: total}, add: {n: 1}}}]}}
"""
    shop = Shop(tmp_path)
    await shop.begins()
    shop.store = None
    for times in (1, 2):
        assert (await shop.apply(plan)).exit_code == 0
        assert [call.operation for call in shop.sent] == ["TransactWriteItems"] * times
    assert shop.counted() == 2


async def test_one_person_is_asked_once_for_all_stages(shop: Shop) -> None:
    asked: list[Preview] = []

    async def approve(preview: Preview) -> bool:
        asked.append(preview)
        return True

    done = await pipeline.apply_on(shop.opened(PLAN), approve=approve)
    assert done.report.exit_code == 0
    assert [[step.id for step in preview.graph] for preview in asked] == [EVERYTHING]


async def test_a_stage_that_grew_meanwhile_is_asked_for_anew(shop: Shop) -> None:
    asked: list[list[str]] = []

    async def approve(preview: Preview) -> bool:
        asked.append([step.id for step in preview.graph])
        return True

    def untagged() -> None:
        shop.send("dynamodb", "UntagResource", ResourceArn=ORDERS, TagKeys=["team"])

    shop.between = lambda cloud: Meanwhile(cloud, "PublishVersion", untagged)
    text = PLAN.replace("{by_user: absent}", "{by_user: absent}, tags: {team: shop}")
    done = await pipeline.apply_on(shop.opened(text), approve=approve)
    assert done.report.exit_code == 0, done.report
    assert asked == [EVERYTHING, [*CONTRACT, "tables.orders:update-tags"]]


async def test_a_destructive_step_of_a_later_stage_is_refused_before_anything_runs(shop: Shop) -> None:
    with pytest.raises(Refused, match="by_user"):
        await shop.apply(PLAN.replace("policy: {destructive: allow}\n", ""))
    assert not shop.sent


async def test_a_mistake_of_a_later_stage_is_told_before_anything_runs(shop: Shop) -> None:
    with pytest.raises(InvalidPlan):
        await shop.apply(PLAN.replace("by_user: absent", "by_user: {partition_key: {other: S}}"))
    assert not shop.sent


async def test_a_mistake_of_the_last_stage_is_told_where_nothing_else_is_to_be_done(shop: Shop) -> None:
    """What can't be compiled has no steps, and still it does not hold."""
    stages = ["{partition_key: {id: S}}", "{indexes: {by_user: {partition_key: {other: S}}}}"]
    text = "plan: shop\nstages:\n" + "".join(
        f"  - {{stage: s{number}, tables: {{orders: {stage}}}}}\n" for number, stage in enumerate(stages)
    )
    with pytest.raises(InvalidPlan, match="by_user"):
        await shop.apply(text)


async def test_no_stage_waits_for_what_can_only_be_done_an_hour_later(shop: Shop) -> None:
    """AWS takes another attribute for the time to live an hour after the first was given up."""
    await shop.already("plan: before\ntables: {orders: {partition_key: {id: S}, ttl: ends}}\n")
    text = """
plan: shop
stages:
  - {stage: other, tables: {orders: {partition_key: {id: S}, ttl: expires}}}
  - {stage: told, tables: {orders: {tags: {switched: "yes"}}}}
"""
    began = shop.clock.now()
    assert (await shop.apply(text)).exit_code == 0
    assert [call.operation for call in shop.sent] == ["UpdateTimeToLive", "TagResource"]
    assert shop.clock.now() - began < 3600
