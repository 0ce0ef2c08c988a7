"""What the copies of a global table share, and how a change of one holds up all (fact sheet 8.1, 8.2)."""

from typing import Any

import pytest

from tests.sandbox.dynamodb_world import (
    IN_USE,
    INDEXED,
    INVALID,
    LIMIT,
    PROVISIONED,
    World,
    attributes,
    creation,
    deletion,
    throughput,
)
from tests.sandbox.global_world import EAST, HOME, WEST, Globe, creating, listed, replica

BY_MONTH: dict[str, Any] = {
    "AttributeDefinitions": attributes(month="S"),
    "GlobalSecondaryIndexUpdates": creation("by_month", "month"),
}


@pytest.fixture
def globe() -> Globe:
    made = Globe()
    made.settled(**INDEXED)
    return made


def status(world: World, name: str = "by_month") -> str | None:
    found = world.index(name)
    return None if found is None else found["IndexStatus"]


@pytest.mark.parametrize("where", ["home", "west"])
def test_an_index_is_made_in_every_region_and_active_in_each_at_its_own_time(globe: Globe, where: str) -> None:
    here = getattr(globe, where)
    there = globe.west if here is globe.home else globe.home
    spans = globe.home.durations
    here.update(**BY_MONTH)
    assert (status(here), status(there)) == ("CREATING", "CREATING")
    globe.wait(spans.index_allocate)
    assert globe.statuses() == {HOME: "ACTIVE", WEST: "ACTIVE"}
    assert (there.index("by_month") or {})["Backfilling"] is True
    globe.wait(spans.index_backfill)
    assert (status(here), status(there)) == ("ACTIVE", "CREATING")
    globe.wait(spans.index_elsewhere)
    assert (status(here), status(there)) == ("ACTIVE", "ACTIVE")
    assert here.table()["AttributeDefinitions"] == there.table()["AttributeDefinitions"]


def test_an_index_that_is_busy_elsewhere_holds_back_what_one_at_home_would(globe: Globe) -> None:
    """8.2: a change fails while any replica or index is busy, in whatever Region."""
    spans = globe.home.durations
    globe.home.update(**BY_MONTH)
    globe.wait(spans.index_allocate + spans.index_backfill)
    assert (status(globe.home), status(globe.west)) == ("ACTIVE", "CREATING")
    assert globe.home.update_refused(GlobalSecondaryIndexUpdates=deletion("by_day")).code == LIMIT
    assert globe.home.update_refused(**creating(EAST)).code == IN_USE
    assert globe.home.update_refused(DeletionProtectionEnabled=True).code == IN_USE
    globe.wait(spans.index_elsewhere)
    globe.home.update(GlobalSecondaryIndexUpdates=deletion("by_day"))
    globe.wait(spans.index_delete)
    assert (status(globe.home, "by_day"), status(globe.west, "by_day")) == (None, None)


def test_no_index_is_touched_while_a_replica_comes(globe: Globe) -> None:
    globe.home.update(**creating(EAST))
    globe.wait(globe.home.durations.replica_create / 2)
    assert set(globe.statuses().values()) == {"ACTIVE", "CREATING"}
    for world in (globe.home, globe.west):
        assert world.update_refused(**BY_MONTH).code == IN_USE


@pytest.mark.parametrize("where", ["home", "west"])
def test_the_billing_mode_is_one_for_all(globe: Globe, where: str) -> None:
    here = getattr(globe, where)
    entries = [{"Update": {"IndexName": "by_day", "ProvisionedThroughput": throughput(5)}}]
    here.update(BillingMode="PROVISIONED", **PROVISIONED, GlobalSecondaryIndexUpdates=entries)
    globe.wait(globe.home.durations.flip_to_provisioned + globe.home.durations.flip_indexes)
    for world in (globe.home, globe.west):
        assert world.table()["BillingModeSummary"]["BillingMode"] == "PROVISIONED"
        assert world.table()["ProvisionedThroughput"]["WriteCapacityUnits"] == 5
        index = world.index("by_day")
        assert index is not None
        assert index["ProvisionedThroughput"]["WriteCapacityUnits"] == 5
    here.update(BillingMode="PAY_PER_REQUEST")
    globe.wait(globe.home.durations.flip_to_on_demand + globe.home.durations.flip_indexes)
    for world in (globe.home, globe.west):
        assert world.table()["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"


def test_warm_throughput_reaches_every_region_out_of_band(globe: Globe) -> None:
    warm = {"ReadUnitsPerSecond": 15000, "WriteUnitsPerSecond": 5000}
    globe.home.update(WarmThroughput=warm)
    assert globe.statuses() == {HOME: "ACTIVE", WEST: "ACTIVE"}
    globe.wait(globe.home.durations.warm_throughput)
    for world in (globe.home, globe.west):
        assert world.table()["WarmThroughput"] == {**warm, "Status": "ACTIVE"}


def test_no_replica_comes_while_warm_throughput_rises(globe: Globe) -> None:
    globe.home.update(WarmThroughput={"ReadUnitsPerSecond": 15000})
    assert globe.home.update_refused(**creating(EAST)).code == IN_USE
    globe.wait(globe.home.durations.warm_throughput)
    globe.home.update(**creating(EAST))


def test_ttl_is_one_for_all_whichever_was_told(globe: Globe) -> None:
    def ttl(world: World) -> str:
        return str(world.call("DescribeTimeToLive", TableName="orders")["TimeToLiveDescription"]["TimeToLiveStatus"])

    wanted = {"Enabled": True, "AttributeName": "until"}
    globe.west.call("UpdateTimeToLive", TableName="orders", TimeToLiveSpecification=wanted)
    assert (ttl(globe.home), ttl(globe.west)) == ("ENABLING", "ENABLING")
    globe.wait(globe.home.durations.ttl)
    assert (ttl(globe.home), ttl(globe.west)) == ("ENABLED", "ENABLED")
    off = globe.home.refused(
        "UpdateTimeToLive", TableName="orders", TimeToLiveSpecification={**wanted, "Enabled": False}
    )
    assert "modified multiple times" in off.message


def test_the_type_of_key_is_one_for_all_the_key_each_regions_own(globe: Globe) -> None:
    globe.home.update(SSESpecification={"Enabled": True, "SSEType": "KMS"})
    assert globe.west.table()["SSEDescription"]["Status"] == "UPDATING"
    globe.wait(globe.home.durations.encryption)
    arns = [world.table()["SSEDescription"]["KMSMasterKeyArn"] for world in (globe.home, globe.west)]
    assert [arn.split(":")[3] for arn in arns] == [HOME, WEST]
    assert replica(globe.home)["KMSMasterKeyId"] == arns[1]
    key = globe.home.account.kms.register("alias/orders")
    own = globe.home.update_refused(SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key})
    assert (own.code, "for each replica" in own.message) == (INVALID, True)
    globe.west.update(SSESpecification={"Enabled": False})
    globe.wait(globe.home.durations.encryption)
    for world in (globe.home, globe.west):
        assert "SSEDescription" not in world.table()


def test_the_table_class_of_one_is_given_to_all(globe: Globe) -> None:
    globe.home.update(TableClass="STANDARD_INFREQUENT_ACCESS")
    globe.wait(globe.home.durations.table_class)
    for world in (globe.home, globe.west):
        assert world.table()["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"


def test_a_refusal_in_one_region_changes_nothing_in_any(globe: Globe) -> None:
    """The budget of one copy is spent: the others must not have moved."""
    infrequent = "STANDARD_INFREQUENT_ACCESS"
    for wanted in (infrequent, "STANDARD"):
        globe.home.update(ReplicaUpdates=[{"Update": {"RegionName": WEST, "TableClassOverride": wanted}}])
        globe.wait(globe.home.durations.replica_update)
    before = globe.home.table(), globe.west.table()
    assert globe.home.update_refused(TableClass=infrequent).code == LIMIT
    assert (globe.home.table(), globe.west.table()) == before


def test_tags_belong_to_one_region(globe: Globe) -> None:
    arn = globe.west.table()["TableArn"]
    globe.west.call("TagResource", ResourceArn=arn, Tags=[{"Key": "team", "Value": "orders"}])
    home = globe.home.call("ListTagsOfResource", ResourceArn=globe.home.table()["TableArn"])
    assert home["Tags"] == []
    assert globe.west.call("ListTagsOfResource", ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "orders"}]


def test_regions_share_their_time_and_nothing_else(globe: Globe) -> None:
    """What somebody does in one Region at a time happens before a later call in another."""
    globe.west.account.schedule(
        globe.home.now + 10, "dynamodb", "UpdateTable", {"TableName": "orders", "DeletionProtectionEnabled": True}
    )
    globe.wait(10)
    assert globe.home.update_refused(DeletionProtectionEnabled=True).code == IN_USE
    globe.wait(globe.home.durations.replica_update)
    assert globe.west.table()["DeletionProtectionEnabled"] is True
    globe.home.create("users")
    assert globe.west.call("ListTables")["TableNames"] == ["orders"]
    assert listed(globe.west) == {HOME: "ACTIVE"}


def test_what_regions_share_is_written_down_in_each_and_never_clashes(globe: Globe) -> None:
    globe.home.update(**BY_MONTH)
    globe.wait(1000)
    globe.home.update(**creating(EAST))
    globe.wait(1000)
    for world in (globe.home, globe.west, globe.east):
        assert world.account.timeline.clashes() == []
    assert any("by_month" in work.what for work in globe.west.account.timeline.intervals)
