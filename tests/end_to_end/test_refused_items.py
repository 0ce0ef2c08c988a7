"""An item that AWS does not take is named, by its key and by its place, and the next run goes on once it is mended."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.errors import Fault
from orchestrator.model import Call, Report
from orchestrator.ports import Cloud
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

TABLE = """
version: 1
plan: shop
tables:
  orders:
    partition_key: {id: S}
    billing: on_demand
    indexes: {by_customer: {partition_key: {customer: S}}}
"""
FILL = """
tasks:
  fill:
    backfill: {table: orders, set: {customer: "${item.user}"}, where: attribute_not_exists(customer), segments: 1}
"""
SEED = """
version: 1
plan: other
tables: {orders: {}}
tasks:
  fill:
    seed: {table: orders, file: rows.jsonl, if_exists: HOW}
"""


@dataclass
class Refusing:
    """A Cloud whose scans are refused as invalid, each of which it counts."""

    cloud: Cloud
    scans: list[Call]

    async def send(self, call: Call) -> Mapping[str, Any]:
        if call.operation != "Scan":
            return await self.cloud.send(call)
        self.scans.append(call)
        raise Fault("dynamodb", "Scan", "ValidationException", "Invalid FilterExpression: too complex", status=400)


async def aws_with_table(folder: Path) -> VirtualAws:
    aws = VirtualAws(folder)
    aws.store = MemoryStore()
    await aws.already(TABLE)
    return aws


def put(aws: VirtualAws, item: dict[str, Any]) -> None:
    aws.send("dynamodb", "PutItem", TableName="orders", Item=item)


def error(report: Report) -> str:
    (found,) = (step.error for step in report.steps if step.error)
    return f"{found['code']}: {found['message']} {found['action']}"


@pytest.mark.parametrize(
    ("user", "reason"), [({"N": "7"}, "Type mismatch for Index Key customer"), ({"S": ""}, "empty string")]
)
async def test_an_update_that_an_index_refuses_names_its_item(tmp_path: Path, user: Any, reason: str) -> None:
    aws = await aws_with_table(tmp_path)
    for number in range(20):
        put(aws, {"id": {"S": f"i{number}"}, "user": {"S": "u"}})
    put(aws, {"id": {"S": "bad"}, "user": user})
    report = await aws.apply(TABLE + FILL)
    assert report.exit_code == 1
    assert 'ValidationException: The update of the item id "bad" of orders was refused: ' in error(report)
    assert reason in error(report)
    assert "Mend the item, or leave such items out by `where`" in error(report)
    put(aws, {"id": {"S": "bad"}, "user": {"S": "u"}})
    assert (await aws.apply(TABLE + FILL)).exit_code == 0
    assert all("customer" in row for row in aws.send("dynamodb", "Scan", TableName="orders")["Items"])


async def test_a_read_that_is_refused_as_invalid_is_not_sent_again(tmp_path: Path) -> None:
    aws = await aws_with_table(tmp_path)
    scans: list[Call] = []
    aws.between = lambda cloud: Refusing(cloud, scans)
    report = await aws.apply(TABLE + FILL)
    assert "ValidationException" in error(report)
    assert "Invalid FilterExpression: too complex" in error(report)
    assert len(scans) == 1
    assert not [event for event in aws.events if event.what == "retrying"]


@pytest.mark.parametrize("how", ["keep", "overwrite", "fail"])
@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ('{"id": "x", "customer": ""}', "empty string"),
        ('{"id": "x", "customer": 5}', "Type mismatch for Index Key customer"),
    ],
)
async def test_a_row_that_is_refused_is_named_with_its_line(tmp_path: Path, how: str, row: str, reason: str) -> None:
    aws = await aws_with_table(tmp_path)
    rows = [f'{{"id": "r{number}"}}' for number in range(60)]
    (tmp_path / "rows.jsonl").write_text("\n\n".join([*rows[:40], row, *rows[40:]]))
    report = await aws.apply(SEED.replace("HOW", how))
    assert report.exit_code == 1
    said = f"Item 41 of the seed, {tmp_path / 'rows.jsonl'}:81, id "
    assert f'{said}"x" was refused: ' in error(report)
    assert reason in error(report)
    assert "Mend the item" in error(report)


async def test_an_item_that_is_there_already_is_named_with_its_line(tmp_path: Path) -> None:
    aws = await aws_with_table(tmp_path)
    put(aws, {"id": {"S": "b"}, "user": {"S": "u"}})
    (tmp_path / "rows.jsonl").write_text('{"id": "a"}\n\n{"id": "b"}\n')
    report = await aws.apply(SEED.replace("HOW", "fail"))
    assert f"already (item 2 of the seed, {tmp_path / 'rows.jsonl'}:3)." in error(report)


async def test_items_that_an_index_would_refuse_can_be_left_out(tmp_path: Path) -> None:
    """As docs/tasks.md says."""
    aws = await aws_with_table(tmp_path)
    for name, user in {"right": {"S": "u"}, "number": {"N": "7"}, "empty": {"S": ""}}.items():
        put(aws, {"id": {"S": name}, "user": user})
    where = (
        '"attribute_not_exists(customer) AND attribute_type(#u, :string) AND #u <> :empty", '
        'names: {"#u": user}, values: {":string": S, ":empty": ""}'
    )
    assert (await aws.apply(TABLE + FILL.replace("attribute_not_exists(customer)", where))).exit_code == 0
    rows = aws.send("dynamodb", "Scan", TableName="orders")["Items"]
    assert [row["id"]["S"] for row in rows if "customer" in row] == ["right"]
