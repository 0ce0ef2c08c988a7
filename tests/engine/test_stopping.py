"""Ends from outside: deadlines, stops, fail-fast, cancellation, and runs that don't wait."""

import asyncio
import signal

import anyio
import pytest

from orchestrator.adapters.journal import MemoryJournal
from orchestrator.engine.executor import Stop
from orchestrator.model import Report
from orchestrator.ports import Cloud
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Durations, Staleness
from tests.engine.scene import (
    Answer,
    Deaf,
    Scene,
    Scripted,
    declared,
    function,
    functions,
    outcome,
    outcomes,
    plan,
    table,
    tables,
)

CREATE = "tables.orders:create"
INDEX = "tables.orders.indexes.by_aa:create"
PLANS = tables(orders=table(ttl="expires_at"), other=table())


async def stopped_after(
    scene: Scene, seconds: float, number: int = signal.SIGINT, cloud: Cloud | None = None
) -> Report:
    """A run of PLANS that a signal meets after so many seconds."""
    preview, world = await scene.preview(PLANS)
    stop = Stop()

    async def interrupt() -> None:
        await scene.clock.sleep(seconds)
        stop.request(number)

    async with anyio.create_task_group() as group:
        group.start_soon(interrupt)
        report = await scene.execute(preview, world, stop=stop, cloud=cloud)
        group.cancel_scope.cancel()
    return report


# ---------------------------------------------------------------------------------------------------------------- stop


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
async def test_a_signal_ends_the_run_at_once_and_lists_what_aws_goes_on_with(number: int, code: int) -> None:
    scene = Scene()
    began = scene.clock.now()
    report = await stopped_after(scene, 3, number)
    assert (report.exit_code, report.outcome) == (code, "interrupted")
    assert report.finished - began <= 3 + 5
    assert outcomes(report) == {
        CREATE: "in_progress",
        "tables.orders:update-ttl": "not_run",
        "tables.other:create": "in_progress",
    }
    assert {(str(one.ref), one.status) for one in report.still_running} == {
        ("tables.orders", "table CREATING"),
        ("tables.other", "table CREATING"),
    }
    assert all(one.since == began for one in report.still_running)
    assert report.queued == ("tables.orders:update-ttl",)
    error = outcome(report, "tables.orders:update-ttl").error
    assert error is not None
    assert "interrupted" in error["message"]


async def test_after_a_stop_no_call_is_sent() -> None:
    scene = Scene()
    report = await stopped_after(scene, 3)
    sent = scene.mutations()
    await scene.clock.sleep(1000)
    assert scene.mutations() == sent == {"dynamodb:CreateTable": 2}
    assert report.calls["dynamodb:CreateTable"] == 2


async def test_a_stop_before_the_first_call_runs_nothing() -> None:
    scene = Scene()
    preview, world = await scene.preview(PLANS)
    stop = Stop()
    stop.request(signal.SIGTERM)
    report = await scene.execute(preview, world, stop=stop)
    assert report.exit_code == 143
    assert set(outcomes(report).values()) == {"not_run"}
    assert scene.mutations() == {}


async def test_a_call_on_its_way_may_still_be_answered() -> None:
    """The reply comes a second after the signal: the call is known to have been accepted."""
    scene = Scene(latency=2)
    report = await stopped_after(scene, 3)
    assert "sent" in scene.whats(CREATE)
    assert {one.status for one in report.still_running} == {"CreateTable accepted"}


async def test_a_call_that_is_never_answered_is_left_after_the_grace_as_unknown() -> None:
    scene = Scene()
    began = scene.clock.now()
    report = await stopped_after(scene, 3, cloud=Deaf(scene.cloud, scene.clock, "CreateTable"))
    assert report.finished - began <= 3 + 5
    assert outcome(report, CREATE).outcome == "in_progress"
    assert all("unknown" in one.status for one in report.still_running)


async def test_a_second_request_changes_nothing() -> None:
    stop = Stop()
    stop.request(signal.SIGTERM)
    stop.request(signal.SIGINT)
    assert stop.signal == signal.SIGTERM


async def test_the_next_run_goes_on_where_the_stopped_one_left() -> None:
    scene = Scene()
    await stopped_after(scene, 3)
    report = await scene.run(PLANS)
    assert report.outcome == "succeeded"
    assert scene.mutations() == {"dynamodb:CreateTable": 2, "dynamodb:UpdateTimeToLive": 1}


# ----------------------------------------------------------------------------------------------------------- deadlines


async def test_the_runs_deadline_leaves_work_in_progress_with_exit_6() -> None:
    scene = Scene()
    report = await scene.run(PLANS, deadline=4)
    assert (report.exit_code, report.outcome) == (6, "in_progress")
    assert report.finished - report.started < 5
    assert [str(one.ref) for one in report.still_running] == ["tables.orders", "tables.other"]
    assert report.queued == ("tables.orders:update-ttl",)


async def test_a_steps_deadline_leaves_its_lane_and_no_other() -> None:
    """A3: never a failure while AWS goes on; the other lane finishes."""
    scene = Scene(Account(durations=Durations(table_create=100)))
    plans = tables(orders=table(ttl="expires_at", timeouts={"create": "30s"}), other=table())
    report = await scene.run(plans)
    assert outcomes(report) == {
        CREATE: "in_progress",
        "tables.orders:update-ttl": "not_run",
        "tables.other:create": "done",
    }
    assert report.exit_code == 6
    assert report.queued == ("tables.orders:update-ttl",)
    error = outcome(report, "tables.orders:update-ttl").error
    assert error is not None
    assert CREATE in error["message"]


async def test_waiting_for_somebodys_change_until_the_deadline_is_in_progress_too() -> None:
    scene = Scene()
    await scene.settled(tables(orders=table()))
    preview, world = await scene.preview(tables(orders=table(stream="new_image", timeouts={"update": "30s"})))
    scene.foreign("UpdateTable", TableName="orders", TableClass="STANDARD_INFREQUENT_ACCESS")
    await scene.clock.sleep(5)
    report = await scene.execute(preview, world)
    assert report.exit_code == 6
    assert [one.status for one in report.still_running] == ["table UPDATING"]
    assert scene.mutations() == {"dynamodb:CreateTable": 1}


async def test_a_deadline_while_nothing_had_taken_effect_leaves_the_step_not_run() -> None:
    scene = Scene()
    preview, world = await scene.preview(tables(orders=table()))
    cloud = Scripted(scene.cloud, Answer("CreateTable", "ThrottlingException", "Rate exceeded"))
    report = await scene.execute(preview, world, cloud=cloud, deadline=30)
    assert outcomes(report) == {CREATE: "not_run"}
    assert report.exit_code == 6
    assert report.queued == (CREATE,)


async def test_a_call_that_was_looked_for_and_not_found_is_not_left_as_unknown() -> None:
    """The reply is lost, nothing shows, and sending it again is throttled until the run's deadline: nothing goes on."""
    scene = Scene()
    preview, world = await scene.preview(tables(orders=table()))
    lost = Answer("CreateTable", "NoAnswer", "reset", None, times=1)
    throttled = Answer("CreateTable", "ThrottlingException", "Rate exceeded")
    report = await scene.execute(preview, world, cloud=Scripted(scene.cloud, lost, throttled), deadline=120)
    assert outcomes(report) == {CREATE: "not_run"}
    assert report.still_running == ()


async def test_a_call_that_nobody_has_looked_for_yet_is_left_as_unknown() -> None:
    scene = Scene()
    preview, world = await scene.preview(tables(orders=table()))
    lost = Answer("CreateTable", "NoAnswer", "reset", None)
    report = await scene.execute(preview, world, cloud=Scripted(scene.cloud, lost), deadline=10)
    assert outcomes(report) == {CREATE: "in_progress"}
    assert "unknown" in report.still_running[0].status


async def test_work_under_way_is_adopted_by_the_next_run_and_not_started_again() -> None:
    scene = Scene()
    await scene.settled(tables(orders=table()))
    hasty = tables(orders=table(["by_aa"], timeouts={"index": "30s"}))
    assert (await scene.run(hasty)).exit_code == 6
    report = await scene.run(tables(orders=table(["by_aa"])))
    assert report.outcome == "succeeded"
    assert scene.mutations()["dynamodb:UpdateTable"] == 1


# ----------------------------------------------------------------------------------------------------------- fail-fast


@pytest.mark.parametrize(("fail_fast", "later"), [(False, "done"), (True, "not_run")])
async def test_fail_fast_starts_no_new_step_and_lets_those_under_way_finish(fail_fast: bool, later: str) -> None:
    scene = Scene()
    await scene.settled(tables(bad=table(), good=table()))
    plans = tables(bad=table(stream="new_image"), good=table(["by_aa", "by_bb"]))
    preview, world = await scene.preview(plans)
    refused = Answer("UpdateTable", "ValidationException", "no", of="bad")
    report = await scene.execute(preview, world, cloud=Scripted(scene.cloud, refused), fail_fast=fail_fast)
    assert report.exit_code == 1
    assert outcomes(report) == {
        "tables.bad:update-stream": "failed",
        "tables.good.indexes.by_aa:create": "done",
        "tables.good.indexes.by_bb:create": later,
    }
    if fail_fast:
        error = outcome(report, "tables.good.indexes.by_bb:create").error
        assert error is not None
        assert "tables.bad:update-stream" in error["message"]


async def test_fail_fast_holds_for_lanes_that_wait_for_a_slot() -> None:
    scene = Scene()
    preview, world = await scene.preview(tables(**{f"t{n:02}": table() for n in range(5)}))
    refused = Answer("CreateTable", "ValidationException", "no")
    report = await scene.execute(preview, world, cloud=Scripted(scene.cloud, refused), fail_fast=True, max_parallel=1)
    assert list(outcomes(report).values()) == ["failed", *["not_run"] * 4]
    assert report.calls["dynamodb:CreateTable"] == 1


# -------------------------------------------------------------------------------------------------------- cancellation


async def cancelled_after(scene: Scene, seconds: float, journal: MemoryJournal, cloud: Cloud | None = None) -> float:
    """Cancel a run of PLANS as a library's caller does; returns how long it took to end."""
    preview, world = await scene.preview(PLANS)
    task = asyncio.ensure_future(scene.execute(preview, world, journal=journal, cloud=cloud))
    await scene.clock.sleep(seconds)
    began = scene.clock.now()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return scene.clock.now() - began


async def test_a_cancelled_run_writes_every_ending_down_and_leaves_nothing_behind() -> None:
    scene, journal = Scene(), MemoryJournal()
    tasks = asyncio.all_tasks()
    took = await cancelled_after(scene, 3, journal)
    assert took == 0
    assert asyncio.all_tasks() == tasks
    ends = {event.step: event.what for event in journal.events if event.step}
    assert ends == {CREATE: "in_progress", "tables.orders:update-ttl": "not_run", "tables.other:create": "in_progress"}
    sent = scene.mutations()
    await scene.clock.sleep(1000)
    assert scene.mutations() == sent
    assert (await scene.run(PLANS)).outcome == "succeeded"


async def test_a_cancellation_waits_for_the_answer_to_a_call_on_its_way() -> None:
    scene, journal = Scene(latency=2), MemoryJournal()
    took = await cancelled_after(scene, 3, journal)
    assert 0 < took <= 2
    assert "sent" in {event.what for event in journal.events if event.step == CREATE}


async def test_a_cancellation_does_not_wait_for_ever() -> None:
    scene, journal = Scene(), MemoryJournal()
    took = await cancelled_after(scene, 3, journal, Deaf(scene.cloud, scene.clock, "CreateTable"))
    assert took <= 5
    assert {event.step: event.what for event in journal.events if event.step}[CREATE] == "in_progress"


async def test_a_cancelled_scope_of_the_callers_is_respected() -> None:
    """anyio's own cancellation, as `fail_after` and task groups use it."""
    scene = Scene(Account(durations=Durations(table_create=100)))
    preview, world = await scene.preview(PLANS)
    with anyio.move_on_after(10) as scope:
        await scene.execute(preview, world)
    assert scope.cancelled_caught
    assert {event.step: event.what for event in scene.events if event.step}[CREATE] == "in_progress"


# ------------------------------------------------------------------------------------------------------------ wait: none


async def test_wait_none_issues_what_can_be_issued_and_leaves_with_exit_0() -> None:
    scene = Scene()
    began = scene.clock.now()
    report = await scene.run(PLANS, wait="none")
    assert (report.exit_code, report.outcome) == (0, "in_progress")
    assert outcomes(report) == {
        CREATE: "in_progress",
        "tables.orders:update-ttl": "not_run",
        "tables.other:create": "in_progress",
    }
    assert report.queued == ("tables.orders:update-ttl",)
    assert scene.clock.now() - began < 2
    await scene.clock.sleep(60)
    assert (await scene.run(PLANS)).outcome == "succeeded"
    assert scene.mutations()["dynamodb:CreateTable"] == 2


async def test_wait_none_goes_on_with_what_settles_at_once() -> None:
    scene = Scene(Account(durations=Durations.instant(), staleness=Staleness.off()))
    report = await scene.run(functions(fn=function(aliases={"live": "published"})), wait="none")
    assert (report.exit_code, report.outcome) == (0, "succeeded")
    assert set(outcomes(report).values()) == {"done"}


async def test_wait_none_leaves_what_somebody_else_is_changing() -> None:
    scene = Scene()
    scene.create_table()
    await scene.clock.sleep(5)
    report = await scene.run(tables(orders=table(["by_aa"])), wait="none")
    assert report.exit_code == 0
    assert outcomes(report) == {"tables.orders:wait": "in_progress", INDEX: "not_run"}
    assert report.queued == (INDEX,)


async def test_wait_none_leaves_what_says_that_it_is_busy() -> None:
    scene = Scene()
    await scene.settled(tables(orders=table()))
    preview, world = await scene.preview(tables(orders=table(point_in_time_recovery=True)))
    message = "Backups are being enabled for the table: orders. Please retry later"
    busy = Answer("UpdateContinuousBackups", "ContinuousBackupsUnavailableException", message)
    report = await scene.execute(preview, world, cloud=Scripted(scene.cloud, busy), wait="none")
    assert (report.exit_code, report.still_running) == (0, ())
    assert report.queued == ("tables.orders:update-point_in_time_recovery",)


async def test_wait_none_still_fails_where_a_call_is_refused() -> None:
    scene = Scene()
    preview, world = await scene.preview(PLANS)
    cloud = Scripted(scene.cloud, Answer("CreateTable", "ValidationException", "no"))
    assert (await scene.execute(preview, world, cloud=cloud, wait="none")).exit_code == 1


async def test_wait_none_sends_throttled_calls_again() -> None:
    scene = Scene()
    preview, world = await scene.preview(PLANS)
    cloud = Scripted(scene.cloud, Answer("CreateTable", "ThrottlingException", "Rate exceeded", times=5))
    report = await scene.execute(preview, world, cloud=cloud, wait="none")
    assert report.exit_code == 0
    assert scene.mutations() == {"dynamodb:CreateTable": 2}


# ------------------------------------------------------------------------------------------------- what needs what


async def test_what_needs_unfinished_work_is_queued_behind_it() -> None:
    scene = Scene(Account(durations=Durations(table_create=1000)))
    orders = declared("tables", "orders", table(timeouts={"create": "30s"}))
    fn = declared("functions", "fn", function(), needs=[orders.ref])
    report = await scene.run(plan(orders, fn))
    assert report.exit_code == 6
    assert report.queued == ("functions.fn:create",)
