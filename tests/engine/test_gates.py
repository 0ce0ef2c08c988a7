"""What the engine issues and leaves, what it lets rest until its time has come, and what it waits for."""

import signal
from dataclasses import replace
from typing import Any

import anyio
import pytest

from orchestrator.engine.executor import Stop
from orchestrator.model import Gate, Graph, Preview, Report, World, coming_minute
from tests.engine.scene import Answer, Scene, Scripted, outcome, outcomes, table, tables

STREAM, TTL, OTHER = "tables.orders:update-stream", "tables.orders:update-ttl", "tables.other:update-stream"
INDEX = "tables.orders.indexes.by_a:create"
HOUR = 3600


def late(name: str = "by_a", **more: Any) -> dict[str, Any]:
    """A table with one index in the background."""
    body = table([name], **more)
    body["indexes"][name]["gate"] = "background"
    return body


async def rested(scene: Scene, gate: Gate = "background", **bodies: Any) -> tuple[Preview, World]:
    """A change of the stream and, an hour behind it on the same lane, one of TTL."""
    await scene.settled(tables(orders=table(), **{name: table() for name in bodies}))
    preview, world = await scene.preview(tables(orders=table(stream="new_image", ttl="at"), **bodies))
    steps = [
        replace(step, pause=HOUR, gate=gate, deadline=step.deadline + HOUR) if step.id == TTL else step
        for step in preview.graph
    ]
    return replace(preview, graph=Graph(tuple(steps))), world


def message(report: Report, step: str) -> str:
    error = outcome(report, step).error
    assert error is not None
    return error["message"]


# --------------------------------------------------------------------------------------------------------------- pauses


@pytest.mark.parametrize(("gate", "wait"), [("background", "gate"), ("background", "none"), ("start", "none")])
async def test_a_step_that_is_left_is_queued_at_once_where_it_has_to_pause(gate: Gate, wait: Any) -> None:
    scene = Scene()
    preview, world = await rested(scene, gate)
    if wait == "none":
        preview = replace(preview, graph=Graph(tuple(step for step in preview.graph if step.id == TTL)))
        preview = replace(preview, graph=Graph((replace(preview.graph.steps[0], needs=()),)))
    report = await scene.execute(preview, world, wait=wait)
    assert (report.exit_code, report.queued) == (0, (TTL,))
    assert message(report, TTL).startswith(f"Not before {coming_minute(report.finished + HOUR)}")
    assert "dynamodb:UpdateTimeToLive" not in scene.mutations()
    assert report.seconds < 60


@pytest.mark.parametrize(("gate", "wait"), [("background", "all"), ("start", "all"), ("start", "gate")])
async def test_a_step_that_is_waited_for_pauses_without_a_slot(gate: Gate, wait: Any) -> None:
    scene = Scene()
    preview, world = await rested(scene, gate, other=table(stream="new_image"))
    began = scene.clock.now()
    report = await scene.execute(preview, world, wait=wait, max_parallel=1)
    assert (report.exit_code, set(outcomes(report).values())) == (0, {"done"})
    assert scene.at(TTL, "intent") - scene.at(STREAM, "settled") >= HOUR
    assert scene.at(OTHER, "settled") - began < 120
    (told,) = [event.details for event in scene.events if (event.step, event.what) == (TTL, "waiting")][:1]
    assert told["status"] == f"not before {coming_minute(scene.at(STREAM, 'settled') + HOUR)}"


async def test_the_deadline_counts_from_the_end_of_the_pause() -> None:
    scene = Scene()
    preview, world = await rested(scene)
    steps = [replace(step, deadline=HOUR + 120) if step.id == TTL else step for step in preview.graph]
    busy = Scripted(scene.cloud, Answer("UpdateTimeToLive", "ResourceInUseException", "Table is being updated: orders"))
    report = await scene.execute(replace(preview, graph=Graph(tuple(steps))), world, cloud=busy, wait="all")
    assert report.exit_code == 6
    assert outcomes(report)[TTL] == "not_run"
    assert report.finished - scene.at(STREAM, "settled") == pytest.approx(HOUR + 120, abs=5)


async def test_a_stop_ends_a_pause() -> None:
    scene = Scene()
    preview, world = await rested(scene)
    stop = Stop()

    async def interrupt() -> None:
        await scene.clock.sleep(600)
        stop.request(signal.SIGTERM)

    async with anyio.create_task_group() as group:
        group.start_soon(interrupt)
        report = await scene.execute(preview, world, wait="all", stop=stop)
    assert (report.exit_code, report.queued) == (143, (TTL,))
    assert report.seconds < 605


async def test_with_fail_fast_no_step_starts_after_its_pause_once_another_has_failed() -> None:
    scene = Scene()
    preview, world = await rested(scene, other=table(stream="new_image"))
    refused = Answer("UpdateTable", "ValidationException", "no", of="other")
    report = await scene.execute(preview, world, cloud=Scripted(scene.cloud, refused), wait="all", fail_fast=True)
    assert report.exit_code == 1
    assert outcomes(report)[TTL] == "not_run"
    assert "dynamodb:UpdateTimeToLive" not in scene.mutations()


@pytest.mark.parametrize(
    ("at", "shown"), [(0.0, "1970-01-01 00:00Z"), (0.5, "1970-01-01 00:01Z"), (60.0, "1970-01-01 00:01Z")]
)
def test_a_time_is_told_in_full_minutes_and_never_too_early(at: float, shown: str) -> None:
    assert coming_minute(at) == shown


# ------------------------------------------------------------------------------------------------------ background work

BUSY = Answer(
    "UpdateTable",
    "ResourceInUseException",
    "Attempt to change a resource which is still in use: Table is being updated",
)


async def test_background_work_is_issued_though_aws_says_for_a_moment_that_it_is_busy() -> None:
    scene = Scene()
    await scene.settled(tables(orders=table()))
    preview, world = await scene.preview(tables(orders=late()))
    report = await scene.execute(preview, world, cloud=Scripted(scene.cloud, replace(BUSY, times=3)))
    assert (report.exit_code, outcomes(report)) == (0, {INDEX: "in_progress"})
    assert scene.accepted() == {"dynamodb:UpdateTable": 1, "dynamodb:CreateTable": 1}


async def test_a_start_up_does_not_wait_for_ever_until_background_work_is_taken() -> None:
    scene = Scene()
    await scene.settled(tables(orders=table()))
    preview, world = await scene.preview(tables(orders=late()))
    report = await scene.execute(preview, world, cloud=Scripted(scene.cloud, BUSY))
    assert (report.exit_code, report.queued, report.still_running) == (0, (INDEX,), ())
    assert report.seconds < 120


async def test_background_work_waits_for_nothing_that_somebody_else_began_meanwhile() -> None:
    """Nothing was sent, so it is queued rather than in progress."""
    scene = Scene()
    await scene.settled(tables(orders=table()))
    preview, world = await scene.preview(tables(orders=late()))
    scene.foreign("UpdateTable", TableName="orders", TableClass="STANDARD_INFREQUENT_ACCESS")
    await scene.clock.sleep(5)
    report = await scene.execute(preview, world)
    assert (report.exit_code, report.queued, report.still_running) == (0, (INDEX,), ())
    assert "table UPDATING" in message(report, INDEX)


async def test_background_work_that_aws_refuses_fails_and_does_so_after_all_else() -> None:
    scene = Scene()
    await scene.settled(tables(orders=table()))
    preview, world = await scene.preview(tables(orders=late(ttl="at")))
    refused = Answer("UpdateTable", "LimitExceededException", "Subscriber limit exceeded")
    report = await scene.execute(preview, world, cloud=Scripted(scene.cloud, refused))
    assert (report.exit_code, outcomes(report)) == (1, {TTL: "done", INDEX: "failed"})


async def test_what_is_rationed_is_left_by_a_step_in_the_background_whatever_it_is() -> None:
    scene = Scene()
    await scene.settled(tables(orders=table()))
    preview, world = await scene.preview(tables(orders=table(gate="background", stream="new_image")))
    spent = Answer(
        "UpdateTable", "LimitExceededException", "Provisioned throughput decreases are limited within a UTC day"
    )
    report = await scene.execute(preview, world, cloud=Scripted(scene.cloud, spent))
    assert (report.exit_code, report.queued) == (0, (STREAM,))
    assert "Possible again at the latest at 2026-01-01 01:0" in message(report, STREAM)


async def test_an_unknown_outcome_of_background_work_is_looked_up_before_it_is_left() -> None:
    scene = Scene()
    await scene.settled(tables(orders=table()))
    preview, world = await scene.preview(tables(orders=late()))
    lost = Answer("UpdateTable", "InternalServerError", "Internal server error", status=500, times=1)
    report = await scene.execute(preview, world, cloud=Scripted(scene.cloud, lost))
    assert (report.exit_code, outcomes(report)) == (0, {INDEX: "in_progress"})
    assert scene.accepted()["dynamodb:UpdateTable"] == 1
