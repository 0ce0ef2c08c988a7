"""The simulated Lambda: permissions (fact sheet 11.5, 11.11)."""

import json
from typing import Any

import anyio
import pytest

from orchestrator.model import Call
from orchestrator.sandbox.clock import VirtualClock, run_virtual
from orchestrator.sandbox.cloud import VirtualCloud
from orchestrator.sandbox.rules.durations import Staleness
from orchestrator.sandbox.rules.refusal import Refusal
from tests.sandbox.lambda_world import ARN, CREATE, PUBLISH, ROLE, LambdaWorld

BUCKET = "arn:aws:s3:::orders"
NONE = "The resource you requested does not exist."


def _permission(name: str = "from-s3", **more: Any) -> dict[str, Any]:
    plain = {"Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
    return {"FunctionName": "fn", "StatementId": name, **plain, **more}


def _world() -> LambdaWorld:
    world = LambdaWorld()
    world.active()
    return world


def _statements(world: LambdaWorld, **more: Any) -> list[dict[str, Any]]:
    policy = world.call("GetPolicy", FunctionName="fn", **more)["Policy"]
    found: list[dict[str, Any]] = json.loads(policy)["Statement"]
    return found


def test_a_statement_is_written_as_lambda_writes_it() -> None:
    world = _world()
    reply = world.call("AddPermission", **_permission(SourceArn=BUCKET, SourceAccount="123456789012"))
    written = {
        "Sid": "from-s3",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": ARN,
        "Condition": {"StringEquals": {"AWS:SourceAccount": "123456789012"}, "ArnLike": {"AWS:SourceArn": BUCKET}},
    }
    assert json.loads(reply["Statement"]) == written
    policy = json.loads(world.call("GetPolicy", FunctionName="fn")["Policy"])
    assert policy == {"Version": "2012-10-17", "Id": "default", "Statement": [written]}


@pytest.mark.parametrize(
    ("principal", "written"),
    [
        ("events.amazonaws.com", {"Service": "events.amazonaws.com"}),
        ("alexa-appkit.amazon.com", {"Service": "alexa-appkit.amazon.com"}),
        ("210987654321", {"AWS": "arn:aws:iam::210987654321:root"}),
        (ROLE, {"AWS": ROLE}),
        ("*", "*"),
    ],
)
def test_principals_are_services_accounts_or_identities(principal: str, written: object) -> None:
    world = _world()
    world.call("AddPermission", **_permission(Principal=principal))
    assert _statements(world)[0]["Principal"] == written
    assert "Condition" not in _statements(world)[0]


def test_other_conditions_are_written_too() -> None:
    world = _world()
    url = {"Action": "lambda:InvokeFunctionUrl", "Principal": "*", "FunctionUrlAuthType": "NONE"}
    world.call("AddPermission", **_permission(**url, PrincipalOrgID="o-a1b2c3d4e5"))
    world.call("AddPermission", **_permission("via", Principal="*", InvokedViaFunctionUrl=True))
    one, other = _statements(world)
    assert one["Condition"] == {
        "StringEquals": {"lambda:FunctionUrlAuthType": "NONE", "aws:PrincipalOrgID": "o-a1b2c3d4e5"}
    }
    assert other["Condition"] == {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}


@pytest.mark.parametrize(
    ("more", "code", "text"),
    [
        ({"Qualifier": "$LATEST"}, "InvalidParameterValueException", "We currently do not support adding policies for $LATEST."),
        ({"Qualifier": "9"}, "ResourceNotFoundException", f"Function not found: {ARN}:9"),
        ({"Qualifier": "none"}, "ResourceNotFoundException", f"Cannot find alias arn: {ARN}:none"),
        ({"FunctionName": "none"}, "ResourceNotFoundException", "Function not found: "),
        ({"Principal": "somebody"}, "InvalidParameterValueException", "The provided principal was invalid. Please check"),
        ({"FunctionUrlAuthType": "NONE"}, "InvalidParameterValueException", "FunctionUrlAuthType is only supported for"),
        ({"StatementId": "no spaces"}, "ValidationException", "at 'statementId'"),
        ({"Action": "s3:GetObject"}, "ValidationException", "at 'action'"),
        ({"SourceAccount": "12"}, "ValidationException", "at 'sourceAccount'"),
        ({"RevisionId": "old"}, "PreconditionFailedException", "The Revision Id provided does not match the latest"),
    ],
)  # fmt: skip
def test_add_is_refused(more: dict[str, Any], code: str, text: str) -> None:
    world = _world()
    refusal = world.refused("AddPermission", **_permission(**more))
    assert refusal.code == code
    assert text in refusal.message
    assert world.refused("GetPolicy", FunctionName="fn").message == NONE


def test_a_statement_id_is_taken_once_and_removed_once() -> None:
    world = _world()
    gone = {"FunctionName": "fn", "StatementId": "from-s3"}
    refusal = world.refused("RemovePermission", **gone)
    assert (refusal.status, refusal.message) == (404, "No policy is associated with the given resource.")
    world.call("AddPermission", **_permission())
    world.call("AddPermission", **_permission("other"))
    refusal = world.refused("AddPermission", **_permission())
    assert (refusal.code, refusal.status) == ("ResourceConflictException", 409)
    assert refusal.message.startswith(
        "The statement id (from-s3) provided already exists. Please provide a new statement"
    )
    world.call("RemovePermission", **gone)
    refusal = world.refused("RemovePermission", **gone)
    assert (refusal.status, refusal.message) == (404, "Statement from-s3 is not found in resource policy.")
    assert [one["Sid"] for one in _statements(world)] == ["other"]
    world.call("RemovePermission", FunctionName="fn", StatementId="other")
    assert world.refused("GetPolicy", FunctionName="fn").status == 404


def test_the_policys_revision_is_its_own_and_guards_it() -> None:
    world = _world()
    before = world.configuration()["RevisionId"]
    world.call("AddPermission", **_permission())
    first = world.call("GetPolicy", FunctionName="fn")["RevisionId"]
    assert world.configuration()["RevisionId"] == before != first
    world.call("AddPermission", **_permission("second", RevisionId=first))
    for operation, more in (
        ("AddPermission", _permission("third", RevisionId=first)),
        ("RemovePermission", {"FunctionName": "fn", "StatementId": "second", "RevisionId": first}),
    ):
        refusal = world.refused(operation, **more)
        assert (refusal.code, refusal.status) == ("PreconditionFailedException", 412)
    newest = world.call("GetPolicy", FunctionName="fn")["RevisionId"]
    world.call("RemovePermission", FunctionName="fn", StatementId="second", RevisionId=newest)
    assert [one["Sid"] for one in _statements(world)] == ["from-s3"]


def test_an_alias_has_a_policy_of_its_own_that_goes_with_it() -> None:
    world = _world()
    world.call("PublishVersion", FunctionName="fn")
    world.wait(PUBLISH)
    alias = {"FunctionName": "fn", "Name": "live", "FunctionVersion": "1"}
    world.call("CreateAlias", **alias)
    world.call("AddPermission", **_permission(Qualifier="live"))
    world.call("AddPermission", **_permission(Qualifier="1"))
    assert _statements(world, Qualifier="live")[0]["Resource"] == f"{ARN}:live"
    assert _statements(world, Qualifier="1")[0]["Resource"] == f"{ARN}:1"
    assert world.refused("GetPolicy", FunctionName="fn").message == NONE
    world.call("DeleteAlias", FunctionName="fn", Name="live")
    world.call("CreateAlias", **alias)
    assert world.refused("GetPolicy", FunctionName="fn", Qualifier="live").message == NONE
    world.call("DeleteFunction", FunctionName="fn")
    world.active()
    assert world.refused("GetPolicy", FunctionName="fn").message == NONE


def test_a_policy_has_twenty_kilobytes_at_most() -> None:
    world = _world()
    names = [f"{'n' * 96}{number:03}" for number in range(200)]
    held, refusal = 0, None
    while refusal is None:
        try:
            world.call("AddPermission", **_permission(names[held], SourceArn=BUCKET))
            held += 1
        except Refusal as refused:
            refusal = refused
    size = len(world.call("GetPolicy", FunctionName="fn")["Policy"])
    one = len(json.dumps(_statements(world)[0], separators=(",", ":"))) + 1
    assert size <= 20_480 < size + one
    assert refusal.code == "PolicyLengthExceededException"
    assert refusal.message == f"The final policy size ({size + one}) is bigger than the limit (20480)."


def test_permissions_are_taken_while_pending_and_not_beside_an_update() -> None:
    world = LambdaWorld()
    world.create()
    world.call("AddPermission", **_permission())
    world.wait(CREATE)
    world.call("UpdateFunctionConfiguration", FunctionName="fn", Timeout=9)
    for operation, more in (
        ("AddPermission", _permission("other")),
        ("RemovePermission", {"FunctionName": "fn", "StatementId": "from-s3"}),
    ):
        refusal = world.refused(operation, **more)
        assert (refusal.status, refusal.in_transition) == (409, True)
        assert refusal.message == "The function could not be updated due to a concurrent update operation."


def test_a_role_just_made_is_no_principal_yet() -> None:
    world = LambdaWorld(iam_lag=8)
    world.rules.role_created(ROLE, world.now - 8)
    world.active()
    young = ROLE + "-young"
    world.rules.role_created(young, world.now)
    assert "principal was invalid" in world.refused("AddPermission", **_permission(Principal=young)).message
    world.wait(8)
    world.call("AddPermission", **_permission(Principal=young))


def test_a_change_is_missed_by_some_reads() -> None:
    world = LambdaWorld(Staleness(reads=2, seconds=4, tags=0))
    world.create()
    world.wait(10)
    seen = set()
    for number in range(12):
        world.call("AddPermission", **_permission(f"s{number}"))
        try:
            seen.add(len(_statements(world)) - number)
        except Refusal:
            seen.add(0)
        world.wait(5)
        assert len(_statements(world)) == number + 1
    assert seen == {0, 1}


def _sent(latency: float, *, together: bool) -> list[str]:
    """The statements that are left of two AddPermissions."""
    world = _world()

    async def main() -> None:
        cloud = VirtualCloud(world.account, VirtualClock(world.now), latency=latency)
        calls = [Call("lambda", "AddPermission", _permission(name)) for name in ("one", "two")]
        if not together:
            for call in calls:
                await cloud.send(call)
            return
        async with anyio.create_task_group() as group:
            for call in calls:
                group.start_soon(cloud.send, call)

    run_virtual(main)
    world.wait(60)
    return [one["Sid"] for one in _statements(world)]


@pytest.mark.parametrize("latency", [0.0, 0.2])
def test_calls_one_after_the_other_lose_nothing(latency: float) -> None:
    assert _sent(latency, together=False) == ["one", "two"]


def test_of_two_calls_under_way_at_once_one_statement_is_lost() -> None:
    assert _sent(0.2, together=True) == ["two"]
