"""Indexes of a live table: one at a time, in two phases (fact sheet 1.3, 2.3, 2.4, 6.1)."""

from typing import Any

import pytest

from orchestrator.sandbox.rules.refusal import Refusal
from tests.sandbox.dynamodb_world import (
    IN_USE,
    INDEXED,
    INDEXED_PROVISIONED,
    INVALID,
    LIMIT,
    PROVISIONED,
    World,
    attributes,
    creation,
    deletion,
    index,
    keys,
    scaling,
    throughput,
)

BY_MONTH: dict[str, Any] = {
    "AttributeDefinitions": attributes(month="S"),
    "GlobalSecondaryIndexUpdates": creation("by_month", "month"),
}
BY_YEAR: dict[str, Any] = {
    "AttributeDefinitions": attributes(year="S"),
    "GlobalSecondaryIndexUpdates": creation("by_year", "year"),
}
STREAM = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}}
ONLY_ONE = "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"


def creating(world: World, **more: Any) -> None:
    """An on-demand table with `by_day`, to which `by_month` is being added: phase 1, the table ACTIVE again."""
    world.active(**INDEXED, **more)
    world.update(**BY_MONTH)
    world.wait(world.durations.index_start)


def backfilling(world: World) -> None:
    creating(world)
    world.wait(world.durations.index_allocate - world.durations.index_start)


def status(world: World, name: str = "by_month") -> tuple[str, bool | None]:
    found = world.index(name)
    assert found is not None
    return found["IndexStatus"], found.get("Backfilling")


def query(world: World, **more: Any) -> dict[str, Any]:
    """A probe for the index by_month."""
    return world.call("Query", **probe(**more))


def probe(**more: Any) -> dict[str, Any]:
    plain = {
        "TableName": "orders",
        "IndexName": "by_month",
        "KeyConditionExpression": "#k = :k",
        "ExpressionAttributeNames": {"#k": "month"},
        "ExpressionAttributeValues": {":k": {"S": "none"}},
        "Limit": 1,
    }
    return plain | more


def test_15_5_an_index_is_allocated_then_filled_then_active() -> None:
    world = World()
    world.active(**INDEXED)
    reply = world.update(**BY_MONTH)
    assert reply["TableStatus"] == "UPDATING"
    assert status(world) == ("CREATING", False)
    world.wait(world.durations.index_allocate)
    assert status(world) == ("CREATING", True)
    world.wait(world.durations.index_backfill - 0.1)
    assert status(world) == ("CREATING", True)
    world.wait(0.1)
    assert status(world) == ("ACTIVE", None), "Backfilling disappears (1.3)"


def test_15_1_the_table_is_active_while_its_index_is_creating() -> None:
    world = World()
    creating(world)
    assert world.table()["TableStatus"] == "ACTIVE"
    assert status(world) == ("CREATING", False)
    refusal = world.update_refused(**STREAM)
    assert (refusal.code, refusal.in_transition) == (IN_USE, True)
    assert refusal.message == (
        "Attempt to change a resource which is still in use: Index is being created.  Table: orders Index: by_month"
    )


@pytest.mark.parametrize("updates", [BY_YEAR, {"GlobalSecondaryIndexUpdates": deletion("by_day")}])
@pytest.mark.parametrize("phase", [creating, backfilling])
def test_1_3_no_second_index_is_created_or_deleted_meanwhile(updates: dict[str, Any], phase: Any) -> None:
    world = World()
    phase(world)
    refusal = world.update_refused(**updates)
    assert (refusal.code, refusal.message, refusal.in_transition) == (LIMIT, ONLY_ONE, True)


@pytest.mark.parametrize(
    "updates",
    [
        [*creation("by_month", "month"), *creation("by_year", "year")],
        [*creation("by_month", "month"), *deletion("by_day")],
        [*deletion("by_day"), *deletion("by_month")],
    ],
)
def test_15_3_two_index_actions_in_one_call_exceed_the_limit(updates: list[dict[str, Any]]) -> None:
    world = World()
    world.active(**INDEXED)
    definitions = attributes(month="S", year="S")
    refusal = world.update_refused(AttributeDefinitions=definitions, GlobalSecondaryIndexUpdates=updates)
    assert (refusal.code, refusal.message) == (LIMIT, ONLY_ONE)
    assert not refusal.in_transition, "that is the caller's own mistake"


def test_15_5_an_index_can_be_deleted_while_it_is_filled_but_not_before() -> None:
    world = World()
    creating(world)
    refusal = world.update_refused(GlobalSecondaryIndexUpdates=deletion("by_month"))
    assert refusal.code == IN_USE
    assert "Index creation is in resource allocation phase" in refusal.message
    world.wait(world.durations.index_allocate)
    world.update(GlobalSecondaryIndexUpdates=deletion("by_month"))
    assert status(world) == ("DELETING", None)
    world.wait(world.durations.index_delete)
    assert world.index("by_month") is None
    world.wait(world.durations.index_backfill)
    assert world.index("by_month") is None, "the end of the creation does not bring it back"
    lengths = {i.what: i.end - i.start for i in world.account.timeline.intervals}
    assert lengths["create index by_month"] == world.durations.index_start + world.durations.index_allocate
    assert not world.account.timeline.clashes()


def test_15_5_an_index_made_anew_is_not_finished_by_the_end_of_the_earlier_one() -> None:
    world = World()
    backfilling(world)
    world.update(GlobalSecondaryIndexUpdates=deletion("by_month"))
    world.wait(world.durations.index_delete)
    world.update(**BY_MONTH)
    world.wait(world.durations.index_backfill - world.durations.index_delete)
    assert status(world) == ("CREATING", True)


def test_1_3_a_deleted_index_is_deleting_then_gone() -> None:
    world = World()
    world.active(**INDEXED)
    world.update(GlobalSecondaryIndexUpdates=deletion("by_day"))
    assert status(world, "by_day") == ("DELETING", None)
    world.wait(world.durations.index_start)
    assert world.table()["TableStatus"] == "ACTIVE"
    assert world.update_refused(**BY_MONTH).message == ONLY_ONE
    assert world.update_refused(GlobalSecondaryIndexUpdates=deletion("by_day")).message == ONLY_ONE
    assert world.update_refused(**STREAM).code == IN_USE
    world.wait(world.durations.index_delete)
    assert "GlobalSecondaryIndexes" not in world.table()


def test_1_3_throughput_beside_a_creation_only_while_it_is_filled() -> None:
    world = World()
    world.active(**INDEXED_PROVISIONED)
    by_month = creation("by_month", "month", ProvisionedThroughput=throughput(5))
    world.update(AttributeDefinitions=attributes(month="S"), GlobalSecondaryIndexUpdates=by_month)
    world.wait(world.durations.index_start)
    assert world.update_refused(ProvisionedThroughput=throughput(9)).code == IN_USE
    assert world.update_refused(GlobalSecondaryIndexUpdates=scaling(by_month=9)).code == IN_USE
    world.update(GlobalSecondaryIndexUpdates=scaling(by_day=9))
    world.wait(world.durations.index_throughput)
    assert world.index("by_day")["ProvisionedThroughput"]["ReadCapacityUnits"] == 9  # type: ignore[index]  # it is there
    world.wait(world.durations.index_allocate)
    world.update(GlobalSecondaryIndexUpdates=scaling(by_month=9))
    assert status(world) == ("UPDATING", True)
    assert world.update_refused(GlobalSecondaryIndexUpdates=deletion("by_month")).code == IN_USE
    world.wait(world.durations.index_throughput)
    assert status(world) == ("CREATING", True)
    world.update(ProvisionedThroughput=throughput(9))


def test_1_3_no_index_is_created_or_deleted_while_another_is_updating() -> None:
    world = World()
    world.active(**INDEXED_PROVISIONED)
    world.update(GlobalSecondaryIndexUpdates=scaling(by_day=9))
    world.wait(world.durations.index_start)
    assert world.table()["TableStatus"] == "ACTIVE"
    assert status(world, "by_day") == ("UPDATING", None)
    by_month = creation("by_month", "month", ProvisionedThroughput=throughput(5))
    refusal = world.update_refused(AttributeDefinitions=attributes(month="S"), GlobalSecondaryIndexUpdates=by_month)
    assert refusal.code == IN_USE
    assert refusal.message.endswith("Index is being updated.  Table: orders Index: by_day")
    assert world.update_refused(GlobalSecondaryIndexUpdates=deletion("by_day")).code == IN_USE
    assert world.refused("DeleteTable", TableName="orders").code == IN_USE


def test_15_6_definitions_are_merged_on_creation_and_pruned_on_deletion() -> None:
    world = World()
    world.active(**INDEXED)
    spurious = attributes(month="S", day="N", unused="B")
    world.update(AttributeDefinitions=spurious, GlobalSecondaryIndexUpdates=creation("by_month", "month"))
    assert world.table()["AttributeDefinitions"] == attributes(day="S", id="S", month="S")
    world.wait(world.durations.index_allocate + world.durations.index_backfill)
    world.update(GlobalSecondaryIndexUpdates=deletion("by_day"))
    assert world.table()["AttributeDefinitions"] == attributes(day="S", id="S", month="S")
    world.wait(world.durations.index_delete)
    assert world.table()["AttributeDefinitions"] == attributes(id="S", month="S")


def test_15_6_every_key_of_the_new_index_must_be_defined_even_if_known() -> None:
    world = World()
    world.active(**INDEXED)
    updates = creation("by_month", "month", "day")
    refusal = world.update_refused(AttributeDefinitions=attributes(month="S"), GlobalSecondaryIndexUpdates=updates)
    assert refusal.code == INVALID
    refusal = world.update_refused(GlobalSecondaryIndexUpdates=creation("by_id", "id"))
    assert "AttributeDefinitions is not specified for index: by_id" in refusal.message


def test_15_6_a_known_attribute_keeps_its_type_until_nothing_uses_it() -> None:
    world = World()
    world.active(**INDEXED)
    by_days = creation("by_days", "day")
    refusal = world.update_refused(AttributeDefinitions=attributes(day="N"), GlobalSecondaryIndexUpdates=by_days)
    assert refusal.code == INVALID
    assert "Attributes cannot be redefined" in refusal.message
    assert "Existing schema: Schema:[SchemaElement: key{day:S:HASH}]" in refusal.message
    world.update(GlobalSecondaryIndexUpdates=deletion("by_day"))
    world.wait(world.durations.index_delete)
    world.update(AttributeDefinitions=attributes(day="N"), GlobalSecondaryIndexUpdates=by_days)


@pytest.mark.parametrize(
    ("updates", "code", "message"),
    [
        ([{}], INVALID, "One of GlobalSecondaryIndexUpdate.Update"),
        (
            [{"Create": index("by_year", "id"), "Delete": {"IndexName": "by_year"}}],
            INVALID,
            "Only one global secondary index action",
        ),
        (scaling(by_day=1) * 2, INVALID, "Only one global secondary index update per index is allowed simultaneously"),
        (scaling(by_night=1), INVALID, "Action Blocked: IndexUpdate"),
        (deletion("by_night"), "ResourceNotFoundException", "Index by_night for table orders"),
        (deletion("by_line"), INVALID, "Cannot delete an index that is not a GlobalSecondaryIndex: by_line"),
        (creation("by_day", "id"), INVALID, "Attempting to create an index which already exists"),
        (creation("by_line", "id"), INVALID, "Attempting to create an index which already exists"),
        (creation("by", "id"), INVALID, "Member must have length greater than or equal to 3"),
        (creation("by_id", "id", ProvisionedThroughput=throughput(1)), INVALID, "ProvisionedThroughput should not be"),
    ],
)
def test_2_3_index_actions_that_cannot_be(updates: list[dict[str, Any]], code: str, message: str) -> None:
    world = World()
    world.active(
        AttributeDefinitions=attributes(id="S", day="S", line="N"),
        KeySchema=keys("id", "line"),
        GlobalSecondaryIndexes=[index("by_day", "day")],
        LocalSecondaryIndexes=[index("by_line", "id", "line")],
    )
    refusal = world.update_refused(AttributeDefinitions=attributes(id="S"), GlobalSecondaryIndexUpdates=updates)
    assert refusal.code == code
    assert message in refusal.message


def test_4_2_the_twenty_first_index_is_refused() -> None:
    world = World()
    indexes = [index(f"by_day_{number}", "day") for number in range(20)]
    world.active(**INDEXED | {"GlobalSecondaryIndexes": indexes})
    refusal = world.update_refused(**BY_MONTH)
    assert (
        refusal.message == "Subscriber limit exceeded: Number of global secondary indexes exceeds per-table limit of 20"
    )
    assert (refusal.code, refusal.in_transition) == (LIMIT, False)


def test_2_2_a_provisioned_tables_new_index_needs_throughput() -> None:
    world = World()
    world.active(**PROVISIONED)
    assert "must be specified for index: by_month" in world.update_refused(**BY_MONTH).message


# ------------------------------------------------------------------------------------------------------- reading an index


def test_6_1_an_index_answers_only_when_it_is_active() -> None:
    world = World()
    world.active(**INDEXED)
    refusal = world.refused("Query", **probe())
    assert (refusal.code, refusal.in_transition) == (INVALID, False)
    assert refusal.message == "The table does not have the specified index: by_month"
    world.update(**BY_MONTH)
    for _ in range(2):
        refusal = world.refused("Query", **probe())
        assert refusal.message == "Cannot read from backfilling global secondary index: by_month"
        assert refusal.in_transition
        world.wait(world.durations.index_allocate)
    world.wait(world.durations.index_backfill)
    assert query(world) == {"Items": [], "Count": 0, "ScannedCount": 0}
    world.update(GlobalSecondaryIndexUpdates=deletion("by_month"))
    assert world.refused("Query", **probe()).in_transition


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ConsistentRead": True}, "Consistent reads are not supported on global secondary indexes"),
        ({"ExpressionAttributeNames": {"#k": "day"}}, "Query condition missed key schema element: month"),
        ({"ExpressionAttributeValues": {":k": {"N": "1"}}}, "Condition parameter type does not match schema type"),
        ({"ExpressionAttributeValues": {":x": {"S": "1"}}}, "attribute value: :k"),
        ({"KeyConditionExpression": ""}, "must be specified in the request"),
    ],
)
def test_6_1_a_query_is_checked_against_the_key(change: dict[str, Any], message: str) -> None:
    world = World()
    backfilling(world)
    world.wait(world.durations.index_backfill)
    refusal = world.refused("Query", **probe(**change))
    assert refusal.code == INVALID
    assert message in refusal.message


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("GetItem", {"TableName": "orders"}),
        ("PutItem", {"TableName": "orders"}),
        ("Scan", {"TableName": "orders"}),
        ("BatchWriteItem", {"RequestItems": {"orders": []}}),
        ("BatchGetItem", {"RequestItems": {"orders": {}}}),
        ("TransactWriteItems", {"TransactItems": [{"Put": {"TableName": "orders"}}]}),
    ],
)
def test_6_1_items_are_out_of_reach_until_the_table_is_there(operation: str, parameters: dict[str, Any]) -> None:
    """A6: a CREATING table answers like an absent one."""
    world = World()
    rules = world.account.dynamodb
    with pytest.raises(Refusal) as absent:
        rules.admit(operation, parameters, world.now)
    world.create()
    with pytest.raises(Refusal) as refused:
        rules.admit(operation, parameters, world.now)
    assert refused.value.code == absent.value.code == "ResourceNotFoundException"
    assert refused.value.message == absent.value.message == "Requested resource not found"
    assert (absent.value.in_transition, refused.value.in_transition) == (False, True)
    world.wait(world.durations.table_create)
    rules.admit(operation, parameters, world.now)
    world.update(**STREAM)
    rules.admit(operation, parameters, world.now)
    world.wait(world.durations.stream)
    world.call("DeleteTable", TableName="orders")
    rules.admit(operation, parameters, world.now)


def test_6_1_an_unknown_index_cannot_be_scanned() -> None:
    world = World()
    world.active()
    refusal = world.refused("Query", TableName="orders", IndexName="by_day", KeyConditionExpression="day = :d")
    assert refusal.message == "The table does not have the specified index: by_day"
