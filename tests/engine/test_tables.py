"""Requirements A and B as the engine keeps them: real table kinds against a control plane that refuses and takes time."""

from collections.abc import Mapping
from typing import Any

import anyio
import pytest

from orchestrator.model import Call, FromLive, Report, Text
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Durations
from tests.engine.scene import (
    ORDERS,
    Answer,
    Scene,
    Scripted,
    declared,
    function,
    outcome,
    outcomes,
    plan,
    table,
    tables,
)

CREATE = "tables.orders:create"


def quiet(scene: Scene) -> bool:
    """No call of ours was refused because the table was on its way, and no two changes of one resource overlapped."""
    return not scene.account.timeline.refused_in_transition and not scene.account.timeline.clashes()


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_a1_a_change_waits_until_the_table_is_active(scene: Scene) -> None:
    """A1: somebody's UpdateTable is under way when ours is due."""
    await scene.settled(tables(orders=table()))
    preview, world = await scene.preview(tables(orders=table(stream="new_image")))
    scene.foreign("UpdateTable", TableName="orders", TableClass="STANDARD_INFREQUENT_ACCESS")
    await scene.clock.sleep(5)
    report = await scene.execute(preview, world)
    assert report.outcome == "succeeded"
    assert "table UPDATING" in {event.details.get("status") for event in scene.events}
    assert quiet(scene)


async def test_a2_an_index_that_is_not_active_holds_back_the_next_update_though_the_table_is(scene: Scene) -> None:
    """A2, A4: three indexes and a stream in one run; each UpdateTable comes after the index before it is ACTIVE."""
    await scene.settled(tables(orders=table()))
    report = await scene.run(tables(orders=table(["by_aa", "by_bb", "by_cc"], stream="new_image")))
    assert report.outcome == "succeeded"
    assert scene.mutations()["dynamodb:UpdateTable"] == 4
    assert quiet(scene)
    ends = [scene.at(f"tables.orders.indexes.by_{x}:create", "settled") for x in ("aa", "bb", "cc")]
    starts = [scene.at(f"tables.orders.indexes.by_{x}:create", "intent") for x in ("aa", "bb", "cc")]
    assert starts[1] >= ends[0]
    assert starts[2] >= ends[1]


async def test_a4_deletions_go_one_at_a_time_too(scene: Scene) -> None:
    """A4: ACTIVE, or gone, between them."""
    await scene.settled(tables(orders=table(["by_aa", "by_bb"])))
    gone = table()
    gone["indexes"] = {"by_aa": "absent", "by_bb": "absent", "by_cc": {"partition_key": {"cc": "S"}}}
    report = await scene.run(tables(orders=gone))
    assert set(outcomes(report).values()) == {"done"}
    assert quiet(scene)


async def test_a5_a_new_table_comes_with_all_its_indexes_in_one_call(scene: Scene) -> None:
    """A5."""
    report = await scene.run(tables(orders=table(["by_aa", "by_bb", "by_cc"])))
    assert report.outcome == "succeeded"
    assert scene.mutations() == {"dynamodb:CreateTable": 1}


async def test_a6_settings_wait_until_the_table_accepts_them(scene: Scene) -> None:
    """A6: and backups that AWS is still making possible are waited for, not failed."""
    report = await scene.run(tables(orders=table(ttl="expires_at", point_in_time_recovery=True)))
    assert report.outcome == "succeeded"
    assert scene.at("tables.orders:update-ttl", "intent") >= scene.at(CREATE, "settled")
    refusals = outcome(report, "tables.orders:update-point_in_time_recovery").retries
    assert {(code, what) for code, what, _ in refusals} == {
        ("ContinuousBackupsUnavailableException", "wait_and_reissue")
    }
    assert quiet(scene)


async def test_a7_update_right_after_somebodys_create(scene: Scene) -> None:
    """A7: the table is CREATING when the plan is compiled."""
    scene.create_table()
    await scene.clock.sleep(5)
    report = await scene.run(tables(orders=table(["by_aa"], ttl="expires_at")))
    assert report.outcome == "succeeded"
    assert [step.outcome for step in report.steps] == ["done"] * 3
    assert quiet(scene)


async def test_a7_b2_create_right_after_somebodys_delete(scene: Scene) -> None:
    """A7, B2: a table in DELETING is waited out, then created."""
    await scene.settled(tables(orders=table()))
    scene.foreign("DeleteTable", TableName="orders")
    await scene.clock.sleep(5)
    report = await scene.run(tables(orders=table()))
    assert outcomes(report) == {"tables.orders:wait": "done", CREATE: "done"}
    assert quiet(scene)


async def test_a7_delete_right_after_somebodys_create(scene: Scene) -> None:
    """A7."""
    scene.create_table()
    await scene.clock.sleep(5)
    report = await scene.run(tables(orders="absent"))
    assert report.outcome == "succeeded"
    assert quiet(scene)


async def test_b2_a_table_deleted_between_preview_and_call_is_waited_out(scene: Scene) -> None:
    """B2: the deletion starts only after the plan was compiled for an absent table."""
    preview, world = await scene.preview(tables(orders=table()))
    scene.create_table()
    await scene.clock.sleep(60)
    scene.foreign("DeleteTable", TableName="orders")
    await scene.clock.sleep(5)
    report = await scene.execute(preview, world)
    assert outcomes(report) == {CREATE: "done"}
    assert quiet(scene)


async def test_a9_a_new_index_answers_a_query_before_its_step_is_done(scene: Scene) -> None:
    """A9."""
    report = await scene.run(tables(orders=table(["by_aa"])))
    assert report.calls["dynamodb:Query"] == 1
    assert scene.whats(CREATE)[-1] == "settled"


async def test_a9_no_permission_to_query_is_a_notice(scene: Scene) -> None:
    """A9."""
    preview, world = await scene.preview(tables(orders=table(["by_aa"])))
    cloud = Scripted(scene.cloud, Answer("Query", "AccessDeniedException", "not authorized to perform: dynamodb:Query"))
    report = await scene.execute(preview, world, cloud=cloud)
    assert report.exit_code == 0
    assert len(report.notices) == 1
    assert "dynamodb:Query" in report.notices[0]


@pytest.mark.parametrize(
    "answer",
    [
        Answer("Query", "ValidationException", "Cannot read from backfilling global secondary index: by_aa", times=3),
        Answer("Query", "ValidationException", "The table does not have the specified index: by_aa", times=3),
        Answer("Query", "ResourceNotFoundException", "Requested resource not found", times=3),
        Answer("Query", "ThrottlingException", "Rate exceeded", times=3),
        Answer("Query", "InternalServerError", "", 500, times=3),
    ],
)
async def test_a9_an_index_that_does_not_answer_yet_is_asked_again(scene: Scene, answer: Answer) -> None:
    """A9."""
    preview, world = await scene.preview(tables(orders=table(["by_aa"])))
    report = await scene.execute(preview, world, cloud=Scripted(scene.cloud, answer))
    assert report.exit_code == 0
    assert report.calls["dynamodb:Query"] == 4
    assert scene.whats(CREATE).count("retrying") == 3


async def test_a9_an_index_that_never_answers_is_a_failure(scene: Scene) -> None:
    """A9."""
    preview, world = await scene.preview(tables(orders=table(["by_aa"])))
    never = Answer("Query", "ValidationException", "Cannot read from backfilling global secondary index: by_aa")
    report = await scene.execute(preview, world, cloud=Scripted(scene.cloud, never))
    error = outcome(report, CREATE).error
    assert error is not None
    assert error["where"] == "tables.orders (dynamodb:Query)"


# --------------------------------------------------------------------------------------------------------------- races


async def test_b1_a_table_created_between_look_and_call_is_adopted(scene: Scene) -> None:
    """B1: the race is lost in the very moment: AWS says `Table already exists` and the engine looks before it judges."""
    preview, world = await scene.preview(tables(orders=table()))

    class Rival(Scripted):
        async def send(self, call: Call) -> Mapping[str, Any]:
            if call.operation == "CreateTable":
                scene.create_table()
            return await super().send(call)

    report = await scene.execute(preview, world, cloud=Rival(scene.cloud))
    assert report.outcome == "succeeded"
    assert scene.mutations() == {"dynamodb:CreateTable": 1}
    settled = next(event for event in scene.events if event.what == "settled")
    assert settled.details["adopted"]
    assert settled.details["answer"] == "ResourceInUseException"


async def test_b1_a_table_created_between_preview_and_look_is_already_in_place(scene: Scene) -> None:
    """B1: no call is sent for what is there."""
    preview, world = await scene.preview(tables(orders=table()))
    scene.create_table()
    await scene.clock.sleep(60)
    report = await scene.execute(preview, world)
    assert outcomes(report) == {CREATE: "already_in_place"}
    assert scene.mutations() == {}


@pytest.mark.parametrize("lag", [0, 60])
async def test_b1_a_table_of_another_shape_in_its_place_is_a_clear_error(scene: Scene, lag: float) -> None:
    """B1: never a silent skip, whether it is settled or still CREATING when it is met."""
    preview, world = await scene.preview(tables(orders=table()))
    scene.foreign(
        "CreateTable",
        TableName="orders",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "other", "AttributeType": "N"}],
        KeySchema=[{"AttributeName": "other", "KeyType": "HASH"}],
    )
    await scene.clock.sleep(lag)
    report = await scene.execute(preview, world)
    error = outcome(report, CREATE).error
    assert report.exit_code == 1
    assert error is not None
    assert "shape" in error["message"]
    assert error["action"]
    assert scene.mutations().get("dynamodb:CreateTable", 0) <= 1


async def test_b3_of_several_that_start_at_once_one_creates_and_all_end_well(scene: Scene) -> None:
    """B3: five runs of one plan, without any lock between them."""
    plans = tables(orders=table(["by_aa", "by_bb"], ttl="expires_at"))
    scene = Scene(latency=0.05)
    compiled = [await scene.preview(plans) for _ in range(5)]
    reports: list[Report] = []

    async def container(number: int) -> None:
        reports.append(await scene.execute(*compiled[number]))

    async with anyio.create_task_group() as group:
        for number in range(5):
            group.start_soon(container, number)
    assert [report.exit_code for report in reports] == [0] * 5
    accepted = [one for one in scene.account.timeline.served if one.api.endswith("CreateTable") and one.code is None]
    assert len(accepted) == 1
    assert not scene.account.timeline.clashes()


async def test_a_table_made_anew_since_the_preview_is_not_touched(scene: Scene) -> None:
    """Architecture, rule 4: another TableId is another thing."""
    await scene.settled(tables(orders=table()))
    preview, world = await scene.preview(tables(orders=table(stream="new_image")))
    scene.foreign("DeleteTable", TableName="orders")
    await scene.clock.sleep(60)
    scene.create_table()
    await scene.clock.sleep(60)
    before = scene.mutations()
    report = await scene.execute(preview, world)
    error = report.steps[0].error
    assert report.exit_code == 1
    assert error is not None
    assert "made anew" in error["message"]
    assert scene.mutations() == before


async def test_a_table_deleted_since_the_preview_is_said_to_be_gone(scene: Scene) -> None:
    await scene.settled(tables(orders=table()))
    preview, world = await scene.preview(tables(orders=table(stream="new_image")))
    scene.foreign("DeleteTable", TableName="orders")
    await scene.clock.sleep(60)
    report = await scene.execute(preview, world)
    error = report.steps[0].error
    assert error is not None
    assert "not there" in error["message"]


async def test_what_somebody_did_meanwhile_is_not_done_again(scene: Scene) -> None:
    """The goal is looked for before each call."""
    await scene.settled(tables(orders=table()))
    preview, world = await scene.preview(tables(orders=table(ttl="expires_at", deletion_protection=True)))
    scene.foreign("UpdateTable", TableName="orders", DeletionProtectionEnabled=True)
    await scene.clock.sleep(10)
    report = await scene.execute(preview, world)
    assert outcomes(report) == {
        "tables.orders:update-ttl": "done",
        "tables.orders:update-deletion_protection": "already_in_place",
    }


async def test_a_foreign_actor_between_two_steps_is_waited_for(scene: Scene) -> None:
    """Somebody's index build gets in after each of ours; every one of our calls comes when nothing moves."""
    await scene.settled(tables(orders=table()))
    now = scene.clock.now()
    for minute in range(5, 60, 5):
        throughput = {"TableName": "orders", "OnDemandThroughput": {"MaxReadRequestUnits": 1000 + minute}}
        scene.account.schedule(now + 60 * minute, "dynamodb", "UpdateTable", throughput)
    report = await scene.run(tables(orders=table(["by_aa", "by_bb", "by_cc"])))
    assert report.outcome == "succeeded"
    assert not scene.account.timeline.clashes()


async def test_a_change_that_somebody_undoes_at_once_is_not_waited_for_until_the_deadline(scene: Scene) -> None:
    """An accepted change that never shows ends the step in minutes, with the reason."""
    await scene.settled(tables(orders=table()))
    preview, world = await scene.preview(tables(orders=table(["by_aa"])))
    began = scene.clock.now()
    deletion = {"TableName": "orders", "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "by_aa"}}]}
    scene.account.schedule(began + 200, "dynamodb", "UpdateTable", deletion)
    report = await scene.execute(preview, world)
    error = report.steps[0].error
    assert error is not None
    assert error["code"] == "not-visible"
    assert scene.clock.now() - began < 1200


# ------------------------------------------------------------------------------------------------------ between lanes


async def test_what_needs_a_table_starts_once_it_is_settled_and_gets_its_late_values(scene: Scene) -> None:
    """A stream's ARN is known only after the table is made; the function that names it comes after."""
    late = Text((FromLive(ORDERS, "stream_arn"),))
    orders = declared("tables", "orders", table(stream="new_image"))
    fn = declared("functions", "fn", function(environment={"STREAM": late}), needs=[ORDERS])
    report = await scene.run(plan(orders, fn))
    assert report.outcome == "succeeded"
    assert scene.at("functions.fn:create", "intent") >= scene.at(CREATE, "settled")
    live = scene.foreign("GetFunction", "lambda", FunctionName="fn")["Configuration"]
    arn = scene.foreign("DescribeTable", TableName="orders")["Table"]["LatestStreamArn"]
    assert live["Environment"]["Variables"] == {"STREAM": arn}


async def test_lanes_run_side_by_side() -> None:
    scene = Scene(Account(durations=Durations(table_create=100)))
    began = scene.clock.now()
    report = await scene.run(tables(**{f"t{n:02}": table() for n in range(30)}))
    assert report.outcome == "succeeded"
    assert scene.clock.now() - began < 130


async def test_a_failed_step_stops_its_lane_and_what_needs_it_and_nothing_else(scene: Scene) -> None:
    bad, good = ORDERS, "tables.other:create"
    plans = plan(
        declared("tables", "orders", table(ttl="expires_at")),
        declared("tables", "other", table()),
        declared("functions", "fn", function(aliases={"live": "published"}), needs=[bad]),
    )
    preview, world = await scene.preview(plans)
    cloud = Scripted(scene.cloud, Answer("CreateTable", "AccessDeniedException", "not authorized", of="orders"))
    report = await scene.execute(preview, world, cloud=cloud)
    ends = outcomes(report)
    assert report.exit_code == 1
    assert ends.pop(CREATE) == "failed"
    assert ends.pop(good) == "done"
    assert set(ends.values()) == {"not_run"}
    for step in report.steps:
        if step.outcome == "not_run":
            assert step.error is not None
            assert CREATE in step.error["message"]
    assert report.queued == ()


async def test_every_step_has_one_outcome_and_the_second_run_does_nothing(scene: Scene) -> None:
    plans = tables(**{f"t{n:02}": table(["by_aa"], ttl="expires_at", tags={"team": "a"}) for n in range(5)})
    preview, world = await scene.preview(plans)
    report = await scene.execute(preview, world)
    assert [step.id for step in report.steps] == [step.id for step in preview.graph]
    assert set(outcomes(report).values()) == {"done"}
    sent = scene.mutations()
    assert (await scene.run(plans)).outcome == "nothing_to_do"
    assert scene.mutations() == sent
