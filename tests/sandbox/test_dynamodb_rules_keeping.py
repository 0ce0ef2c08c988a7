"""Tags and backups (fact sheet 1.4, section 3 and 5, 15.14)."""

from typing import Any

import pytest

from orchestrator.sandbox.rules.durations import Staleness
from tests.sandbox.dynamodb_world import ARN, DAY, GONE, IN_USE, INVALID, PROVISIONED, World, recovery


def tags(world: World) -> dict[str, str]:
    listed = world.call("ListTagsOfResource", ResourceArn=ARN)["Tags"]
    return {tag["Key"]: tag["Value"] for tag in listed}


def tagged(**values: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in values.items()]


@pytest.mark.parametrize("seed", range(5))
def test_15_14_changed_tags_show_some_seconds_later_in_their_order(seed: int) -> None:
    world = World(staleness=Staleness(reads=0, seconds=0, tags=3), seed=seed)
    world.active(Tags=tagged(team="orders"))
    world.call("TagResource", ResourceArn=ARN, Tags=tagged(stage="dev", team="sales"))
    world.call("UntagResource", ResourceArn=ARN, TagKeys=["team", "unknown"])
    seen = []
    for _ in range(31):
        seen.append(tags(world))
        world.wait(0.1)
    assert seen[0] == {"team": "orders"}, "what was given at creation was there with the table"
    assert seen[-1] == {"stage": "dev"}
    order: list[dict[str, str]] = [{"team": "orders"}, {"stage": "dev", "team": "sales"}, {"stage": "dev"}]
    assert [order.index(shown) for shown in seen] == sorted(order.index(shown) for shown in seen)


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
