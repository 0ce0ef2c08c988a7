"""Streams, encryption, class, protection, TTL, recovery, tags, backups (fact sheet 1.4, 1.6, section 3, 15.7, 15.14)."""

from typing import Any

import pytest

from orchestrator.sandbox.rules.durations import Durations, Staleness
from tests.sandbox.dynamodb_world import (
    ARN,
    DAY,
    HOUR,
    IN_USE,
    INVALID,
    LIMIT,
    PROVISIONED,
    World,
    attributes,
    creation,
)

INFREQUENT = "STANDARD_INFREQUENT_ACCESS"
GONE = "ResourceNotFoundException"


def stream(view: str | None) -> dict[str, Any]:
    on = {"StreamEnabled": True, "StreamViewType": view}
    return {"StreamSpecification": on if view else {"StreamEnabled": False}}


def encryption(key: str | None = None, *, enabled: bool = True) -> dict[str, Any]:
    named = {"SSEType": "KMS", "KMSMasterKeyId": key} if key else {}
    return {"SSESpecification": {"Enabled": enabled, **named}}


def ttl(attribute: str, *, enabled: bool = True) -> dict[str, Any]:
    specification = {"Enabled": enabled, "AttributeName": attribute}
    return {"TableName": "orders", "TimeToLiveSpecification": specification}


def described_ttl(world: World) -> dict[str, Any]:
    described: dict[str, Any] = world.call("DescribeTimeToLive", TableName="orders")["TimeToLiveDescription"]
    return described


def recovery(enabled: bool, **more: Any) -> dict[str, Any]:
    specification = {"PointInTimeRecoveryEnabled": enabled, **more}
    return {"TableName": "orders", "PointInTimeRecoverySpecification": specification}


def described_recovery(world: World) -> dict[str, Any]:
    reply = world.call("DescribeContinuousBackups", TableName="orders")["ContinuousBackupsDescription"]
    assert reply["ContinuousBackupsStatus"] == "ENABLED"
    described: dict[str, Any] = reply["PointInTimeRecoveryDescription"]
    return described


# ------------------------------------------------------------------------------------------------- by UpdateTable: streams


def test_section_3_a_stream_goes_on_and_off_but_its_view_is_not_changed() -> None:
    world = World()
    world.active()
    assert world.update_refused(**stream(None)).message == "Table has no stream to disable: TableName: orders"
    reply = world.update(**stream("NEW_IMAGE"))
    first = reply["LatestStreamArn"]
    assert reply["TableStatus"] == "UPDATING"
    world.wait(world.durations.stream)
    assert world.table()["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    for view in ("NEW_IMAGE", "OLD_IMAGE"):
        refusal = world.update_refused(**stream(view))
        assert (refusal.code, refusal.message) == (INVALID, "Table already has an enabled stream: TableName: orders")
    world.update(**stream(None))
    world.wait(world.durations.stream)
    assert "StreamSpecification" not in world.table()
    assert world.table()["LatestStreamArn"] == first, "it remains visible (section 3)"
    world.update(**stream("OLD_IMAGE"))
    assert world.table()["LatestStreamArn"] != first


# ------------------------------------------------------------------------------------------------------------- encryption


def test_section_3_the_table_is_active_while_its_key_still_changes() -> None:
    world = World()
    world.active()
    key = world.account.kms.register("alias/orders")
    world.update(**encryption("alias/orders"))
    assert world.table()["TableStatus"] == "UPDATING"
    assert world.table()["SSEDescription"] == {"Status": "UPDATING", "SSEType": "KMS", "KMSMasterKeyArn": key}
    world.wait(world.durations.encryption / 2)
    assert (world.table()["TableStatus"], world.table()["SSEDescription"]["Status"]) == ("ACTIVE", "UPDATING")
    assert world.update_refused(**stream("NEW_IMAGE")).code == IN_USE
    assert world.refused("DeleteTable", TableName="orders").code == IN_USE
    world.wait(world.durations.encryption / 2)
    assert world.table()["SSEDescription"]["Status"] == "ENABLED"


def test_section_3_back_to_the_aws_owned_key_leaves_no_description() -> None:
    world = World()
    world.active(**encryption())
    world.update(**encryption(enabled=False))
    assert world.table()["SSEDescription"]["Status"] == "UPDATING"
    world.wait(world.durations.encryption)
    assert "SSEDescription" not in world.table()
    refusal = world.update_refused(**encryption(enabled=False))
    assert refusal.message.endswith("Table is already encrypted by default")


def test_section_3_only_the_keys_own_arn_is_known_again() -> None:
    world = World(Durations.instant())
    world.active()
    key = world.account.kms.register("alias/orders")
    world.update(**encryption(key))
    assert "already encrypted with given KMSMasterKeyId" in world.update_refused(**encryption(key)).message
    world.update(**encryption("alias/orders"))
    assert world.table()["SSEDescription"]["KMSMasterKeyArn"] == key


def test_section_3_four_switches_of_the_key_a_day_and_one_more_after_six_hours() -> None:
    world = World(Durations.instant())
    world.active()
    keys = [world.account.kms.register(f"alias/{number}") for number in range(7)]
    for key in keys[:4]:
        world.update(**encryption(key))
    assert world.update_refused(**encryption(keys[4])).code == LIMIT
    world.wait(6 * HOUR)
    world.update(**encryption(keys[4]))
    refusal = world.update_refused(**encryption(keys[5]))
    assert "can be performed at most once every 21600 seconds" in refusal.message
    world.wait(18 * HOUR)
    world.update(**encryption(keys[5]))


# ----------------------------------------------------------------------------------------------------- class, protection


def test_section_3_the_class_changes_twice_in_thirty_days() -> None:
    world = World()
    world.active()
    assert world.update_refused(TableClass="STANDARD").code == INVALID, "the current value is refused"
    world.update(TableClass=INFREQUENT)
    assert "TableClassSummary" not in world.table(), "the old class shows until the end"
    world.wait(world.durations.table_class)
    assert world.table()["TableClassSummary"]["TableClass"] == INFREQUENT
    first = world.now
    world.update(TableClass="STANDARD")
    world.wait(world.durations.table_class)
    refusal = world.update_refused(TableClass=INFREQUENT)
    assert refusal.code == LIMIT
    assert refusal.message == "Subscriber limit exceeded: Updates to TableClass are limited to 2 times in 30 day(s)."
    world.wait(first + 30 * DAY - world.now)
    world.update(TableClass=INFREQUENT)


def test_section_3_protection_shows_at_once_and_rests_for_a_while() -> None:
    world = World()
    world.active()
    assert world.update(DeletionProtectionEnabled=True)["DeletionProtectionEnabled"] is True
    world.wait(world.durations.protection)
    assert world.table()["TableStatus"] == "ACTIVE"
    assert world.update(DeletionProtectionEnabled=True)["TableStatus"] == "ACTIVE", "stated again it moves nothing"
    refusal = world.update_refused(DeletionProtectionEnabled=False)
    assert refusal.code == "ThrottlingException"
    assert "modified within the previous 15000 milliseconds" in refusal.message
    world.wait(world.durations.protection_lock)
    world.update(DeletionProtectionEnabled=False)


# ------------------------------------------------------------------------------------------------------------------- TTL


def test_7_ttl_is_enabling_then_enabled() -> None:
    world = World()
    world.active()
    assert described_ttl(world) == {"TimeToLiveStatus": "DISABLED"}
    assert world.call("UpdateTimeToLive", **ttl("expires")) == {
        "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "expires"}
    }
    assert described_ttl(world) == {"TimeToLiveStatus": "ENABLING", "AttributeName": "expires"}
    world.wait(world.durations.ttl)
    assert described_ttl(world) == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    world.wait(HOUR)
    world.call("UpdateTimeToLive", **ttl("expires", enabled=False))
    assert described_ttl(world) == {"TimeToLiveStatus": "DISABLING"}
    world.wait(world.durations.ttl)
    assert described_ttl(world) == {"TimeToLiveStatus": "DISABLED"}


def test_15_7_ttl_changes_once_an_hour() -> None:
    world = World()
    world.active()
    world.call("UpdateTimeToLive", **ttl("expires"))
    refusal = world.refused("UpdateTimeToLive", **ttl("expires", enabled=False))
    assert (refusal.code, refusal.in_transition) == (INVALID, False)
    assert refusal.message == "Time to live has been modified multiple times within a fixed interval"
    world.wait(HOUR)
    world.call("UpdateTimeToLive", **ttl("expires", enabled=False))


@pytest.mark.parametrize(
    ("specification", "message"),
    [
        (ttl("expires"), "TimeToLive is already enabled"),
        (ttl("other"), "TimeToLive is active on a different AttributeName: current AttributeName is expires"),
        (ttl("other", enabled=False), "TimeToLive is active on a different AttributeName"),
        (ttl(""), "Member must have length greater than or equal to 1"),
    ],
)
def test_1_6_ttl_that_is_so_already_or_otherwise(specification: dict[str, Any], message: str) -> None:
    world = World()
    world.active()
    assert (
        world.refused("UpdateTimeToLive", **ttl("expires", enabled=False)).message == "TimeToLive is already disabled"
    )
    world.call("UpdateTimeToLive", **ttl("expires"))
    world.wait(HOUR)
    refusal = world.refused("UpdateTimeToLive", **specification)
    assert refusal.code == INVALID
    assert message in refusal.message


def test_1_4_ttl_waits_for_the_table_alone_not_for_its_indexes() -> None:
    """A6: no setting is changed on a table before it accepts it."""
    world = World()
    assert world.refused("UpdateTimeToLive", **ttl("expires")).code == GONE
    world.create()
    assert world.refused("UpdateTimeToLive", **ttl("expires")).message.endswith("Table is being created: orders")
    world.wait(world.durations.table_create)
    world.update(AttributeDefinitions=attributes(day="S"), GlobalSecondaryIndexUpdates=creation("by_day", "day"))
    assert world.refused("UpdateTimeToLive", **ttl("expires")).in_transition
    world.wait(world.durations.index_start)
    world.call("UpdateTimeToLive", **ttl("expires"))


# ------------------------------------------------------------------------------------------------- point-in-time recovery


def test_15_7_recovery_is_not_to_be_had_right_after_creation() -> None:
    world = World()
    assert world.refused("UpdateContinuousBackups", **recovery(True)).code == "TableNotFoundException"
    world.create()
    world.wait(world.durations.table_create + world.durations.recovery_unavailable - 1)
    assert described_recovery(world) == {"PointInTimeRecoveryStatus": "DISABLED"}
    refusal = world.refused("UpdateContinuousBackups", **recovery(True))
    assert (refusal.code, refusal.in_transition) == ("ContinuousBackupsUnavailableException", False)
    assert refusal.message == "Backups are being enabled for the table: orders. Please retry later"
    world.wait(1)
    reply = world.call("UpdateContinuousBackups", **recovery(True))["ContinuousBackupsDescription"]
    assert reply["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED", "at once (section 3)"


def test_section_3_recovery_keeps_35_days_unless_told() -> None:
    world = World()
    world.active()
    enabled = world.now
    world.call("UpdateContinuousBackups", **recovery(True))
    world.wait(40 * DAY)
    assert described_recovery(world) == {
        "PointInTimeRecoveryStatus": "ENABLED",
        "RecoveryPeriodInDays": 35,
        "EarliestRestorableDateTime": enabled + 5 * DAY,
        "LatestRestorableDateTime": world.now - 300,
    }
    world.call("UpdateContinuousBackups", **recovery(True, RecoveryPeriodInDays=7))
    assert described_recovery(world)["EarliestRestorableDateTime"] == world.now - 7 * DAY
    world.call("UpdateContinuousBackups", **recovery(False))
    world.call("UpdateContinuousBackups", **recovery(True))
    assert described_recovery(world)["EarliestRestorableDateTime"] == world.now, "the window starts over"


@pytest.mark.parametrize("days", [0, 36])
def test_section_3_recovery_keeps_1_to_35_days(days: int) -> None:
    world = World()
    world.active()
    assert world.refused("UpdateContinuousBackups", **recovery(True, RecoveryPeriodInDays=days)).code == INVALID
    refusal = world.refused("UpdateContinuousBackups", **recovery(False, RecoveryPeriodInDays=7))
    assert "Cannot specify RecoveryPeriodInDays when disabling" in refusal.message


def test_15_7_ttl_right_after_recovery_is_refused() -> None:
    world = World()
    world.active()
    world.call("UpdateContinuousBackups", **recovery(True))
    refusal = world.refused("UpdateTimeToLive", **ttl("expires"))
    assert (refusal.code, refusal.in_transition) == (INVALID, False)
    assert refusal.message.startswith("Backups are being enabled for the table: orders")
    world.wait(world.durations.recovery_enabling)
    world.call("UpdateTimeToLive", **ttl("expires"))


def test_1_4_to_recovery_a_deleting_table_is_gone() -> None:
    world = World()
    world.active()
    world.update(**stream("NEW_IMAGE"))
    assert world.refused("UpdateContinuousBackups", **recovery(True)).code == IN_USE
    world.wait(world.durations.stream)
    world.call("DeleteTable", TableName="orders")
    assert world.refused("UpdateContinuousBackups", **recovery(True)).code == "TableNotFoundException"


# ------------------------------------------------------------------------------------------------------------------ tags


def tags(world: World) -> dict[str, str]:
    listed = world.call("ListTagsOfResource", ResourceArn=ARN)["Tags"]
    return {tag["Key"]: tag["Value"] for tag in listed}


def tagged(**values: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in values.items()]


def test_15_14_changed_tags_show_after_some_seconds() -> None:
    world = World(staleness=Staleness(reads=0, seconds=0, tags=3))
    world.active(Tags=tagged(team="orders"))
    assert tags(world) == {"team": "orders"}
    world.call("TagResource", ResourceArn=ARN, Tags=tagged(stage="dev", team="sales"))
    assert tags(world) == {"team": "orders"}
    world.wait(2)
    world.call("UntagResource", ResourceArn=ARN, TagKeys=["team", "unknown"])
    world.wait(1)
    assert tags(world) == {"stage": "dev", "team": "sales"}
    world.wait(2)
    assert tags(world) == {"stage": "dev"}


@pytest.mark.parametrize(
    ("arn", "code"),
    [
        ("orders", INVALID),
        (f"{ARN}/index/by_day", INVALID),
        (f"{ARN}s", GONE),
        (ARN.replace("123456789012", "210987654321"), "AccessDeniedException"),
    ],
)
def test_section_3_only_tables_have_tags(arn: str, code: str) -> None:
    world = World()
    world.active()
    assert world.refused("ListTagsOfResource", ResourceArn=arn).code == code
    assert world.refused("TagResource", ResourceArn=arn, Tags=tagged(a="b")).code == code


def test_section_3_tags_are_limited() -> None:
    world = World()
    world.active(Tags=tagged(**{f"k{number}": "v" for number in range(49)}))
    refusal = world.refused("TagResource", ResourceArn=ARN, Tags=tagged(a="1", b="2"))
    assert refusal.message == "Number of Tags exceed the current limit for the provided ResourceArn"
    world.call("TagResource", ResourceArn=ARN, Tags=tagged(a="1"))
    for wrong in ({"aws:x": "y"}, {"k" * 129: "v"}, {"k": "v" * 257}):
        assert world.refused("TagResource", ResourceArn=ARN, Tags=tagged(**wrong)).code == INVALID
    assert world.refused("UntagResource", ResourceArn=ARN, TagKeys=["aws:x"]).code == INVALID


def test_1_4_a_table_on_the_move_takes_no_tags() -> None:
    """A6. AWS refuses this now and then; the rules do so always."""
    world = World()
    world.create()
    refusal = world.refused("TagResource", ResourceArn=ARN, Tags=tagged(a="b"))
    assert (refusal.code, refusal.in_transition) == (IN_USE, True)
    assert world.account.timeline.served[-1].resource == "table/orders"


# --------------------------------------------------------------------------------------------------------------- backups


def backup(world: World, name: str = "before-delete") -> dict[str, Any]:
    details: dict[str, Any] = world.call("CreateBackup", TableName="orders", BackupName=name)["BackupDetails"]
    return details


def test_section_3_a_backup_is_soon_available_and_outlives_the_table() -> None:
    world = World()
    assert world.refused("CreateBackup", TableName="orders", BackupName="first").code == "TableNotFoundException"
    world.create(**PROVISIONED)
    world.wait(world.durations.table_create)
    refusal = world.refused("CreateBackup", TableName="orders", BackupName="first")
    assert refusal.code == "ContinuousBackupsUnavailableException"
    world.wait(world.durations.recovery_unavailable)
    details = backup(world)
    assert details["BackupStatus"] == "CREATING"
    assert details["BackupArn"].startswith(f"{ARN}/backup/0")
    assert world.refused("DeleteBackup", BackupArn=details["BackupArn"]).code == "BackupInUseException"
    world.wait(world.durations.backup)
    described = world.call("DescribeBackup", BackupArn=details["BackupArn"])["BackupDescription"]
    assert described["BackupDetails"]["BackupStatus"] == "AVAILABLE"
    assert described["SourceTableDetails"]["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
    assert described["SourceTableDetails"]["BillingMode"] == "PROVISIONED"

    world.call("DeleteTable", TableName="orders")
    assert world.refused("CreateBackup", TableName="orders", BackupName="late").code == "TableInUseException"
    world.wait(world.durations.table_delete)
    assert [b["BackupName"] for b in world.call("ListBackups", TableName="orders")["BackupSummaries"]] == [
        "before-delete"
    ]
    deleted = world.call("DeleteBackup", BackupArn=details["BackupArn"])["BackupDescription"]
    assert deleted["BackupDetails"]["BackupStatus"] == "DELETED"
    assert world.refused("DescribeBackup", BackupArn=details["BackupArn"]).code == "BackupNotFoundException"


def test_section_5_a_deleted_table_with_recovery_leaves_a_backup_for_35_days() -> None:
    world = World()
    world.active()
    world.call("UpdateContinuousBackups", **recovery(True))
    world.call("DeleteTable", TableName="orders")
    world.call("DeleteTable", TableName="orders")
    assert world.call("ListBackups")["BackupSummaries"] == []
    (kept,) = world.call("ListBackups", BackupType="SYSTEM")["BackupSummaries"]
    assert (kept["BackupName"], kept["BackupExpiryDateTime"]) == ("orders$DeletedTableBackup", world.now + 35 * DAY)
    world.wait(35 * DAY)
    assert world.call("ListBackups", BackupType="ALL")["BackupSummaries"] == []


def test_backups_are_listed_in_pages() -> None:
    world = World()
    world.active()
    arns = [backup(world, f"backup-{number}")["BackupArn"] for number in range(3)]
    first = world.call("ListBackups", Limit=2)
    assert [b["BackupArn"] for b in first["BackupSummaries"]] == arns[:2]
    rest = world.call("ListBackups", ExclusiveStartBackupArn=first["LastEvaluatedBackupArn"])
    assert [b["BackupArn"] for b in rest["BackupSummaries"]] == arns[2:]
    assert "LastEvaluatedBackupArn" not in rest
    assert world.call("ListBackups", TableName="others")["BackupSummaries"] == []
