"""What the control plane of Lambda refuses and does, behind the port and over HTTP (fact sheet 11, 15.9)."""

from collections.abc import Mapping
from typing import Any

from orchestrator.errors import Fault
from tests.contract.worlds import World, contract
from tests.sandbox.lambda_world import archive, function

CONFLICT = "ResourceConflictException"
PENDING = "The function is currently in the following state: Pending$"
IN_PROGRESS = "An update is in progress for resource: arn:aws:lambda:eu-west-1:123456789012:function:fn$"


async def _look(world: World, qualifier: str | None = None) -> Mapping[str, Any]:
    named = {"Qualifier": qualifier} if qualifier else {}
    found: Mapping[str, Any] = (await world.functions("GetFunction", FunctionName="fn", **named))["Configuration"]
    return found


async def _states(world: World, qualifier: str | None = None) -> tuple[str, str | None]:
    found = await _look(world, qualifier)
    return found["State"], found.get("LastUpdateStatus")


async def _settle(world: World, qualifier: str | None = None) -> list[tuple[str, str | None]]:
    """The states seen until the function (or a version) is Active and Successful."""
    return await world.until(lambda: _states(world, qualifier), lambda states: states == ("Active", "Successful"))


async def _state(world: World) -> str | None:
    """None once GetFunction knows it no more."""
    try:
        return str((await _look(world))["State"])
    except Fault:
        return None


@contract
async def test_a_new_function_is_pending_without_an_update_status_and_takes_no_change(world: World) -> None:
    """Requirements C1 and C3."""
    await world.functions("CreateFunction", **function())
    fault = await world.refused(
        "lambda", "UpdateFunctionCode", CONFLICT, PENDING, FunctionName="fn", ZipFile=archive("2")
    )
    assert fault.status == 409
    await world.refused("lambda", "PublishVersion", CONFLICT, PENDING, FunctionName="fn")
    await world.refused("lambda", "Invoke", CONFLICT, PENDING, FunctionName="fn")
    assert (await _look(world))["StateReasonCode"] == "Creating"
    assert await _settle(world) == [("Pending", None), ("Active", "Successful")]


@contract
async def test_code_and_configuration_wait_for_each_other(world: World) -> None:
    """Requirement C2."""
    await world.functions("CreateFunction", **function())
    await _settle(world)
    reply = await world.functions("UpdateFunctionConfiguration", FunctionName="fn", MemorySize=256)
    assert (reply["State"], reply["LastUpdateStatus"]) == ("Active", "InProgress")
    assert reply["LastUpdateStatusReasonCode"] == "Creating"
    code = {"FunctionName": "fn", "ZipFile": archive("2")}
    fault = await world.refused("lambda", "UpdateFunctionCode", CONFLICT, IN_PROGRESS, **code)
    assert fault.status == 409
    assert await _settle(world) == [("Active", "InProgress"), ("Active", "Successful")]
    before = (await _look(world))["CodeSha256"]
    reply = await world.functions("UpdateFunctionCode", **code)
    assert reply["CodeSha256"] != before
    assert (await _look(world))["CodeSha256"] == reply["CodeSha256"]
    await _settle(world)


@contract
async def test_a_stale_revision_is_another_error_than_a_conflict(world: World) -> None:
    """Requirement C9: 412, not 409."""
    created = await world.functions("CreateFunction", **function())
    await _settle(world)
    change = {"FunctionName": "fn", "MemorySize": 256}
    fault = await world.refused(
        "lambda",
        "UpdateFunctionConfiguration",
        "PreconditionFailedException",
        "does not match the latest Revision Id",
        **change,
        RevisionId=created["RevisionId"],
    )
    assert fault.status == 412
    await world.functions("UpdateFunctionConfiguration", **change, RevisionId=(await _look(world))["RevisionId"])


@contract
async def test_a_version_is_published_once_and_an_alias_moved_to_it(world: World) -> None:
    """Requirement C6."""
    await world.functions("CreateFunction", **function())
    await _settle(world)
    reply = await world.functions("PublishVersion", FunctionName="fn")
    assert (reply["Version"], reply["State"]) == ("1", "Pending")
    await _settle(world, "1")
    assert (await world.functions("PublishVersion", FunctionName="fn"))["Version"] == "1"
    await world.functions("CreateAlias", FunctionName="fn", Name="live", FunctionVersion="1")
    await world.refused(
        "lambda", "CreateAlias", CONFLICT, "^Alias already exists", FunctionName="fn", Name="live", FunctionVersion="1"
    )
    await world.functions("UpdateFunctionConfiguration", FunctionName="fn", MemorySize=256)
    await _settle(world)
    assert (await world.functions("PublishVersion", FunctionName="fn"))["Version"] == "2"
    weights = {"AdditionalVersionWeights": {"1": 0.25}}
    await world.functions("UpdateAlias", FunctionName="fn", Name="live", FunctionVersion="2", RoutingConfig=weights)
    alias = await world.functions("GetAlias", FunctionName="fn", Name="live")
    assert (alias["FunctionVersion"], alias["RoutingConfig"]) == ("2", weights)
    await _settle(world, "live")


@contract
async def test_tags_concurrency_and_deletion(world: World) -> None:
    created = await world.functions("CreateFunction", **function(Tags={"stage": "dev"}))
    await _settle(world)
    before = (await _look(world))["RevisionId"]
    await world.functions("TagResource", Resource=created["FunctionArn"], Tags={"team": "orders"})
    await world.functions("UntagResource", Resource=created["FunctionArn"], TagKeys=["stage"])
    await world.functions("PutFunctionConcurrency", FunctionName="fn", ReservedConcurrentExecutions=5)
    shown = await world.functions("GetFunction", FunctionName="fn")
    assert (shown["Tags"], shown["Concurrency"]) == ({"team": "orders"}, {"ReservedConcurrentExecutions": 5})
    assert shown["Configuration"]["RevisionId"] != before
    await world.functions("DeleteFunction", FunctionName="fn")
    deleting = "The function is currently in the following state: Deleting$"
    await world.refused("lambda", "DeleteFunction", CONFLICT, deleting, FunctionName="fn")
    assert await world.until(lambda: _state(world), lambda state: state is None) == ["Deleting", None]
    missing = "ResourceNotFoundException"
    fault = await world.refused("lambda", "GetFunction", missing, "^Function not found: arn:aws", FunctionName="fn")
    assert fault.status == 404
    await world.refused("lambda", "ListTags", missing, "Function not found", Resource=created["FunctionArn"])
