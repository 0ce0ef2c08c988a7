"""Somebody undid what an earlier stage did: it holds again before a later stage takes away what worked before."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.model import Call
from tests.end_to_end.staged import PLAN, Shop
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

FIRST_TWO = PLAN[: PLAN.index("  - stage: contract")]


def deletes(call: Call) -> bool:
    """Whether it takes the old index away."""
    return any("Delete" in one for one in call.parameters.get("GlobalSecondaryIndexUpdates", ()))


def place(sent: Sequence[Call], operation: str) -> int:
    return next(number for number, call in enumerate(sent) if call.operation == operation and not deletes(call))


async def test_an_alias_that_was_rolled_back_moves_before_the_old_index_goes(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    await shop.begins()
    await shop.apply(FIRST_TWO)
    shop.send("lambda", "UpdateAlias", FunctionName="order-api", Name="live", FunctionVersion="1")
    await shop.clock.sleep(100)
    shown = await shop.preview(PLAN)
    shop.sent.clear()
    report = await shop.apply(PLAN)
    assert report.exit_code == 0
    assert place(shop.sent, "UpdateAlias") < next(at for at, call in enumerate(shop.sent) if deletes(call))
    assert [(step.id, step.stage) for step in shown.graph] == [
        ("functions.order-api.aliases.live:update", "switch"),
        ("tables.orders.indexes.by_user:delete", "contract"),
    ]
    assert [step.id for step in report.steps] == [step.id for step in shown.graph]
    assert (await shop.preview(PLAN)).graph.steps == ()


async def test_an_index_that_was_deleted_is_there_again_before_the_old_one_goes(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    await shop.begins()
    await shop.apply(FIRST_TWO)
    gone = {"Delete": {"IndexName": "by_customer"}}
    shop.send("dynamodb", "UpdateTable", TableName="orders", GlobalSecondaryIndexUpdates=[gone])
    await shop.clock.sleep(1000)
    shop.sent.clear()
    report = await shop.apply(PLAN)
    assert report.exit_code == 0
    assert place(shop.sent, "UpdateTable") < next(at for at, call in enumerate(shop.sent) if deletes(call))
    assert (await shop.preview(PLAN)).graph.steps == ()


async def test_it_moves_before_that_too_where_the_last_stage_changes_the_function_as_well(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    await shop.begins()
    await shop.apply(FIRST_TWO)
    shop.send("lambda", "UpdateAlias", FunctionName="order-api", Name="live", FunctionVersion="1")
    await shop.clock.sleep(100)
    shop.sent.clear()
    report = await shop.apply(PLAN.rstrip() + "\n    functions: {order-api: {timeout: 20s}}\n")
    assert report.exit_code == 0
    assert place(shop.sent, "UpdateAlias") < next(at for at, call in enumerate(shop.sent) if deletes(call))


async def test_what_two_stages_did_is_made_again_in_their_order(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    await shop.begins()
    await shop.apply(FIRST_TWO)
    gone = {"Delete": {"IndexName": "by_customer"}}
    shop.send("dynamodb", "UpdateTable", TableName="orders", GlobalSecondaryIndexUpdates=[gone])
    shop.send("lambda", "UpdateAlias", FunctionName="order-api", Name="live", FunctionVersion="1")
    await shop.clock.sleep(1000)
    shown = await shop.preview(PLAN)
    report = await shop.apply(PLAN)
    assert report.exit_code == 0
    assert [(step.id, step.wave) for step in shown.graph] == [
        ("tables.orders.indexes.by_customer:create", 0),
        ("functions.order-api.aliases.live:update", 1),
        ("tables.orders.indexes.by_user:delete", 2),
    ]
    assert [step.id for step in report.steps] == [step.id for step in shown.graph]


LOST = """
plan: lost
stages:
  - stage: expand
    tables: {base: {partition_key: {id: S}}}
    tasks: {first: {seed: {table: base, items: [{id: a}]}}}
  - stage: switch
    tables: {base: {stream: new_image}}
  - stage: last
    tables: {base: {tags: {a: b}}}
"""


async def test_a_table_that_is_lost_is_made_again_and_its_task_done_again(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path, store=MemoryStore())
    await aws.apply(LOST[: LOST.index("  - stage: last")])
    aws.send("dynamodb", "DeleteTable", TableName="base")
    await aws.clock.sleep(1000)
    shown = await aws.preview(LOST)
    aws.sent.clear()
    report = await aws.apply(LOST)
    assert report.exit_code == 0
    assert [step.id for step in report.steps] == [step.id for step in shown.graph]
    assert [call.operation for call in aws.sent] == ["CreateTable", "PutItem"]


TEMPORARY = """
plan: toggled
stages:
  - stage: one
    tables: {tab: {partition_key: {id: S}, tags: {v: "1"}}}
  - stage: two
    tables: {tab: {tags: {v: "2"}}, temp: {partition_key: {id: S}}}
  - stage: three
    tables: {tab: {tags: {v: "1"}}, temp: absent, last: {partition_key: {id: S}}}
policy: {destructive: allow, backup_before_delete: false}
"""


async def test_what_a_later_stage_takes_away_itself_was_undone_by_nobody(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path, store=MemoryStore())
    assert await aws.dies(TEMPORARY, 10_000) is False
    made = [call.operation for call in aws.sent if call.operation == "CreateTable"]
    assert len(made) == 3
    for at in range(1, 200, 3):
        other = VirtualAws(tmp_path, store=MemoryStore())
        if not await other.dies(TEMPORARY, at):
            break
        await other.clock.sleep(60)
        assert (await other.apply(TEMPORARY)).exit_code == 0
        assert [call.operation for call in other.sent].count("DeleteTable") == 1


REPORTS = "plan: reports\nrequires: [shop]\ntables: {reports: {partition_key: {id: S}}}\n"


async def test_what_requires_the_plan_waits_until_it_is_through(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    await shop.begins()
    await shop.apply(FIRST_TWO)
    shop.send("lambda", "UpdateAlias", FunctionName="order-api", Name="live", FunctionVersion="1")
    await shop.clock.sleep(100)
    shop.account.deny("dynamodb:UpdateTable")
    (tmp_path / "reports.yaml").write_text(REPORTS)
    report = await shop.apply(PLAN, beside=[tmp_path / "reports.yaml"])
    outcomes = {step.id: step.outcome for step in report.steps}
    assert outcomes["shop/functions.order-api.aliases.live:update"] == "done"
    assert outcomes["shop/tables.orders.indexes.by_user:delete"] == "failed"
    assert outcomes["reports/tables.reports:create"] == "not_run"


TTL = """
plan: ttl
stages:
  - stage: one
    tables: {orders: {partition_key: {id: S}, ttl: aa}}
  - stage: two
    tables: {orders: {ttl: bb}}
  - stage: three
    tables: {orders: {tags: {a: b}}}
"""


async def test_what_a_later_stage_wants_otherwise_was_undone_by_nobody(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path, store=MemoryStore())
    for _ in range(4):
        await aws.apply(TTL)
        await aws.clock.sleep(2 * 3600)
    on = [call.parameters["TimeToLiveSpecification"] for call in aws.sent if call.operation == "UpdateTimeToLive"]
    assert [one["AttributeName"] for one in on if one["Enabled"]] == ["aa", "bb"]
