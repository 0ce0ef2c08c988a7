"""How far a task has come, as those learn it who look on: a live view and console lines, followers, readers of JSON logs."""

import json
import re
from itertools import pairwise
from pathlib import Path

import anyio
import pytest

from orchestrator import pipeline
from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.engine.fold import steps_of
from orchestrator.engine.log import lines
from orchestrator.model import Beat, History, Preview
from orchestrator.render import FORMATS
from orchestrator.render.progress import Progress, line
from orchestrator.sandbox.faults import Faults, Injection, Script
from orchestrator.state import operators
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

TABLE = """
version: 1
plan: shop
tables:
  orders: {partition_key: {id: S}, billing: on_demand}
tasks:
"""
SEED = TABLE + "  many: {seed: {table: orders, file: many.jsonl}}\n"
FILL = SEED + "  fill: {backfill: {table: orders, set: {state: open}, max_write_units: 4}, after: [tasks.many]}\n"
TRANSACT = TABLE + "  once: {transact: [{update: {table: orders, key: {id: x}, add: {count: 1}}}]}\n"


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    rows = "".join(f'{{"id": "i{number}"}}\n' for number in range(400))
    (tmp_path / "many.jsonl").write_text(rows)
    aws = VirtualAws(tmp_path)
    aws.store = MemoryStore()
    return aws


async def watched(aws: VirtualAws, plan: str) -> list[str]:
    """The lines that somebody reads who looks on while a run goes."""
    previews: list[Preview] = []
    run = aws.opened(plan)
    applied = await pipeline.apply_on(run, approve=None, begins=previews.append, listeners=[aws.events.append])
    assert applied.report.exit_code == 0, applied.report
    board, told = Progress.of(previews[0]), list[str]()
    for event in aws.events:
        board = board.after(event)
        lane = board.lanes.get(board.lane_of(event))
        if lane is not None and event.step:
            told.append(line(lane, event.at))
    return told


async def test_a_backfill_tells_items_percent_rate_and_what_is_left(aws: VirtualAws) -> None:
    await aws.apply(SEED)
    await aws.clock.sleep(8 * 3600)  # by then AWS has counted the items
    aws.events.clear()
    (step,) = (await aws.preview(FILL)).graph
    assert (step.estimate.likely, step.estimate.high) == (101, 460)  # 400 items, 4 a second
    told = [one for one in await watched(aws, FILL) if "items scanned" in one]
    form = (
        r".*Z tasks\.fill 0/1 set state in all items of orders: "
        r"\d+ of about 400 items scanned( \d+ %)?(, until the task is done)?(, \d+ a second)?(, about .* left)?( \(.*\))?"
    )
    assert told
    assert [one for one in told if not re.fullmatch(form, one)] == []
    assert any("left" in one for one in told)
    waits = [entry.fields for event in aws.events for entry in lines(event) if entry.event == "waiting"]
    counted = [entry for entry in waits if "items" in entry]
    assert any({"items", "rate", "progress", "eta_seconds"} <= entry.keys() for entry in counted)


async def test_a_backfill_is_told_item_by_item_and_not_by_the_page(aws: VirtualAws) -> None:
    """A page may take as long as a minute: what is done of it counts."""
    plan = FILL.replace("units: 4}", "units: 4, segments: 1}")
    await watched(aws, plan)
    counted = [(event.at, event.details) for event in aws.events if "items scanned" in str(event.details.get("status"))]
    assert max(later - at for (at, _), (later, _) in pairwise(counted)) < 8
    began = counted[0][0]
    for at, details in counted[1:]:
        assert details["items"] == pytest.approx(4 * (at - began), abs=8)
        assert details["rate"] == pytest.approx(4, rel=0.1, abs=4 / (at - began))


async def test_each_attempt_of_a_transaction_is_logged_with_its_token_and_told_by_the_history(aws: VirtualAws) -> None:
    aws.faults = Faults(scripts=[Script("dynamodb:TransactWriteItems", 1, Injection.DROP_AFTER)])
    report = await aws.apply(TRANSACT)
    assert report.exit_code == 0, report
    logged = [entry.fields for event in aws.events for entry in lines(event) if entry.event.startswith("call_")]
    sent = [entry for entry in logged if entry["step"] == "tasks.once:run"]
    assert [entry.get("number") for entry in sent] == [1, 1, 2, 2]
    assert len({entry["token"] for entry in sent}) == 1
    assert aws.store is not None
    known, events = await operators.known(aws.store, report.run), await operators.events(aws.store, report.run)
    found = History("memory", aws.clock.now(), [known], events, steps=steps_of(events))
    assert re.search(r"  done  +tasks\.once:run  +.*, 1 retry \(.*\)\n", FORMATS["text"].history(found))
    (step,) = [one for one in json.loads(FORMATS["json"].history(found))["steps"] if one["id"] == "tasks.once:run"]
    assert (step["outcome"], step["attempts"]) == ("done", 2)


async def test_who_follows_a_run_hears_how_long_its_task_is_likely_to_take(aws: VirtualAws) -> None:
    """What the task has learnt on its way, where that is more than the preview could tell: an update takes two units here."""
    rows = "".join(f'{{"id": "i{number}", "text": "{1500 * "x"}"}}\n' for number in range(400))
    (aws.folder / "many.jsonl").write_text(rows)
    await aws.apply(SEED)
    await aws.clock.sleep(8 * 3600)
    aws.events.clear()
    store = aws.store
    assert isinstance(store, MemoryStore)

    run = aws.opened(FILL.replace("4}", "1}"))
    beats: list[Beat] = []

    async def follow() -> None:
        while True:
            await aws.clock.sleep(30)
            beats.extend(one.beat for one in await operators.runs(store, 1) if one.beat)

    async with anyio.create_task_group() as group:
        group.start_soon(follow)
        await pipeline.apply_on(run, approve=None)
        group.cancel_scope.cancel()
    told = [beat.progress for beat in beats if "items scanned" in beat.progress.status]
    assert told
    assert max(one.eta or 0 for one in told) > 600
    assert all(re.fullmatch(r"\d+ of about 400 items scanned", one.status) for one in told)
