"""A task that is stopped on its way: nothing of it goes on in AWS, and what is said of it is how far it is."""

import json
import signal
from pathlib import Path

import pytest

from orchestrator import pipeline
from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.engine.stop import Stop
from orchestrator.library import RunStillInProgress
from orchestrator.model import Report
from orchestrator.render import FORMATS
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

TABLE = """
version: 1
plan: shop
tables:
  orders: {partition_key: {id: S}, billing: on_demand}
tasks:
  many: {seed: {table: orders, file: many.jsonl}}
"""
FILL = TABLE + "  fill: {backfill: {table: orders, set: {state: open}, max_write_units: 2}, after: [tasks.many]}\n"
THEN = FILL + "  then: {seed: {table: orders, items: [{id: last}]}, after: [tasks.fill]}\n"


@pytest.fixture
async def aws(tmp_path: Path) -> VirtualAws:
    rows = "".join(f'{{"id": "i{number}"}}\n' for number in range(200))
    (tmp_path / "many.jsonl").write_text(rows)
    aws = VirtualAws(tmp_path)
    aws.store = MemoryStore()
    await aws.apply(TABLE)
    return aws


def told(report: Report, step: str) -> tuple[str, str]:
    """How a step ended, and what is said of it."""
    (found,) = [one for one in report.steps if one.id == step]
    assert found.error is not None
    return found.outcome, found.error["message"]


async def test_a_deadline_tells_how_far_a_task_is_and_names_nothing_that_aws_does(aws: VirtualAws) -> None:
    report = await aws.apply(THEN, deadline=30)
    assert (report.exit_code, report.outcome, report.still_running) == (6, "in_progress", ())
    outcome, message = told(report, "tasks.fill:run")
    assert outcome == "in_progress"
    assert message.startswith("The run's deadline passed. So far: ")
    assert message.endswith(" of about 200 items scanned; the next run goes on from there.")
    done = len([call for call in aws.sent if call.operation == "UpdateItem"])
    assert f"So far: {done} of" in message or f"So far: {done - 1} of" in message
    assert told(report, "tasks.then:run")[0] == "not_run"
    assert report.queued == ("tasks.then:run",)
    text = FORMATS["text"].report(report)
    assert message in text
    assert "AWS goes on" not in text
    assert "Still running" not in text
    assert "orchestrator wait" not in text
    assert json.loads(FORMATS["json"].report(report))["still_running"] == []
    assert (await aws.apply(THEN)).exit_code == 0


async def test_a_task_that_is_interrupted_is_told_so(aws: VirtualAws) -> None:
    stop, run = Stop(), aws.opened(FILL)

    def interrupts(event: object) -> None:
        if "items scanned" in str(event):
            stop.request(signal.SIGTERM)

    report = (await pipeline.apply_on(run, approve=None, listeners=(interrupts,), stop=stop)).report
    assert (report.exit_code, report.still_running) == (143, ())
    assert told(report, "tasks.fill:run")[1].startswith("The run was interrupted. So far: 1 of about 200 items")


async def test_the_library_tells_it_as_work_of_the_next_run(aws: VirtualAws) -> None:
    raised = RunStillInProgress(await aws.apply(FILL, deadline=30))
    (problem,) = raised.problems
    assert (problem.code, problem.subject, problem.action) == ("not-done", "tasks.fill", "Run again.")


async def test_not_to_wait_for_a_task_that_has_begun_is_no_failure(aws: VirtualAws) -> None:
    report = await aws.apply(FILL, wait="none")
    assert (report.exit_code, report.still_running) == (0, ())
