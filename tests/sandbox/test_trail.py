"""The sandbox's CloudTrail: what can be looked up of which calls, when, by whom; behind the port and over HTTP."""

import json
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from orchestrator.sandbox.clock import EPOCH
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Durations
from orchestrator.sandbox.rules.refusal import Refusal
from tests.sandbox.dynamodb_world import attributes, keys
from tests.sandbox.served import DURATIONS, served
from tests.sandbox.test_scaling_rules import scaled

ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"
TABLE: dict[str, Any] = {
    "TableName": "orders",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": attributes(id="S"),
    "KeySchema": keys("id"),
}
BOB = "arn:aws:iam::123456789012:user/bob"


def account(**durations: float) -> Account:
    return Account(durations=replace(Durations.instant(), **durations))


def lookup(aws: Account, at: float, key: str = "ResourceName", value: str = ARN, **more: Any) -> list[dict[str, Any]]:
    asked = {"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}], **more}
    found: list[dict[str, Any]] = aws.handle("cloudtrail", "LookupEvents", asked, at)["Events"]
    return found


def test_a_call_can_be_looked_up_some_minutes_later_with_who_made_it() -> None:
    aws = account(trail=300)
    aws.foreign("dynamodb", "CreateTable", TABLE, EPOCH, "bob")
    assert lookup(aws, EPOCH + 299) == []
    (event,) = lookup(aws, EPOCH + 300)
    assert (event["EventName"], event["EventSource"], event["EventTime"]) == (
        "CreateTable",
        "dynamodb.amazonaws.com",
        EPOCH,
    )
    record = json.loads(event["CloudTrailEvent"])
    assert (record["userIdentity"]["arn"], record["requestParameters"]["tableName"]) == (BOB, "orders")


def test_a_table_is_known_by_its_arn_and_a_function_by_its_name_and_reads_not_at_all() -> None:
    aws = account(trail=0)
    aws.handle("dynamodb", "CreateTable", TABLE, EPOCH)
    aws.handle("dynamodb", "DescribeTable", {"TableName": "orders"}, EPOCH + 60)
    with pytest.raises(Refusal):
        aws.handle("lambda", "PublishVersion", {"FunctionName": "fn"}, EPOCH + 60)
    assert lookup(aws, EPOCH + 60, value="orders") == []
    assert [event["EventName"] for event in lookup(aws, EPOCH + 60)] == ["CreateTable"]
    (refused,) = lookup(aws, EPOCH + 60, value="fn")
    assert refused["EventName"] == "PublishVersion20150331"
    assert json.loads(refused["CloudTrailEvent"])["errorCode"] == "ResourceNotFoundException"


def test_the_newest_come_first_page_by_page_within_a_time() -> None:
    aws = account(trail=0, protection_lock=0)
    aws.handle("dynamodb", "CreateTable", TABLE, EPOCH)
    for number in range(5):
        change = {"TableName": "orders", "DeletionProtectionEnabled": number % 2 == 0}
        aws.handle("dynamodb", "UpdateTable", change, EPOCH + 10 + number)
    times = [event["EventTime"] - EPOCH for event in lookup(aws, EPOCH + 100)]
    assert times == [14, 13, 12, 11, 10, 0]
    asked = {"MaxResults": 2, "StartTime": EPOCH + 10}
    first = aws.handle("cloudtrail", "LookupEvents", asked, EPOCH + 100)
    assert [event["EventTime"] - EPOCH for event in first["Events"]] == [14, 13]
    last = aws.handle("cloudtrail", "LookupEvents", {**asked, "NextToken": "4"}, EPOCH + 100)
    assert ([event["EventTime"] - EPOCH for event in last["Events"]], "NextToken" in last) == ([10], False)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (
            {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "x"}] * 2},
            "InvalidLookupAttributesException",
        ),
        ({"StartTime": EPOCH + 1, "EndTime": EPOCH}, "InvalidTimeRangeException"),
        ({"MaxResults": 51}, "InvalidMaxResultsException"),
    ],
)
def test_what_it_refuses(asked: dict[str, Any], code: str) -> None:
    with pytest.raises(Refusal) as caught:
        account().handle("cloudtrail", "LookupEvents", asked, EPOCH)
    assert caught.value.code == code


def test_auto_scaling_is_told_by_the_service_through_which_it_comes() -> None:
    world = scaled()
    world.register()
    world.look()
    world.wait(world.durations.trail)
    identity = json.loads(lookup(world.account, world.now)[0]["CloudTrailEvent"])["userIdentity"]
    assert identity["invokedBy"] == "dynamodb.application-autoscaling.amazonaws.com"


@pytest.mark.http
def test_over_http_the_access_key_is_the_user() -> None:
    with served(durations=replace(DURATIONS, trail=30)) as sandbox:
        sandbox.client("dynamodb").create_table(**TABLE)
        trail = sandbox.client("cloudtrail")
        asked = [{"AttributeKey": "EventSource", "AttributeValue": "dynamodb.amazonaws.com"}]
        sandbox.until(lambda: bool(trail.lookup_events(LookupAttributes=asked)["Events"]))
        (event,) = trail.lookup_events(LookupAttributes=asked)["Events"]
        assert event["EventName"] == "CreateTable"
        assert event["EventTime"].timestamp() >= EPOCH
        caller = sandbox.client("sts").get_caller_identity()["Arn"]
        assert json.loads(event["CloudTrailEvent"])["userIdentity"]["arn"] == caller
        assert caller == "arn:aws:iam::123456789012:user/sandbox"


@pytest.mark.http
def test_over_http_somebody_elses_call_has_a_user_and_the_log_can_be_denied() -> None:
    with served(durations=replace(DURATIONS, trail=0)) as sandbox:
        call = {"service": "dynamodb", "operation": "CreateTable", "parameters": TABLE, "user": "bob"}
        sandbox.control("foreign", call)
        trail = sandbox.client("cloudtrail")
        (event,) = trail.lookup_events(StartTime=EPOCH)["Events"]
        assert json.loads(event["CloudTrailEvent"])["userIdentity"]["arn"] == BOB
        sandbox.control("deny", {"permission": "cloudtrail:LookupEvents"})
        with pytest.raises(ClientError, match="AccessDeniedException"):
            trail.lookup_events()
