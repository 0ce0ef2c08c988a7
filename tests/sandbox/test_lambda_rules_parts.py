"""The simulated Lambda: versions, aliases, concurrency and what no function has (fact sheet 11.7 to 11.9)."""

from typing import Any

import pytest

from tests.sandbox.lambda_world import ARN, CREATE, PUBLISH, ROLE, UPDATE, LambdaWorld, archive, function


def _publish(world: LambdaWorld, **more: Any) -> dict[str, Any]:
    reply = world.call("PublishVersion", FunctionName="fn", **more)
    world.wait(PUBLISH)
    return reply


def _update(world: LambdaWorld, **more: Any) -> None:
    world.call("UpdateFunctionConfiguration", FunctionName="fn", **more)
    world.wait(UPDATE)


# ------------------------------------------------------------------------------------------------------------- versions


def test_a_version_is_pending_then_active_and_its_revision_stays() -> None:
    world = LambdaWorld()
    before = world.active()
    reply = world.call("PublishVersion", FunctionName="fn", Description="first")
    assert (reply["Version"], reply["State"], reply["Description"]) == ("1", "Pending", "first")
    assert reply["FunctionArn"] == f"{ARN}:1"
    assert world.configuration()["RevisionId"] != before["RevisionId"]
    world.wait(PUBLISH)
    settled = world.configuration(Qualifier="1")
    assert (settled["State"], settled["LastUpdateStatus"]) == ("Active", "Successful")
    assert settled["RevisionId"] == reply["RevisionId"]
    assert world.configuration()["Description"] == ""


def test_publishing_what_is_published_makes_nothing() -> None:
    world = LambdaWorld()
    world.active()
    first = _publish(world)
    again = _publish(world, Description="unheeded")
    assert (again["Version"], again["RevisionId"], again["Description"]) == ("1", first["RevisionId"], "")
    _update(world, Timeout=9)
    assert _publish(world)["Version"] == "2"
    world.call("UpdateFunctionCode", FunctionName="fn", ZipFile=archive("new"))
    world.wait(UPDATE)
    assert _publish(world)["Version"] == "3"
    listed = world.call("ListVersionsByFunction", FunctionName="fn")["Versions"]
    assert [version["Version"] for version in listed] == ["$LATEST", "1", "2", "3"]
    assert listed[1]["FunctionArn"] == f"{ARN}:1"


def test_version_numbers_are_never_used_again() -> None:
    world = LambdaWorld()
    world.active()
    _publish(world)
    world.call("DeleteFunction", FunctionName="fn", Qualifier="1")
    assert _publish(world)["Version"] == "2"
    world.call("DeleteFunction", FunctionName="fn")
    world.active()
    assert _publish(world)["Version"] == "3"


def test_publish_can_be_guarded() -> None:
    world = LambdaWorld()
    shown = world.active()
    refusal = world.refused("PublishVersion", FunctionName="fn", CodeSha256="other")
    assert refusal.message.startswith("CodeSHA256 (other) is different from current CodeSHA256 in $LATEST (")
    assert world.refused("PublishVersion", FunctionName="fn", RevisionId="old").status == 412
    _publish(world, CodeSha256=shown["CodeSha256"], RevisionId=shown["RevisionId"])


def test_create_can_publish() -> None:
    world = LambdaWorld()
    reply = world.create(Publish=True)
    assert (reply["Version"], reply["State"]) == ("1", "Pending")
    world.wait(CREATE)
    assert world.configuration()["State"] == "Active"
    assert world.configuration(Qualifier="1")["State"] == "Pending"
    world.wait(PUBLISH)
    assert world.configuration(Qualifier="1")["State"] == "Active"


def test_a_code_update_can_publish_and_each_has_its_own_state() -> None:
    world = LambdaWorld()
    world.active()
    reply = world.call("UpdateFunctionCode", FunctionName="fn", ZipFile=archive("new"), Publish=True)
    assert (reply["Version"], reply["State"], reply["FunctionArn"]) == ("1", "Pending", f"{ARN}:1")
    assert world.configuration()["LastUpdateStatus"] == "InProgress"
    world.wait(UPDATE)
    assert world.configuration()["LastUpdateStatus"] == "Successful"
    assert world.configuration(Qualifier="1")["State"] == "Pending"
    world.wait(PUBLISH)
    assert world.configuration(Qualifier="1")["CodeSha256"] == reply["CodeSha256"]


def test_snap_start_makes_publishing_long_and_marks_the_version() -> None:
    world = LambdaWorld(snap_start=120)
    world.active(SnapStart={"ApplyOn": "PublishedVersions"})
    world.call("PublishVersion", FunctionName="fn")
    world.wait(PUBLISH + 119)
    assert world.configuration(Qualifier="1")["SnapStart"]["OptimizationStatus"] == "Off"
    world.wait(1)
    assert world.configuration(Qualifier="1")["SnapStart"]["OptimizationStatus"] == "On"
    assert world.configuration()["SnapStart"]["OptimizationStatus"] == "Off"


def test_a_scripted_publication_leaves_a_failed_version() -> None:
    world = LambdaWorld()
    world.active()
    world.rules.fail_next("fn", "The init failed.", "FunctionError")
    _publish(world)
    assert world.configuration(Qualifier="1")["StateReasonCode"] == "FunctionError"
    assert world.configuration()["State"] == "Active"


@pytest.mark.parametrize(
    ("qualifier", "text"),
    [
        ("$LATEST", "$LATEST version cannot be deleted without deleting the function."),
        ("live", "Deletion of aliases is not currently supported."),
        ("1", "Unable to delete version because the following aliases reference it: [live]"),
    ],
)
def test_some_versions_cannot_be_deleted(qualifier: str, text: str) -> None:
    world = LambdaWorld()
    world.active()
    _publish(world)
    world.call("CreateAlias", FunctionName="fn", Name="live", FunctionVersion="1")
    assert world.refused("DeleteFunction", FunctionName="fn", Qualifier=qualifier).message == text


# -------------------------------------------------------------------------------------------------------------- aliases


def _two_versions() -> LambdaWorld:
    world = LambdaWorld()
    world.active()
    _publish(world)
    _update(world, Timeout=9)
    _publish(world)
    return world


def test_an_alias_is_made_moved_and_deleted() -> None:
    world = _two_versions()
    made = world.call("CreateAlias", FunctionName="fn", Name="live", FunctionVersion="1", Description="live traffic")
    assert (made["AliasArn"], made["FunctionVersion"]) == (f"{ARN}:live", "1")
    refusal = world.refused("CreateAlias", FunctionName="fn", Name="live", FunctionVersion="1")
    assert (refusal.status, refusal.message) == (409, f"Alias already exists: {ARN}:live")
    moved = world.call("UpdateAlias", FunctionName="fn", Name="live", FunctionVersion="2")
    assert moved["RevisionId"] != made["RevisionId"]
    assert (moved["FunctionVersion"], moved["Description"]) == ("2", "live traffic")
    assert world.refused("UpdateAlias", FunctionName="fn", Name="live", RevisionId=made["RevisionId"]).status == 412
    assert world.configuration(Qualifier="live")["Version"] == "2"
    assert world.configuration(Qualifier="live")["FunctionArn"] == f"{ARN}:live"
    world.call("DeleteAlias", FunctionName="fn", Name="live")
    world.call("DeleteAlias", FunctionName="fn", Name="live")
    assert world.refused("GetAlias", FunctionName="fn", Name="live").message == f"Cannot find alias arn: {ARN}:live"
    assert world.refused("GetFunction", FunctionName="fn", Qualifier="live").status == 404


def test_an_alias_does_not_touch_the_function() -> None:
    world = _two_versions()
    before = world.configuration()
    world.call("CreateAlias", FunctionName="fn", Name="live", FunctionVersion="1")
    assert world.configuration() == before


def test_weights_are_set_kept_and_cleared() -> None:
    world = _two_versions()
    weighted = {"AdditionalVersionWeights": {"1": 0.1}}
    world.call("CreateAlias", FunctionName="fn", Name="live", FunctionVersion="2", RoutingConfig=weighted)
    kept = world.call("UpdateAlias", FunctionName="fn", Name="live", Description="still weighted")
    assert kept["RoutingConfig"] == weighted
    assert [a["Name"] for a in world.call("ListAliases", FunctionName="fn", FunctionVersion="1")["Aliases"]] == ["live"]
    cleared = world.call("UpdateAlias", FunctionName="fn", Name="live", RoutingConfig={})
    assert "RoutingConfig" not in cleared
    assert world.call("ListAliases", FunctionName="fn", FunctionVersion="1") == {"Aliases": []}


@pytest.mark.parametrize(
    ("version", "weights", "text"),
    [
        ("$LATEST", {"1": 0.1}, "$LATEST is not supported for an alias pointing to more than 1 version"),
        ("2", {"2": 0.1}, "Function version 2 is already included in routing configuration."),
        ("2", {"9": 0.1}, f"Function not found: {ARN}:9"),
        ("9", {}, f"Function not found: {ARN}:9"),
        ("2", {"1": 1.5}, "Map value must satisfy constraint: [Member must have value less than or equal to 1.0]"),
        ("2", {"$LATEST": 0.1}, "Map keys must satisfy constraint"),
        ("2", {"1": 0.1, "3": 0.1}, "AdditionalVersionWeights cannot be greater than 1"),
        ("3", {"2": 0.1}, "different execution roles or dead-letter queues"),
    ],
)
def test_routing_has_rules(version: str, weights: dict[str, float], text: str) -> None:
    world = _two_versions()
    _update(world, Role=ROLE + "-2")
    _publish(world)
    routing = {"AdditionalVersionWeights": weights}
    refusal = world.refused(
        "CreateAlias", FunctionName="fn", Name="live", FunctionVersion=version, RoutingConfig=routing
    )
    assert text in refusal.message


def test_an_alias_of_digits_only_is_no_name() -> None:
    refusal = _two_versions().refused("CreateAlias", FunctionName="fn", Name="12", FunctionVersion="1")
    assert refusal.code == "ValidationException"


# ---------------------------------------------------------------------------------------------------------- concurrency


def test_reserved_concurrency_leaves_a_hundred_to_the_others() -> None:
    world = LambdaWorld()
    world.active()
    world.active("other")
    world.call("PutFunctionConcurrency", FunctionName="fn", ReservedConcurrentExecutions=600)
    world.call("PutFunctionConcurrency", FunctionName="fn", ReservedConcurrentExecutions=900)
    refusal = world.refused("PutFunctionConcurrency", FunctionName="other", ReservedConcurrentExecutions=1)
    assert refusal.message.endswith("UnreservedConcurrentExecution below its minimum value of [100].")
    assert world.call("GetFunction", FunctionName="fn")["Concurrency"] == {"ReservedConcurrentExecutions": 900}
    assert world.call("GetAccountSettings")["AccountLimit"]["UnreservedConcurrentExecutions"] == 100
    world.call("DeleteFunctionConcurrency", FunctionName="fn")
    assert world.call("GetFunctionConcurrency", FunctionName="fn") == {}
    assert "Concurrency" not in world.call("GetFunction", FunctionName="fn")


def test_reserved_concurrency_is_taken_while_pending_and_not_beside_an_update() -> None:
    world = LambdaWorld()
    world.create()
    world.call("PutFunctionConcurrency", FunctionName="fn", ReservedConcurrentExecutions=0)
    world.wait(CREATE)
    world.call("UpdateFunctionConfiguration", FunctionName="fn", Timeout=9)
    refusal = world.refused("DeleteFunctionConcurrency", FunctionName="fn")
    assert (refusal.status, refusal.in_transition) == (409, True)
    assert refusal.message == "The function could not be updated due to a concurrent update operation."


# ------------------------------------------------------------------------------------------------- what no function has


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("GetPolicy", "ResourceNotFoundException"),
        ("GetFunctionUrlConfig", "ResourceNotFoundException"),
        ("GetFunctionEventInvokeConfig", "ResourceNotFoundException"),
    ],
)
def test_what_is_not_there_is_not_found(operation: str, code: str) -> None:
    world = LambdaWorld()
    world.active()
    refusal = world.refused(operation, FunctionName="fn")
    assert (refusal.code, refusal.status) == (code, 404)


def test_what_is_not_there_is_listed_as_nothing() -> None:
    world = LambdaWorld()
    world.active()
    assert world.call("ListEventSourceMappings") == {"EventSourceMappings": []}
    assert world.call("ListFunctionUrlConfigs", FunctionName="fn") == {"FunctionUrlConfigs": []}
    assert world.call("GetFunctionRecursionConfig", FunctionName="fn") == {"RecursiveLoop": "Terminate"}
    assert world.call("GetRuntimeManagementConfig", FunctionName="fn")["UpdateRuntimeOn"] == "Auto"
    assert world.call("GetFunctionCodeSigningConfig", FunctionName="fn") == {"FunctionName": "fn"}
    assert world.refused("ListFunctionUrlConfigs", FunctionName="none").code == "ResourceNotFoundException"


def test_what_cannot_be_made_is_not_handled() -> None:
    rules = LambdaWorld().rules
    assert not rules.handles("PublishLayerVersion")
    assert rules.handles("CreateFunction")


@pytest.mark.parametrize(
    ("parameters", "resource"),
    [
        ({"FunctionName": "fn"}, "function/fn"),
        ({"FunctionName": f"{ARN}:live"}, "function/fn"),
        ({"Resource": ARN, "TagKeys": []}, "function/fn"),
        ({}, ""),
    ],
)
def test_calls_are_told_apart_by_function(parameters: dict[str, Any], resource: str) -> None:
    assert LambdaWorld().rules.resource("GetFunction", parameters) == resource


def test_the_same_calls_give_the_same_replies() -> None:
    def story() -> list[dict[str, Any]]:
        world = LambdaWorld()
        replies = [world.create(), world.create("other")]
        world.wait(CREATE)
        replies.append(world.call("PublishVersion", FunctionName="fn"))
        return [*replies, world.call("GetFunction", FunctionName="fn"), function()]

    assert story() == story()
