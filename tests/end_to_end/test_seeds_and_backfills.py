"""Seeds and backfills of whole plans, against the sandbox's own items."""

from pathlib import Path

import pytest

from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.sandbox.faults import Faults
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

PLAN = """
version: 1
plan: shop
tables:
  orders:
    partition_key: {order_id: S}
    sort_key: {line: N}
    billing: on_demand
tasks:
  orders:
    seed: {table: orders, file: orders.jsonl, if_exists: overwrite}
  fill:
    backfill:
      table: orders
      set: {status: open, label: "order ${item.order_id}", copy: "${item.total}"}
      remove: [draft]
      where: "attribute_not_exists(#s)"
      names: {"#s": status}
      segments: 4
      max_write_units: 200
    after: [tasks.orders]
"""


@pytest.mark.parametrize("faults", [None, Faults(seed=4, throttle=0.05, drop_after=0.02, unprocessed=0.1)])
async def test_what_a_file_holds_is_seeded_and_then_filled_in(tmp_path: Path, faults: Faults | None) -> None:
    rows = [
        f'{{"order_id": "o{number % 40}", "line": {number}, "total": {number}.50, "draft": true}}'
        for number in range(300)
    ]
    (tmp_path / "orders.jsonl").write_text("\n".join(rows))
    aws = VirtualAws(tmp_path, faults=faults)
    aws.store = MemoryStore()
    report = await aws.apply(PLAN)
    assert report.exit_code == 0, report
    items = aws.send("dynamodb", "Scan", TableName="orders")["Items"]
    assert len(items) == 300
    assert all(
        one["status"] == {"S": "open"} and one["label"] == {"S": f"order {one['order_id']['S']}"} for one in items
    )
    assert all(one["copy"] == one["total"] and "draft" not in one for one in items)
    aws.sent.clear()
    assert (await aws.apply(PLAN)).outcome == "nothing_to_do"
    assert not aws.sent


async def test_jobs_that_share_a_backfill_end_well_each(tmp_path: Path) -> None:
    (tmp_path / "orders.jsonl").write_text(
        "\n".join(f'{{"order_id": "o{one}", "line": 1, "total": 2}}' for one in range(50))
    )
    aws = VirtualAws(tmp_path)
    aws.store = MemoryStore()
    first = await aws.apply(PLAN.replace("segments: 4", "segments: 4\n      shard: 1/2"))
    assert first.exit_code == 0, first
    assert any("still to be done by other jobs, or by `--shard`: 2/2" in notice for notice in first.notices)
    second = await aws.apply(PLAN.replace("segments: 4", "segments: 4\n      shard: 2/2"))
    assert second.exit_code == 0, second
    items = aws.send("dynamodb", "Scan", TableName="orders")["Items"]
    assert all(one["status"] == {"S": "open"} for one in items)
    assert (await aws.apply(PLAN)).outcome == "nothing_to_do"


async def test_a_seed_whose_file_is_mended_as_told_ends_well(tmp_path: Path) -> None:
    table = "version: 1\nplan: {plan}\ntables:\n  orders: {spec}\n"
    aws = VirtualAws(tmp_path)
    aws.store = MemoryStore()
    indexes = "indexes: {by_day: {partition_key: {day: S}}}"
    await aws.apply(table.format(plan="first", spec=f"{{partition_key: {{id: S}}, billing: on_demand, {indexes}}}"))
    plan = table.format(plan="other", spec="{}")
    plan += "tasks: {fill: {seed: {table: orders, file: f.jsonl, if_exists: fail}}}\n"
    (tmp_path / "f.jsonl").write_text('{"id": "a"}\n{"id": "b"}\n{"id": "c", "day": 5}\n')
    assert (await aws.apply(plan)).exit_code == 1
    (tmp_path / "f.jsonl").write_text('{"id": "a"}\n{"id": "b"}\n{"id": "c"}\n')
    report = await aws.apply(plan)
    assert report.exit_code == 0, report
    assert len(aws.send("dynamodb", "Scan", TableName="orders")["Items"]) == 3
