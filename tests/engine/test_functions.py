"""Requirements C as the engine keeps them: real function kinds against a control plane that refuses and takes time."""

from collections.abc import Mapping
from typing import Any

import anyio
import pytest

from orchestrator.model import Blob, Call, FromLive, Ref, Report, Text
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Durations
from tests.engine.scene import Answer, Scene, Scripted, declared, function, functions, outcome, outcomes, plan
from tests.sandbox.lambda_world import archive

CREATE, CONFIGURE = "functions.fn:create", "functions.fn:update-configuration"
BUSY = "The operation cannot be performed at this time. An update is in progress for resource: fn"
LIVE = {"live": "published"}


@pytest.fixture
def scene() -> Scene:
    return Scene()


def quiet(scene: Scene) -> bool:
    """No call of ours was refused because the function was on its way, and no two changes of it overlapped."""
    return not scene.account.timeline.refused_in_transition and not scene.account.timeline.clashes()


async def test_c1_a_change_waits_for_somebodys_update(scene: Scene) -> None:
    """C1: LastUpdateStatus is InProgress when ours is due."""
    await scene.settled(functions(fn=function()))
    preview, world = await scene.preview(functions(fn=function(memory=512)))
    scene.foreign("UpdateFunctionConfiguration", "lambda", FunctionName="fn", Timeout=30)
    await scene.clock.sleep(1)
    report = await scene.execute(preview, world)
    assert report.outcome == "succeeded"
    assert quiet(scene)
    live = scene.foreign("GetFunction", "lambda", FunctionName="fn")["Configuration"]
    assert (live["MemorySize"], live["Timeout"]) == (512, 30)


async def test_c1_an_idle_function_is_configured_as_it_is(scene: Scene) -> None:
    """C1: Inactive is good enough to configure."""
    await scene.settled(functions(fn=function()))
    scene.account.lambda_.idle("fn", scene.clock.now())
    report = await scene.run(functions(fn=function(memory=512)))
    assert report.outcome == "succeeded"


async def test_c2_configuration_and_code_are_sequenced_with_a_settle_between(scene: Scene) -> None:
    """C2: never in parallel, never merged."""
    await scene.settled(functions(fn=function()))
    report = await scene.run(functions("new", fn=function(memory=512)))
    assert list(outcomes(report)) == [CONFIGURE, "functions.fn:update-code"]
    assert scene.at("functions.fn:update-code", "intent") >= scene.at(CONFIGURE, "settled")
    assert quiet(scene)


async def test_c3_a_new_function_is_published_only_when_it_has_left_pending(scene: Scene) -> None:
    """C3, C6: version after Active, alias after the version."""
    report = await scene.run(functions(fn=function(aliases=LIVE, reserved_concurrency=5)))
    assert set(outcomes(report).values()) == {"done"}
    assert scene.at("functions.fn:create-version", "intent") >= scene.at(CREATE, "settled")
    assert scene.at("functions.fn.aliases.live:create", "intent") >= scene.at("functions.fn:create-version", "settled")
    assert quiet(scene)


async def test_c4_two_runs_that_update_one_function_both_end_well() -> None:
    """C4: the second waits for the first, then does what is left to do; nothing fails."""
    scene = Scene(latency=0.05)
    await scene.settled(functions(fn=function(aliases=LIVE)))
    ours = await scene.preview(functions("ours", fn=function(memory=512, aliases=LIVE)))
    theirs = await scene.preview(functions("ours", fn=function(timeout="30s", memory=512, aliases=LIVE)))
    reports: list[Report] = []

    async def pipeline(number: int) -> None:
        reports.append(await scene.execute(*(ours, theirs)[number]))

    async with anyio.create_task_group() as group:
        group.start_soon(pipeline, 0)
        group.start_soon(pipeline, 1)
    assert [report.exit_code for report in reports] == [0, 0]
    live = scene.foreign("GetFunction", "lambda", FunctionName="fn")["Configuration"]
    assert (live["MemorySize"], live["Timeout"]) == (512, 30)
    assert live["CodeSha256"] == Blob(archive("ours")).sha256
    assert not scene.account.timeline.clashes()


async def test_c5_a_failed_update_stops_the_function_with_its_reason_and_others_go_on(scene: Scene) -> None:
    """C5: LastUpdateStatusReason and its code, in words."""
    await scene.settled(functions(fn=function(), other=function()))
    scene.account.lambda_.fail_next("fn", "The image is too large.", "InvalidImage")
    report = await scene.run(functions("new", fn=function(memory=512), other=function(memory=512)))
    ends = outcomes(report)
    assert report.exit_code == 1
    assert ends[CONFIGURE] == "failed"
    assert ends["functions.fn:update-code"] == "not_run"
    assert ends["functions.other:update-code"] == "done"
    error = outcome(report, CONFIGURE).error
    assert error is not None
    assert "The image is too large." in error["message"]
    assert error["code"] == "InvalidImage"
    assert "again" in error["action"]


async def test_c5_an_update_that_failed_before_is_no_obstacle_to_a_fresh_one(scene: Scene) -> None:
    """C5: A fresh update is offered; the failure that was there before it, still seen by late reads, is not its own."""
    await scene.settled(functions(fn=function()))
    scene.account.lambda_.fail_next("fn", "The image is too large.", "InvalidImage")
    await scene.run(functions(fn=function(memory=512)))
    report = await scene.run(functions(fn=function(memory=1024)))
    assert report.outcome == "succeeded"


class Late:
    """A Cloud whose GetFunction replies, for so many reads after an update, are those of before it."""

    def __init__(self, scene: Scene, reads: int) -> None:
        self._scene = scene
        self._reads = reads
        self._late = 0
        self._last: Mapping[str, Any] = {}

    async def send(self, call: Call) -> Mapping[str, Any]:
        if call.operation == "GetFunction" and self._late:
            self._late -= 1
            return self._last
        reply = await self._scene.cloud.send(call)
        if call.operation == "GetFunction":
            self._last = reply
        elif call.operation.startswith("UpdateFunction"):
            self._late = self._reads
        return reply


@pytest.mark.parametrize("fails", [False, True])
async def test_c5_a_late_read_of_the_failure_before_is_not_taken_for_the_new_updates(scene: Scene, fails: bool) -> None:
    """C5: the first looks after the fresh update still show the old failure; what comes of ours is told, and soon."""
    await scene.settled(functions(fn=function()))
    scene.account.lambda_.fail_next("fn", "The image is too large.", "InvalidImage")
    await scene.run(functions(fn=function(memory=512)))
    if fails:
        scene.account.lambda_.fail_next("fn", "The image is too large.", "InvalidImage")
    preview, world = await scene.preview(functions(fn=function(memory=1024)))
    report = await scene.execute(preview, world, cloud=Late(scene, 4))
    assert outcomes(report) == {CONFIGURE: "failed" if fails else "done"}
    assert report.finished - report.started < 10


async def test_c5_a_failure_that_never_goes_away_is_told_in_the_end(scene: Scene) -> None:
    """C5: where nothing but the old failure is ever seen, that is what there is to tell."""
    await scene.settled(functions(fn=function()))
    scene.account.lambda_.fail_next("fn", "The image is too large.", "InvalidImage")
    await scene.run(functions(fn=function(memory=512)))
    preview, world = await scene.preview(functions(fn=function(memory=1024)))
    report = await scene.execute(preview, world, cloud=Late(scene, 100_000))
    error = report.steps[0].error
    assert error is not None
    assert error["code"] == "InvalidImage"
    assert report.finished - report.started < 600


async def test_c5_the_same_failure_again_is_told_too(scene: Scene) -> None:
    """C5: it looks exactly like the one before, and all the same it is the new call's."""
    await scene.settled(functions(fn=function()))
    for _ in range(2):
        scene.account.lambda_.fail_next("fn", "The image is too large.", "InvalidImage")
        report = await scene.run(functions(fn=function(memory=512)))
        error = report.steps[0].error
        assert error is not None
        assert error["code"] == "InvalidImage"


async def test_c5_a_creation_that_fails_is_told_in_lambdas_words(scene: Scene) -> None:
    """C5: State Failed."""
    scene.account.lambda_.fail_next("fn", "Subnets are out of addresses.", "SubnetOutOfIPAddresses")
    report = await scene.run(functions(fn=function(aliases=LIVE)))
    error = outcome(report, CREATE).error
    assert error is not None
    assert "Subnets are out of addresses." in error["message"]
    assert {end for step, end in outcomes(report).items() if step != CREATE} == {"not_run"}


async def test_c9_a_conflict_is_waited_for_and_sent_again(scene: Scene) -> None:
    """C9: 409."""
    await scene.settled(functions(fn=function()))
    preview, world = await scene.preview(functions(fn=function(memory=512)))
    answer = Answer("UpdateFunctionConfiguration", "ResourceConflictException", BUSY, 409, times=2)
    report = await scene.execute(preview, world, cloud=Scripted(scene.cloud, answer))
    assert report.outcome == "succeeded"
    assert report.steps[0].retries == (("ResourceConflictException", "wait_and_reissue", 2),)


async def test_c9_a_failed_precondition_is_read_again_and_sent_once_more(scene: Scene) -> None:
    """C9: 412; the second one in a row is drift."""
    await scene.settled(functions(fn=function()))
    preview, world = await scene.preview(functions(fn=function(memory=512)))
    stale = "The Revision Id provided does not match the latest Revision Id."
    for times, ends in ((1, "done"), (2, "failed")):
        answer = Answer("UpdateFunctionConfiguration", "PreconditionFailedException", stale, 412, times=times)
        report = await scene.execute(preview, world, cloud=Scripted(scene.cloud, answer))
        assert report.steps[0].outcome == ends
        preview, world = await scene.preview(functions(fn=function(memory=1024)))
    assert report.steps[0].error is not None
    assert "preview again" in report.steps[0].error["action"]


async def test_c9_a_precondition_that_our_own_lost_reply_broke_is_success(scene: Scene) -> None:
    """Fact sheet 11.5: after a lost reply, a 412 on the reissue may be our own doing."""
    await scene.settled(functions(fn=function()))
    preview, world = await scene.preview(functions(fn=function(memory=512)))

    class Confusing(Scripted):
        async def send(self, call: Call) -> Mapping[str, Any]:
            if call.operation == "UpdateFunctionConfiguration":
                await scene.cloud.send(call)
            return await super().send(call)

    answer = Answer("UpdateFunctionConfiguration", "PreconditionFailedException", "The Revision Id…", 412)
    report = await scene.execute(preview, world, cloud=Confusing(scene.cloud, answer))
    assert outcomes(report) == {CONFIGURE: "done"}
    assert scene.mutations()["lambda:UpdateFunctionConfiguration"] == 1


async def test_c6_a_version_that_another_function_names_is_read_though_nothing_else_asks_for_it(scene: Scene) -> None:
    """The value is known in the preview already, and running again does nothing."""
    await scene.settled(functions(fn=function(publish=True)))
    late = Text((FromLive(Ref("shop", ("functions", "fn")), "version"),))
    named = declared("functions", "fn", function())
    names = declared("functions", "other", function(environment={"VERSION": late}), needs=[named.ref])
    assert (await scene.run(plan(named, names))).outcome == "succeeded"
    live = scene.foreign("GetFunction", "lambda", FunctionName="other")["Configuration"]
    assert live["Environment"]["Variables"] == {"VERSION": "1"}
    assert (await scene.run(plan(named, names))).outcome == "nothing_to_do"


# ------------------------------------------------------------------------------------------------------------ IAM lag


async def test_a_young_role_is_waited_for_every_other_second() -> None:
    scene = Scene(Account(durations=Durations(iam_lag=20)))
    began = scene.clock.now()
    report = await scene.run(functions(fn=function()))
    assert report.outcome == "succeeded"
    delays = [event.details["delay_seconds"] for event in scene.events if event.what == "retrying"]
    assert delays[:3] == [1, 2, 2]
    assert scene.clock.now() - began < 30


@pytest.mark.parametrize(("cap", "ends"), [(120.0, "failed"), (900.0, "done")])
async def test_a_role_that_stays_unknown_is_given_up_after_the_cap_with_lambdas_own_words(
    cap: float, ends: str
) -> None:
    """It looks the same when it is simply wrong: 2 minutes, settable to 15."""
    scene = Scene(Account(durations=Durations(iam_lag=300)))
    began = scene.clock.now()
    report = await scene.run(functions(fn=function(timeouts={"create": "20m"})), iam_lag=cap)
    assert outcome(report, CREATE).outcome == ends
    if ends == "failed":
        error = outcome(report, CREATE).error
        assert error is not None
        assert error["message"] == "The role defined for the function cannot be assumed by Lambda."
        assert "trust policy" in error["action"]
        assert 115 < scene.clock.now() - began < 130


# ------------------------------------------------------------------------------------------------------------- secrets


async def test_a_hidden_value_that_aws_quotes_is_crossed_out_everywhere(scene: Scene) -> None:
    """Secrets never reach events, reports or errors, also not by way of AWS's own messages."""
    secret = Text(("hunter2-hunter2",), hidden=True)
    preview, world = await scene.preview(functions(fn=function(environment={"TOKEN": secret})))
    quoting = "Value hunter2-hunter2 at environment is invalid"
    answer = Answer("CreateFunction", "InvalidParameterValueException", quoting)
    report = await scene.execute(preview, world, cloud=Scripted(scene.cloud, answer))
    assert "hunter2" not in repr(report)
    assert "hunter2" not in repr(scene.events)
    error = report.steps[0].error
    assert error is not None
    assert error["message"] == "Value (hidden) at environment is invalid"
