"""What a reviewer reads of tasks who has never seen one, and what nobody ever reads."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from orchestrator import pipeline
from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.errors import Fault
from orchestrator.model import Call, Preview
from orchestrator.ports import Cloud
from orchestrator.render import FORMATS, View
from tests.end_to_end.virtual import VirtualAws
from tests.render import schemas

pytestmark = pytest.mark.virtual

PLAN = """
version: 1
plan: shop
tables:
  orders:
    partition_key: {order_id: S}
    billing: on_demand
tasks:
  currencies:
    seed:
      table: orders
      items: [{order_id: c#EUR, digits: 12345678901234567890.25, tags: {$type: SS, values: [a, b]}, raw: !!binary AAEC}]
  rest:
    seed: {table: orders, file: rest.jsonl, if_exists: overwrite}
    run: on_change
  balance:
    transact:
      - put: {table: orders, item: {order_id: t1, total: 12345678901234567890.5}, if_absent: true}
      - update:
          {table: orders, key: {order_id: c#EUR}, set: {total: 10}, add: {count: 1},
           if: "#d = :two", names: {"#d": digits}, values: {":two": 12345678901234567890.25}}
      - check: {table: orders, key: {order_id: c#USD}, if: "attribute_not_exists(order_id)"}
    after: [tasks.currencies]
  fill:
    backfill:
      table: orders
      set: {state: open, label: "order ${item.order_id}"}
      remove: [draft]
      where: "attribute_not_exists(#s)"
      names: {"#s": state}
      segments: 2
      max_write_units: 1500
    after: [tasks.currencies, tasks.rest]
"""
SEEN = """
  ?  >  put 1 item into orders, leaving what is there already
     {order_id: c#EUR, digits: 12345678901234567890.25, tags: SS [a, b], raw: (binary, 3 B)}
  ?  >  put 2 items into orders, replacing what is there already
     from FOLDER/rest.jsonl
     {order_id: r1, draft: true}
  ?  >  do 3 actions on orders, all or none, exactly once
     put into orders {order_id: t1, total: 12345678901234567890.5}, if attribute_not_exists(order_id)
     update in orders {order_id: c#EUR}: SET total = 10 ADD count 1, if digits = 12345678901234567890.25
     check in orders {order_id: c#USD}, if attribute_not_exists(order_id)
  ?  >  set state and label, remove draft in some items of orders
     state = open
     label = order ${item.order_id}
     where attribute_not_exists(state)
     scanned in 2 segments, at most 1,500 write units a second
"""


def shop(folder: Path) -> VirtualAws:
    (folder / "rest.jsonl").write_text('{"order_id": "r1", "draft": true}\n{"order_id": "r2", "state": "done"}\n')
    aws = VirtualAws(folder)
    aws.store = MemoryStore()
    return aws


async def shown(aws: VirtualAws, plan: str = PLAN, *, count_items: bool = False) -> Preview:
    return await pipeline.preview_on(aws.opened(plan, count_items=count_items))


def page(preview: Preview) -> str:
    document = json.loads(FORMATS["json"].preview(preview))
    jsonschema.validate(document, schemas.PREVIEW)
    return FORMATS["text"].preview(preview)


async def test_each_sort_of_task_is_told_in_words(tmp_path: Path) -> None:
    written = page(await shown(shop(tmp_path)))
    for line in SEEN.replace("FOLDER", str(tmp_path)).splitlines():
        assert line.removeprefix("  ?  >").strip() in written, written


async def test_what_was_done_is_never_told_as_of_a_time_to_come(tmp_path: Path) -> None:
    aws = shop(tmp_path)
    await aws.clock.sleep(61.5 - aws.clock.now() % 60)
    await aws.apply(PLAN)
    told = page(await shown(aws)) + FORMATS["text"].status(await pipeline.status_on(aws.opened(PLAN)))
    times = [datetime.fromisoformat(found) for found in re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\dZ", told)]
    assert len(times) == 8, told
    assert max(times).timestamp() <= aws.clock.now()


async def test_what_was_done_is_named_and_what_is_due_again_says_why(tmp_path: Path) -> None:
    aws = shop(tmp_path)
    report = await aws.apply(PLAN)
    assert report.exit_code == 0, report
    done = page(await shown(aws))
    assert f"tasks.currencies, by run {report.run}" in done
    (tmp_path / "rest.jsonl").write_text('{"order_id": "r3"}')
    changed = page(await shown(aws))
    assert f"done by run {report.run}" in changed
    assert "due again: it says something else now" in changed
    always = page(await shown(aws, PLAN.replace("run: on_change", "run: always")))
    assert "due again: every run does it" in always
    aws.send("dynamodb", "DeleteTable", TableName="orders")
    await aws.clock.sleep(600)
    anew = await shown(aws)
    assert page(anew).count("due again: tables.orders is made anew since") == 4


async def test_what_a_backfill_would_change_is_counted_and_sampled(tmp_path: Path) -> None:
    """Only where that is asked for, for it costs reads; nothing is changed, and numbers keep every digit."""
    aws = shop(tmp_path)
    seeds = PLAN.partition("  balance:")[0]
    plan = (
        PLAN.replace("${item.order_id}", "${item.digits}")
        .replace('"order ', '"')
        .replace("after: [tasks.currencies, tasks.rest]", "")
    )
    assert (await aws.apply(seeds)).exit_code == 0
    aws.sent.clear()
    found = await shown(aws, plan, count_items=True)
    assert not aws.sent
    written = page(found)
    assert "of all 3 items that are there now it would update 1" in written, written
    assert "{order_id: c#EUR}  state: absent -> open, label: absent -> 12345678901234567890.25" in written, written
    (counted,) = [task["counted"] for task in json.loads(FORMATS["json"].preview(found))["tasks"] if task["counted"]]
    assert (counted["scanned"], counted["matching"], counted["changing"], counted["all"]) == (3, 2, 1, True)
    assert counted["samples"][0]["after"]["label"] == {"N": "12345678901234567890.25"}
    assert "it would update" not in page(await shown(aws, plan))


async def test_a_backfill_that_was_counted_takes_as_long_as_its_items_do(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path)
    aws.store = MemoryStore()
    table = "version: 1\nplan: shop\ntables: {orders: {partition_key: {id: S}, billing: on_demand}}\n"
    await aws.already(table)
    for number in range(100):
        aws.send(
            "dynamodb", "PutItem", TableName="orders", Item={"id": {"S": f"i{number}"}, "n": {"N": str(number % 2)}}
        )
    fill = "{backfill: {table: orders, set: {state: x}, where: n = :one, values: {':one': 1}, max_write_units: 5}}"
    found = await shown(aws, f"{table}tasks: {{fill: {fill}}}\n", count_items=True)
    (step,) = found.graph
    assert (step.estimate.low, step.estimate.likely) == pytest.approx((11, 11), abs=0.1)  # 50 items, 5 units a second
    assert step.estimate.high < 120
    assert found.estimate == step.estimate


async def test_a_table_that_is_not_there_has_nothing_to_count(tmp_path: Path) -> None:
    written = page(await shown(shop(tmp_path), count_items=True))
    assert "What tasks.fill would change is not counted: tables.orders is yet to be made." in written, written


@dataclass
class Denying:
    """Nobody may scan."""

    cloud: Cloud

    async def send(self, call: Call) -> Mapping[str, Any]:
        if call.operation == "Scan":
            raise Fault(
                call.service, call.operation, "AccessDeniedException", "Not authorized: dynamodb:Scan.", status=400
            )
        return await self.cloud.send(call)


async def test_a_table_that_may_not_be_read_is_not_counted_and_the_rest_is_shown(tmp_path: Path) -> None:
    aws = shop(tmp_path)
    await aws.already(PLAN.partition("  balance:")[0])
    aws.between = Denying
    written = page(await shown(aws, count_items=True))
    assert "What tasks.fill would change is not counted: its table can't be read" in written
    assert "Not authorized: dynamodb:Scan" in written
    assert "set state and label" in written


SECRET = "correct-horse-battery"
SECRETIVE = """
version: 1
plan: shop
variables:
  token: {sensitive: true}
tables:
  orders: {partition_key: {order_id: S}, billing: on_demand}
tasks:
  a:
    seed: {table: orders, items: [{order_id: x, token: "${var.token}", more: {deep: ["a ${var.token}"]}}]}
  b:
    transact:
      - put: {table: orders, item: {order_id: y, token: "${var.token}"}}
      - update:
          {table: orders, key: {order_id: z}, set: {token: "${var.token}"},
           if: "attribute_not_exists(#t) OR #t = :t", names: {"#t": token}, values: {":t": "${var.token}"}}
    after: [tasks.a]
  c:
    backfill: {table: orders, set: {copy: "${var.token}"}, where: "#t = :t", names: {"#t": token}, values: {":t": "${var.token}"}}
    after: [tasks.b]
"""


async def test_a_sensitive_value_of_an_item_is_shown_and_kept_nowhere(tmp_path: Path) -> None:
    """It reaches the table, and neither a preview, an event, a report nor the store, before, between and after."""
    aws, store = shop(tmp_path), MemoryStore()
    aws.store = store
    told: list[str] = []
    variables = {"token": SECRET}

    async def look() -> None:
        found = await pipeline.preview_on(aws.opened(SECRETIVE, variables, count_items=True))
        told.extend(form.preview(found, View(requests=True)) for form in FORMATS.values())

    await look()
    report = await aws.apply(SECRETIVE, variables=variables)
    assert report.exit_code == 0, report
    told += [form.report(report) for form in FORMATS.values()]
    told += [repr(event) for event in aws.events]
    for name, more in (("n", {}), ("m", {"copy": {"S": f"old {SECRET}"}})):
        item = {"order_id": {"S": name}, "token": {"S": SECRET}, **more}
        aws.send("dynamodb", "PutItem", TableName="orders", Item=item)
    aws.store = MemoryStore()
    await look()
    items = aws.send("dynamodb", "Scan", TableName="orders")["Items"]
    assert [item["token"] for item in items] == [{"S": SECRET}] * 5
    assert any("it would update" in one for one in told)
    assert [one for one in told if SECRET in one] == []
    assert SECRET not in repr(vars(store))


STAGED = """
version: 1
plan: shop
stages:
  - stage: expand
    tables:
      orders: {partition_key: {order_id: S}, billing: on_demand}
    tasks:
      first: {seed: {table: orders, items: [{order_id: a}]}}
      each: {seed: {table: orders, items: [{order_id: b}]}, run: always}
  - stage: migrate
    tables:
      orders: {indexes: {by_state: {partition_key: {state: S}}}}
    tasks:
      fill: {backfill: {table: orders, set: {state: open}}, after: [tasks.first]}
"""


async def test_a_task_is_foretold_in_the_stage_that_does_it_and_in_no_later_one(tmp_path: Path) -> None:
    aws = shop(tmp_path)
    found = await shown(aws, STAGED)
    page(found)
    tasks = [(step.stage, str(step.ref)) for step in found.graph if step.task]
    assert sorted(tasks) == [("expand", "tasks.each"), ("expand", "tasks.first"), ("migrate", "tasks.fill")]
    report = await aws.apply(STAGED)
    assert report.exit_code == 0, report
    assert [step.id for step in report.steps] == [step.id for step in found.graph]


async def test_a_file_without_items_is_warned_of(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path, store=MemoryStore())
    (tmp_path / "rows.csv").write_text("order_id,n:N\n")
    text = PLAN[: PLAN.index("tasks:")] + "tasks: {rows: {seed: {table: orders, file: rows.csv}}}\n"
    (found,) = [one for one in (await aws.preview(text)).findings if one.code == "no-items"]
    assert found.level == "warning"
    assert "rows.csv has no items" in found.message
    (tmp_path / "rows.csv").write_text("order_id,n:N\na,1\n")
    assert not [one for one in (await aws.preview(text)).findings if one.code == "no-items"]
