"""CreateTable, DescribeTable, ListTables, DeleteTable (fact sheet 1.2, 1.4, 2.4, 2.5, section 5)."""

from typing import Any

import pytest

from orchestrator.sandbox.rules.durations import Durations, Staleness
from orchestrator.sandbox.rules.ground import Limits
from tests.sandbox.dynamodb_world import (
    ARN,
    IN_USE,
    INDEXED,
    INDEXED_PROVISIONED,
    INVALID,
    LIMIT,
    NOON,
    PROVISIONED,
    World,
    attributes,
    creation,
    index,
    keys,
    table,
    throughput,
)


def test_2_6_a_table_comes_up_with_all_its_indexes_at_once() -> None:
    world = World()
    reply = world.create(**INDEXED)["TableDescription"]
    assert reply["TableStatus"] == "CREATING"
    assert reply["GlobalSecondaryIndexes"][0]["IndexStatus"] == "CREATING"
    assert "Backfilling" not in reply["GlobalSecondaryIndexes"][0], "only indexes of live tables have it (1.3)"
    world.wait(world.durations.table_create_with_indexes - 0.1)
    assert world.table()["TableStatus"] == "CREATING"
    world.wait(0.1)
    assert world.table()["TableStatus"] == "ACTIVE"
    assert world.table()["GlobalSecondaryIndexes"][0]["IndexStatus"] == "ACTIVE"


def test_2_5_a_description_is_complete() -> None:
    world = World()
    world.active(
        **INDEXED,
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        SSESpecification={"Enabled": True, "SSEType": "KMS"},
        TableClass="STANDARD_INFREQUENT_ACCESS",
        DeletionProtectionEnabled=True,
    )
    described = dict(world.table())
    key = described["SSEDescription"].pop("KMSMasterKeyArn")
    assert key.startswith("arn:aws:kms:eu-west-1:123456789012:key/")
    assert len(described.pop("TableId")) == 36
    label = "2026-01-01T12:00:00.000"
    assert described == {
        "TableName": "orders",
        "TableArn": ARN,
        "TableStatus": "ACTIVE",
        "TableSizeBytes": 0,
        "ItemCount": 0,
        "CreationDateTime": NOON,
        "AttributeDefinitions": attributes(day="S", id="S"),
        "KeySchema": keys("id"),
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST", "LastUpdateToPayPerRequestDateTime": NOON},
        "ProvisionedThroughput": {"NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0},
        "WarmThroughput": {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE"},
        "DeletionProtectionEnabled": True,
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        "LatestStreamLabel": label,
        "LatestStreamArn": f"{ARN}/stream/{label}",
        "SSEDescription": {"Status": "ENABLED", "SSEType": "KMS"},
        "TableClassSummary": {"TableClass": "STANDARD_INFREQUENT_ACCESS"},
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "by_day",
                "KeySchema": keys("day"),
                "Projection": {"ProjectionType": "ALL"},
                "IndexStatus": "ACTIVE",
                "IndexSizeBytes": 0,
                "ItemCount": 0,
                "IndexArn": f"{ARN}/index/by_day",
                "ProvisionedThroughput": {"NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0},
                "WarmThroughput": {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE"},
            }
        ],
    }


def test_14_2_what_was_never_stated_is_absent() -> None:
    world = World()
    world.active(**PROVISIONED)
    absent = {"BillingModeSummary", "SSEDescription", "TableClassSummary", "StreamSpecification", "LatestStreamArn"}
    assert not absent & world.table().keys()
    assert (
        not {"Replicas", "GlobalSecondaryIndexes", "LocalSecondaryIndexes", "OnDemandThroughput"} & world.table().keys()
    )
    assert world.table()["DeletionProtectionEnabled"] is False


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"TableName": "ab"}, "at 'tableName' failed to satisfy constraint: Member must have length greater"),
        ({"TableName": "a b c"}, "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"),
        ({"TableName": "a" * 256}, "Member must have length less than or equal to 255"),
        ({"KeySchema": []}, "at 'keySchema' failed to satisfy constraint"),
        ({"BillingMode": "FREE"}, "Member must satisfy enum value set"),
        ({"AttributeDefinitions": attributes(id="S", other="S")}, "Number of attributes in KeySchema does not exactly"),
        ({"AttributeDefinitions": attributes(other="S")}, "Some index key attributes are not defined"),
        ({"AttributeDefinitions": [*attributes(id="S"), *attributes(id="N")]}, "Attribute Name is duplicated: id"),
        ({"KeySchema": keys("id", "id")}, "Some index key attribute have no definition"),
        ({"KeySchema": [{"AttributeName": "id", "KeyType": "RANGE"}]}, "first KeySchemaElement is not a HASH"),
        ({"ProvisionedThroughput": throughput(5)}, "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified"),
        ({"BillingMode": "PROVISIONED"}, "ReadCapacityUnits and WriteCapacityUnits must both be specified"),
        ({"GlobalSecondaryIndexes": []}, "List of GlobalSecondaryIndexes is empty"),
        ({"LocalSecondaryIndexes": [index("by_id", "id")]}, "Table KeySchema does not have a range key"),
        (
            {**INDEXED, "GlobalSecondaryIndexes": [index("by_day", "day"), index("by_day", "day")]},
            "Duplicate index name: by_day",
        ),
        (
            {**INDEXED, "GlobalSecondaryIndexes": [index("by_day", "day", ProvisionedThroughput=throughput(1))]},
            "ProvisionedThroughput should not be specified for index: by_day when BillingMode is PAY_PER_REQUEST",
        ),
        (
            {**INDEXED, "AttributeDefinitions": attributes(id="S", day="S", more="S")},
            "Some AttributeDefinitions are not used",
        ),
        ({"StreamSpecification": {"StreamEnabled": True}}, "stream enabled, UpdateViewType is required"),
        (
            {"StreamSpecification": {"StreamEnabled": False, "StreamViewType": "NEW_IMAGE"}},
            "stream disabled, UpdateViewType must not be specified",
        ),
        ({"SSESpecification": {"Enabled": True, "KMSMasterKeyId": "alias/unknown"}}, "KMS validation error"),
        (
            {"SSESpecification": {"Enabled": False, "SSEType": "KMS"}},
            "SSEType can not be specified if Enabled is false",
        ),
        ({"Tags": [{"Key": "aws:mine", "Value": "x"}]}, "Tag Key cannot be prefixed with aws:"),
    ],
)
def test_2_4_what_is_no_legal_table_is_refused_and_nothing_is_made(change: dict[str, Any], message: str) -> None:
    world = World()
    refusal = world.refused("CreateTable", **table() | change)
    assert (refusal.code, refusal.status) == (INVALID, 400)
    assert message in refusal.message
    assert world.call("ListTables")["TableNames"] == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"GlobalSecondaryIndexes": [index("by_day", "day")]},
            "ProvisionedThroughput is not specified for index: by_day",
        ),
        (
            {"OnDemandThroughput": {"MaxReadRequestUnits": 9}},
            "MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED",
        ),
    ],
)
def test_2_5_a_provisioned_table_needs_numbers_everywhere(change: dict[str, Any], message: str) -> None:
    world = World()
    refusal = world.refused("CreateTable", **table(**INDEXED_PROVISIONED) | change)
    assert refusal.code == INVALID
    assert message in refusal.message


def test_4_2_local_indexes_stand_under_the_tables_partition_key() -> None:
    world = World()
    composite: dict[str, Any] = {
        "AttributeDefinitions": attributes(id="S", line="N", total="N"),
        "KeySchema": keys("id", "line"),
    }
    for key, message in (
        (("total", "line"), "same leading hash key"),
        (("id",), "does not have a range key for index"),
    ):
        refusal = world.refused("CreateTable", **table(**composite, LocalSecondaryIndexes=[index("by_total", *key)]))
        assert message in refusal.message
    world.active(**composite, LocalSecondaryIndexes=[index("by_total", "id", "total")])
    assert world.table()["LocalSecondaryIndexes"] == [
        {
            "IndexName": "by_total",
            "KeySchema": keys("id", "total"),
            "Projection": {"ProjectionType": "ALL"},
            "IndexSizeBytes": 0,
            "ItemCount": 0,
            "IndexArn": f"{ARN}/index/by_total",
        }
    ]


def test_4_2_at_most_twenty_indexes_and_a_hundred_projected_attributes() -> None:
    world = World()
    indexes = [index(f"by_day_{number}", "day") for number in range(21)]
    refusal = world.refused("CreateTable", **table(**INDEXED | {"GlobalSecondaryIndexes": indexes}))
    assert "GlobalSecondaryIndex count exceeds the per-table limit of 20" in refusal.message

    def projecting(number: int) -> list[dict[str, Any]]:
        """`number` attributes in all: one in two indexes counts twice."""
        lists = [[f"a{place}" for place in range(start, min(start + 20, number))] for start in range(0, number, 20)]
        return [
            index(f"by_{at}", "day", Projection={"ProjectionType": "INCLUDE", "NonKeyAttributes": names})
            for at, names in enumerate(lists)
        ]

    refusal = world.refused("CreateTable", **table(**INDEXED | {"GlobalSecondaryIndexes": projecting(101)}))
    assert "NonKeyAttributes over all indexes exceeds the limit of 100" in refusal.message
    world.create(**INDEXED | {"GlobalSecondaryIndexes": projecting(100)})


@pytest.mark.parametrize(
    ("projection", "message"),
    [
        ({"ProjectionType": "INCLUDE"}, "ProjectionType is INCLUDE, but NonKeyAttributes is not specified"),
        ({"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "y", "x"]}, "Duplicate attribute name"),
        (
            {"ProjectionType": "ALL", "NonKeyAttributes": ["x"]},
            "ProjectionType is ALL, but NonKeyAttributes is specified",
        ),
        ({}, "Unknown ProjectionType: null"),
    ],
)
def test_projections_are_checked(projection: dict[str, Any], message: str) -> None:
    indexes = [index("by_day", "day", Projection=projection)]
    refusal = World().refused("CreateTable", **table(**INDEXED | {"GlobalSecondaryIndexes": indexes}))
    assert message in refusal.message


def test_1_4_a_name_in_use_is_refused_in_every_state() -> None:
    world = World()
    world.create()
    assert world.refused("CreateTable", **table()).code == IN_USE
    world.wait(world.durations.table_create)
    refusal = world.refused("CreateTable", **table())
    assert (refusal.code, refusal.message) == (IN_USE, "Table already exists: orders")
    assert not refusal.in_transition


def test_15_8_the_name_is_reserved_while_deleting_and_free_once_gone() -> None:
    world = World()
    world.active()
    first = world.table()["TableId"]
    world.call("DeleteTable", TableName="orders")
    refusal = world.refused("CreateTable", **table())
    assert refusal.code == IN_USE
    assert refusal.in_transition
    world.wait(world.durations.table_delete)
    assert world.refused("DescribeTable", TableName="orders").code == "ResourceNotFoundException"
    world.active()
    assert world.table()["TableId"] != first, "a table made anew has another TableId (0.2)"


def test_15_8_deleting_again_is_accepted_and_does_nothing() -> None:
    world = World()
    world.active()
    reply = world.call("DeleteTable", TableName="orders")["TableDescription"]
    assert reply["TableStatus"] == "DELETING"
    assert not {"KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes"} & reply.keys(), "section 5"
    world.wait(world.durations.table_delete / 2)
    assert world.call("DeleteTable", TableName="orders")["TableDescription"] == reply
    world.wait(world.durations.table_delete / 2)
    refusal = world.refused("DeleteTable", TableName="orders")
    assert refusal.message == "Requested resource not found: Table: orders not found"


def test_section_5_what_holds_back_a_deletion() -> None:
    world = World()
    world.create()
    assert world.refused("DeleteTable", TableName="orders").message.endswith("Table is being created: orders")
    world.wait(world.durations.table_create)
    world.update(StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    assert world.refused("DeleteTable", TableName="orders").message.endswith("Table is being updated: orders")
    world.wait(world.durations.stream)
    world.update(AttributeDefinitions=attributes(day="S"), GlobalSecondaryIndexUpdates=creation("by_day", "day"))
    world.wait(world.durations.index_start)
    assert world.table()["TableStatus"] == "ACTIVE"
    refusal = world.refused("DeleteTable", TableName="orders")
    assert refusal.message.endswith("Cannot delete table while indexes are being created, updated, or deleted.")
    assert (refusal.code, refusal.in_transition) == (IN_USE, True)


def test_15_8_a_protected_table_is_not_deleted_and_that_is_a_validation_error() -> None:
    world = World()
    world.active(DeletionProtectionEnabled=True)
    refusal = world.refused("DeleteTable", TableName="orders")
    assert refusal.code == INVALID
    assert refusal.message == (
        "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."
    )
    world.update(DeletionProtectionEnabled=False)
    world.wait(world.durations.protection)
    world.call("DeleteTable", TableName="orders")


def test_4_2_a_table_may_be_named_by_its_arn() -> None:
    world = World()
    world.active()
    assert world.table(ARN)["TableName"] == "orders"
    assert world.account.timeline.served[-1].resource == "table/orders"
    assert world.refused("DescribeTable", TableName=ARN.replace("123456789012", "210987654321")).code == (
        "AccessDeniedException"
    )
    assert world.refused("DescribeTable", TableName=ARN.replace("eu-west-1", "us-east-1")).code == INVALID


def test_4_1_at_most_so_many_tables_and_indexes_are_on_the_move() -> None:
    world = World(limits=Limits(tables_in_flight=4))
    world.create("one-with-index", **INDEXED)
    world.create("two")
    refusal = world.refused("CreateTable", **table("three", **INDEXED))
    assert refusal.code == LIMIT
    assert refusal.message == (
        "Subscriber limit exceeded: Only 4 tables can be created, updated, or deleted simultaneously"
    )
    world.create("three")
    world.wait(world.durations.table_create)
    world.create("four", **INDEXED)
    for operation, more in (
        ("DeleteTable", {}),
        ("UpdateTable", {"DeletionProtectionEnabled": True}),
        ("UpdateTimeToLive", {"TimeToLiveSpecification": {"Enabled": True, "AttributeName": "x"}}),
    ):
        assert world.refused(operation, TableName="two", **more).code == LIMIT
    world.wait(world.durations.table_create_with_indexes)
    world.call("DeleteTable", TableName="two")


def test_4_1_at_most_so_many_tables_with_indexes_are_created_at_once() -> None:
    world = World(limits=Limits(indexed_tables_creating=1))
    world.create("one", **INDEXED)
    refusal = world.refused("CreateTable", **table("two", **INDEXED))
    assert (refusal.code, refusal.in_transition) == (LIMIT, False)
    assert refusal.message == "Subscriber limit exceeded: Only 1 indexed tables that can be created simultaneously"
    world.create("two")


def test_list_tables_pages_by_name() -> None:
    world = World(Durations.instant())
    for name in ("ccc", "aaa", "bbb"):
        world.create(name)
    first = world.call("ListTables", Limit=2)
    assert first == {"TableNames": ["aaa", "bbb"], "LastEvaluatedTableName": "bbb"}
    assert world.call("ListTables", ExclusiveStartTableName="bbb") == {"TableNames": ["ccc"]}


def test_section_7_a_new_table_is_listed_late() -> None:
    lists = [self_listed(World(staleness=Staleness(), seed=seed)) for seed in range(12)]
    assert {tuple(names) for names in lists} == {(), ("orders",)}


def self_listed(world: World) -> list[str]:
    world.create()
    names: list[str] = world.call("ListTables")["TableNames"]
    world.wait(world.account.ground.staleness.seconds)
    assert world.call("ListTables")["TableNames"] == ["orders"]
    return names


def test_what_the_rules_do_not_model_is_said_so() -> None:
    refusal = World().refused("CreateTable", **table(VectorIndexes=[]))
    assert (refusal.code, refusal.status) == ("NotModelledBySandbox", 501)
    assert World().refused("ImportTable").code == "UnknownOperationException"


def test_the_account_answers_for_limits_and_endpoints() -> None:
    world = World()
    assert world.call("DescribeLimits")["TableMaxReadCapacityUnits"] == 40000
    assert world.call("DescribeEndpoints")["Endpoints"][0]["Address"] == "dynamodb.eu-west-1.amazonaws.com"
