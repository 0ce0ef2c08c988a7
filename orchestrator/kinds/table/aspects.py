"""The reads beyond DescribeTable: one row each, with what its replies mean.

KMS keys are the one aspect with an argument: `kms:alias/orders`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.kinds.observation import Aspect
from orchestrator.kinds.table.live import PointInTimeRecovery, Reply, TimeToLive, Unresolved

TTL, PITR, TAGS, BACKUPS, KMS = "ttl", "pitr", "tags", "backups", "kms"

ABSENT_CODES = frozenset({"ResourceNotFoundException", "TableNotFoundException"})
"""A table that is not there; which of the two depends on the API (fact sheet 1.5)."""


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


def _not_found(value: Any) -> Mapping[str, Any]:
    """A table that DescribeTable saw but this read does not find: deleted meanwhile, or too young (fact sheet 7)."""
    return dict.fromkeys(ABSENT_CODES, value)


ASPECTS: Mapping[str, Aspect] = {
    # A table that is being created has none yet, and DescribeTimeToLive may refuse to say so.
    TTL: Aspect(
        "DescribeTimeToLive", _by_name, _ttl, {**_not_found(TimeToLive()), "ValidationException": TimeToLive()}
    ),
    PITR: Aspect("DescribeContinuousBackups", _by_name, _pitr, _not_found(PointInTimeRecovery())),
    TAGS: Aspect("ListTagsOfResource", _by_arn, _tags, _not_found({}), more="NextToken", resume="NextToken"),
    BACKUPS: Aspect(
        "ListBackups",
        _by_name,
        _backups,
        _not_found({}),
        more="LastEvaluatedBackupArn",
        resume="ExclusiveStartBackupArn",
    ),
    KMS: Aspect(
        "DescribeKey",
        lambda _, key: {"KeyId": key},
        lambda replies: replies[0]["KeyMetadata"]["Arn"],
        {code: Unresolved(code) for code in ("AccessDeniedException", "NotFoundException")},
        service="kms",
    ),
}
