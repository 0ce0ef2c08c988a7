"""Calls whose outcome is unknown, refused for now, or refused for good: every mutating call, every way to go wrong."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.model import Graph, Plan, Report
from orchestrator.sandbox.clock import run_virtual
from orchestrator.sandbox.faults import Faults, Injection, Script
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Durations
from tests.engine.scene import (
    DENIED,
    GONE,
    Answer,
    Outage,
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

LOST = (Injection.DROP_BEFORE, Injection.DROP_AFTER, Injection.ERROR_BEFORE, Injection.ERROR_AFTER)
HARMLESS = (Injection.THROTTLE, Injection.UNREACHABLE)


def before() -> tuple[Plan, ...]:
    """Something to change from."""
    body = table(["by_aa", "by_bb"], tags={"team": "a", "old": "x"}, stream="new_image")
    return plan(
        declared("tables", "orders", body),
        declared("tables", "legacy", table()),
        declared("functions", "fn", function(aliases={"live": "published", "beta": "$LATEST"})),
        declared("functions", "dead", function()),
    )


def after() -> tuple[Plan, ...]:
    """As many different calls as there are: create, update and delete of everything."""
    body = table(
        billing={"provisioned": {"read": 5, "write": 5}},
        tags={"team": "b"},
        prune=["tags"],
        stream="off",
        ttl="expires_at",
        point_in_time_recovery=True,
        table_class="infrequent_access",
        deletion_protection=True,
    )
    body["indexes"] = {
        "by_aa": {"partition_key": {"aa": "S"}},
        "by_bb": "absent",
        "by_cc": {"partition_key": {"cc": "S"}},
    }
    fn = function(
        memory=512, reserved_concurrency=5, tags={"team": "b"}, aliases={"live": "published", "beta": "absent"}
    )
    return plan(
        declared("tables", "orders", body),
        declared("tables", "legacy", "absent"),
        declared("tables", "fresh", table(["by_aa"])),
        declared("functions", "fn", fn, code="new"),
        declared("functions", "dead", "absent"),
        declared("functions", "newborn", function()),
    )


SHORT = Durations(
    iam_lag=0,
    table_create=8,
    table_create_with_indexes=8,
    table_delete=8,
    stream=8,
    flip_to_provisioned=8,
    flip_indexes=2,
    table_class=8,
    index_allocate=8,
    index_backfill=8,
    index_delete=8,
)


async def prepared(faults: Faults) -> Scene:
    """The state `before`, reached without faults; `faults` hold for what comes then."""
    scene = Scene(Account(durations=SHORT))
    await scene.settled(before())
    return Scene(scene.account, scene.clock, faults)


@pytest.fixture(scope="module")
def undisturbed() -> Counter[str]:
    """How often each API takes effect where nothing goes wrong."""

    async def run() -> Counter[str]:
        scene = await prepared(Faults())
        assert (await scene.run(after())).outcome == "succeeded"
        return scene.accepted()

    return run_virtual(run)


def mutating_apis() -> list[str]:
    return [
        "dynamodb:CreateTable",
        "dynamodb:DeleteTable",
        "dynamodb:TagResource",
        "dynamodb:UntagResource",
        "dynamodb:UpdateContinuousBackups",
        "dynamodb:UpdateTable",
        "dynamodb:UpdateTimeToLive",
        "lambda:CreateFunction",
        "lambda:DeleteAlias",
        "lambda:DeleteFunction",
        "lambda:PublishVersion",
        "lambda:PutFunctionConcurrency",
        "lambda:TagResource",
        "lambda:UpdateAlias",
        "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionConfiguration",
    ]


async def test_the_change_meets_every_api_that_these_tests_speak_of() -> None:
    scene = await prepared(Faults())
    earlier = scene.accepted()
    report = await scene.run(after())
    assert report.outcome == "succeeded"
    done = {api for api, count in scene.accepted().items() if count > earlier.get(api, 0)}
    assert done >= set(mutating_apis())


@pytest.mark.parametrize("injection", LOST, ids=lambda injection: injection.name.lower())
@pytest.mark.parametrize("api", mutating_apis())
async def test_a_lost_reply_is_looked_up_and_nothing_is_done_twice(
    api: str, injection: Injection, undisturbed: Counter[str]
) -> None:
    """Architecture, rule 7: each of the first five calls of one API loses its reply, before or after it took effect."""
    scene = await prepared(Faults(scripts=[Script(api, nth, injection) for nth in range(1, 6)]))
    report = await scene.run(after())
    assert report.outcome == "succeeded", [step for step in report.steps if step.error]
    assert scene.accepted() == undisturbed
    assert scene.account.timeline.refused_in_transition == 0
    assert not scene.account.timeline.clashes()
    assert (await scene.run(after())).outcome == "nothing_to_do"


@pytest.mark.parametrize("injection", HARMLESS, ids=lambda injection: injection.name.lower())
@pytest.mark.parametrize("api", mutating_apis())
async def test_what_was_not_applied_is_sent_again(api: str, injection: Injection) -> None:
    scene = await prepared(Faults(scripts=[Script(api, nth, injection) for nth in range(1, 6)]))
    report = await scene.run(after())
    assert report.outcome == "succeeded"
    retried = [retry for step in report.steps for retry in step.retries]
    assert any(treatment in ("backoff", "reconnect") for _, treatment, _ in retried)


@pytest.mark.parametrize("injection", [*LOST, *HARMLESS], ids=lambda injection: injection.name.lower())
@pytest.mark.parametrize("api", ["dynamodb:DescribeTable", "lambda:GetFunction", "dynamodb:ListTagsOfResource"])
async def test_reads_that_fail_are_read_again(api: str, injection: Injection) -> None:
    scene = await prepared(Faults(scripts=[Script(api, nth, injection) for nth in range(3, 40, 2)]))
    report = await scene.run(after())
    assert report.outcome == "succeeded"


@pytest.mark.parametrize("seed", range(10))
async def test_a_stormy_day_ends_in_the_same_place(seed: int) -> None:
    """20 % throttles, 5 % 5xx before and after effect, 5 % dropped connections, slow answers."""
    storm = Faults(
        seed,
        throttle=0.2,
        error_before=0.05,
        error_after=0.05,
        drop_before=0.025,
        drop_after=0.025,
        unreachable=0.02,
        latency=(0.01, 1),
    )
    scene = await prepared(storm)
    report = await scene.run(after())
    assert report.outcome == "succeeded", [step for step in report.steps if step.error]
    assert scene.account.timeline.refused_in_transition == 0
    assert not scene.account.timeline.clashes()
    assert (await Scene(scene.account, scene.clock).run(after())).outcome == "nothing_to_do"


# --------------------------------------------------------------------------------------------- refusals by the script


async def scripted(*script: Answer, change: Mapping[str, Any] | None = None) -> tuple[Scene, Report]:
    """A settled table, then one change of it under a script."""
    scene = Scene()
    await scene.settled(tables(orders=table()))
    preview, world = await scene.preview(tables(orders=table(**(change or {"stream": "new_image"}))))
    return scene, await scene.execute(preview, world, cloud=Scripted(scene.cloud, *script))


async def test_every_retry_is_an_event_with_its_code_attempt_and_delay() -> None:
    scene, report = await scripted(Answer("UpdateTable", "ThrottlingException", "Rate exceeded", times=3))
    retries = [event.details for event in scene.events if event.what == "retrying"]
    assert [(retry["code"], retry["attempt"], retry["treatment"]) for retry in retries] == [
        ("ThrottlingException", attempt, "backoff") for attempt in (1, 2, 3)
    ]
    assert all(0 <= retry["delay_seconds"] <= 4 for retry in retries)
    assert report.steps[0].retries == (("ThrottlingException", "backoff", 3),)
    assert report.steps[0].attempts == 4


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ValidationException", "TableClass modification must be the only operation in the request"),
        ("LimitExceededException", "There is a limit of 256 tables per subscriber"),
        ("AccessDeniedException", "User x is not authorized to perform: dynamodb:UpdateTable"),
        ("SomethingNew", "no idea"),
    ],
)
async def test_what_is_final_ends_the_step_at_once_with_exit_1(code: str, message: str) -> None:
    _, report = await scripted(Answer("UpdateTable", code, message))
    assert report.exit_code == 1
    assert report.calls["dynamodb:UpdateTable"] == 1
    error = report.steps[0].error
    assert error is not None
    assert (error["code"], error["message"]) == (code, message)
    assert error["where"] == "tables.orders (dynamodb:UpdateTable)"
    assert error["action"]


@pytest.mark.parametrize("code", ["ExpiredTokenException", "UnrecognizedClientException"])
async def test_credentials_that_are_no_good_end_with_exit_7(code: str) -> None:
    _, report = await scripted(Answer("UpdateTable", code, "The security token is no good"))
    assert (report.exit_code, report.outcome) == (7, "unreachable")


async def test_an_endpoint_that_vanishes_is_tried_until_the_steps_deadline_then_exit_7() -> None:
    gone = [
        Answer(operation, "EndpointUnreachable", "Could not connect", None, sent=False)
        for operation in ("UpdateTable", "DescribeTable")
    ]
    _, report = await scripted(*gone)
    assert (report.exit_code, report.outcome) == (7, "unreachable")
    assert 590 < report.finished - report.started < 620


async def lost(
    answer: Answer,
    seconds: float,
    until: float = float("inf"),
    timeouts: Mapping[str, str] | None = None,
    **options: Any,
) -> Report:
    """An index build of six hours; every call is answered with `answer` from `seconds` after its start on, until `until`."""
    scene = Scene(Account(durations=Durations(index_backfill=21_600)))
    await scene.settled(tables(orders=table()))
    preview, world = await scene.preview(tables(orders=table(["by_a"], **({"timeouts": timeouts} if timeouts else {}))))
    now = scene.clock.now()
    cloud = Outage(scene.cloud, scene.clock, answer, now + seconds, now + until)
    return await scene.execute(preview, world, cloud=cloud, **options)


async def test_an_endpoint_lost_in_the_middle_is_exit_7_and_says_what_aws_goes_on_with() -> None:
    """Nothing answers for half an hour: reconnecting for a day, the index's deadline, would help nobody."""
    report = await lost(GONE, 600)
    assert (report.exit_code, report.outcome) == (7, "unreachable")
    step = outcome(report, "tables.orders.indexes.by_a:create")
    assert step.outcome == "in_progress"
    assert step.error is not None
    assert step.error["message"] == GONE.message
    assert step.error["where"] == "tables.orders.indexes.by_a (dynamodb:DescribeTable)"
    assert [str(one.ref) for one in report.still_running] == ["tables.orders.indexes.by_a"]
    assert 600 + 1800 < report.finished - report.started < 600 + 1800 + 120


async def test_an_endpoint_that_is_gone_when_the_runs_deadline_passes_fails_nothing_that_goes_on() -> None:
    """As far as anybody knows AWS goes on with it: a later run sees."""
    report = await lost(GONE, 60, deadline=300)
    assert (report.exit_code, report.outcome) == (6, "in_progress")
    assert report.steps[0].error is None
    assert [str(one.ref) for one in report.still_running] == ["tables.orders.indexes.by_a"]
    assert report.finished - report.started < 301


async def test_an_endpoint_that_is_gone_when_the_steps_deadline_passes_fails_nothing_that_goes_on() -> None:
    report = await lost(GONE, 600, timeouts={"index": "20m"})
    assert (report.exit_code, report.outcome) == (6, "in_progress")
    assert report.steps[0].error is None
    assert [str(one.ref) for one in report.still_running] == ["tables.orders.indexes.by_a"]


async def test_an_endpoint_that_comes_back_costs_nothing_but_time() -> None:
    report = await lost(GONE, 600, until=2100)
    assert report.exit_code == 0


async def test_who_may_not_look_any_more_is_told_what_aws_goes_on_with() -> None:
    report = await lost(DENIED, 600)
    assert (report.exit_code, report.outcome) == (1, "failed")
    assert report.steps[0].outcome == "in_progress"
    assert report.steps[0].error is not None
    assert report.steps[0].error["code"] == DENIED.code
    assert [str(one.ref) for one in report.still_running] == ["tables.orders.indexes.by_a"]


async def test_throttles_until_the_deadline_are_a_failure_that_names_them() -> None:
    """Nothing took effect, so nothing is in progress."""
    _, report = await scripted(Answer("UpdateTable", "ThrottlingException", "Rate exceeded"))
    assert report.exit_code == 1
    error = report.steps[0].error
    assert error is not None
    assert error["code"] == "ThrottlingException"


async def test_a_table_that_says_busy_although_nothing_is_seen_to_move_is_not_hammered() -> None:
    """Auto scaling may slip in unseen: ten minutes of it cost fewer calls than a hundred. Nothing of ours goes on then."""
    busy = "Attempt to change a resource which is still in use: Table IOPS are currently being updated. Table: orders"
    _, report = await scripted(Answer("UpdateTable", "ResourceInUseException", busy))
    assert (report.exit_code, report.still_running, report.queued) == (6, (), ("tables.orders:update-stream",))
    assert report.steps[0].error is not None
    assert busy in report.steps[0].error["message"]
    assert report.calls["dynamodb:UpdateTable"] < 100


async def test_a_deadline_full_of_unknown_words_is_a_refusal() -> None:
    """A conflict may pass, whatever it says; one that outlasts the deadline while nothing moves is nothing AWS works on."""
    _, report = await scripted(Answer("UpdateTable", "ResourceInUseException", "The moon is in the wrong phase"))
    assert (report.exit_code, report.outcome, report.still_running) == (1, "failed", ())
    error = report.steps[0].error
    assert error is not None
    assert error["message"] == "The moon is in the wrong phase"


async def test_a_refusal_for_an_index_is_waited_for_by_looking_at_the_index_too() -> None:
    """Fact sheet 1.4 leaves it open: where TTL is refused because an index is busy, TableStatus alone does not tell."""
    scene = Scene()
    await scene.settled(tables(orders=table()))
    theirs = {"IndexName": "theirs", "KeySchema": [{"AttributeName": "x", "KeyType": "HASH"}]}
    scene.foreign(
        "UpdateTable",
        TableName="orders",
        AttributeDefinitions=[{"AttributeName": "x", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[{"Create": {**theirs, "Projection": {"ProjectionType": "ALL"}}}],
    )
    await scene.clock.sleep(60)
    preview, world = await scene.preview(tables(orders=table(ttl="expires_at", timeouts={"update": "30m"})))
    ttl = next(step for step in preview.graph if step.call is not None)
    alone = replace(preview, graph=Graph((replace(ttl, needs=()),)))
    busy = "Attempt to change a resource which is still in use: Index is being created.  Table: orders Index: theirs"
    cloud = Scripted(scene.cloud, Answer("UpdateTimeToLive", "ResourceInUseException", busy, times=1))
    began = scene.clock.now()
    report = await scene.execute(alone, world, cloud=cloud)
    assert report.outcome == "succeeded"
    assert report.calls["dynamodb:UpdateTimeToLive"] == 2
    assert scene.clock.now() - began > 300


async def test_a_budget_that_comes_back_after_the_deadline_is_left_with_the_time_it_does() -> None:
    _, report = await scripted(
        Answer("UpdateTable", "LimitExceededException", "Provisioned throughput decreases are limited within a UTC day")
    )
    error = report.steps[0].error
    assert error is not None
    assert "Possible again at the latest at 2026-01-01 01:0" in error["message"]
    assert (report.exit_code, report.outcome) == (6, "in_progress")
    assert report.finished == report.started


async def test_a_budget_that_comes_back_in_time_is_waited_for_without_a_slot() -> None:
    scene = Scene()
    await scene.settled(tables(orders=table(ttl="expires_at"), other=table()))
    bodies = {"orders": table(ttl="off", timeouts={"update": "2h"}), "other": table(stream="new_image")}
    preview, world = await scene.preview(tables(**bodies))
    began = scene.clock.now()
    report = await scene.execute(preview, world, max_parallel=1, wait="all")
    assert report.outcome == "succeeded"
    assert scene.at("tables.other:update-stream", "settled") - began < 60
    assert 3000 < scene.at("tables.orders:update-ttl", "settled") - began < 4000


@pytest.mark.parametrize(
    ("code", "message", "operation", "change"),
    [
        ("ValidationException", "TimeToLive is already enabled", "UpdateTimeToLive", {"ttl": "expires_at"}),
        ("ValidationException", "Table already has an enabled stream: TableName: orders", "UpdateTable", None),
    ],
)
async def test_so_already_is_believed_only_if_it_is_seen(
    code: str, message: str, operation: str, change: Mapping[str, Any] | None
) -> None:
    """AWS contradicts what can be read: looked up, sent again a few times, then told."""
    _, report = await scripted(Answer(operation, code, message), change=change)
    error = report.steps[0].error
    assert report.exit_code == 1
    assert error is not None
    assert error["message"] == message
    assert 2 <= report.calls[f"dynamodb:{operation}"] <= 5


async def test_deleting_what_is_gone_is_success() -> None:
    scene = Scene()
    await scene.settled(tables(orders=table()))
    preview, world = await scene.preview(tables(orders="absent"))
    scene.foreign("DeleteTable", TableName="orders")
    await scene.clock.sleep(60)
    report = await scene.execute(preview, world)
    assert outcomes(report) == {"tables.orders:delete": "already_in_place"}


async def test_an_odd_answer_does_not_end_a_healthy_wait_but_a_row_of_them_does() -> None:
    """Fact sheet 12.3: one unclassifiable error must not; four in a row mean it."""
    odd = Answer("DescribeTable", "SomethingNew", "no idea", times=2)
    _, report = await scripted(odd)
    assert report.exit_code == 0
    _, report = await scripted(Answer("DescribeTable", "SomethingNew", "no idea"))
    error = report.steps[0].error
    assert report.exit_code == 1
    assert error is not None
    assert error["where"] == "tables.orders (dynamodb:DescribeTable)"


async def test_no_permission_to_look_ends_the_step() -> None:
    _, report = await scripted(Answer("DescribeTable", "AccessDeniedException", "not authorized"))
    assert report.exit_code == 1
    assert report.calls.get("dynamodb:UpdateTable") is None
    assert outcome(report, "tables.orders:update-stream").attempts == 0
