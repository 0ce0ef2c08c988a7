"""CloudTrail's event history (fact sheet 18), as far as one asks it who did something: LookupEvents over what changed something.

An event can be found only some minutes after its call. Tables are known by their ARN and functions by their name: a client
that asks with the other spelling finds nothing. Each request may name one attribute.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from orchestrator.sandbox import models
from orchestrator.sandbox.rules.dynamodb import DATA_PLANE
from orchestrator.sandbox.rules.ground import Ground
from orchestrator.sandbox.rules.refusal import Refusal

SERVICE = "cloudtrail"
LOGGED = ("dynamodb", "lambda")
_READS = re.compile("Describe|Get|List|Invoke")
_LEFT_OUT = frozenset({"Code", "ZipFile", "Environment"})
"""What may hold secrets, or megabytes, is not logged."""
_SECOND_VERSIONS = frozenset({"UpdateFunctionCode", "UpdateFunctionConfiguration", "AddPermission", "RemovePermission"})
MOST = 50


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a call: an ARN, and the AWS service through which it comes, if any."""

    arn: str
    through: str = ""

    @classmethod
    def user(cls, account: str, name: str) -> "Caller":
        return cls(f"arn:aws:iam::{account}:user/{name}")

    @classmethod
    def scaling(cls, account: str) -> "Caller":
        """Application Auto Scaling, in its service-linked role."""
        role = "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable/AutoScaling-UpdateTable"
        arn = f"arn:aws:sts::{account}:assumed-role/{role}"
        return cls(arn, "dynamodb.application-autoscaling.amazonaws.com")


@dataclass(frozen=True, slots=True)
class _Logged:
    """One call; `code` is that of its refusal."""

    number: int
    at: float
    caller: Caller
    service: str
    operation: str
    resource: str
    parameters: Mapping[str, Any]
    code: str | None


class TrailRules:
    """LookupEvents, and what there is to be looked up."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._logged: list[_Logged] = []

    def note(
        self,
        now: float,
        caller: Caller,
        service: str,
        operation: str,
        resource: str,
        parameters: Mapping[str, Any],
        code: str | None = None,
    ) -> None:
        """Log a call that asked for a change; all others, of which there are many, and those about items are left out."""
        if service not in LOGGED or _READS.match(operation) or operation in DATA_PLANE:
            return
        kept = {name: value for name, value in parameters.items() if name not in _LEFT_OUT}
        number = len(self._logged) + 1
        self._logged.append(_Logged(number, now, caller, service, operation, resource, kept, code))

    def handles(self, operation: str) -> bool:
        return operation == "LookupEvents"

    def resource(self, operation: str, parameters: Mapping[str, Any]) -> str:
        return ""

    def handle(self, operation: str, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
        attributes = parameters.get("LookupAttributes") or []
        if len(attributes) > 1:
            raise Refusal("InvalidLookupAttributesException", "You can specify only one lookup attribute.")
        start, end = (_seconds(parameters.get(name)) for name in ("StartTime", "EndTime"))
        if start is not None and end is not None and start > end:
            raise Refusal("InvalidTimeRangeException", "The start time is after the end time.")
        most = parameters.get("MaxResults", MOST)
        if not 1 <= most <= MOST:
            raise Refusal("InvalidMaxResultsException", f"MaxResults must be between 1 and {MOST}.")
        told = [one for one in reversed(self._logged) if one.at + self._ground.durations.trail <= now]
        found = [self._event(one) for one in told if (start or 0) <= one.at <= (end if end is not None else now)]
        found = [event for event in found if all(_has(event, one) for one in attributes)]
        first = int(parameters.get("NextToken") or 0)
        more = {"NextToken": str(first + most)} if first + most < len(found) else {}
        return {"Events": found[first : first + most], **more}

    def _event(self, one: _Logged) -> dict[str, Any]:
        arn = self._ground.arn(one.service, one.resource)
        name = arn if one.service == "dynamodb" else one.resource.rpartition("/")[2]
        kind = "AWS::DynamoDB::Table" if one.service == "dynamodb" else "AWS::Lambda::Function"
        event = _named(one.service, one.operation)
        return {
            "EventId": self._ground.uuid("event", one.number),
            "EventName": event,
            "ReadOnly": "false",
            # Events tell whole seconds.
            "EventTime": float(int(one.at)),
            "EventSource": f"{one.service}.amazonaws.com",
            "Username": one.caller.arn.rpartition("/")[2],
            "Resources": [{"ResourceType": kind, "ResourceName": name}] if one.resource else [],
            "CloudTrailEvent": json.dumps(self._record(one, event), default=str),
        }

    def _record(self, one: _Logged, event: str) -> dict[str, Any]:
        """As in AWS's documentation of a record's contents."""
        through = {"invokedBy": one.caller.through} if one.caller.through else {}
        at = datetime.fromtimestamp(int(one.at), UTC)
        return {
            "eventVersion": "1.11",
            "userIdentity": {"arn": one.caller.arn, "accountId": self._ground.account, **through},
            "eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
            "eventSource": f"{one.service}.amazonaws.com",
            "eventName": event,
            "awsRegion": self._ground.region,
            **({"errorCode": one.code} if one.code else {}),
            "requestParameters": _lowered(one.parameters),
            "readOnly": False,
            "eventType": "AwsApiCall",
            "managementEvent": True,
        }


def _named(service: str, operation: str) -> str:
    """Lambda's events carry the version of the API, which is also the first part of its paths."""
    if service != "lambda":
        return operation
    path = str(models.service("lambda").operation_model(operation).http["requestUri"])
    version = path.strip("/").partition("/")[0].replace("-", "")
    return f"{operation}{version}{'v2' if operation in _SECOND_VERSIONS else ''}"


def _lowered(value: Any) -> Any:
    """The same parameters with names in the log's spelling."""
    if isinstance(value, Mapping):
        return {f"{name[:1].lower()}{name[1:]}": _lowered(inner) for name, inner in value.items()}
    return [_lowered(inner) for inner in value] if isinstance(value, list) else value


def _has(event: Mapping[str, Any], attribute: Mapping[str, Any]) -> bool:
    key, value = attribute["AttributeKey"], attribute["AttributeValue"]
    if key in ("ResourceName", "ResourceType"):
        return any(one[key] == value for one in event["Resources"])
    return bool(event.get(key) == value)


def _seconds(at: Any) -> float | None:
    return at.timestamp() if isinstance(at, datetime) else at
