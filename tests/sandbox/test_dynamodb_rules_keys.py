"""Indexes with several key attributes, up to four of each role (fact sheet 2.4, 4.2, 4.3)."""

from typing import Any

import pytest

from orchestrator.sandbox.rules.durations import Durations
from tests.sandbox.dynamodb_world import INVALID, World, attributes, deletion, keys, table

FOUR_AND_FOUR = "HHHHRRRR"


def several(roles: str, *, repeat: str | None = None) -> list[dict[str, str]]:
    """A key schema: `HHR` is k0 HASH, k1 HASH, k2 RANGE; `repeat` names the last one again."""
    words = {"H": "HASH", "R": "RANGE"}
    found = [{"AttributeName": f"k{place}", "KeyType": words[role]} for place, role in enumerate(roles)]
    if repeat:
        found[-1]["AttributeName"] = repeat
    return found


def by_all(roles: str, **more: Any) -> dict[str, Any]:
    return {"IndexName": "by_all", "KeySchema": several(roles, **more), "Projection": {"ProjectionType": "KEYS_ONLY"}}


def types(roles: str, **more: str) -> list[dict[str, str]]:
    return attributes(**more, **{f"k{place}": "SNB"[place % 3] for place in range(len(roles))})


def test_4_2_a_table_is_made_with_an_index_of_four_and_four() -> None:
    world = World(Durations.instant())
    world.active(AttributeDefinitions=types(FOUR_AND_FOUR, id="S"), GlobalSecondaryIndexes=[by_all(FOUR_AND_FOUR)])
    found = world.index("by_all")
    assert found is not None
    assert found["KeySchema"] == several(FOUR_AND_FOUR), "the order is part of the key (14.2)"
    assert len(world.table()["AttributeDefinitions"]) == 9
    world.update(GlobalSecondaryIndexUpdates=deletion("by_all"))
    assert world.table()["AttributeDefinitions"] == attributes(id="S")


@pytest.mark.parametrize("roles", ["HH", "HHR", "HRRRR", FOUR_AND_FOUR])
def test_2_4_an_index_of_several_is_added_to_a_live_table(roles: str) -> None:
    world = World(Durations.instant())
    world.active()
    update = {"GlobalSecondaryIndexUpdates": [{"Create": by_all(roles)}]}
    refusal = world.update_refused(AttributeDefinitions=types(roles)[:-1], **update)
    assert refusal.code == INVALID, "every key attribute of it must be defined"
    world.update(AttributeDefinitions=types(roles), **update)
    found = world.index("by_all")
    assert found is not None
    assert (found["KeySchema"], found["IndexStatus"]) == (several(roles), "ACTIVE")


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (several("HHHHH"), "exceeds the limit of 4"),
        (several("HRRRRR"), "exceeds the limit of 4"),
        (several("HRH"), "must precede"),
        (several("RH"), "first KeySchemaElement is not a HASH"),
        (several("RRR"), "first KeySchemaElement is not a HASH"),
        (several("HHR", repeat="k0"), "have the same name"),
    ],
)
def test_4_2_what_is_no_key_of_an_index_is_refused(schema: list[dict[str, str]], message: str) -> None:
    world = World()
    wrong = {"IndexName": "by_all", "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}}
    defined = attributes(id="S", **{f"k{place}": "S" for place in range(len(schema))})
    refusal = world.refused("CreateTable", **table(AttributeDefinitions=defined, GlobalSecondaryIndexes=[wrong]))
    assert refusal.code == INVALID
    assert message in refusal.message
    world.active()
    refusal = world.update_refused(AttributeDefinitions=defined, GlobalSecondaryIndexUpdates=[{"Create": wrong}])
    assert refusal.code == INVALID
    assert message in refusal.message


@pytest.mark.parametrize("roles", ["HHR", "HRR", "HHRR"])
def test_4_2_tables_and_local_indexes_have_one_of_each(roles: str) -> None:
    world = World()
    wrong = table(AttributeDefinitions=types(roles), KeySchema=several(roles))
    refusal = world.refused("CreateTable", **wrong)
    assert refusal.code == INVALID
    assert (
        "at 'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2"
        in refusal.message
    )
    local = {"IndexName": "near", "KeySchema": several(roles), "Projection": {"ProjectionType": "ALL"}}
    defined = types(roles, id="S", line="S")
    composite = table(AttributeDefinitions=defined, KeySchema=keys("id", "line"), LocalSecondaryIndexes=[local])
    refusal = world.refused("CreateTable", **composite)
    assert refusal.code == INVALID
    assert "Member must have length less than or equal to 2" in refusal.message


def test_4_2_a_table_with_two_partition_keys_is_refused() -> None:
    wrong = table(AttributeDefinitions=types("HH"), KeySchema=several("HH"))
    assert "second KeySchemaElement is not a RANGE" in World().refused("CreateTable", **wrong).message


def test_6_1_a_query_compares_every_partition_key() -> None:
    world = World(Durations.instant())
    world.active(AttributeDefinitions=attributes(id="S", k0="S", k1="S"), GlobalSecondaryIndexes=[by_all("HH")])
    asked: dict[str, Any] = {
        "TableName": "orders",
        "IndexName": "by_all",
        "ExpressionAttributeValues": {":a": {"S": "1"}, ":b": {"S": "2"}},
    }
    assert world.call("Query", KeyConditionExpression="k0 = :a AND k1 = :b", **asked)["Items"] == []
    refusal = world.refused("Query", KeyConditionExpression="k0 = :a", **asked)
    assert refusal.message == "Query condition missed key schema element: k1"
