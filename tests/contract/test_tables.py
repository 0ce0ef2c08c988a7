"""What the control plane of DynamoDB refuses and does, in every world that knows tables (fact sheet 1 to 3, 5, 15)."""

from collections.abc import Mapping
from typing import Any

from orchestrator.errors import Fault
from tests.contract.worlds import World, contract
from tests.sandbox.dynamodb_world import attributes, creation, deletion, index, keys, scaling, throughput

IN_USE, INVALID, LIMIT, MISSING = (
    "ResourceInUseException",
    "ValidationException",
    "LimitExceededException",
    "ResourceNotFoundException",
)
PROVISIONED = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": throughput(5)}


async def _create(world: World, name: str, **more: Any) -> str:
    """Make a provisioned table and wait until it is ACTIVE."""
    table = world.table(name)
    plain = {"KeySchema": keys("order_id"), "AttributeDefinitions": attributes(order_id="S"), **PROVISIONED}
    await world.dynamodb("CreateTable", TableName=table, **{**plain, **more})
    await world.until(lambda: _status(world, table), lambda status: status == "ACTIVE")
    return table


async def _status(world: World, table: str) -> str:
    return str((await world.dynamodb("DescribeTable", TableName=table))["Table"]["TableStatus"])


async def _status_or_code(world: World, table: str) -> str:
    """TableStatus, or the code of the error where there is no table."""
    try:
        return await _status(world, table)
    except Fault as fault:
        return fault.code


async def _index(world: World, table: str) -> tuple[str | None, bool | None]:
    """IndexStatus and Backfilling of the only index; (None, None) where there is none."""
    described = (await world.dynamodb("DescribeTable", TableName=table))["Table"]
    found: Mapping[str, Any] = next(iter(described.get("GlobalSecondaryIndexes") or ()), {})
    return found.get("IndexStatus"), found.get("Backfilling")


async def _add(world: World, table: str, name: str, key: str, **types: str) -> None:
    """Start the creation of an index and wait until the table itself is ACTIVE again, its index still busy."""
    await world.dynamodb(
        "UpdateTable",
        TableName=table,
        AttributeDefinitions=attributes(**types),
        GlobalSecondaryIndexUpdates=creation(name, key, ProvisionedThroughput=throughput(5)),
    )
    await world.until(lambda: _status(world, table), lambda status: status == "ACTIVE")


@contract
async def test_an_index_is_allocated_then_backfilled_then_active_while_the_table_is_active_all_along(
    tables: World,
) -> None:
    """Requirement A2: TableStatus alone says nothing of an index."""
    table = await _create(tables, "backfill")
    await _add(tables, table, "by_customer", "customer", customer="S")
    assert await _index(tables, table) == ("CREATING", False)

    # One index at a time, whatever else is free to change; no capacity either before the backfilling.
    second = creation("by_day", "day", ProvisionedThroughput=throughput(5))
    change = {"TableName": table, "AttributeDefinitions": attributes(day="S"), "GlobalSecondaryIndexUpdates": second}
    await tables.refused("dynamodb", "UpdateTable", LIMIT, "only 1 online index can be created or deleted", **change)
    capacity = {"TableName": table, "ProvisionedThroughput": throughput(6)}
    await tables.refused("dynamodb", "UpdateTable", IN_USE, "", **capacity)
    gone = {"TableName": table, "GlobalSecondaryIndexUpdates": deletion("by_customer")}
    await tables.refused("dynamodb", "UpdateTable", IN_USE, "still in use: index", **gone)

    seen = await tables.until(lambda: _index(tables, table), lambda found: found[0] == "ACTIVE")
    assert seen[-2:] == [("CREATING", True), ("ACTIVE", None)]
    assert await _status(tables, table) == "ACTIVE"

    found = await tables.dynamodb(
        "Query",
        TableName=table,
        IndexName="by_customer",
        KeyConditionExpression="customer = :c",
        ExpressionAttributeValues={":c": {"S": "nobody"}},
        Limit=1,
    )
    assert found["Count"] == 0

    await tables.dynamodb("UpdateTable", **gone)
    await tables.until(lambda: _status(tables, table), lambda status: status == "ACTIVE")
    assert (await _index(tables, table))[0] == "DELETING"
    await tables.refused("dynamodb", "UpdateTable", LIMIT, "only 1 online index can be created or deleted", **change)
    await tables.until(lambda: _index(tables, table), lambda status: status == (None, None))
    described = (await tables.dynamodb("DescribeTable", TableName=table))["Table"]
    assert described["AttributeDefinitions"] == attributes(order_id="S")


@contract
async def test_indexes_of_a_new_table_come_with_it(tables: World) -> None:
    """Requirement A5: no backfilling, however many there are."""
    table = await _create(
        tables,
        "whole",
        AttributeDefinitions=attributes(order_id="S", customer="S", day="S"),
        GlobalSecondaryIndexes=[
            index("by_customer", "customer", ProvisionedThroughput=throughput(5)),
            index("by_day", "day", ProvisionedThroughput=throughput(5)),
        ],
    )
    found = (await tables.dynamodb("DescribeTable", TableName=table))["Table"]["GlobalSecondaryIndexes"]
    assert {one["IndexName"]: one["IndexStatus"] for one in found} == {"by_customer": "ACTIVE", "by_day": "ACTIVE"}
    assert all("Backfilling" not in one for one in found)


@contract
async def test_two_index_actions_in_one_call_are_too_many(tables: World) -> None:
    table = await _create(tables, "two")
    both = [
        *creation("by_customer", "customer", ProvisionedThroughput=throughput(5)),
        *creation("by_day", "day", ProvisionedThroughput=throughput(5)),
    ]
    change = {"TableName": table, "AttributeDefinitions": attributes(customer="S", day="S")}
    await tables.refused(
        "dynamodb", "UpdateTable", LIMIT, "only 1 online index", **change, GlobalSecondaryIndexUpdates=both
    )


@contract
async def test_what_would_change_nothing_or_cannot_be_is_invalid(tables: World) -> None:
    table = await _create(tables, "invalid")
    update = ("dynamodb", "UpdateTable")
    await tables.refused(*update, INVALID, "At least one of|nothing to update", TableName=table)
    same = "equals the current value"
    await tables.refused(*update, INVALID, same, TableName=table, ProvisionedThroughput=throughput(5))
    undefined = creation("by_customer", "customer", ProvisionedThroughput=throughput(5))
    await tables.refused(*update, INVALID, "attribute", TableName=table, GlobalSecondaryIndexUpdates=undefined)
    unknown = deletion("by_nothing")
    await tables.refused(*update, MISSING, "", TableName=table, GlobalSecondaryIndexUpdates=unknown)
    await tables.refused(*update, INVALID, "", TableName=table, GlobalSecondaryIndexUpdates=scaling(by_nothing=7))
    await tables.refused(
        *update, MISSING, "not found|non-existent", TableName=tables.table("none"), ProvisionedThroughput=throughput(7)
    )


@contract
async def test_a_table_is_made_once(tables: World) -> None:
    table = await _create(tables, "once")
    again = {"TableName": table, "KeySchema": keys("id"), "AttributeDefinitions": attributes(id="S"), **PROVISIONED}
    await tables.refused("dynamodb", "CreateTable", IN_USE, "already exists|preexisting", **again)
    unused = {**again, "TableName": tables.table("unused"), "AttributeDefinitions": attributes(id="S", more="S")}
    await tables.refused("dynamodb", "CreateTable", INVALID, "attribute", **unused)


@contract
async def test_a_protected_table_is_not_deleted(tables: World) -> None:
    table = await _create(tables, "protected", DeletionProtectionEnabled=True)
    await tables.refused("dynamodb", "DeleteTable", INVALID, "protect", TableName=table)
    await tables.dynamodb("UpdateTable", TableName=table, DeletionProtectionEnabled=False)
    await tables.until(lambda: _status(tables, table), lambda status: status == "ACTIVE")
    await tables.dynamodb("DeleteTable", TableName=table)


@contract
async def test_time_to_live_is_switched_on_once(tables: World) -> None:
    table = await _create(tables, "expiring")
    on = {"TableName": table, "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True}}
    await tables.dynamodb("UpdateTimeToLive", **on)
    await tables.refused("dynamodb", "UpdateTimeToLive", INVALID, "already enabled|multiple times", **on)
    shown = (await tables.dynamodb("DescribeTimeToLive", TableName=table))["TimeToLiveDescription"]
    assert shown["AttributeName"] == "expires_at"


# ------------------------------------------------------------------------- what DynamoDB Local has no states or words for


@contract
async def test_a_flip_to_provisioned_needs_numbers_for_every_index(world: World) -> None:
    """DynamoDB Local answers InternalFailure."""
    table = world.table("billing")
    await world.dynamodb(
        "CreateTable",
        TableName=table,
        KeySchema=keys("order_id"),
        AttributeDefinitions=attributes(order_id="S", customer="S"),
        GlobalSecondaryIndexes=[index("by_customer", "customer")],
        BillingMode="PAY_PER_REQUEST",
    )
    await world.until(lambda: _status(world, table), lambda status: status == "ACTIVE")
    flip = {"TableName": table, **PROVISIONED}
    await world.refused("dynamodb", "UpdateTable", INVALID, "must be specified for index: by_customer", **flip)
    await world.dynamodb("UpdateTable", **flip, GlobalSecondaryIndexUpdates=scaling(by_customer=5))


@contract
async def test_a_table_is_creating_then_active_then_deleting_then_gone_and_its_name_is_reserved(world: World) -> None:
    """Requirements A7 and B2 rest on this."""
    table, plain = world.table("life"), {"KeySchema": keys("id"), "AttributeDefinitions": attributes(id="S")}
    await world.dynamodb("CreateTable", TableName=table, BillingMode="PAY_PER_REQUEST", **plain)
    assert await _status(world, table) == "CREATING"
    await world.refused("dynamodb", "DeleteTable", IN_USE, "being created", TableName=table)
    await world.refused(
        "dynamodb", "UpdateTable", IN_USE, "being created", TableName=table, DeletionProtectionEnabled=True
    )
    query = {"KeyConditionExpression": "id = :i", "ExpressionAttributeValues": {":i": {"S": "1"}}}
    await world.refused("dynamodb", "Query", MISSING, "^Requested resource not found$", TableName=table, **query)
    await world.until(lambda: _status(world, table), lambda status: status == "ACTIVE")
    assert (await world.dynamodb("Query", TableName=table, **query))["Count"] == 0

    reply = await world.dynamodb("DeleteTable", TableName=table)
    assert reply["TableDescription"]["TableStatus"] == "DELETING"
    again = await world.dynamodb("DeleteTable", TableName=table)
    assert again["TableDescription"]["TableStatus"] == "DELETING"
    same = {"TableName": table, "BillingMode": "PAY_PER_REQUEST", **plain}
    await world.refused("dynamodb", "CreateTable", IN_USE, "", **same)
    await world.until(lambda: _status_or_code(world, table), lambda status: status == MISSING)
    await world.dynamodb("CreateTable", **same)


@contract
async def test_a_change_of_capacity_keeps_others_out_until_it_is_done(world: World) -> None:
    table = await _create(world, "capacity")
    reply = await world.dynamodb("UpdateTable", TableName=table, ProvisionedThroughput=throughput(6))
    assert reply["TableDescription"]["TableStatus"] == "UPDATING"
    await world.refused(
        "dynamodb", "UpdateTable", IN_USE, "still in use", TableName=table, ProvisionedThroughput=throughput(7)
    )
    await world.until(lambda: _status(world, table), lambda status: status == "ACTIVE")
    shown = (await world.dynamodb("DescribeTable", TableName=table))["Table"]["ProvisionedThroughput"]
    assert (shown["ReadCapacityUnits"], shown["WriteCapacityUnits"]) == (6, 6)


@contract
async def test_some_changes_have_to_be_alone(world: World) -> None:
    table = await _create(world, "alone")
    alone = "must be the only operation in the request"
    encryption = {"SSESpecification": {"Enabled": True}, "ProvisionedThroughput": throughput(6)}
    await world.refused("dynamodb", "UpdateTable", INVALID, alone, TableName=table, **encryption)
    infrequent = {"TableClass": "STANDARD_INFREQUENT_ACCESS", "DeletionProtectionEnabled": True}
    await world.refused("dynamodb", "UpdateTable", INVALID, alone, TableName=table, **infrequent)
