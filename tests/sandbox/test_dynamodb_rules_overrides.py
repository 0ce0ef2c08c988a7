"""What one replica of a global table has of its own (fact sheet 8.2; ack-api-quirks, DDB-TABLE-250, 252, 294)."""

from typing import Any

import pytest

from tests.sandbox.dynamodb_world import (
    INVALID,
    LIMIT,
    PROVISIONED,
    throughput,
)
from tests.sandbox.global_world import EAST, WEST, Globe, creating, listed, provisioned, replica, scaling, updating

CEILING = {"OnDemandThroughputOverride": {"MaxReadRequestUnits": 5}}


@pytest.fixture
def globe() -> Globe:
    return Globe()


def test_a_replicas_class_is_its_own_and_rationed(globe: Globe) -> None:
    globe.settled()
    infrequent = "STANDARD_INFREQUENT_ACCESS"
    for wanted in (infrequent, infrequent, "STANDARD"):
        globe.home.update(**updating(TableClassOverride=wanted))
        assert listed(globe.home) == {WEST: "UPDATING"}
        globe.wait(globe.home.durations.replica_update)
        assert globe.west.table()["TableClassSummary"]["TableClass"] == wanted
        assert replica(globe.home)["ReplicaTableClassSummary"] == {"TableClass": wanted}
        assert "TableClassSummary" not in globe.home.table()
    assert globe.home.update_refused(**updating(TableClassOverride=infrequent)).code == LIMIT


def test_a_replicas_read_capacity_is_its_own_until_it_is_the_tables_again(globe: Globe) -> None:
    """DDB-TABLE-250 and 252: absent where it is inherited, taken away by stating what all have."""
    provisioned(globe)
    assert "ProvisionedThroughputOverride" not in replica(globe.home)
    index = {"IndexName": "by_day", "ProvisionedThroughputOverride": {"ReadCapacityUnits": 8}}
    for read in (10, 10, 5):
        globe.home.update(
            **updating(ProvisionedThroughputOverride={"ReadCapacityUnits": read}, GlobalSecondaryIndexes=[index])
        )
        globe.wait(globe.home.durations.replica_update)
        there = globe.west.table()["ProvisionedThroughput"]
        assert (there["ReadCapacityUnits"], there["WriteCapacityUnits"]) == (read, 5)
        override = replica(globe.home).get("ProvisionedThroughputOverride")
        assert override == (None if read == 5 else {"ReadCapacityUnits": read})
    assert replica(globe.home)["GlobalSecondaryIndexes"] == [index]
    found = globe.west.index("by_day")
    assert found is not None
    assert found["ProvisionedThroughput"]["ReadCapacityUnits"] == 8


@pytest.mark.parametrize(
    ("shape", "override", "code"),
    [
        ({}, {"ProvisionedThroughputOverride": {"ReadCapacityUnits": 5}}, INVALID),
        (PROVISIONED, CEILING, INVALID),
        ({}, {"OnDemandThroughputOverride": {}}, "InternalFailure"),
        (
            {},
            {
                "GlobalSecondaryIndexes": [
                    {"IndexName": "nope", "OnDemandThroughputOverride": {"MaxReadRequestUnits": 5}}
                ]
            },
            INVALID,
        ),
    ],
)
def test_overrides_that_do_not_fit(globe: Globe, shape: dict[str, Any], override: dict[str, Any], code: str) -> None:
    if shape:
        provisioned(globe)
    else:
        globe.settled()
    assert globe.home.update_refused(**updating(**override)).code == code


def test_a_replica_brings_the_targets_of_writes_along(globe: Globe) -> None:
    """8.2; so that a third Region may be added from its side too."""
    provisioned(globe)
    targets = scaling(globe.west, "DescribeScalableTargets")["ScalableTargets"]
    policies = scaling(globe.west, "DescribeScalingPolicies")["ScalingPolicies"]
    for found in (targets, policies):
        assert {one["ResourceId"] for one in found} == {"table/orders", "table/orders/index/by_day"}
    arns = [*(one["ScalableTargetARN"] for one in targets), *(one["PolicyARN"] for one in policies)]
    assert all(f":{WEST}:" in arn for arn in arns)
    globe.west.update(**creating(EAST))


def test_a_shared_change_keeps_what_is_a_replicas_own(globe: Globe) -> None:
    provisioned(globe)
    globe.home.update(**updating(ProvisionedThroughputOverride={"ReadCapacityUnits": 10}))
    globe.wait(globe.home.durations.replica_update)
    globe.home.update(ProvisionedThroughput=throughput(6, 7))
    globe.wait(globe.home.durations.replica_update)
    there, here = (world.table()["ProvisionedThroughput"] for world in (globe.west, globe.home))
    assert (there["ReadCapacityUnits"], there["WriteCapacityUnits"]) == (10, 7)
    assert (here["ReadCapacityUnits"], here["WriteCapacityUnits"]) == (6, 7)
    globe.west.update(ProvisionedThroughput=throughput(9, 7))
    globe.wait(globe.home.durations.replica_update)
    assert globe.home.table()["ProvisionedThroughput"]["ReadCapacityUnits"] == 9
    assert "ProvisionedThroughputOverride" not in replica(globe.home)


def test_ceilings_of_reads_may_differ_and_those_of_writes_may_not(globe: Globe) -> None:
    globe.settled(OnDemandThroughput={"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": 20})
    globe.home.update(**updating(OnDemandThroughputOverride={"MaxReadRequestUnits": 99}))
    globe.wait(globe.home.durations.replica_update)
    globe.home.update(OnDemandThroughput={"MaxReadRequestUnits": 11, "MaxWriteRequestUnits": 21})
    globe.wait(globe.home.durations.replica_update)
    assert globe.west.table()["OnDemandThroughput"] == {"MaxReadRequestUnits": 99, "MaxWriteRequestUnits": 21}
    assert replica(globe.home)["OnDemandThroughputOverride"] == {"MaxReadRequestUnits": 99}
