"""The reads beyond DescribeTable: one row each, with what its replies mean.

Some take an argument: the name of a KMS key (`kms:alias/orders`), an index (`insights:by_day`), a Region.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from orchestrator.kinds import kms
from orchestrator.kinds.observation import Aspect
from orchestrator.kinds.table.live import (
    Destination,
    Insights,
    PointInTimeRecovery,
    Policy,
    Reader,
    Reply,
    ResourcePolicy,
    ScalableTarget,
    TimeToLive,
)
from orchestrator.model import UNREAD

TTL, PITR, TAGS, BACKUPS = "ttl", "pitr", "tags", "backups"
TARGETS, LEFTOVERS, POLICIES, READERS = "targets", "leftovers", "policies", "readers"
SCALED_THERE, TRACKED_THERE = "scaled_there", "tracked_there"
FOLLOWED = (SCALED_THERE, TRACKED_THERE)
EARLIER, DORMANT = "earlier_backups", "dormant_targets"
"""LEFTOVERS are the TARGETS of what goes and EARLIER its BACKUPS, which may stay unseen; `readers:new_image` is read where
the stream is another one. FOLLOWED are the TARGETS and POLICIES of each replica in its own Region, named by a plan or not,
which may stay unseen, and DORMANT those of a provisioned table that shall be billed on demand.
"""
INSIGHTS, KINESIS, POLICY = "insights", "kinesis", "resource_policy"
ABROAD, ELSEWHERE, LEFT, INHERITED = "abroad", "elsewhere", "left", "inherited"
"""`abroad:us-west-2` is the table of the same name there, `abroad:us-west-2:pitr` an aspect of that. ELSEWHERE asks for these
too where there is no table here. LEFT asks for the targets of a table that is not there, `left:by_day` for those of an
index that is not; INHERITED for both too, for the indexes (`inherited:by_day`) only where it is asked for itself.
"""

SCALING = "application-autoscaling"
SCALED: Mapping[str, str] = {"ReadCapacityUnits": "read", "WriteCapacityUnits": "write"}
TRACKED: Mapping[str, str] = {f"DynamoDB{unit[:-5]}Utilization": side for unit, side in SCALED.items()}
"""Which side a scalable dimension ends with, and which one a policy's metric is about."""

ABSENT_CODES = frozenset({"ResourceNotFoundException", "TableNotFoundException"})
"""A table that is not there; which of the two depends on the API (fact sheet 1.5)."""


UNREADABLE_CODES = frozenset({"AccessDeniedException", "UnrecognizedClientException"})
"""What another Region answers where nobody may look: the second where it is not enabled for the account."""


def abroad(region: str, aspect: str = "") -> str:
    """The read of a table in another Region, or of one of its aspects."""
    return ":".join(filter(None, (ABROAD, region, aspect)))


def _by_name(table: Reply, _: str) -> Mapping[str, Any]:
    return {"TableName": table["TableName"]}


def _by_arn(table: Reply, _: str) -> Mapping[str, Any]:
    return {"ResourceArn": table["TableArn"]}


def _ttl(replies: Sequence[Reply]) -> TimeToLive:
    told = replies[0].get("TimeToLiveDescription", {})
    return TimeToLive(told.get("TimeToLiveStatus", "DISABLED"), told.get("AttributeName"))


def _pitr(replies: Sequence[Reply]) -> PointInTimeRecovery:
    told = replies[0].get("ContinuousBackupsDescription", {}).get("PointInTimeRecoveryDescription", {})
    enabled = told.get("PointInTimeRecoveryStatus") == "ENABLED"
    return PointInTimeRecovery(enabled, told.get("RecoveryPeriodInDays") if enabled else None)


def _tags(replies: Sequence[Reply]) -> Mapping[str, str]:
    return {tag["Key"]: tag["Value"] for reply in replies for tag in reply.get("Tags", ())}


def _backups(replies: Sequence[Reply]) -> Mapping[str, str]:
    summaries = [backup for reply in replies for backup in reply.get("BackupSummaries", ())]
    return {backup["BackupName"]: backup.get("BackupStatus", "") for backup in summaries}


def resource(table: str, index: str = "") -> str:
    """The ResourceId of auto scaling: `table/orders`, `table/orders/index/by_day`."""
    return f"table/{table}/index/{index}" if index else f"table/{table}"


def _resources(table: Reply) -> list[str]:
    """The table's and those of its indexes."""
    indexes = [index["IndexName"] for index in table.get("GlobalSecondaryIndexes", ())]
    return [resource(table["TableName"], index) for index in ("", *indexes)]


def _targets(replies: Sequence[Reply]) -> Mapping[tuple[str, str], ScalableTarget]:
    found = [target for reply in replies for target in reply.get("ScalableTargets", ())]
    return {
        (_index(target["ResourceId"]), side): ScalableTarget(target["MinCapacity"], target["MaxCapacity"])
        for target in found
        if (side := SCALED.get(target["ScalableDimension"].rpartition(":")[2]))
    }


def _number(value: float) -> float:
    """70 for 70.0, as a plan has it."""
    return int(value) if value == int(value) else value


def _index(resource: str) -> str:
    return resource.partition("/index/")[2]


def _policies(replies: Sequence[Reply]) -> Mapping[str, Policy]:
    """By side, those that track the utilization of what they scale; others of the same target are somebody else's."""
    found: dict[str, Policy] = {}
    for policy in (policy for reply in replies for policy in reply.get("ScalingPolicies", ())):
        configuration = policy.get("TargetTrackingScalingPolicyConfiguration", {})
        metric = configuration.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType", "")
        if side := TRACKED.get(metric):
            found[side] = Policy(policy["PolicyName"], _number(configuration["TargetValue"]), configuration)
    return found


def _insights(replies: Sequence[Reply]) -> Insights:
    told = replies[0].get("FailureException", {})
    said = [told[key] for key in ("ExceptionName", "ExceptionDescription") if told.get(key)]
    return Insights(replies[0].get("ContributorInsightsStatus", "DISABLED"), ": ".join(said))


def _destinations(replies: Sequence[Reply]) -> Mapping[str, Destination]:
    found = replies[0].get("KinesisDataStreamDestinations", ())
    return {
        item["StreamArn"]: Destination(item.get("DestinationStatus", ""), item.get("DestinationStatusDescription", ""))
        for item in found
    }


def _resource_policy(replies: Sequence[Reply]) -> ResourcePolicy:
    return ResourcePolicy(json.loads(replies[0]["Policy"]), replies[0].get("RevisionId", ""))


def _readers(replies: Sequence[Reply]) -> tuple[Reader, ...]:
    mappings = [mapping for reply in replies for mapping in reply.get("EventSourceMappings", ())]
    readers = (Reader(mapping["FunctionArn"].partition(":function:")[2], mapping["UUID"]) for mapping in mappings)
    return tuple(sorted(readers, key=lambda reader: (reader.function, reader.uuid)))


def _not_found(value: Any) -> Mapping[str, Any]:
    """A table that DescribeTable saw but this read does not find: deleted meanwhile, or too young (fact sheet 7)."""
    return dict.fromkeys(ABSENT_CODES, value)


_UNSEEN: Mapping[str, Any] = {"AccessDeniedException": UNREAD}
_TARGETS = Aspect(
    "DescribeScalableTargets",
    lambda table, _: {"ServiceNamespace": "dynamodb", "ResourceIds": _resources(table)},
    _targets,
    service=SCALING,
    more="NextToken",
    resume="NextToken",
)
_POLICIES = Aspect(
    "DescribeScalingPolicies",
    lambda table, index: {"ServiceNamespace": "dynamodb", "ResourceId": resource(table["TableName"], index)},
    _policies,
    service=SCALING,
    more="NextToken",
    resume="NextToken",
    keyed=True,
)

_BACKUPS = Aspect(
    "ListBackups",
    _by_name,
    _backups,
    _not_found({}),
    more="LastEvaluatedBackupArn",
    resume="ExclusiveStartBackupArn",
)

ASPECTS: Mapping[str, Aspect] = {
    # A table that is being created has none yet, and DescribeTimeToLive may refuse to say so.
    TTL: Aspect(
        "DescribeTimeToLive", _by_name, _ttl, {**_not_found(TimeToLive()), "ValidationException": TimeToLive()}
    ),
    PITR: Aspect("DescribeContinuousBackups", _by_name, _pitr, _not_found(PointInTimeRecovery())),
    TAGS: Aspect("ListTagsOfResource", _by_arn, _tags, _not_found({}), more="NextToken", resume="NextToken"),
    BACKUPS: _BACKUPS,
    EARLIER: replace(_BACKUPS, excused={**_BACKUPS.excused, "AccessDeniedException": UNREAD}, held_as=BACKUPS),
    TARGETS: _TARGETS,
    LEFTOVERS: replace(_TARGETS, excused=_UNSEEN, held_as=TARGETS),
    DORMANT: replace(_TARGETS, excused=_UNSEEN, held_as=TARGETS),
    SCALED_THERE: replace(_TARGETS, excused=_UNSEEN, held_as=TARGETS),
    POLICIES: _POLICIES,
    TRACKED_THERE: replace(_POLICIES, excused=_UNSEEN, held_as=POLICIES),
    INSIGHTS: Aspect(
        "DescribeContributorInsights",
        lambda table, index: {**_by_name(table, index), **({"IndexName": index} if index else {})},
        _insights,
        _not_found(Insights()),
        keyed=True,
    ),
    KINESIS: Aspect("DescribeKinesisStreamingDestination", _by_name, _destinations, _not_found({})),
    POLICY: Aspect(
        "GetResourcePolicy",
        _by_arn,
        _resource_policy,
        {**_not_found(None), "PolicyNotFoundException": None},
    ),
    # Only a warning is made of it, so that nobody needs a permission for it.
    READERS: Aspect(
        "ListEventSourceMappings",
        lambda table, _: {"EventSourceArn": table["LatestStreamArn"]},
        _readers,
        {"AccessDeniedException": UNREAD},
        service="lambda",
        more="NextMarker",
        resume="Marker",
    ),
    kms.KMS: kms.ASPECT,
}
