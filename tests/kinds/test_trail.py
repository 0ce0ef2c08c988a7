"""What CloudTrail's answers say of who began something; records as AWS's user guides show them, and odd ones."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrator.kinds import trail
from orchestrator.model import Inquiry, Origin

AT = 1_700_000_000.0
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:orders"
TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"
FUNCTION = Inquiry(("orders", ARN), frozenset({"lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration"}))
INDEX = Inquiry(("orders", TABLE), frozenset({"dynamodb:UpdateTable"}), frozenset({"by_day"}))
PRINCIPAL = "arn:aws:sts::123456789012:assumed-role/deploy/bob"
SESSION = {
    "type": "AssumedRole",
    "principalId": "AROAEXAMPLE:bob",
    "arn": PRINCIPAL,
    "sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::123456789012:role/deploy"}},
}


def event(
    name: str = "UpdateFunctionCode20150331v2",
    source: str = "lambda",
    at: float = AT,
    given: Mapping[str, Any] | None = None,
    resources: tuple[str, ...] = (),
    **record: Any,
) -> dict[str, Any]:
    body = {"userIdentity": SESSION, "requestParameters": {"functionName": "orders"} if given is None else given}
    return {
        "EventName": name,
        "EventSource": f"{source}.amazonaws.com",
        "EventTime": datetime.fromtimestamp(at, UTC),
        "Username": "bob",
        "Resources": [{"ResourceType": "AWS::Lambda::Function", "ResourceName": one} for one in resources],
        "CloudTrailEvent": json.dumps(body | record),
    }


def found(*events: Mapping[str, Any], inquiry: Inquiry = FUNCTION, caller: str = "") -> Origin | None:
    return trail.origin(events, inquiry, AT - 3600, AT, caller)


def test_it_asks_for_the_newest_events_by_name_and_by_arn() -> None:
    calls = list(trail.requests(INDEX, AT))
    assert {call.api for call in calls} == {"cloudtrail:LookupEvents"}
    asked = [call.parameters["LookupAttributes"] for call in calls]
    assert asked == [[{"AttributeKey": "ResourceName", "AttributeValue": name}] for name in ("orders", TABLE)]
    assert {call.parameters["StartTime"].timestamp() for call in calls} == {AT}


@pytest.mark.parametrize("name", ["orders", ARN, f"{ARN}:live", "orders:live", "123456789012:function:orders"])
def test_the_version_in_an_events_name_is_none_of_the_calls_and_names_have_several_forms(name: str) -> None:
    assert found(event(given={"functionName": name})) == Origin("lambda:UpdateFunctionCode", AT, PRINCIPAL)


@pytest.mark.parametrize(
    "other",
    [
        event("GetFunction20150331v2"),
        event("UpdateFunctionCode20150331v2", source="dynamodb"),
        event(given={"functionName": "orders-2"}),
        event(given={"functionName": ARN + "-2"}),
        event(given={}, resources=("orders-2",)),
        event(errorCode="ResourceConflictException"),
        event(at=AT - 3601),
        event(at=AT + 61),
        event() | {"CloudTrailEvent": "{"},
        event() | {"CloudTrailEvent": "[]"},
        event() | {"EventTime": None},
        {},
    ],
)
def test_what_can_not_have_begun_it_is_left_out(other: Mapping[str, Any]) -> None:
    assert found(other) is None
    assert found(other, event(at=AT - 60)) == Origin("lambda:UpdateFunctionCode", AT - 60, PRINCIPAL)


def test_of_several_the_last_one_counts_in_whichever_order() -> None:
    events = [event(at=AT - age, userIdentity={"arn": f"user-{age}"}) for age in (60, 5, 30)]
    assert (one := found(*events)) is not None
    assert one.principal == "user-5"


def test_without_a_name_in_the_request_the_listed_resources_count() -> None:
    assert found(event(given={}, resources=("other", ARN))) is not None
    assert found(event(given={}) | {"CloudTrailEvent": json.dumps({"requestParameters": None})}) is None


def test_a_change_of_an_index_must_name_it() -> None:
    def update(index: str) -> Mapping[str, Any]:
        changes = [{"create": {"indexName": index, "keySchema": []}}]
        return event("UpdateTable", "dynamodb", given={"tableName": TABLE, "globalSecondaryIndexUpdates": changes})

    assert found(update("by_day"), inquiry=INDEX) is not None
    assert found(update("by_week"), inquiry=INDEX) is None


@pytest.mark.parametrize(
    ("identity", "principal", "through"),
    [
        (SESSION, PRINCIPAL, ""),
        ({"type": "Root", "arn": "arn:aws:iam::123456789012:root"}, "arn:aws:iam::123456789012:root", ""),
        ({**SESSION, "invokedBy": "cloudformation.amazonaws.com"}, PRINCIPAL, "cloudformation.amazonaws.com"),
        (
            {"type": "AWSService", "invokedBy": "replication.dynamodb.amazonaws.com"},
            "replication.dynamodb.amazonaws.com",
            "",
        ),
        ({"type": "IdentityCenterUser", "principalId": "123:AIDA"}, "123:AIDA", ""),
        ({}, "bob", ""),
        (None, "bob", ""),
    ],
)
def test_whose_call_it_was(identity: Mapping[str, Any] | None, principal: str, through: str) -> None:
    one = found(event(userIdentity=identity))
    assert one is not None
    assert (one.principal, one.through) == (principal, through)


def test_a_run_knows_its_own_credentials() -> None:
    assert (own := found(event(), caller=PRINCIPAL)) is not None
    assert own.own
    assert (other := found(event(), caller="arn:aws:sts::123456789012:assumed-role/deploy/alice")) is not None
    assert not other.own
