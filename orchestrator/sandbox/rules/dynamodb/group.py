"""What the copies of a global table have in common: what is changed in all of them at once, and what that waits for.

Fact sheet 8.2 says what is shared. Read capacity and the ceiling of reads are too, but where a replica overrides them; the
table class of one copy is given to all (ack-api-quirks, DDB-TABLE-251, 294, 295, 296).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from orchestrator.sandbox.rules.dynamodb import combination, gate, refusals
from orchestrator.sandbox.rules.dynamodb.combination import MEMBERS, Request
from orchestrator.sandbox.rules.dynamodb.region import Copy, Region, copies
from orchestrator.sandbox.rules.dynamodb.schema import capacity_of
from orchestrator.sandbox.rules.dynamodb.state import Index, Overrides, Table

DAY = 86400

# -------------------------------------------------------------------------------------------------------- what it waits for


def check_at_once(region: Region, request: Request, table: Table) -> None:
    """Raises what is refused of a global table whatever state it is in (ack-api-quirks, DDB-TABLE-222, 227)."""
    if not table.is_global:
        return
    stream = request.given("StreamSpecification")
    if stream is not None and not stream["StreamEnabled"]:
        raise refusals.invalid_values("Disabling Stream is not allowed for a Global Table replica.")
    keys = request.given("SSESpecification")
    if keys is not None and keys.get("KMSMasterKeyId") and not region.customer_key(table.encryption.arn):
        # The type of key is one for all: the other replicas would have none of theirs.
        raise refusals.key_for_each_replica()


def check_free(request: Request, table: Table, others: list[Copy]) -> None:
    """Raises while any copy, any index of one, or any replica is on its way (fact sheet 8.1, 8.2)."""
    if any(replica.moving for replica in table.replicas):
        raise refusals.group_in_use()
    for other in others:
        if other.table.status != "ACTIVE":
            raise refusals.group_in_use()
        gate.check(request, other.table)


def check_leaving(region: Region, table: Table, now: float) -> None:
    """Raises where `table`, the copy in `region`, may not go yet: it is where a younger copy came from (fact sheet 8.3)."""
    fresh = {place for place, at in table.sourced if now < at + DAY}
    if any(place in fresh for place in (replica.region for replica in table.replicas)):
        raise refusals.source_of_replicas()
    if any(replica.moving for replica in table.replicas):
        raise refusals.group_in_use()
    if any(other.table.status != "ACTIVE" for other in copies(region, table, now)):
        raise refusals.group_in_use()


# --------------------------------------------------------------------------------------------------------- what all share


def shared(request: Request, here: Table, other: Table) -> Request | None:
    """What a request for the copy `here` does to the copy `other`; None for nothing."""
    flip = request.given("BillingMode") is not None and (
        (request.given("BillingMode") == "PAY_PER_REQUEST") != here.on_demand
    )
    told = {
        "BillingMode": request.given("BillingMode"),
        "ProvisionedThroughput": _capacity(request.given("ProvisionedThroughput"), other, flip=flip),
        "OnDemandThroughput": _ceilings(request.given("OnDemandThroughput"), other.overrides),
        "WarmThroughput": request.given("WarmThroughput"),
        "GlobalSecondaryIndexUpdates": [
            entry for action in request.actions if (entry := _index(action, other, flip=flip)) is not None
        ],
        "SSESpecification": _keys(request.given("SSESpecification"), other),
        "TableClass": _class(request.given("TableClass"), other),
    }
    members = {name: value for name, value in told.items() if value}
    if not members.keys() & {*MEMBERS, "GlobalSecondaryIndexUpdates"} or (
        members.keys() == {"BillingMode"} and not flip
    ):
        return None
    given = {"TableName": request.name, "AttributeDefinitions": request.given("AttributeDefinitions"), **members}
    return combination.read(request.name, given)


def own(request: Request, table: Table) -> Table:
    """The copy that is changed itself: what it is given replaces what it had of its own."""
    overrides = table.overrides
    if request.given("ProvisionedThroughput") or request.given("BillingMode"):
        overrides = replace(overrides, read=None)
    if request.given("OnDemandThroughput"):
        overrides = replace(overrides, ceiling=None)
    table = replace(table, overrides=overrides)
    for action in request.of("Update"):
        index = table.index(action.name)
        if index is not None:
            table = table.with_index(replace(index, overrides=Overrides()))
    return table


def _capacity(given: Mapping[str, int] | None, copy: Table | Index, *, flip: bool) -> Mapping[str, int] | None:
    """With the copy's own read capacity where it has one; None where it is so already."""
    if not given:
        return None
    own_read = copy.overrides.read
    told = given if own_read is None else {**given, "ReadCapacityUnits": own_read}
    return None if capacity_of(told) == copy.capacity and not flip else told


def _ceilings(given: Mapping[str, int] | None, overrides: Overrides) -> Mapping[str, int] | None:
    if not given or overrides.ceiling is None:
        return given
    return {name: value for name, value in given.items() if name != "MaxReadRequestUnits"}


def _index(action: combination.IndexAction, other: Table, *, flip: bool) -> dict[str, Any] | None:
    if action.action != "Update":
        return {action.action: action.given}
    index = other.index(action.name)
    if index is None:
        return None
    told = {
        "ProvisionedThroughput": _capacity(action.given.get("ProvisionedThroughput"), index, flip=flip),
        "OnDemandThroughput": _ceilings(action.given.get("OnDemandThroughput"), index.overrides),
        "WarmThroughput": action.given.get("WarmThroughput"),
    }
    members = {name: value for name, value in told.items() if value}
    return {"Update": {"IndexName": action.name, **members}} if members else None


def _keys(given: Mapping[str, Any] | None, other: Table) -> Mapping[str, Any] | None:
    """The type of key is shared, the key itself is each Region's (fact sheet 8.2)."""
    if given is None or given.get("KMSMasterKeyId"):
        return None
    return None if not given.get("Enabled") and other.encryption.arn is None else given


def _class(wanted: str | None, other: Table) -> str | None:
    return None if wanted == (other.table_class or "STANDARD") else wanted


def share_ttl(region: Region, name: str, now: float) -> None:
    """TTL is one for all copies, whichever was told (fact sheet 8.2)."""
    record = region.records.get(name, now)
    if record is not None:
        for other in copies(region, record.table, now):
            other.record.ttl = record.ttl


# ------------------------------------------------------------------------------------------------------------ how it looks


def descriptions(region: Region, table: Table, now: float) -> list[dict[str, Any]]:
    """`Replicas` of DescribeTable: the other Regions, in the order in which they came, with what differs there."""
    there = {other.region.name: other.table for other in copies(region, table, now)}
    shown = []
    for replica in table.replicas:
        told: dict[str, Any] = {"RegionName": replica.region, "ReplicaStatus": replica.status}
        if replica.reason is not None:
            told["ReplicaStatusDescription"] = replica.reason
        shown.append(told | (_differences(there[replica.region]) if replica.region in there else {}))
    return shown


def _differences(copy: Table) -> dict[str, Any]:
    """What is left out is as the table has it, or as AWS has it by default."""
    shown = _overridden(copy.overrides)
    if copy.encryption.arn is not None:
        shown["KMSMasterKeyId"] = copy.encryption.arn
    if copy.indexes:
        shown["GlobalSecondaryIndexes"] = [
            {"IndexName": index.name, **_overridden(index.overrides)} for index in copy.indexes
        ]
    if copy.table_class is not None:
        shown["ReplicaTableClassSummary"] = {"TableClass": copy.table_class}
    return shown


def _overridden(overrides: Overrides) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if overrides.read is not None:
        shown["ProvisionedThroughputOverride"] = {"ReadCapacityUnits": overrides.read}
    if overrides.ceiling is not None:
        shown["OnDemandThroughputOverride"] = {"MaxReadRequestUnits": overrides.ceiling}
    return shown
