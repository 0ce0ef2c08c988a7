"""Streams, encryption, class, protection, TTL, recovery (fact sheet 1.4, 1.6, section 3, 15.7)."""

from typing import Any

import pytest

from orchestrator.sandbox.rules.durations import Durations
from tests.sandbox.dynamodb_world import (
    DAY,
    GONE,
    HOUR,
    IN_USE,
    INVALID,
    LIMIT,
    World,
    attributes,
    creation,
    recovery,
)

INFREQUENT = "STANDARD_INFREQUENT_ACCESS"


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
