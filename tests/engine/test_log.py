"""Log lines: names and fields as the command-line page has them (requirement B7)."""

import re
from dataclasses import replace
from typing import Any, get_args

import pytest
import structlog

from orchestrator.engine.log import Level, Line, Log, lines
from orchestrator.model import Event, Graph, What
from orchestrator.sandbox.faults import Faults, Injection, Script
from tests.engine.scene import Answer, Scene, Scripted, function, functions, table, tables


def logged(scene: Scene) -> list[Line]:
    return [line for event in scene.events for line in lines(event)]


def named(scene: Scene, event: str) -> list[Line]:
    return [line for line in logged(scene) if line.event == event]


async def test_b7_a_created_table_is_told_with_name_timestamp_and_duration() -> None:
    scene = Scene()
    report = await scene.run(tables(orders=table()))
    (line,) = named(scene, "table_created")
    assert line.level == "info"
    assert line.fields["table"] == "orders"
    assert line.fields["run"] == report.run
    assert line.fields["plan"] == "shop"
    assert line.fields["resource"] == "tables.orders"
    assert line.fields["step"] == "tables.orders:create"
    assert line.fields["seconds"] == pytest.approx(10, abs=1)
    assert re.fullmatch(r"2026-01-01T00:00:1\d\.\d{3}Z", line.fields["timestamp"])


def test_lengths_of_time_are_told_in_milliseconds() -> None:
    (line,) = lines(Event(1.0, "run", "tables.orders:create", "sent", {"seconds": 0.006483793258666992}))
    assert line.fields["seconds"] == 0.006


async def test_background_work_that_is_left_is_told_as_such_and_warns_of_nothing() -> None:
    scene = Scene()
    await scene.settled(tables(orders=table()))
    body = table(["by_a", "by_b"])
    for index in body["indexes"].values():
        index["gate"] = "background"
    await scene.run(tables(orders=body))
    left = [line for line in logged(scene) if line.event in ("step_in_progress", "step_not_run")]
    assert [(line.event, line.level, line.fields["gate"]) for line in left] == [
        ("step_in_progress", "info", "background"),
        ("step_not_run", "info", "background"),
    ]
    assert all("gate" not in line.fields for line in named(scene, "run_finished"))


async def test_b7_a_table_that_exists_is_told_also_where_nothing_is_to_do() -> None:
    scene = Scene()
    await scene.settled(tables(orders=table()))
    await scene.run(tables(orders=table()))
    (line,) = named(scene, "table_already_exists")
    assert line.fields["table"] == "orders"
    assert not named(scene, "table_created")


async def test_b7_a_race_that_is_lost_is_told_as_a_table_that_exists() -> None:
    scene = Scene()
    preview, world = await scene.preview(tables(orders=table()))
    scene.create_table()
    report = await scene.execute(preview, world)
    assert report.outcome == "succeeded"
    (line,) = named(scene, "table_already_exists")
    assert line.fields["table"] == "orders"
    assert not named(scene, "table_created")


async def test_b7_a_creation_whose_reply_was_lost_is_told_as_created() -> None:
    scene = Scene(faults=Faults(scripts=[Script("dynamodb:CreateTable", 1, Injection.DROP_AFTER)]))
    await scene.run(tables(orders=table()))
    assert [line.event for line in logged(scene) if line.event.startswith("table_")] == ["table_created"]
    (done,) = named(scene, "step_done")
    assert done.fields["adopted"]


async def test_b7_a_failed_creation_is_told_with_code_and_message() -> None:
    scene = Scene()
    preview, world = await scene.preview(tables(orders=table()))
    cloud = Scripted(scene.cloud, Answer("CreateTable", "LimitExceededException", "There is a limit of 2500 tables"))
    await scene.execute(preview, world, cloud=cloud)
    (line,) = named(scene, "table_creation_failed")
    assert line.level == "error"
    assert line.fields["code"] == "LimitExceededException"
    assert line.fields["message"] == "There is a limit of 2500 tables"
    assert line.fields["table"] == "orders"
    assert "seconds" in line.fields


async def test_what_is_not_a_tables_creation_has_its_step_line_alone() -> None:
    scene = Scene()
    await scene.run(functions(fn=function()))
    await scene.settled(tables(orders=table()))
    await scene.run(tables(orders=table(["by_aa"])))
    assert {line.event for line in logged(scene)} & {"table_created", "table_creation_failed"} == set()
    assert [line.fields["step"] for line in named(scene, "step_done")] == ["tables.orders.indexes.by_aa:create"]


async def test_waiting_and_retrying_carry_their_facts() -> None:
    scene = Scene()
    preview, world = await scene.preview(tables(orders=table()))
    cloud = Scripted(scene.cloud, Answer("CreateTable", "ThrottlingException", "Rate exceeded", times=1))
    await scene.execute(preview, world, cloud=cloud)
    (retry,) = named(scene, "retrying")
    assert {"code", "attempt", "delay_seconds", "treatment", "operation"} <= set(retry.fields)
    waits = named(scene, "waiting")
    assert waits
    assert all({"status", "seconds", "reason"} <= set(wait.fields) for wait in waits)


async def test_the_end_of_a_run_is_told_with_its_outcome() -> None:
    scene = Scene()
    await scene.run(tables(orders=table()))
    line = logged(scene)[-1]
    assert (line.event, line.level) == ("run_finished", "info")
    assert {"outcome", "exit_code", "seconds", "steps"} <= set(line.fields)


async def test_a_failed_run_ends_as_an_error() -> None:
    scene = Scene()
    preview, world = await scene.preview(tables(orders=table()))
    cloud = Scripted(scene.cloud, Answer("CreateTable", "ValidationException", "no"))
    await scene.execute(preview, world, cloud=cloud)
    assert logged(scene)[-1].level == "error"


@pytest.mark.parametrize("what", get_args(What))
def test_every_sort_of_event_can_be_logged(what: What) -> None:
    """With and without the facts that it usually carries."""
    facts: dict[str, Any] = {"kind": "tables", "verb": "create", "name": "orders", "seconds": 1.0, "code": "X"}
    for details in ({}, facts):
        for line in lines(Event(0.0, "run", "tables.orders:create", what, details)):
            assert re.fullmatch(r"[a-z]+(_[a-z]+)*", line.event)
            assert line.level in get_args(Level)
            assert line.fields["timestamp"] == "1970-01-01T00:00:00.000Z"


async def test_the_listener_writes_to_structlog() -> None:
    scene = Scene()
    await scene.run(tables(orders=table()))
    with structlog.testing.capture_logs() as captured:
        log = Log()
        for event in scene.events:
            log(event)
    assert [entry["event"] for entry in captured] == [line.event for line in logged(scene)]
    assert {entry["log_level"] for entry in captured} <= {"debug", "info", "warning", "error"}


async def test_a_call_to_another_region_is_told_with_it_wherever_it_fails() -> None:
    """In the error of the report, in the line of the retry, and in that of the intent."""
    scene = Scene()
    preview, world = await scene.preview(tables(orders=table()))
    step = preview.graph.steps[0]
    assert step.call is not None
    abroad = replace(preview, graph=Graph((replace(step, call=replace(step.call, region="us-west-2")),)))
    answers = (
        Answer("CreateTable", "ThrottlingException", "Rate exceeded", times=1),
        Answer("CreateTable", "AccessDeniedException", "You may not"),
    )
    report = await scene.execute(abroad, world, cloud=Scripted(scene.cloud, *answers))
    error = report.steps[0].error
    assert error is not None
    assert error["where"] == "tables.orders (dynamodb:CreateTable in us-west-2)"
    assert named(scene, "retrying")[0].fields["operation"] == "dynamodb:CreateTable in us-west-2"
    assert {line.fields["region"] for line in named(scene, "call_intended")} == {"us-west-2"}
    assert report.calls["dynamodb:CreateTable"] == 2
