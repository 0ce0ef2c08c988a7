"""Backfills beside others who write: an item that is done is not done again over what they wrote, answered or not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.errors import Fault
from orchestrator.model import Call
from orchestrator.ports import Cloud
from orchestrator.sandbox.faults import Faults
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

TABLE = """
version: 1
plan: shop
tables:
  orders:
    partition_key: {id: S}
    billing: on_demand
"""
FILL = """
tasks:
  fill:
    backfill:
      table: orders
      set: {status: open, label: "o-${item.user}"}
      where: "attribute_exists(#u)"
      names: {"#u": user}
      segments: 1
"""
OLD = {"id": {"S": "a"}, "user": {"S": "u"}, "status": {"S": "new"}}
DONE = OLD | {"status": {"S": "open"}, "label": {"S": "o-u"}}


@dataclass
class Lossy:
    """Loses the answer to the first update, which takes effect if `late` is False, and lets somebody write then."""

    cloud: Cloud
    writes: Callable[[], None]
    late: bool = False
    updates: int = 0

    async def send(self, call: Call) -> Mapping[str, Any]:
        if call.operation != "UpdateItem":
            return await self.cloud.send(call)
        self.updates += 1
        if self.updates > 1:
            return await self.cloud.send(call)
        if not self.late:
            await self.cloud.send(call)
        self.writes()
        raise Fault("dynamodb", "UpdateItem", "NoAnswer", "lost")


async def filled(folder: Path) -> VirtualAws:
    aws = VirtualAws(folder)
    aws.store = MemoryStore()
    await aws.already(TABLE)
    aws.send("dynamodb", "PutItem", TableName="orders", Item=OLD)
    return aws


def rows(aws: VirtualAws) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = aws.send("dynamodb", "Scan", TableName="orders")["Items"]
    return found


@pytest.mark.parametrize("late", [False, True], ids=["applied", "not-applied"])
@pytest.mark.parametrize(
    ("others", "wanted"),
    [
        (None, {False: DONE, True: DONE}),
        # All that the update changes was written since: whether it came before that or not, it comes to the same.
        ({"status": {"S": "closed"}, "label": {"S": "mine"}}, {}),
        # What is still as it was read shows that the update was not applied.
        ({"status": {"S": "closed"}}, {False: DONE | {"status": {"S": "closed"}}, True: DONE}),
        (
            {"user": {"S": "v"}},
            {False: DONE | {"user": {"S": "v"}}, True: DONE | {"user": {"S": "v"}, "label": {"S": "o-v"}}},
        ),
    ],
    ids=["nobody", "all", "one", "what-it-takes"],
)
async def test_an_update_that_was_not_answered_is_looked_up(
    tmp_path: Path, late: bool, others: dict[str, Any] | None, wanted: dict[bool, dict[str, Any]]
) -> None:
    aws = await filled(tmp_path)

    def write() -> None:
        if others:
            aws.send("dynamodb", "PutItem", TableName="orders", Item=rows(aws)[0] | others)

    aws.between = lambda cloud: Lossy(cloud, write, late)
    report = await aws.apply(TABLE + FILL)
    assert report.exit_code == 0, report
    assert rows(aws) == [wanted.get(late, OLD | (others or {}))]
    assert "tasks.fill: 1 item scanned: 1 updated." in report.notices


async def test_a_condition_in_parentheses_gets_no_second_ones(tmp_path: Path) -> None:
    """DynamoDB refuses redundant ones."""
    aws = await filled(tmp_path)
    report = await aws.apply(
        TABLE + FILL.replace("attribute_exists(#u)", "(attribute_exists(#u) OR attribute_exists(id)) ")
    )
    assert report.exit_code == 0, report
    assert rows(aws) == [DONE]


async def test_a_rename_whose_answers_are_lost_counts_as_done(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path, faults=Faults(seed=3, drop_after=0.2))
    aws.store = MemoryStore()
    await aws.already(TABLE)
    for number in range(50):
        item = {"id": {"S": f"i{number}"}, "draft": {"N": str(number)}}
        aws.send("dynamodb", "PutItem", TableName="orders", Item=item)
    plan = 'tasks:\n  fill:\n    backfill: {table: orders, set: {final: "${item.draft}"}, remove: [draft]}\n'
    report = await aws.apply(TABLE + plan)
    assert "tasks.fill: 50 items scanned: 50 updated." in report.notices
    assert all(f"i{row['final']['N']}" == row["id"]["S"] and "draft" not in row for row in rows(aws))


async def _killed_and_closed(aws: VirtualAws, plan: str) -> str:
    """What becomes of an item that a run had done before it was killed, and that somebody closed before the next one."""
    for number in range(20):
        aws.send("dynamodb", "PutItem", TableName="orders", Item={"id": {"S": f"i{number}"}, "user": {"S": "u"}})
    at = 8
    while not (done := [row for row in rows(aws) if row.get("status") == {"S": "open"}]):
        assert await aws.dies(plan, at)
        await aws.clock.sleep(600)
        at += 1
    closed = done[0] | {"status": {"S": "closed"}}
    aws.send("dynamodb", "PutItem", TableName="orders", Item=closed)
    assert (await aws.apply(plan)).exit_code == 0
    found: str = next(row["status"]["S"] for row in rows(aws) if row["id"] == closed["id"])
    return found


GUARD = 'where: "attribute_not_exists(#s)", names: {"#s": status}'


@pytest.mark.parametrize(
    ("body", "warned", "kept"),
    [
        ("set: {status: open}", True, "open"),
        ('set: {status: open}, where: "attribute_exists(#u)", names: {"#u": user}', True, "open"),
        ("set: {status: open}, " + GUARD, False, "closed"),
    ],
)
async def test_only_where_can_tell_what_was_done_before_a_cut(
    tmp_path: Path, body: str, warned: bool, kept: str
) -> None:
    aws = VirtualAws(tmp_path)
    aws.store = MemoryStore()
    await aws.already(TABLE)
    plan = f"{TABLE}tasks:\n  fill:\n    backfill: {{table: orders, {body}, segments: 1}}\n"
    found = [finding for finding in (await aws.preview(plan)).findings if finding.code == "not-guarded"]
    assert bool(found) is warned
    assert not warned or "attribute_not_exists(#x)" in found[0].action
    assert await _killed_and_closed(aws, plan) == kept
    after = (await aws.preview(plan)).findings
    assert not [finding for finding in after if finding.code == "not-guarded"], "it is done"


@pytest.mark.parametrize(
    ("body", "warned"),
    [
        (
            'set: {status: open}, where: "#u.#s = :v and size(label) > :v", names: {"#u": user, "#s": status}, values: {":v": 1}',
            True,
        ),
        ('set: {status: open}, where: "NOT contains( #s, :v)", names: {"#s": status}, values: {":v": x}', False),
        ('set: {label: x, status: y}, where: "attribute_exists(buyer) AND label <> :v", values: {":v": x}', False),
        ('set: {final: "${item.draft}"}, remove: [draft]', False),
        ("remove: [draft]", False),
        ('set: {status: open}, remove: [draft], where: "attribute_exists(draft)"', False),
    ],
)
async def test_a_guard_is_a_condition_on_what_is_changed(tmp_path: Path, body: str, warned: bool) -> None:
    aws = VirtualAws(tmp_path)
    aws.store = MemoryStore()
    plan = f"{TABLE}tasks:\n  fill:\n    backfill: {{table: orders, {body}}}\n"
    codes = [finding.code for finding in (await aws.preview(plan)).findings]
    assert ("not-guarded" in codes) is warned
