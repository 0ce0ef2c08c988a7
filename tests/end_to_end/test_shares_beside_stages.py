"""Shares of a backfill that several jobs do, where something comes after all of them: stages, and plans that require this one."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from orchestrator.model import Preview
from tests.end_to_end.staged import BEFORE as BOTH
from tests.end_to_end.staged import ITEMS, PLAN, Shop, steps_of

pytestmark = pytest.mark.virtual

JOBS = 4
TABLE = "{partition_key: {id: S}, billing: on_demand}"
BEFORE = f"plan: before\ntables: {{orders: {TABLE}}}\n"
FILL = """
      fill:
        backfill: {table: orders, set: {customer: "${item.user}"}, where: attribute_not_exists(customer), segments: 2}
"""
ALONE = f"plan: shop\ntables: {{orders: {TABLE}}}\ntasks:{FILL}"
STAGED = f"""
plan: shop
stages:
  - stage: one
    tables: {{orders: {TABLE}}}
    tasks: {FILL}
  - stage: two
    tables: {{orders: {{tags: {{team: shop}}}}}}
"""
AFTER = f"plan: after\nrequires: [shop]\ntables: {{other: {TABLE}}}\n"
DONE = {"tasks.fill:run": "done"}


@pytest.fixture
async def shop(tmp_path: Path) -> Shop:
    return await begun(tmp_path, BEFORE)


async def begun(folder: Path, before: str) -> Shop:
    found = Shop(folder)
    await found.begins(before)
    return found


def share(text: str, number: int) -> str:
    """The plan of the job that does this share."""
    return text.replace("segments: 2", f"segments: {JOBS}, shard: {number}/{JOBS}")


def filled(shop: Shop) -> int:
    return sum("customer" in item for item in shop.items().values())


def beside(shop: Shop, text: str) -> Sequence[Path]:
    (shop.folder / "after.yaml").write_text(text)
    return [shop.folder / "after.yaml"]


def told_to_wait(preview: Preview) -> Sequence[str]:
    """The plans and stages that the notices name."""
    return [one.message.partition(" waits ")[0] for one in preview.findings if one.code == "shares-open"]


async def test_no_stage_begins_before_all_shares_of_the_one_before_it_are_done(tmp_path: Path) -> None:
    shop = await begun(tmp_path, BOTH)
    for number in range(1, JOBS + 1):
        report = await shop.apply(share(PLAN, number))
        assert report.exit_code == 0
        assert steps_of(report)["tasks.fill:run"] == "done", f"share {number}"
        assert list(shop.made) == ["Create index orders by_customer"], f"share {number}"
    assert filled(shop) == ITEMS
    rest = await shop.apply(PLAN)
    assert "tasks.fill:run" not in steps_of(rest)
    assert (rest.exit_code, shop.counted(), list(shop.made)[-1]) == (0, 1, "Delete index orders by_user")


async def test_a_share_is_done_where_all_else_of_its_stage_holds(shop: Shop) -> None:
    """That nothing is left for this job but its share makes no stage one that needs nothing."""
    for number in range(1, JOBS + 1):
        text = share(STAGED, number)
        assert [step.id for step in (await shop.preview(text)).graph] == list(DONE)
        assert steps_of(await shop.apply(text)) == DONE
    assert steps_of(await shop.apply(STAGED)) == {"tables.orders:update-tags": "done"}


@pytest.mark.parametrize("text", [ALONE, STAGED], ids=["alone", "staged"])
async def test_what_requires_a_plan_waits_for_all_shares_of_it(text: str, shop: Shop) -> None:
    after = beside(shop, AFTER)
    for number in range(1, JOBS + 1):
        foretold = await shop.preview(share(text, number), beside=after)
        assert [step.id for step in foretold.graph] == ["shop/tasks.fill:run"]
        assert told_to_wait(foretold) == ["Stage two of plan shop", "Plan after"][text == ALONE :]
        report = await shop.apply(share(text, number), beside=after)
        assert (report.exit_code, steps_of(report)) == (0, {"shop/tasks.fill:run": "done"})
    assert filled(shop) == ITEMS
    assert steps_of(await shop.apply(text, beside=after))["after/tables.other:create"] == "done"


@pytest.mark.parametrize("text", [ALONE, STAGED], ids=["alone", "staged"])
async def test_a_share_that_is_done_already_ends_well_at_once(text: str, shop: Shop) -> None:
    """A job that was started again must not fail."""
    assert steps_of(await shop.apply(share(text, 1))) == DONE
    done = filled(shop)
    assert 0 < done < ITEMS
    again = await shop.apply(share(text, 1))
    assert (again.exit_code, steps_of(again), filled(shop)) == (0, DONE, done), "it did nothing, once"
