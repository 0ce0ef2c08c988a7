"""What a preview shows of a task is what the task sends, but for what is marked as known later."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from orchestrator import pipeline
from orchestrator.adapters.dynamodb_store import DynamoDbStore
from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.model import Call, Text
from orchestrator.ports import Cloud
from orchestrator.sandbox.cloud import VirtualCloud
from tests.end_to_end.staged import FUNCTION, STATE
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

STATED = "orders: {partition_key: {id: S}, sort_key: {line: N}, billing: on_demand}"
PLAN = f"""
plan: shop
tables:
  {STATED}
functions:
  order-api: {{code: {{directory: code}}, {FUNCTION}}}
tasks:
  one:
    seed: {{table: orders, items: [{{id: a, line: 1, total: 12.50, raw: !!binary AAEC}}]}}
  only:
    seed: {{table: orders, items: [{{id: b, line: 1}}], if_exists: fail}}
  many:
    seed: {{table: orders, file: many.csv, if_exists: overwrite}}
  count:
    transact:
      - update: {{table: orders, key: {{id: total, line: 0}}, add: {{n: 1}}, set: {{of: "${{tables.orders.arn}}"}}}}
      - put: {{table: orders, item: {{id: c, line: 1}}, if_absent: true}}
  unmarked:
    transact: [{{put: {{table: orders, item: {{id: d, line: 1}}}}}}]
    marker: false
  warm-up:
    invoke: {{function: order-api, payload: {{warm: true}}}}
  note:
    invoke: {{function: order-api, invocation: event, payload: {{of: "${{functions.order-api.arn}}"}}}}
  fill:
    backfill:
      table: orders
      set: {{state: open, name: "${{item.id}}", copy: "${{item.total}}", label: "order ${{item.id}}/${{item.line}}"}}
      remove: [draft]
      where: "attribute_not_exists(#n0) AND id <> :v0"
      names: {{"#n0": state}}
      values: {{":v0": nobody}}
      segments: 2
    after: [tasks.one, tasks.only, tasks.many, tasks.count, tasks.unmarked]
"""
SENT_BY_TASKS = {"PutItem", "BatchWriteItem", "TransactWriteItems", "UpdateItem", "Invoke"}
SENT = {
    "tasks.one": ("PutItem", 1),
    "tasks.only": ("PutItem", 1),
    "tasks.many": ("BatchWriteItem", 1),
    "tasks.count": ("TransactWriteItems", 1),
    "tasks.unmarked": ("TransactWriteItems", 1),
    "tasks.warm-up": ("Invoke", 1),
    "tasks.note": ("Invoke", 1),
    "tasks.fill": ("UpdateItem", 2),
}


@dataclass
class Listening:
    """A Cloud that keeps what tasks sent to change something."""

    cloud: Cloud
    sent: list[Call] = field(default_factory=list)

    async def send(self, call: Call) -> Mapping[str, Any]:
        if call.operation in SENT_BY_TASKS:
            self.sent.append(call)
        return await self.cloud.send(call)


def is_of(shown: Any, sent: Any) -> bool:
    """Whether `sent` is what was shown, with something in each place that was to be known later."""
    if isinstance(shown, Text) and shown.unknown:
        return sent is not None
    if isinstance(shown, Mapping):
        return (
            isinstance(sent, Mapping) and shown.keys() == sent.keys() and all(is_of(shown[k], sent[k]) for k in shown)
        )
    if isinstance(shown, list | tuple):
        return isinstance(sent, list | tuple) and len(shown) == len(sent) and all(map(is_of, shown, sent))
    return bool(shown == sent)


async def shown_and_sent(folder: Path, plan: str, *, table: bool) -> tuple[dict[str, Call | None], list[Call]]:
    """What a preview of `plan` shows of each task, and what its apply then sends; `table`: its state is kept in one."""
    (folder / "code").mkdir()
    (folder / "code" / "app.py").write_text("def handler(event, context): return event\n")
    (folder / "many.csv").write_text("id,line:N,total:N\ne,1,3.25\nf,1,\n")
    aws = VirtualAws(folder, store=MemoryStore())
    await aws.already(PLAN.partition("tasks:")[0])
    if table:
        aws.store = DynamoDbStore(VirtualCloud(aws.account, aws.clock), aws.clock, STATE, lambda: 0.5)
    sent: list[Call] = []
    aws.between = lambda cloud: Listening(cloud, sent)
    preview = await pipeline.preview_on(aws.opened(plan))
    shown = {str(step.ref): step.call for step in preview.graph if step.task}
    report = await aws.apply(plan)
    assert report.exit_code == 0, report
    return shown, sent


@pytest.mark.parametrize("table", [True, False])
@pytest.mark.parametrize("orders", [STATED, "orders: {}"])
async def test_what_each_sort_of_task_sends_is_what_was_shown(tmp_path: Path, orders: str, *, table: bool) -> None:
    shown, sent = await shown_and_sent(tmp_path, PLAN.replace(STATED, orders), table=table)
    found = {
        name: [one for one in sent if call and one.api == call.api and is_of(call.parameters, one.parameters)]
        for name, call in shown.items()
    }
    assert {name: (calls[0].operation, len(calls)) for name, calls in found.items() if calls} == SENT, (shown, sent)
    assert sum(map(len, found.values())) == len(sent)


async def test_a_marker_is_shown_where_one_is_written(tmp_path: Path) -> None:
    shown, _ = await shown_and_sent(tmp_path, PLAN, table=True)
    tables = {
        name: [body["TableName"] for action in call.parameters["TransactItems"] for body in action.values()]
        for name, call in shown.items()
        if call and call.operation == "TransactWriteItems"
    }
    assert tables == {"tasks.count": ["orders", "orders", STATE], "tasks.unmarked": ["orders"]}


async def test_a_plan_that_was_read_is_compiled_without_the_files_of_its_seeds(tmp_path: Path) -> None:
    """A compile is pure: what it shows of a file's items was seen when they were checked."""
    rows = [f'{{"id": "o{number}", "line": {number}}}' for number in range(30)]
    (tmp_path / "many.jsonl").write_text("\n".join(rows))
    aws = VirtualAws(tmp_path, store=MemoryStore())
    opened = aws.opened(
        f"plan: shop\ntables: {{{STATED}}}\n"
        "tasks: {many: {seed: {table: orders, file: many.jsonl, if_exists: overwrite}}}"
    )
    (tmp_path / "many.jsonl").unlink()
    (call,) = [step.call for step in opened.compile(await opened.observe()).graph if step.task]
    assert call is not None
    puts = call.parameters["RequestItems"]["orders"]
    assert [put["PutRequest"]["Item"]["line"]["N"] for put in puts] == [str(number) for number in range(25)]
