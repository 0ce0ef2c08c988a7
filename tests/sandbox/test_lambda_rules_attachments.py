"""The simulated Lambda: URLs, provisioned concurrency and asynchronous invocation (fact sheet 11.8, 11.9, 11.12)."""

from typing import Any

import pytest

from orchestrator.sandbox.rules.durations import Staleness
from tests.sandbox.lambda_world import ARN, PUBLISH, UPDATE, LambdaWorld

ALLOCATION = 90.0
NONE = "The resource you requested does not exist."
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:records"
OTHER = ARN.replace(":fn", ":other")


def _world(staleness: Staleness | None = None, **durations: float) -> LambdaWorld:
    """A function with two versions; the alias `live` points to the first."""
    world = LambdaWorld(staleness, provisioned_concurrency=ALLOCATION, **durations)
    world.create()
    world.wait(10)
    _publish(world)
    world.call("UpdateFunctionConfiguration", FunctionName="fn", Timeout=9)
    world.wait(UPDATE)
    _publish(world)
    world.call("CreateAlias", FunctionName="fn", Name="live", FunctionVersion="1")
    return world


def _publish(world: LambdaWorld) -> None:
    world.call("PublishVersion", FunctionName="fn")
    world.wait(PUBLISH)


# ----------------------------------------------------------------------------------------------------------------- URLs


def _url(world: LambdaWorld, what: str, **more: Any) -> dict[str, Any]:
    return world.call(f"{what}FunctionUrlConfig", FunctionName="fn", **more)


def test_a_url_is_made_changed_and_deleted() -> None:
    world = _world()
    made = _url(world, "Create", AuthType="AWS_IAM", Cors={"AllowOrigins": ["*"], "MaxAge": 60})
    assert made["FunctionUrl"].endswith(".lambda-url.eu-west-1.on.aws/")
    assert (made["FunctionArn"], made["InvokeMode"], made["AuthType"]) == (ARN, "BUFFERED", "AWS_IAM")
    world.wait(5)
    changed = _url(world, "Update", Cors={"AllowMethods": ["GET"]}, InvokeMode="RESPONSE_STREAM")
    assert (changed["AuthType"], changed["Cors"]) == ("AWS_IAM", {"AllowMethods": ["GET"]})
    assert changed["LastModifiedTime"] > changed["CreationTime"] == made["CreationTime"]
    assert _url(world, "Get") == changed
    assert "Cors" not in _url(world, "Update", Cors={})
    _url(world, "Delete")
    for what in ("Get", "Update", "Delete"):
        refusal = world.refused(f"{what}FunctionUrlConfig", FunctionName="fn")
        assert (refusal.status, refusal.message) == (404, NONE)
    assert _url(world, "Create", AuthType="NONE")["FunctionUrl"] != made["FunctionUrl"]


@pytest.mark.parametrize(("more", "arn"), [({}, ARN), ({"Qualifier": "live"}, f"{ARN}:live")])
def test_a_function_and_an_alias_have_one_url_each(more: dict[str, str], arn: str) -> None:
    world = _world()
    _url(world, "Create", AuthType="NONE", **more)
    refusal = world.refused("CreateFunctionUrlConfig", FunctionName="fn", AuthType="NONE", **more)
    assert (refusal.code, refusal.status) == ("ResourceConflictException", 409)
    assert refusal.message == (
        f"Failed to create function url config for [functionArn = {arn}]. "
        "Error message:  FunctionUrlConfig exists for this Lambda function"
    )


def test_urls_are_listed_and_go_with_their_alias() -> None:
    world = _world()
    _url(world, "Create", AuthType="NONE")
    _url(world, "Create", AuthType="NONE", Qualifier="live")

    def listed() -> list[str]:
        found = world.call("ListFunctionUrlConfigs", FunctionName="fn")["FunctionUrlConfigs"]
        return [url["FunctionArn"] for url in found]

    assert listed() == [ARN, f"{ARN}:live"]
    world.call("DeleteAlias", FunctionName="fn", Name="live")
    assert listed() == [ARN]


@pytest.mark.parametrize(
    ("more", "code", "text"),
    [
        ({"Qualifier": "$LATEST"}, "ValidationException", "Value '$LATEST' at 'qualifier'"),
        ({"Qualifier": "1"}, "ValidationException", "at 'qualifier'"),
        ({"FunctionName": "fn:1"}, "ValidationException", "at 'qualifier'"),
        ({"Qualifier": "none"}, "ResourceNotFoundException", "Function does not exist"),
        ({"FunctionName": "none"}, "ResourceNotFoundException", "Function does not exist"),
        ({"AuthType": "OPEN"}, "ValidationException", "Member must satisfy enum value set"),
        ({"Cors": {"MaxAge": 86401}}, "ValidationException", "at 'cors.maxAge'"),
    ],
)
def test_a_url_is_refused(more: dict[str, Any], code: str, text: str) -> None:
    refusal = _world().refused("CreateFunctionUrlConfig", **{"FunctionName": "fn", "AuthType": "NONE", **more})
    assert refusal.code == code
    assert text in refusal.message


def test_urls_wait_for_an_update_to_end() -> None:
    world = _world()
    world.call("UpdateFunctionConfiguration", FunctionName="fn", Timeout=5)
    assert world.refused("CreateFunctionUrlConfig", FunctionName="fn", AuthType="NONE").in_transition
    world.wait(UPDATE)
    _url(world, "Create", AuthType="NONE")


# ----------------------------------------------------------------------------------------------- provisioned concurrency


def _put(world: LambdaWorld, number: int = 5, qualifier: str = "live") -> dict[str, Any]:
    given = {"FunctionName": "fn", "Qualifier": qualifier, "ProvisionedConcurrentExecutions": number}
    return world.call("PutProvisionedConcurrencyConfig", **given)


def _provisioned(world: LambdaWorld, qualifier: str = "live") -> tuple[str, int, int]:
    shown = world.call("GetProvisionedConcurrencyConfig", FunctionName="fn", Qualifier=qualifier)
    numbers = (shown[f"{what}ProvisionedConcurrentExecutions"] for what in ("Requested", "Available"))
    return (shown["Status"], *numbers)


def test_allocation_takes_its_time_and_starts_anew_when_its_number_or_alias_moves() -> None:
    world = _world()
    assert _put(world)["Status"] == "IN_PROGRESS"
    world.wait(ALLOCATION - 1)
    assert _provisioned(world) == ("IN_PROGRESS", 5, 0)
    world.wait(1)
    assert _provisioned(world) == ("READY", 5, 5)
    _put(world, 8)
    assert _provisioned(world) == ("IN_PROGRESS", 8, 5)
    world.wait(ALLOCATION)
    world.call("UpdateAlias", FunctionName="fn", Name="live", Description="no move")
    assert _provisioned(world) == ("READY", 8, 8)
    world.call("UpdateAlias", FunctionName="fn", Name="live", FunctionVersion="2")
    assert _provisioned(world) == ("IN_PROGRESS", 8, 0)
    world.wait(ALLOCATION)
    assert _provisioned(world) == ("READY", 8, 8)
    listed = world.call("ListProvisionedConcurrencyConfigs", FunctionName="fn")["ProvisionedConcurrencyConfigs"]
    assert [one["FunctionArn"] for one in listed] == [f"{ARN}:live"]


def test_deleting_provisioned_concurrency_twice_is_no_error() -> None:
    world = _world()
    _put(world)
    for _ in range(2):
        world.call("DeleteProvisionedConcurrencyConfig", FunctionName="fn", Qualifier="live")
    refusal = world.refused("GetProvisionedConcurrencyConfig", FunctionName="fn", Qualifier="live")
    assert (refusal.code, refusal.status) == ("ProvisionedConcurrencyConfigNotFoundException", 404)
    assert refusal.message == "No Provisioned Concurrency Config found for this function"


def test_an_allocation_may_fail() -> None:
    world = _world()
    world.rules.fail_next_allocation("fn", "Out of room.")
    _put(world)
    assert "StatusReason" not in world.call("GetProvisionedConcurrencyConfig", FunctionName="fn", Qualifier="live")
    world.wait(ALLOCATION)
    shown = world.call("GetProvisionedConcurrencyConfig", FunctionName="fn", Qualifier="live")
    assert (shown["Status"], shown["StatusReason"]) == ("FAILED", "Out of room.")
    _put(world)
    world.wait(ALLOCATION)
    assert _provisioned(world) == ("READY", 5, 5)


def test_allocation_waits_for_its_version_and_fails_with_it() -> None:
    world = _world()
    world.call("UpdateFunctionConfiguration", FunctionName="fn", Timeout=5)
    world.wait(UPDATE)
    world.call("PublishVersion", FunctionName="fn")
    _put(world, qualifier="3")
    world.wait(ALLOCATION)
    assert _provisioned(world, "3")[0] == "IN_PROGRESS"
    world.wait(PUBLISH)
    assert _provisioned(world, "3")[0] == "READY"
    world.rules.fail_next("fn", "The init failed.", "FunctionError")
    world.call("UpdateFunctionConfiguration", FunctionName="fn", Timeout=6)
    world.wait(UPDATE)
    world.call("UpdateFunctionConfiguration", FunctionName="fn", Timeout=7)
    world.wait(UPDATE)
    world.rules.fail_next("fn", "The init failed.", "FunctionError")
    _publish(world)
    _put(world, qualifier="4")
    world.wait(ALLOCATION)
    assert _provisioned(world, "4")[0] == "FAILED"


def test_a_version_is_provisioned_by_itself_or_through_an_alias() -> None:
    world = _world()
    _put(world, qualifier="1")
    refusal = world.refused(
        "PutProvisionedConcurrencyConfig", FunctionName="fn", Qualifier="live", ProvisionedConcurrentExecutions=1
    )
    assert refusal.message == (
        "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
    )
    world.call("DeleteProvisionedConcurrencyConfig", FunctionName="fn", Qualifier="1")
    _put(world)
    refusal = world.refused(
        "PutProvisionedConcurrencyConfig", FunctionName="fn", Qualifier="1", ProvisionedConcurrentExecutions=1
    )
    assert (refusal.code, refusal.status) == ("ResourceConflictException", 409)
    assert refusal.message == "Version is pointed by a Provisioned Concurrency alias"
    _put(world, qualifier="2")
    for version, text in (("2", "already Provisioned version"), ("$LATEST", "unpublished function versions")):
        assert text in world.refused("UpdateAlias", FunctionName="fn", Name="live", FunctionVersion=version).message


def test_two_aliases_of_one_version_are_not_both_provisioned() -> None:
    world = _world()
    world.call("CreateAlias", FunctionName="fn", Name="twin", FunctionVersion="1")
    _put(world)
    given = {"FunctionName": "fn", "Qualifier": "twin", "ProvisionedConcurrentExecutions": 1}
    refusal = world.refused("PutProvisionedConcurrencyConfig", **given)
    assert (refusal.code, refusal.status) == ("ResourceConflictException", 409)
    world.call("UpdateAlias", FunctionName="fn", Name="twin", FunctionVersion="2")
    _put(world, qualifier="twin")
    refusal = world.refused("UpdateAlias", FunctionName="fn", Name="twin", FunctionVersion="1")
    assert "already Provisioned version" in refusal.message


def test_an_alias_with_weights_is_not_provisioned() -> None:
    world = _world()
    shared = {"AdditionalVersionWeights": {"2": 0.5}}
    world.call("UpdateAlias", FunctionName="fn", Name="live", RoutingConfig=shared)
    given = {"FunctionName": "fn", "Qualifier": "live", "ProvisionedConcurrentExecutions": 1}
    assert "Alias with weights" in world.refused("PutProvisionedConcurrencyConfig", **given).message
    world.call("UpdateAlias", FunctionName="fn", Name="live", RoutingConfig={})
    _put(world)
    assert (
        "Alias with weights"
        in world.refused("UpdateAlias", FunctionName="fn", Name="live", RoutingConfig=shared).message
    )
    assert world.call("GetAlias", FunctionName="fn", Name="live").get("RoutingConfig") is None


@pytest.mark.parametrize("qualifier", ["$LATEST", "newest"])
def test_unpublished_code_is_not_provisioned(qualifier: str) -> None:
    world = _world()
    world.call("CreateAlias", FunctionName="fn", Name="newest", FunctionVersion="$LATEST")
    given = {"FunctionName": "fn", "Qualifier": qualifier, "ProvisionedConcurrentExecutions": 1}
    refusal = world.refused("PutProvisionedConcurrencyConfig", **given)
    assert refusal.message == "Provisioned Concurrency Configs cannot be applied to unpublished function versions."


def test_provisioned_and_reserved_concurrency_bound_each_other() -> None:
    world = _world()
    world.call("PutFunctionConcurrency", FunctionName="fn", ReservedConcurrentExecutions=10)
    _put(world, 6)
    refusal = world.refused(
        "PutProvisionedConcurrencyConfig", FunctionName="fn", Qualifier="2", ProvisionedConcurrentExecutions=5
    )
    assert refusal.message == (
        "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"
    )
    _put(world, 4, "2")
    refusal = world.refused("PutFunctionConcurrency", FunctionName="fn", ReservedConcurrentExecutions=9)
    assert refusal.message == (
        "ReservedConcurrentExecutions  9 should not be lower than function's total provisioned concurrency [10]."
    )


def test_provisioned_concurrency_counts_where_nothing_is_reserved() -> None:
    world = _world()
    world.active("other")
    _put(world, 300)
    assert world.call("GetAccountSettings")["AccountLimit"]["UnreservedConcurrentExecutions"] == 700
    refusal = world.refused("PutFunctionConcurrency", FunctionName="other", ReservedConcurrentExecutions=601)
    assert "below its minimum value of [100]." in refusal.message
    world.call("PutFunctionConcurrency", FunctionName="other", ReservedConcurrentExecutions=600)
    for number, text in ((301, "below its minimum value of [100]."), (401, "account's unreserved concurrency [400].")):
        given = {"FunctionName": "fn", "Qualifier": "live", "ProvisionedConcurrentExecutions": number}
        assert text in world.refused("PutProvisionedConcurrencyConfig", **given).message


# ----------------------------------------------------------------------------------------------- asynchronous invocation


def _config(world: LambdaWorld, what: str = "Put", **more: Any) -> dict[str, Any]:
    return world.call(f"{what}FunctionEventInvokeConfig", FunctionName="fn", **more)


def test_put_replaces_and_update_merges() -> None:
    world = _world()
    nowhere: dict[str, Any] = {"OnSuccess": {}, "OnFailure": {}}
    made = _config(world, MaximumRetryAttempts=0, MaximumEventAgeInSeconds=60)
    assert (made["FunctionArn"], made["DestinationConfig"]) == (f"{ARN}:$LATEST", nowhere)
    failing = {"OnFailure": {"Destination": QUEUE}}
    world.wait(5)
    merged = _config(world, "Update", DestinationConfig=failing)
    assert (merged["MaximumRetryAttempts"], merged["DestinationConfig"]) == (0, {**nowhere, **failing})
    assert merged["LastModified"] == made["LastModified"] + 5
    assert _config(world, "Get") == merged
    cleared = _config(world, "Update", DestinationConfig={"OnFailure": {"Destination": ""}})
    assert cleared["DestinationConfig"] == nowhere
    replaced = _config(world, MaximumEventAgeInSeconds=120)
    assert "MaximumRetryAttempts" not in replaced


def test_each_qualifier_has_a_config_of_its_own() -> None:
    world = _world()
    _config(world, MaximumRetryAttempts=1)
    _config(world, MaximumRetryAttempts=2, Qualifier="live")
    listed = world.call("ListFunctionEventInvokeConfigs", FunctionName="fn")["FunctionEventInvokeConfigs"]
    assert [(one["FunctionArn"], one["MaximumRetryAttempts"]) for one in listed] == [
        (f"{ARN}:$LATEST", 1), (f"{ARN}:live", 2),
    ]  # fmt: skip
    _config(world, "Delete")
    for what in ("Get", "Delete", "Update"):
        more = {"MaximumRetryAttempts": 0} if what == "Update" else {}
        refusal = world.refused(f"{what}FunctionEventInvokeConfig", FunctionName="fn", **more)
        assert refusal.message == f"The function {ARN}:$LATEST doesn't have an EventInvokeConfig"
    assert _config(world, "Get", Qualifier="live")["MaximumRetryAttempts"] == 2
    world.call("DeleteAlias", FunctionName="fn", Name="live")
    assert world.call("ListFunctionEventInvokeConfigs", FunctionName="fn") == {"FunctionEventInvokeConfigs": []}


def _to(side: str, arn: str) -> dict[str, Any]:
    return {"DestinationConfig": {side: {"Destination": arn}}}


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({}, "You must specify at least one of error handling or destination setting."),
        ({"MaximumRetryAttempts": 3}, "less than or equal to 2"),
        ({"MaximumEventAgeInSeconds": 59}, "greater than or equal to 60"),
        ({"MaximumEventAgeInSeconds": 21601}, "less than or equal to 21600"),
        (_to("OnSuccess", "arn:aws:s3:::records"), "DestinationConfig(onSuccess=OnSuccess(destination=arn:aws:s3:::records)"),
        (_to("OnFailure", "arn:aws:ec2:eu-west-1:123456789012:x"), "onSuccess=null, onFailure=OnFailure(destination=arn"),
        (_to("OnFailure", ARN), "You can't specify the function as a destination for itself."),
        (_to("OnFailure", OTHER), f"The destination ARN {OTHER} is invalid."),
        ({"FunctionName": "none", "MaximumRetryAttempts": 1}, "The function doesn't exist."),
        ({"Qualifier": "none", "MaximumRetryAttempts": 1}, "The function doesn't exist."),
    ],
)  # fmt: skip
def test_a_config_is_refused(more: dict[str, Any], text: str) -> None:
    world = _world()
    assert text in world.refused("PutFunctionEventInvokeConfig", **{"FunctionName": "fn", **more}).message
    assert world.call("ListFunctionEventInvokeConfigs", FunctionName="fn") == {"FunctionEventInvokeConfigs": []}


def test_a_destination_waits_for_the_roles_rights() -> None:
    world = _world(iam_rights_lag=60)
    text = f"The destination ARN {QUEUE} is invalid."
    refusal = world.refused("PutFunctionEventInvokeConfig", FunctionName="fn", **_to("OnSuccess", QUEUE))
    assert refusal.message == text
    _config(world, MaximumRetryAttempts=1)
    world.wait(60)
    _config(world, **_to("OnSuccess", QUEUE))
    world.rules.neighbours.exist(QUEUE, there=False)
    assert (
        world.refused("UpdateFunctionEventInvokeConfig", FunctionName="fn", **_to("OnSuccess", QUEUE)).message == text
    )


def test_all_that_hangs_on_a_function_goes_with_it() -> None:
    world = _world()
    _url(world, "Create", AuthType="NONE")
    _put(world)
    _config(world, MaximumRetryAttempts=1)
    world.call("DeleteFunction", FunctionName="fn")
    world.active()
    assert world.refused("GetFunctionUrlConfig", FunctionName="fn").message == NONE
    assert world.call("ListProvisionedConcurrencyConfigs", FunctionName="fn") == {"ProvisionedConcurrencyConfigs": []}
    assert world.call("ListFunctionEventInvokeConfigs", FunctionName="fn") == {"FunctionEventInvokeConfigs": []}
