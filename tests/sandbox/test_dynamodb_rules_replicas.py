"""Replicas come, change and go (fact sheet section 8; ack-api-quirks, table-replicas)."""

from typing import Any

import pytest

from orchestrator.sandbox.rules.durations import Durations, Staleness
from tests.sandbox.dynamodb_world import (
    DAY,
    GONE,
    IN_USE,
    INDEXED,
    INDEXED_PROVISIONED,
    INVALID,
    attributes,
    creation,
    table,
)
from tests.sandbox.global_world import (
    EAST,
    HOME,
    WEST,
    Globe,
    creating,
    deleting,
    listed,
    policy,
    replica,
    target,
    updating,
)

SOURCE = (
    "Replica cannot be deleted because it has acted as a source region for new replica(s) being added to the table in the "
    "last 24 hours."
)
KEYS = "One or more parameter values were invalid: KMSMasterKeyId must be specified for each replica."
BUSY = "The resource which you are attempting to change is in use."


@pytest.fixture
def globe() -> Globe:
    return Globe()


# ------------------------------------------------------------------------------------------------------------- coming


def test_a_new_replica_is_listed_then_known_then_active_in_both_regions(globe: Globe) -> None:
    """8.1: ReplicaStatus ACTIVE and TableStatus ACTIVE in both; section 7: at first neither list nor Region knows it."""
    globe.home.active()
    reply, spans = globe.home.update(**creating()), globe.home.durations
    assert (reply["TableStatus"], reply["Replicas"], reply["GlobalTableVersion"]) == ("UPDATING", [], "2019.11.21")
    assert globe.west.refused("DescribeTable", TableName="orders").code == GONE
    globe.wait(spans.replica_listed)
    assert listed(globe.home) == {WEST: "CREATING"}
    assert globe.statuses() == {HOME: "UPDATING"}
    globe.wait(spans.replica_described - spans.replica_listed)
    assert globe.statuses() == {HOME: "UPDATING", WEST: "CREATING"}
    assert listed(globe.west) == {HOME: "ACTIVE"}
    globe.wait(spans.replica_create - spans.replica_described)
    assert globe.statuses() == {HOME: "ACTIVE", WEST: "ACTIVE"}
    assert (listed(globe.home), listed(globe.west)) == ({WEST: "ACTIVE"}, {HOME: "ACTIVE"})
    assert globe.west.table()["TableId"] != globe.home.table()["TableId"]
    assert globe.west.table()["TableArn"] == f"arn:aws:dynamodb:{WEST}:123456789012:table/orders"


def test_the_table_says_active_while_its_replica_is_still_being_created(globe: Globe) -> None:
    globe.home.active()
    globe.home.update(**creating())
    globe.wait(globe.home.durations.replica_create / 2)
    assert globe.home.table()["TableStatus"] == "ACTIVE"
    assert listed(globe.home) == {WEST: "CREATING"}
    refusal = globe.home.update_refused(DeletionProtectionEnabled=True)
    assert (refusal.code, refusal.message, refusal.in_transition) == (IN_USE, BUSY, True)
    assert globe.home.update_refused(**creating(EAST)).code == IN_USE


def test_reads_lag_in_every_region() -> None:
    """Section 7. A plain table again, and ACTIVE: what a first look after the call may show."""
    stale = 0
    for seed in range(10):
        globe = Globe(staleness=Staleness(reads=2, seconds=4), seed=seed)
        globe.home.active()
        globe.wait(100)
        globe.home.update(**creating())
        stale += "GlobalTableVersion" not in globe.home.table()
    assert 0 < stale < 10


def test_a_copy_has_what_all_share_and_nothing_of_what_is_each_regions_own(globe: Globe) -> None:
    """8.2."""
    globe.home.active(
        **INDEXED,
        DeletionProtectionEnabled=True,
        Tags=[{"Key": "team", "Value": "orders"}],
        OnDemandThroughput={"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": 20},
    )
    globe.home.call(
        "UpdateContinuousBackups",
        TableName="orders",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
    )
    globe.wait(60)
    globe.home.call(
        "UpdateTimeToLive", TableName="orders", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"}
    )
    globe.wait(60)
    globe.replicate(WEST)
    home, west = globe.home.table(), globe.west.table()
    for shared in ("KeySchema", "AttributeDefinitions", "BillingModeSummary", "OnDemandThroughput", "WarmThroughput"):
        assert west[shared] == home[shared]
    assert [index["IndexStatus"] for index in west["GlobalSecondaryIndexes"]] == ["ACTIVE"]
    assert "Backfilling" not in west["GlobalSecondaryIndexes"][0]
    ttl = globe.west.call("DescribeTimeToLive", TableName="orders")["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "until"}
    assert (home["DeletionProtectionEnabled"], west["DeletionProtectionEnabled"]) == (True, False)
    assert globe.west.call("ListTagsOfResource", ResourceArn=west["TableArn"])["Tags"] == []
    backups = globe.west.call("DescribeContinuousBackups", TableName="orders")["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"] == {"PointInTimeRecoveryStatus": "DISABLED"}


@pytest.mark.parametrize(
    ("before", "view"),
    [
        ({}, "NEW_AND_OLD_IMAGES"),
        ({"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}}, "KEYS_ONLY"),
    ],
)
def test_aws_turns_a_stream_on_and_keeps_one_that_is(globe: Globe, before: dict[str, Any], view: str) -> None:
    """8.1."""
    globe.home.active(**before)
    label = globe.home.table().get("LatestStreamLabel")
    reply = globe.home.update(**creating())
    assert reply["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": view}
    assert (reply["LatestStreamLabel"] == label) is bool(before)
    globe.wait(globe.home.durations.replica_create)
    assert globe.west.table()["StreamSpecification"] == reply["StreamSpecification"]
    assert globe.west.table()["LatestStreamArn"] != globe.home.table()["LatestStreamArn"]


def test_the_stream_of_a_global_table_can_not_be_turned_off_or_changed_in_any_region(globe: Globe) -> None:
    globe.settled()
    for world in (globe.home, globe.west):
        off = world.update_refused(StreamSpecification={"StreamEnabled": False})
        assert off.code == INVALID
        assert off.message.endswith("Disabling Stream is not allowed for a Global Table replica.")
        keys_only = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
        assert "already has an enabled stream" in world.update_refused(StreamSpecification=keys_only).message
    globe.home.update(**deleting())
    globe.wait(globe.home.durations.replica_delete)
    globe.home.update(StreamSpecification={"StreamEnabled": False})


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (creating(HOME), "Cannot add, delete, or update the local region through ReplicaUpdates. Use CreateTable,"),
        (deleting(HOME), "Cannot add, delete, or update the local region through ReplicaUpdates."),
        (creating(WEST), "already existed as tables"),
        (
            deleting(EAST),
            "Replica specified in the Replica Update or Replica Delete action of the request was not found",
        ),
        (updating(EAST, TableClassOverride="STANDARD"), "action of the request was not found"),
        (updating(), "There are no actions specified in the Replica Update Action of the request."),
        ({"ReplicaUpdates": [{}]}, "There are no actions specified"),
        (updating(GlobalSecondaryIndexes=[{"IndexName": "by_day"}]), "There are no actions specified"),
        (updating(KMSMasterKeyId="alias/aws/dynamodb"), KEYS),
        (creating("mars-1"), "Region mars-1 is not supported."),
        (
            {"ReplicaUpdates": [*creating(EAST)["ReplicaUpdates"], *creating("eu-west-3")["ReplicaUpdates"]]},
            "more than one create or delete replica actions not allowed",
        ),
        (
            {"ReplicaUpdates": [creating(EAST)["ReplicaUpdates"][0] | deleting()["ReplicaUpdates"][0]]},
            "more than one type of replica actions not allowed",
        ),
        ({**creating(EAST), "DeletionProtectionEnabled": True}, "Replica modification must be the only operation"),
        ({**creating(EAST), "TableClass": "STANDARD"}, "Replica modification must be the only operation"),
    ],
)
def test_what_is_no_replica_update(globe: Globe, parameters: dict[str, Any], message: str) -> None:
    globe.settled()
    before = (globe.home.table(), globe.west.table())
    refusal = globe.home.update_refused(**parameters)
    assert (refusal.code, message in refusal.message) == (INVALID, True), refusal
    assert (globe.home.table(), globe.west.table()) == before


def test_strong_consistency_is_refused_plainly(globe: Globe) -> None:
    globe.home.active()
    refusal = globe.home.update_refused(**creating(), MultiRegionConsistency="STRONG")
    assert refusal.code == "NotModelledBySandbox"
    globe.home.update(**creating(), MultiRegionConsistency="EVENTUAL")


def test_a_table_in_the_way_is_not_adopted(globe: Globe) -> None:
    globe.home.active()
    globe.west.create()
    assert "already existed as tables" in globe.home.update_refused(**creating()).message
    assert "GlobalTableVersion" not in globe.home.table()


def test_the_name_is_taken_before_the_replica_can_be_seen(globe: Globe) -> None:
    globe.home.active()
    globe.home.update(**creating())
    assert globe.west.refused("CreateTable", **table()).message == "Table already exists: orders"


def test_a_provisioned_table_needs_writes_that_scale_themselves(globe: Globe) -> None:
    """8.1; so does each of its indexes."""
    globe.home.active(**INDEXED_PROVISIONED)

    target(globe, "table/orders", "dynamodb:table:WriteCapacityUnits")
    assert globe.home.update_refused(**creating()).message.startswith("Table write capacity should either be")
    policy(globe, "table/orders", "dynamodb:table:WriteCapacityUnits")
    assert globe.home.update_refused(**creating()).message.startswith("GSI write capacity should either be")
    target(globe, "table/orders/index/by_day", "dynamodb:index:WriteCapacityUnits")
    policy(globe, "table/orders/index/by_day", "dynamodb:index:WriteCapacityUnits")
    globe.home.update(**creating())


def test_each_replica_has_its_own_key_of_the_tables_kind(globe: Globe) -> None:
    key = globe.home.account.kms.register("alias/orders")
    globe.west.account.kms.register("alias/orders")
    globe.home.active(SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key})
    assert globe.home.update_refused(**creating()).message == KEYS
    assert (
        "KMS validation error for region us-west-2" in globe.home.update_refused(**creating(KMSMasterKeyId=key)).message
    )
    managed = globe.home.update_refused(**creating(KMSMasterKeyId="alias/aws/dynamodb"))
    assert managed.message.endswith("All replica keys must either be Customer Managed CMK or AWS Managed CMK.")
    globe.replicate(WEST, KMSMasterKeyId="alias/orders")
    theirs = globe.west.table()["SSEDescription"]["KMSMasterKeyArn"]
    assert theirs.startswith(f"arn:aws:kms:{WEST}:")
    assert replica(globe.home)["KMSMasterKeyId"] == theirs
    assert replica(globe.west, HOME)["KMSMasterKeyId"] == key


def test_the_aws_owned_key_takes_none(globe: Globe) -> None:
    globe.home.active()
    assert globe.home.update_refused(**creating(KMSMasterKeyId="alias/aws/dynamodb")).message == KEYS


def test_a_third_region_is_listed_everywhere_and_may_be_added_from_any(globe: Globe) -> None:
    globe.settled()
    globe.west.update(**creating(EAST))
    assert globe.home.table()["TableStatus"] == "UPDATING"
    globe.wait(globe.home.durations.replica_create)
    assert list(listed(globe.home).items()) == [(WEST, "ACTIVE"), (EAST, "ACTIVE")]
    assert list(listed(globe.west).items()) == [(HOME, "ACTIVE"), (EAST, "ACTIVE")]
    assert list(listed(globe.east).items()) == [(WEST, "ACTIVE"), (HOME, "ACTIVE")]
    assert set(globe.statuses().values()) == {"ACTIVE"}


def test_a_creation_that_fails_leaves_an_entry_that_must_be_deleted(globe: Globe) -> None:
    """8.3: CREATION_FAILED is terminal."""
    globe.home.active()
    globe.west.account.dynamodb.fail_next_replica("orders", "the key is not there")
    globe.home.update(**creating())
    globe.wait(globe.home.durations.replica_create)
    assert (replica(globe.home)["ReplicaStatus"], replica(globe.home)["ReplicaStatusDescription"]) == (
        "CREATION_FAILED",
        "the key is not there",
    )
    assert globe.statuses() == {HOME: "ACTIVE"}
    assert "already existed" in globe.home.update_refused(**creating()).message
    globe.home.update(**deleting())
    globe.wait(globe.home.durations.replica_delete)
    assert "Replicas" not in globe.home.table()
    globe.replicate(WEST)
    assert globe.statuses() == {HOME: "ACTIVE", WEST: "ACTIVE"}


def test_instant_durations_make_a_replica_at_once() -> None:
    globe = Globe(Durations.instant())
    globe.home.create()
    globe.home.update(**creating())
    assert globe.statuses() == {HOME: "ACTIVE", WEST: "ACTIVE"}
    assert listed(globe.home) == {WEST: "ACTIVE"}


# -------------------------------------------------------------------------------------------------------------- going


def test_a_replica_goes_the_table_active_before_it(globe: Globe) -> None:
    """DDB-TABLE-204 and 228: UPDATING, then ACTIVE with the replica DELETING; its Region knows it longest."""
    globe.settled()
    spans, reply = globe.home.durations, globe.home.update(**deleting())
    assert (reply["TableStatus"], [r["ReplicaStatus"] for r in reply["Replicas"]]) == ("UPDATING", ["ACTIVE"])
    assert globe.statuses() == {HOME: "UPDATING", WEST: "UPDATING"}
    globe.wait(spans.replica_deleting)
    assert globe.statuses() == {HOME: "ACTIVE", WEST: "DELETING"}
    assert listed(globe.home) == {WEST: "DELETING"}
    assert globe.home.update_refused(DeletionProtectionEnabled=True).code == IN_USE
    globe.wait(spans.replica_delete - spans.replica_deleting)
    assert "Replicas" not in globe.home.table()
    assert "GlobalTableVersion" not in globe.home.table()
    assert globe.statuses() == {HOME: "ACTIVE", WEST: "DELETING"}
    assert "already existed as tables" in globe.home.update_refused(**creating()).message
    globe.wait(spans.replica_gone)
    assert globe.statuses() == {HOME: "ACTIVE"}
    assert globe.home.table()["StreamSpecification"]["StreamEnabled"]
    globe.replicate(WEST)
    assert globe.statuses() == {HOME: "ACTIVE", WEST: "ACTIVE"}


def test_where_a_replica_came_from_can_not_go_for_a_day_or_until_that_one_is_gone(globe: Globe) -> None:
    """8.3: also by DeleteTable."""
    globe.settled()
    assert globe.home.refused("DeleteTable", TableName="orders").message == SOURCE
    assert globe.west.update_refused(**deleting(HOME)).message == SOURCE
    globe.wait(DAY)
    globe.west.update(**deleting(HOME))


def test_a_source_may_go_once_what_came_from_it_is_gone(globe: Globe) -> None:
    globe.settled()
    globe.west.update(**creating(EAST))
    globe.wait(globe.home.durations.replica_create)
    assert globe.home.update_refused(**deleting(WEST)).message == SOURCE
    globe.home.update(**deleting(EAST))
    globe.wait(globe.home.durations.replica_delete)
    globe.home.update(**deleting(WEST))
    globe.wait(globe.home.durations.replica_delete)
    globe.home.call("DeleteTable", TableName="orders")
    globe.wait(globe.home.durations.replica_gone)
    assert globe.statuses() == {}


def test_delete_table_in_a_replicas_region_takes_that_copy_alone(globe: Globe) -> None:
    globe.settled()
    reply = globe.west.call("DeleteTable", TableName="orders")["TableDescription"]
    assert reply["TableStatus"] == "DELETING"
    assert globe.statuses() == {HOME: "UPDATING", WEST: "DELETING"}
    assert globe.west.call("DeleteTable", TableName="orders")["TableDescription"]["TableStatus"] == "DELETING"
    globe.wait(globe.home.durations.replica_deleting)
    assert listed(globe.home) == {WEST: "DELETING"}
    globe.wait(globe.home.durations.replica_delete)
    assert globe.statuses() == {HOME: "ACTIVE"}
    assert "GlobalTableVersion" not in globe.home.table()


def test_protection_of_one_copy_guards_it_alone(globe: Globe) -> None:
    globe.settled()
    globe.west.update(DeletionProtectionEnabled=True)
    assert globe.statuses() == {HOME: "UPDATING", WEST: "UPDATING"}
    globe.wait(globe.home.durations.replica_update)
    assert globe.home.table()["DeletionProtectionEnabled"] is False
    refusal = globe.home.update_refused(**deleting())
    assert refusal.message.startswith(
        "Cannot delete table orders in region us-west-2 because it has deletion protection"
    )
    assert "protected against deletion" in globe.west.refused("DeleteTable", TableName="orders").message


@pytest.mark.parametrize(
    "parameters",
    [
        creating(EAST),
        deleting(),
        updating(TableClassOverride="STANDARD"),
        {"AttributeDefinitions": attributes(x="S"), "GlobalSecondaryIndexUpdates": creation("by_x", "x")},
        {"DeletionProtectionEnabled": True},
    ],
)
def test_one_change_of_replicas_or_indexes_is_in_flight_at_most(globe: Globe, parameters: dict[str, Any]) -> None:
    globe.settled()
    globe.home.update(**updating(TableClassOverride="STANDARD_INFREQUENT_ACCESS"))
    assert globe.home.update_refused(**parameters).code == IN_USE
    assert globe.west.update_refused(DeletionProtectionEnabled=True).code == IN_USE
    globe.wait(globe.home.durations.replica_update)
    assert globe.statuses() == {HOME: "ACTIVE", WEST: "ACTIVE"}
    globe.home.update(**parameters)
