"""Where the picture that a run was planned against proves outdated, the same run plans anew, and says so in one report."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator import pipeline
from orchestrator.model import Preview
from orchestrator.sandbox.faults import Faults
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

PROVISIONED = """
plan: shop
tables:
  orders:
    partition_key: {id: S}
    billing: {provisioned: {read: 5, write: 5}}
"""
STREAMED = """
plan: shop
tables:
  orders:
    partition_key: {id: S}
    billing: on_demand
    stream: new_image
"""


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return VirtualAws(tmp_path)


def throughput(read: int) -> dict[str, Any]:
    return {"TableName": "orders", "ProvisionedThroughput": {"ReadCapacityUnits": read, "WriteCapacityUnits": read}}


def somebody_creates(aws: VirtualAws, seconds: float, key: str = "id") -> None:
    """A bare table of that name, so many seconds from now."""
    definition = {
        "TableName": "orders",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
    }
    aws.account.schedule(aws.clock.now() + seconds, "dynamodb", "CreateTable", definition)


async def test_what_somebody_else_was_changing_is_looked_at_again_once_it_is_over(aws: VirtualAws) -> None:
    """While it moves the description shows the old numbers, which are the plan's: still not `succeeded` at the new ones."""
    await aws.apply(PROVISIONED)
    aws.send("dynamodb", "UpdateTable", **throughput(50))
    await aws.clock.sleep(5)
    report = await aws.apply(PROVISIONED)
    assert (report.exit_code, [step.id for step in report.steps]) == (
        0,
        ["tables.orders:wait", "tables.orders:update-billing"],
    )
    assert not (await aws.preview(PROVISIONED)).graph.steps


async def test_a_second_step_of_the_same_name_gets_a_number(aws: VirtualAws) -> None:
    await aws.apply(PROVISIONED)
    aws.send("dynamodb", "UpdateTable", **throughput(50))
    await aws.clock.sleep(5)
    aws.account.schedule(aws.clock.now() + 40, "dynamodb", "UpdateTable", throughput(20))
    report = await aws.apply(PROVISIONED.replace("read: 5", "read: 6"))
    ids = [step.id for step in report.steps]
    assert len(ids) == len(set(ids))
    assert {step.outcome for step in report.steps} <= {"done", "already_in_place"}


async def test_a_table_created_meanwhile_in_another_shape_is_changed_where_it_can_be(aws: VirtualAws) -> None:
    """B1: between the look and the call somebody else creates it, without its stream."""
    aws.faults = Faults(latency=(0.2, 0.2))
    somebody_creates(aws, 0.5)
    report = await aws.apply(STREAMED)
    assert (report.exit_code, report.outcome) == (0, "succeeded")
    assert [(step.id, step.outcome) for step in report.steps][-1] == ("tables.orders:update-stream", "done")
    assert not (await aws.preview(STREAMED)).graph.steps


async def test_a_table_created_meanwhile_in_a_shape_that_can_not_be_changed_is_a_clear_error(aws: VirtualAws) -> None:
    """B1: its key. The report says what stands in the way."""
    aws.faults = Faults(latency=(0.2, 0.2))
    somebody_creates(aws, 0.5, key="other")
    report = await aws.apply(STREAMED)
    assert (report.exit_code, report.outcome) == (3, "invalid")
    assert any("key" in notice for notice in report.notices)
    assert [step.outcome for step in report.steps] == ["failed", "not_run"][: len(report.steps)]


async def test_what_is_planned_anew_is_asked_for_anew(aws: VirtualAws) -> None:
    await aws.apply(PROVISIONED)
    aws.send("dynamodb", "UpdateTable", **throughput(50))
    await aws.clock.sleep(5)
    asked, begun = list[list[str]](), list[list[str]]()

    def noting(into: list[list[str]]) -> Callable[[Preview], None]:
        return lambda preview: into.append([step.id for step in preview.graph])

    def approving(answers: list[bool]) -> Callable[[Preview], Awaitable[bool]]:
        async def approve(preview: Preview) -> bool:
            noting(asked)(preview)
            return answers[len(asked) - 1]

        return approve

    applied = await pipeline.apply_on(aws.opened(PROVISIONED), approve=approving([True, False]), begins=noting(begun))
    assert asked == [["tables.orders:wait"], ["tables.orders:update-billing"]]
    assert begun == [["tables.orders:wait"]]
    assert (applied.report.exit_code, applied.report.outcome) == (4, "refused")
    assert [(step.id, step.outcome) for step in applied.report.steps] == [("tables.orders:wait", "done")]


async def test_a_deadline_before_the_second_look_is_not_taken_for_success(aws: VirtualAws) -> None:
    await aws.apply(PROVISIONED)
    aws.send("dynamodb", "UpdateTable", **throughput(50))
    await aws.clock.sleep(5)
    ready = aws.account.timeline.intervals[-1].end
    aws.faults = Faults(latency=(3, 3))
    report = await aws.apply(PROVISIONED, deadline=ready - aws.clock.now() + 5)
    assert report.exit_code == 6
