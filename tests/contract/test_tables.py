"""What the control plane of DynamoDB refuses and does, in every world that knows tables (fact sheet 1 to 3, 5, 15)."""

from collections.abc import Mapping
from typing import Any

from tests.contract.worlds import World
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


async def test_what_would_change_nothing_or_cannot_be_is_invalid(tables: World) -> None:
    table = await _create(tables, "invalid")
    update = ("dynamodb", "UpdateTable")
    await tables.refused(*update, INVALID, "At least one of", TableName=table)
    same = "will not change"
    await tables.refused(*update, INVALID, same, TableName=table, ProvisionedThroughput=throughput(5))
    undefined = creation("by_customer", "customer", ProvisionedThroughput=throughput(5))
    await tables.refused(
        *update, INVALID, "AttributeDefinitions", TableName=table, GlobalSecondaryIndexUpdates=undefined
    )
    unknown = deletion("by_nothing")
    await tables.refused(*update, MISSING, "", TableName=table, GlobalSecondaryIndexUpdates=unknown)
    await tables.refused(*update, INVALID, "", TableName=table, GlobalSecondaryIndexUpdates=scaling(by_nothing=7))
    await tables.refused(
        *update, MISSING, "not found", TableName=tables.table("none"), ProvisionedThroughput=throughput(7)
    )


async def test_a_table_is_made_once(tables: World) -> None:
    table = await _create(tables, "once")
    again = {"TableName": table, "KeySchema": keys("id"), "AttributeDefinitions": attributes(id="S"), **PROVISIONED}
    await tables.refused("dynamodb", "CreateTable", IN_USE, "already exists|preexisting", **again)
    unused = {**again, "TableName": tables.table("unused"), "AttributeDefinitions": attributes(id="S", more="S")}
    await tables.refused("dynamodb", "CreateTable", INVALID, "attribute", **unused)


async def test_a_protected_table_is_not_deleted(tables: World) -> None:
    table = await _create(tables, "protected", DeletionProtectionEnabled=True)
    await tables.refused("dynamodb", "DeleteTable", INVALID, "protect", TableName=table)
    await tables.dynamodb("UpdateTable", TableName=table, DeletionProtectionEnabled=False)
    await tables.until(lambda: _status(tables, table), lambda status: status == "ACTIVE")
    await tables.dynamodb("DeleteTable", TableName=table)


async def test_time_to_live_is_switched_on_once(tables: World) -> None:
    table = await _create(tables, "expiring")
    on = {"TableName": table, "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True}}
    await tables.dynamodb("UpdateTimeToLive", **on)
    await tables.refused("dynamodb", "UpdateTimeToLive", INVALID, "already enabled|multiple times", **on)
    shown = (await tables.dynamodb("DescribeTimeToLive", TableName=table))["TimeToLiveDescription"]
    assert shown["AttributeName"] == "expires_at"


async def test_on_demand_stays_on_demand_and_provisioned_needs_numbers_for_every_index(tables: World) -> None:
    table = tables.table("billing")
    await tables.dynamodb(
        "CreateTable",
        TableName=table,
        KeySchema=keys("order_id"),
        AttributeDefinitions=attributes(order_id="S", customer="S"),
        GlobalSecondaryIndexes=[index("by_customer", "customer")],
        BillingMode="PAY_PER_REQUEST",
    )
    await tables.until(lambda: _status(tables, table), lambda status: status == "ACTIVE")
    flip = {"TableName": table, **PROVISIONED}
    await tables.refused("dynamodb", "UpdateTable", INVALID, "index", **flip)
    numbers = {"TableName": table, "ProvisionedThroughput": throughput(5)}
    await tables.refused("dynamodb", "UpdateTable", INVALID, "", **numbers)
