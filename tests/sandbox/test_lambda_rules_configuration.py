"""The simulated Lambda: networks, dead letters, keys, logs, snapshots, and what goes together (fact sheet 11.6, 11.12, 12.3)."""

from typing import Any

import pytest

from orchestrator.sandbox.rules.lambda_.rights import KEY, NETWORK, QUEUE, TOPIC
from tests.sandbox.lambda_world import CREATE, PUBLISH, ROLE, UPDATE, LambdaWorld, function

VPC = {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}
DETACHED: dict[str, Any] = {"SubnetIds": [], "SecurityGroupIds": []}
SNAPPED = {"ApplyOn": "PublishedVersions"}
DEAD = {"TargetArn": "arn:aws:sqs:eu-west-1:123456789012:dead"}
DEAD_TOPIC = {"TargetArn": "arn:aws:sns:eu-west-1:123456789012:dead"}
KMS_KEY = "arn:aws:kms:eu-west-1:123456789012:key/1"
FILES = "arn:aws:elasticfilesystem:eu-west-1:123456789012:access-point/fsap-0123456789abcdef0"
NO_GRANT = "because the KMS key is invalid for CreateGrant"


def _update(world: LambdaWorld, **more: Any) -> dict[str, Any]:
    return world.call("UpdateFunctionConfiguration", FunctionName="fn", **more)


def _in_progress(world: LambdaWorld) -> bool:
    return bool(world.configuration()["LastUpdateStatus"] == "InProgress")


# ---------------------------------------------------------------------------------------------------- network and files


def test_a_network_is_attached_slowly_and_let_go_of_as_fast_as_anything() -> None:
    world = LambdaWorld(vpc_attach=90)
    world.active()
    shown = _update(world, VpcConfig=VPC)
    assert shown["VpcConfig"]["VpcId"].startswith("vpc-")
    world.wait(UPDATE + 89)
    assert _in_progress(world)
    world.wait(1)
    assert not _in_progress(world)
    _update(world, MemorySize=256)
    world.wait(UPDATE)
    assert not _in_progress(world)
    _update(world, VpcConfig=DETACHED)
    world.wait(UPDATE)
    shown = world.configuration()
    assert (shown["LastUpdateStatus"], shown["VpcConfig"]["SubnetIds"]) == ("Successful", [])
    assert shown["VpcConfig"]["VpcId"] == ""


@pytest.mark.parametrize("half", [{"SubnetIds": ["subnet-1"]}, {"SubnetIds": [], "SecurityGroupIds": ["sg-1"]}])
def test_half_a_network_is_none(half: dict[str, Any]) -> None:
    world = LambdaWorld()
    text = "SubnetIds and SecurityIds must coexist or be both empty list."
    assert world.refused("CreateFunction", **function(VpcConfig=half)).message == text
    world.active()
    assert world.refused("UpdateFunctionConfiguration", FunctionName="fn", VpcConfig=half).message == text


def test_a_file_system_takes_minutes_is_shown_and_can_be_let_go_of() -> None:
    world = LambdaWorld(file_system_attach=240, vpc_attach=90)
    systems = [{"Arn": FILES, "LocalMountPath": "/mnt/files"}]
    world.create(FileSystemConfigs=systems, VpcConfig=VPC)
    world.wait(CREATE + 329)
    assert world.configuration()["State"] == "Pending"
    world.wait(1)
    assert world.configuration()["FileSystemConfigs"] == systems
    _update(world, FileSystemConfigs=[])
    world.wait(UPDATE)
    shown = world.configuration()
    assert shown["LastUpdateStatus"] == "Successful"
    assert "FileSystemConfigs" not in shown


@pytest.mark.parametrize(
    ("identifier", "code", "settings"),
    [
        ("subnet-2", "InvalidSubnet", {"VpcConfig": VPC}),
        ("sg-1", "InvalidSecurityGroup", {"VpcConfig": VPC}),
        (KMS_KEY, "DisabledKMSKey", {"KMSKeyArn": KMS_KEY}),
        (FILES, "EFSMountFailure", {"FileSystemConfigs": [{"Arn": FILES, "LocalMountPath": "/mnt/files"}]}),
    ],
)
def test_what_is_no_good_ends_a_creation_and_every_update_in_failed(
    identifier: str, code: str, settings: dict[str, Any]
) -> None:
    world = LambdaWorld()
    world.rules.unusable(identifier, f"{identifier} is no good.", code)
    world.create("other", **settings)
    world.wait(1000)
    shown = world.configuration("other")
    assert (shown["State"], shown["StateReasonCode"], shown["StateReason"]) == (
        "Failed",
        code,
        f"{identifier} is no good.",
    )
    before = world.active()
    for _ in range(2):
        _update(world, **settings)
        world.wait(1000)
        shown = world.configuration()
        assert (shown["State"], shown["LastUpdateStatus"]) == ("Active", "Failed")
        assert shown["LastUpdateStatusReasonCode"] == code
        assert not settings.keys() & shown.keys() - before.keys()
    _update(world, MemorySize=256)
    world.wait(UPDATE)
    assert world.configuration()["LastUpdateStatus"] == "Successful"


# ------------------------------------------------------------------------------------------------------- dead letters, keys


@pytest.mark.parametrize(
    ("member", "stated", "cleared"), [("DeadLetterConfig", DEAD, {"TargetArn": ""}), ("KMSKeyArn", KMS_KEY, "")]
)
def test_a_target_and_a_key_are_shown_kept_and_cleared(member: str, stated: Any, cleared: Any) -> None:
    world = LambdaWorld()
    assert world.active(**{member: stated})[member] == stated
    _update(world, MemorySize=256)
    world.wait(UPDATE)
    assert world.configuration()[member] == stated
    _update(world, **{member: cleared})
    world.wait(UPDATE)
    assert member not in world.configuration()


@pytest.mark.parametrize(
    ("settings", "what", "text"),
    [
        ({"VpcConfig": VPC}, NETWORK, "role does not have permissions to call CreateNetworkInterface on EC2"),
        ({"DeadLetterConfig": DEAD}, QUEUE, "role does not have permissions to call SendMessage on SQS"),
        ({"DeadLetterConfig": DEAD_TOPIC}, TOPIC, "role does not have permissions to call Publish on SNS"),
        ({"KMSKeyArn": KMS_KEY}, KEY, NO_GRANT),
    ],
)
def test_what_a_role_may_do_is_known_late_or_never(settings: dict[str, Any], what: str, text: str) -> None:
    world = LambdaWorld(iam_lag=8, iam_rights_lag=12)
    world.rules.role_created(ROLE, world.now)
    world.wait(8)
    refusal = world.refused("CreateFunction", **function(**settings))
    assert refusal.code == "InvalidParameterValueException"
    assert text in refusal.message
    world.create("plain")
    world.wait(4)
    world.create(**settings)
    world.wait(1000)
    world.rules.role_permitted(ROLE, world.now)
    assert text in world.refused("UpdateFunctionConfiguration", FunctionName="fn", **settings).message
    _update(world, MemorySize=256)
    world.wait(12)
    _update(world, **settings)
    world.wait(1000)
    world.rules.deny(ROLE, what)
    assert text in world.refused("UpdateFunctionConfiguration", FunctionName="fn", **settings).message


def test_another_role_has_to_be_allowed_what_the_function_has_already() -> None:
    world = LambdaWorld()
    world.active(DeadLetterConfig=DEAD)
    world.rules.deny(f"{ROLE}-2", QUEUE)
    refusal = world.refused("UpdateFunctionConfiguration", FunctionName="fn", Role=f"{ROLE}-2")
    assert "SendMessage on SQS" in refusal.message
    _update(world, Role=f"{ROLE}-2", DeadLetterConfig={"TargetArn": ""})


def test_a_call_can_be_refused_as_often_as_a_test_says() -> None:
    world = LambdaWorld()
    world.rules.refuse_next("fn", "Your request has been throttled by EC2", 2)
    for _ in range(2):
        assert "throttled by EC2" in world.refused("CreateFunction", **function(VpcConfig=VPC)).message
    world.create("other")
    world.active()
    world.rules.refuse_next("fn", "Your request has been throttled by EC2")
    assert "throttled by EC2" in world.refused("UpdateFunctionConfiguration", FunctionName="fn", Timeout=9).message
    _update(world, Timeout=9)


# --------------------------------------------------------------------------------------------------------------- logging


def test_logging_is_replaced_as_a_whole() -> None:
    world = LambdaWorld()
    stated = {"LogFormat": "JSON", "ApplicationLogLevel": "DEBUG", "LogGroup": "/orders"}
    assert world.active(LoggingConfig=stated)["LoggingConfig"] == {**stated, "SystemLogLevel": "INFO"}
    _update(world, LoggingConfig={"LogFormat": "JSON"})
    world.wait(UPDATE)
    assert world.configuration()["LoggingConfig"] == {
        "LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO", "LogGroup": "/aws/lambda/fn",
    }  # fmt: skip
    _update(world, LoggingConfig={"LogGroup": "/orders"})
    world.wait(UPDATE)
    assert world.configuration()["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/orders"}


@pytest.mark.parametrize("logging", [{"ApplicationLogLevel": "INFO"}, {"LogFormat": "Text", "SystemLogLevel": "WARN"}])
def test_levels_need_json(logging: dict[str, str]) -> None:
    world = LambdaWorld()
    world.active(LoggingConfig={"LogFormat": "JSON"})
    refusal = world.refused("UpdateFunctionConfiguration", FunctionName="fn", LoggingConfig=logging)
    assert refusal.code == "InvalidParameterValueException"
    assert "LogFormat is JSON" in refusal.message


# ------------------------------------------------------------------------------------------------------------- snapshots


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"Runtime": "python3.11"}, "python3.11"),
        ({"Runtime": "nodejs22.x"}, "nodejs22.x"),
        ({"Runtime": "java8.al2"}, "java8.al2"),
        ({"EphemeralStorage": {"Size": 513}}, "EphemeralStorage of more than 512 MB"),
        ({"FileSystemConfigs": [{"Arn": FILES, "LocalMountPath": "/mnt/files"}]}, "EFS"),
    ],
)
def test_not_of_everything_a_snapshot_can_be_taken(more: dict[str, Any], what: str) -> None:
    world = LambdaWorld()
    text = f"{what} is not supported for SnapStart enabled functions."
    assert world.refused("CreateFunction", **function(SnapStart=SNAPPED, **more)).message == text
    world.active(SnapStart=SNAPPED)
    assert world.refused("UpdateFunctionConfiguration", FunctionName="fn", **more).message == text
    _update(world, SnapStart={"ApplyOn": "None"}, **more)


@pytest.mark.parametrize("runtime", ["java11", "java21", "python3.12", "dotnet8"])
def test_snapshots_are_of_versions_and_last_only_while_these_are_used(runtime: str) -> None:
    world = LambdaWorld(snap_start=120)
    assert world.active(Runtime=runtime, SnapStart=SNAPPED)["SnapStart"] == {**SNAPPED, "OptimizationStatus": "Off"}
    world.call("PublishVersion", FunctionName="fn")
    world.wait(PUBLISH + 119)
    assert world.configuration(Qualifier="1")["State"] == "Pending"
    world.wait(1)
    assert world.configuration(Qualifier="1")["SnapStart"] == {**SNAPPED, "OptimizationStatus": "On"}
    world.rules.idle("fn", world.now, "1")
    assert world.configuration(Qualifier="1")["StateReasonCode"] == "Idle"
    assert world.configuration()["State"] == "Active"
    assert "Inactive" in world.refused("Invoke", FunctionName="fn", Qualifier="1").message
    world.wait(1000)
    assert world.configuration(Qualifier="1")["State"] == "Active"
