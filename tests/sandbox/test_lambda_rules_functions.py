"""The simulated Lambda: functions from Pending to gone (fact sheet 11.2 to 11.6, 15.9, 15.10)."""

import base64
import hashlib
from typing import Any

import pytest

from orchestrator.sandbox.rules.durations import Staleness
from tests.sandbox.lambda_world import ARN, CREATE, ROLE, UPDATE, LambdaWorld, archive, function

PENDING = "The operation cannot be performed at this time. The function is currently in the following state: Pending"
IN_PROGRESS = f"The operation cannot be performed at this time. An update is in progress for resource: {ARN}"
CHANGES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("UpdateFunctionCode", {"FunctionName": "fn", "ZipFile": archive("new")}),
    ("UpdateFunctionConfiguration", {"FunctionName": "fn", "Description": "new"}),
    ("PublishVersion", {"FunctionName": "fn"}),
    ("DeleteFunction", {"FunctionName": "fn"}),
    ("TagResource", {"Resource": ARN, "Tags": {"team": "orders"}}),
    ("UntagResource", {"Resource": ARN, "TagKeys": ["team"]}),
)


def test_create_answers_pending_without_an_update_status_and_settles_with_a_new_revision() -> None:
    world = LambdaWorld()
    reply = world.create()
    assert reply["State"] == "Pending"
    assert (reply["StateReason"], reply["StateReasonCode"]) == ("The function is being created.", "Creating")
    assert "LastUpdateStatus" not in reply
    assert reply["FunctionArn"] == ARN
    world.wait(CREATE - 0.001)
    assert "LastUpdateStatus" not in world.configuration()
    world.wait(0.001)
    settled = world.configuration()
    assert (settled["State"], settled["LastUpdateStatus"]) == ("Active", "Successful")
    assert "StateReason" not in settled
    assert settled["RevisionId"] != reply["RevisionId"]


def test_a_new_function_has_aws_defaults() -> None:
    shown = LambdaWorld().active()
    assert (shown["Timeout"], shown["MemorySize"], shown["EphemeralStorage"]) == (3, 128, {"Size": 512})
    assert shown["TracingConfig"] == {"Mode": "PassThrough"}
    assert shown["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/aws/lambda/fn"}
    assert shown["SnapStart"] == {"ApplyOn": "None", "OptimizationStatus": "Off"}
    assert shown["Architectures"] == ["x86_64"]
    assert (shown["Description"], shown["Version"], shown["PackageType"]) == ("", "$LATEST", "Zip")
    assert not {"Environment", "Layers", "VpcConfig", "DeadLetterConfig", "KMSKeyArn"} & shown.keys()


@pytest.mark.parametrize(("operation", "parameters"), CHANGES)
def test_while_pending_every_change_is_refused(operation: str, parameters: dict[str, Any]) -> None:
    world = LambdaWorld()
    world.create()
    refusal = world.refused(operation, **parameters)
    assert (refusal.code, refusal.status, refusal.message) == ("ResourceConflictException", 409, PENDING)
    assert refusal.in_transition


@pytest.mark.parametrize(("operation", "parameters"), CHANGES)
def test_while_in_progress_every_change_is_refused(operation: str, parameters: dict[str, Any]) -> None:
    world = LambdaWorld()
    world.active()
    world.call("UpdateFunctionConfiguration", FunctionName="fn", Description="first")
    refusal = world.refused(operation, **parameters)
    assert (refusal.code, refusal.status, refusal.message) == ("ResourceConflictException", 409, IN_PROGRESS)
    assert refusal.in_transition
    world.wait(UPDATE)
    world.call(operation, **parameters)


def test_an_update_shows_the_reason_code_that_the_model_does_not_know() -> None:
    world = LambdaWorld()
    before = world.active()
    reply = world.call("UpdateFunctionConfiguration", FunctionName="fn", Description="only the description")
    assert (reply["State"], reply["LastUpdateStatus"]) == ("Active", "InProgress")
    assert reply["LastUpdateStatusReason"] == "The function is being created."
    assert reply["LastUpdateStatusReasonCode"] == "Creating"
    world.wait(UPDATE)
    after = world.configuration()
    assert after["LastUpdateStatus"] == "Successful"
    assert "LastUpdateStatusReasonCode" not in after
    assert len({before["RevisionId"], reply["RevisionId"], after["RevisionId"]}) == 3


def test_new_code_is_shown_while_the_update_is_still_in_progress() -> None:
    world = LambdaWorld()
    world.active()
    new = archive("new")
    digest = base64.b64encode(hashlib.sha256(new).digest()).decode()
    world.call("UpdateFunctionCode", FunctionName="fn", ZipFile=new)
    shown = world.configuration()
    assert (shown["CodeSha256"], shown["LastUpdateStatus"]) == (digest, "InProgress")
    assert shown["CodeSize"] == len(new)


def test_a_dry_run_answers_what_would_be_and_changes_nothing() -> None:
    world = LambdaWorld()
    before = world.active()
    reply = world.call("UpdateFunctionCode", FunctionName="fn", ZipFile=archive("new"), DryRun=True)
    assert reply["CodeSha256"] != before["CodeSha256"]
    assert world.configuration() == before


def test_a_stale_revision_is_a_failed_precondition() -> None:
    world = LambdaWorld()
    created = world.create()
    world.wait(CREATE)
    refusal = world.refused(
        "UpdateFunctionConfiguration", FunctionName="fn", Timeout=9, RevisionId=created["RevisionId"]
    )
    assert (refusal.code, refusal.status) == ("PreconditionFailedException", 412)
    assert refusal.message.startswith("The Revision Id provided does not match the latest Revision Id.")
    world.call(
        "UpdateFunctionConfiguration", FunctionName="fn", Timeout=9, RevisionId=world.configuration()["RevisionId"]
    )


def test_tagging_changes_the_revision() -> None:
    world = LambdaWorld()
    before = world.active(Tags={"stage": "dev"})
    world.call("TagResource", Resource=ARN, Tags={"team": "orders"})
    between = world.configuration()
    world.call("UntagResource", Resource=ARN, TagKeys=["stage", "never-there"])
    assert world.call("ListTags", Resource=ARN) == {"Tags": {"team": "orders"}}
    assert world.call("GetFunction", FunctionName="fn")["Tags"] == {"team": "orders"}
    assert len({before["RevisionId"], between["RevisionId"], world.configuration()["RevisionId"]}) == 3


def test_tags_are_of_functions_only() -> None:
    world = LambdaWorld()
    world.active()
    refusal = world.refused("TagResource", Resource=f"{ARN}:live", Tags={"team": "orders"})
    assert "Tags on function aliases and versions are not supported" in refusal.message


def test_update_keeps_what_is_not_stated_and_clears_what_is_emptied() -> None:
    world = LambdaWorld()
    everything: dict[str, Any] = {
        "Environment": {"Variables": {"TABLE": "orders"}},
        "Layers": ["arn:aws:lambda:eu-west-1:123456789012:layer:tools:3"],
        "VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
        "DeadLetterConfig": {"TargetArn": "arn:aws:sqs:eu-west-1:123456789012:dead"},
        "KMSKeyArn": "arn:aws:kms:eu-west-1:123456789012:key/1",
        "TracingConfig": {"Mode": "Active"},
        "EphemeralStorage": {"Size": 1024},
        "LoggingConfig": {"LogFormat": "JSON"},
    }
    world.create(**everything)
    world.wait(1000)
    world.call("UpdateFunctionConfiguration", FunctionName="fn", MemorySize=256)
    world.wait(1000)
    shown = world.configuration()
    assert shown["Environment"] == {"Variables": {"TABLE": "orders"}}
    assert [layer["Arn"] for layer in shown["Layers"]] == everything["Layers"]
    assert shown["VpcConfig"]["SubnetIds"] == ["subnet-1"]
    assert shown["LoggingConfig"]["SystemLogLevel"] == "INFO"
    assert (shown["MemorySize"], shown["EphemeralStorage"], shown["TracingConfig"]) == (
        256,
        {"Size": 1024},
        {"Mode": "Active"},
    )
    world.call("UpdateFunctionConfiguration", FunctionName="fn", Environment={})
    assert world.configuration()["Environment"] == {"Variables": {"TABLE": "orders"}}
    world.wait(1000)
    world.call(
        "UpdateFunctionConfiguration",
        FunctionName="fn",
        Environment={"Variables": {}},
        Layers=[],
        VpcConfig={"SubnetIds": [], "SecurityGroupIds": []},
        DeadLetterConfig={"TargetArn": ""},
        KMSKeyArn="",
    )
    shown = world.configuration()
    assert shown["Environment"] == {"Variables": {}}
    assert shown["VpcConfig"] == {
        "SubnetIds": [], "SecurityGroupIds": [], "VpcId": "", "Ipv6AllowedForDualStack": False,
    }  # fmt: skip
    assert not {"Layers", "DeadLetterConfig", "KMSKeyArn"} & shown.keys()


def test_a_vpc_takes_its_time() -> None:
    world = LambdaWorld(vpc_attach=90)
    world.create(VpcConfig={"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]})
    world.wait(CREATE + 89)
    assert world.configuration()["State"] == "Pending"
    world.wait(1)
    assert world.configuration()["State"] == "Active"


def test_a_scripted_creation_ends_in_failed_and_only_deletion_is_left() -> None:
    world = LambdaWorld()
    world.rules.fail_next("fn", "The subnet subnet-1 does not exist.", "InvalidSubnet")
    world.create()
    world.wait(CREATE)
    shown = world.configuration()
    assert (shown["State"], shown["StateReasonCode"]) == ("Failed", "InvalidSubnet")
    assert shown["StateReason"] == "The subnet subnet-1 does not exist."
    assert "LastUpdateStatus" not in shown
    refusal = world.refused("UpdateFunctionConfiguration", FunctionName="fn", Timeout=9)
    assert refusal.status == 409
    assert not refusal.in_transition
    world.call("DeleteFunction", FunctionName="fn")
    assert world.refused("GetFunction", FunctionName="fn").status == 404


def test_a_scripted_update_ends_in_failed_with_the_old_code_in_service_and_the_next_overwrites_it() -> None:
    world = LambdaWorld()
    before = world.active()
    world.rules.fail_next("fn", "The role has no permission.", "InsufficientRolePermissions")
    world.call("UpdateFunctionCode", FunctionName="fn", ZipFile=archive("new"))
    world.wait(UPDATE)
    shown = world.configuration()
    assert (shown["State"], shown["LastUpdateStatus"]) == ("Active", "Failed")
    assert shown["LastUpdateStatusReasonCode"] == "InsufficientRolePermissions"
    assert shown["LastUpdateStatusReason"] == "The role has no permission."
    assert shown["CodeSha256"] == before["CodeSha256"]
    world.call("UpdateFunctionCode", FunctionName="fn", ZipFile=archive("newer"))
    world.wait(UPDATE)
    assert world.configuration()["LastUpdateStatus"] == "Successful"


def test_the_first_reads_after_a_creation_may_miss_it() -> None:
    missed = set()
    for place in range(30):
        world = LambdaWorld(staleness=Staleness(reads=2, seconds=4))
        world.now += place
        world.create()
        refusals = [world.refused("GetFunction", FunctionName="fn") for _ in range(_unseen(world))]
        assert {r.message for r in refusals} <= {f"Function not found: {ARN}"}
        assert world.call("GetFunction", FunctionName="fn")["Configuration"]["State"] == "Pending"
        missed.add(len(refusals))
    assert missed == {0, 1, 2}


def _unseen(world: LambdaWorld) -> int:
    return world.ground.draws("unseen", "fn", world.now).randint(0, 2)


def test_reads_are_stale_for_some_seconds_only() -> None:
    for place in range(10):
        world = LambdaWorld(staleness=Staleness(reads=5, seconds=1))
        world.now += place
        world.create()
        world.wait(1.1)
        assert world.configuration()["State"] == "Pending"


def test_a_role_cannot_be_assumed_for_its_first_seconds() -> None:
    world = LambdaWorld(iam_lag=8)
    refusal = world.refused("CreateFunction", **function())
    assert refusal.code == "InvalidParameterValueException"
    assert refusal.message == "The role defined for the function cannot be assumed by Lambda."
    world.wait(7.9)
    assert world.refused("CreateFunction", **function()).message == refusal.message
    world.wait(0.1)
    world.create()
    world.create("other")


def test_a_role_that_was_made_long_ago_can_be_assumed_at_once() -> None:
    world = LambdaWorld(iam_lag=8)
    world.rules.role_created(ROLE, world.now - 60)
    world.create()


def test_a_function_of_that_name_exists() -> None:
    world = LambdaWorld()
    world.active()
    refusal = world.refused("CreateFunction", **function())
    assert (refusal.code, refusal.status) == ("ResourceConflictException", 409)
    assert refusal.message == "Function already exist: fn"
    assert not refusal.in_transition


def test_a_deleted_name_can_be_used_at_once() -> None:
    world = LambdaWorld()
    world.active()
    world.call("DeleteFunction", FunctionName="fn")
    assert world.refused("DeleteFunction", FunctionName="fn").code == "ResourceNotFoundException"
    assert world.create()["State"] == "Pending"


@pytest.mark.parametrize("name", ["fn", "function:fn", "123456789012:function:fn", ARN, f"{ARN}:$LATEST"])
def test_every_form_of_a_name_finds_the_function(name: str) -> None:
    world = LambdaWorld()
    world.active()
    assert world.call("GetFunction", FunctionName=name)["Configuration"]["FunctionName"] == "fn"


def test_a_name_of_another_region_is_not_reachable() -> None:
    world = LambdaWorld()
    world.active()
    refusal = world.refused("GetFunction", FunctionName=ARN.replace("eu-west-1", "us-east-1"))
    assert "not reachable in this region" in refusal.message


def test_list_functions_shows_no_states_and_goes_on_by_marker() -> None:
    world = LambdaWorld()
    for name in ("c", "a", "b"):
        world.create(name)
    first = world.call("ListFunctions", MaxItems=2)
    rest = world.call("ListFunctions", MaxItems=2, Marker=first["NextMarker"])
    assert [f["FunctionName"] for f in first["Functions"] + rest["Functions"]] == ["a", "b", "c"]
    assert "NextMarker" not in rest
    assert "State" not in first["Functions"][0]


def test_an_inactive_function_can_be_updated_and_an_invocation_wakes_it() -> None:
    world = LambdaWorld()
    world.active()
    world.rules.idle("fn", world.now)
    assert world.configuration()["StateReasonCode"] == "Idle"
    assert "Inactive" in world.refused("Invoke", FunctionName="fn").message
    assert world.configuration()["StateReasonCode"] == "Restoring"
    world.wait(CREATE)
    assert world.call("Invoke", FunctionName="fn", Payload=b'{"a": 1}')["Payload"] == b'{"a": 1}'
    world.rules.idle("fn", world.now)
    world.call("UpdateFunctionConfiguration", FunctionName="fn", Timeout=9)


def test_invoke_is_refused_while_pending_and_served_by_the_old_code_during_an_update() -> None:
    world = LambdaWorld()
    world.create()
    assert world.refused("Invoke", FunctionName="fn").message == PENDING
    world.wait(CREATE)
    world.call("UpdateFunctionCode", FunctionName="fn", ZipFile=archive("new"))
    reply = world.call("Invoke", FunctionName="fn")
    assert reply == {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": b"null"}
    assert world.call("Invoke", FunctionName="fn", InvocationType="DryRun")["StatusCode"] == 204
    assert world.call("Invoke", FunctionName="fn", InvocationType="Event")["StatusCode"] == 202


def test_the_timeline_knows_when_a_function_was_busy_and_that_nothing_overlapped() -> None:
    world = LambdaWorld()
    world.active()
    world.call("UpdateFunctionConfiguration", FunctionName="fn", Timeout=9)
    spans = [(i.resource, i.what, i.end - i.start) for i in world.ground.timeline.intervals]
    assert spans == [("function/fn", "create", CREATE), ("function/fn", "update", UPDATE)]
    assert not world.ground.timeline.clashes()


def test_a_reply_shares_nothing_with_the_rules() -> None:
    world = LambdaWorld()
    variables = {"KEY": "1"}
    reply = world.create(Environment={"Variables": variables}, Tags={"a": "b"})
    variables["KEY"] = reply["Environment"]["Variables"]["KEY"] = "changed"
    world.wait(CREATE)
    assert world.configuration()["Environment"]["Variables"] == {"KEY": "1"}


def test_the_location_of_code_looks_like_the_secret_that_a_real_one_is() -> None:
    world = LambdaWorld()
    world.active()
    location = world.call("GetFunction", FunctionName="fn")["Code"]["Location"]
    assert location.startswith("https://awslambda-eu-west-1-tasks.s3.eu-west-1.amazonaws.com/")
    assert "X-Amz-Signature=" in location
