"""The simulated Lambda: which call is taken in which state, cell by cell (fact sheet 11.3), and how to get into each."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.lambda_world import ARN, CREATE, PUBLISH, UPDATE, LambdaWorld, archive, function

State = Callable[[LambdaWorld], None]


def pending(world: LambdaWorld) -> None:
    world.create()


def settled(world: LambdaWorld) -> None:
    world.active()


def in_progress(world: LambdaWorld) -> None:
    world.active()
    world.call("UpdateFunctionConfiguration", FunctionName="fn", Description="first")


def update_failed(world: LambdaWorld) -> None:
    world.active()
    world.rules.fail_next("fn", "The role has no permission.", "InsufficientRolePermissions")
    world.call("UpdateFunctionConfiguration", FunctionName="fn", Description="first")
    world.wait(UPDATE)


def inactive(world: LambdaWorld) -> None:
    world.active()
    world.rules.idle("fn", world.now)


def failed(world: LambdaWorld) -> None:
    world.rules.fail_next("fn", "No such subnet.", "InvalidSubnet")
    world.create()
    world.wait(CREATE)


def leaving(world: LambdaWorld) -> None:
    world.active()
    world.call("DeleteFunction", FunctionName="fn")


DELETE = 3.0
"""Seconds."""
STATES: tuple[State, ...] = (pending, settled, in_progress, update_failed, inactive, failed, leaving)
NAME = {"FunctionName": "fn"}
MATRIX: tuple[tuple[str, dict[str, Any], str], ...] = (
    # one column per state, in the order of STATES: + taken, t refused as in transition, - refused for good
    ("Invoke", NAME, "t+++t-t"),
    ("UpdateFunctionCode", {**NAME, "ZipFile": archive("new")}, "t+t++-t"),
    ("UpdateFunctionConfiguration", {**NAME, "Timeout": 9}, "t+t++-t"),
    ("PublishVersion", NAME, "t+t++-t"),
    ("TagResource", {"Resource": ARN, "Tags": {"a": "b"}}, "t+t+++t"),
    ("UntagResource", {"Resource": ARN, "TagKeys": ["a"]}, "t+t+++t"),
    ("PutFunctionConcurrency", {**NAME, "ReservedConcurrentExecutions": 5}, "++t++-t"),
    ("DeleteFunctionConcurrency", NAME, "++t++-t"),
    ("CreateAlias", {**NAME, "Name": "live", "FunctionVersion": "$LATEST"}, "++++++t"),
    ("DeleteFunction", NAME, "t+t+++t"),
    ("GetFunction", NAME, "+++++++"),
    ("GetFunctionConfiguration", NAME, "+++++++"),
    ("ListTags", {"Resource": ARN}, "+++++++"),
)


@pytest.mark.parametrize(
    ("operation", "parameters", "state", "expected"),
    [
        pytest.param(operation, parameters, state, expected, id=f"{operation}-{state.__name__}")
        for operation, parameters, row in MATRIX
        for state, expected in zip(STATES, row, strict=True)
    ],
)
def test_what_is_taken_in_which_state(operation: str, parameters: dict[str, Any], state: State, expected: str) -> None:
    world = LambdaWorld(function_delete=DELETE)
    state(world)
    if expected == "+":
        world.call(operation, **parameters)
        return
    refusal = world.refused(operation, **parameters)
    assert (refusal.code, refusal.status) == ("ResourceConflictException", 409)
    # An idle function is on its way only because of the refused invocation: no read beforehand shows that.
    assert refusal.in_transition == (expected == "t" and state is not inactive)


def test_a_function_is_deleting_until_it_is_gone_and_so_long_its_name_is_taken() -> None:
    """Fact sheet 11.2, 14.6."""
    world = LambdaWorld(function_delete=DELETE)
    world.active()
    world.call("PublishVersion", FunctionName="fn")
    world.call("DeleteFunction", FunctionName="fn")
    assert (world.configuration()["State"], world.configuration(Qualifier="1")["State"]) == ("Deleting", "Deleting")
    assert [one["FunctionName"] for one in world.call("ListFunctions")["Functions"]] == ["fn"]
    refusal = world.refused("CreateFunction", **function())
    assert (refusal.message, refusal.in_transition) == ("Function already exist: fn", True)
    world.wait(DELETE)
    assert world.refused("GetFunction", FunctionName="fn").code == "ResourceNotFoundException"
    assert world.call("ListFunctions")["Functions"] == []
    assert world.create()["State"] == "Pending"
    assert not world.ground.timeline.clashes()


def test_what_is_published_after_a_failed_update_is_what_was_in_service() -> None:
    world = LambdaWorld()
    before = world.active()
    world.rules.fail_next("fn", "The init failed.", "FunctionError")
    world.call("UpdateFunctionCode", FunctionName="fn", ZipFile=archive("new"))
    world.wait(UPDATE)
    assert world.call("PublishVersion", FunctionName="fn")["CodeSha256"] == before["CodeSha256"]


@pytest.mark.parametrize(
    "code", ["InvalidSubnet", "EniLimitExceeded", "FunctionError.InitTimeout", "NewerThanAnyModel"]
)
def test_a_scripted_failure_waits_for_the_move_that_it_is_for(code: str) -> None:
    world = LambdaWorld()
    world.rules.fail_next("fn", "The snapshot failed.", code, "publish")
    world.active()
    world.call("UpdateFunctionCode", FunctionName="fn", ZipFile=archive("new"), Publish=True)
    world.wait(UPDATE)
    assert world.configuration()["LastUpdateStatus"] == "Successful"
    world.wait(PUBLISH)
    shown = world.configuration(Qualifier="1")
    assert (shown["State"], shown["StateReasonCode"], shown["StateReason"]) == ("Failed", code, "The snapshot failed.")
    assert "LastUpdateStatus" not in shown
    assert world.configuration()["State"] == "Active"


def test_failures_come_in_the_order_they_were_scripted() -> None:
    world = LambdaWorld()
    world.rules.fail_next("fn", "second", "InvalidImage", "update")
    world.rules.fail_next("fn", "first", "InternalError", "create")
    world.rules.fail_next("fn", "third", "ImageDeleted", "update")
    world.create()
    world.wait(CREATE)
    assert world.configuration()["StateReason"] == "first"
    world.call("DeleteFunction", FunctionName="fn")
    world.active()
    for reason in ("second", "third"):
        world.call("UpdateFunctionConfiguration", FunctionName="fn", Timeout=9)
        world.wait(UPDATE)
        assert world.configuration()["LastUpdateStatusReason"] == reason


def test_a_restoration_can_fail_and_keeps_others_from_changing_the_function() -> None:
    world = LambdaWorld()
    inactive(world)
    world.rules.fail_next("fn", "The disk is gone.", "EFSMountFailure", "restore")
    world.refused("Invoke", FunctionName="fn")
    refusal = world.refused("UpdateFunctionConfiguration", FunctionName="fn", Timeout=9)
    assert "Pending" in refusal.message
    world.wait(CREATE)
    assert world.configuration()["StateReasonCode"] == "EFSMountFailure"
    assert not world.ground.timeline.clashes()


def test_only_what_there_is_can_be_idle() -> None:
    world = LambdaWorld()
    world.active()
    world.call("PublishVersion", FunctionName="fn")
    world.wait(PUBLISH)
    world.rules.idle("fn", world.now, "1")
    assert world.configuration(Qualifier="1")["State"] == "Inactive"
    assert world.configuration()["State"] == "Active"
