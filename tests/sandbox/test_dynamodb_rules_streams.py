"""The streams of a table by their own API (fact sheet 1.1, section 3 and 5)."""

from typing import Any

import pytest

from orchestrator.sandbox.rules.refusal import Refusal
from tests.sandbox.dynamodb_world import DAY, GONE, INVALID, World, keys


def stream(view: str | None) -> dict[str, Any]:
    on = {"StreamEnabled": True, "StreamViewType": view}
    return {"StreamSpecification": on if view else {"StreamEnabled": False}}


def asked(world: World, operation: str, **parameters: Any) -> dict[str, Any]:
    return world.account.handle("dynamodbstreams", operation, parameters, world.now)


def listed(world: World, **more: Any) -> list[str]:
    return [shown["StreamArn"] for shown in asked(world, "ListStreams", **more)["Streams"]]


def described(world: World, arn: str) -> dict[str, Any]:
    found: dict[str, Any] = asked(world, "DescribeStream", StreamArn=arn)["StreamDescription"]
    return found


def switched(world: World, view: str | None) -> str:
    """The ARN that the table names after its stream was switched, and that has settled."""
    arn = str(world.update(**stream(view))["LatestStreamArn"])
    world.wait(world.durations.stream)
    return arn


def test_1_1_a_stream_is_enabling_then_enabled_then_disabled() -> None:
    world = World()
    world.active()
    made, arn = world.now, str(world.update(**stream("NEW_IMAGE"))["LatestStreamArn"])
    assert described(world, arn) == {
        "StreamArn": arn,
        "StreamLabel": arn.rpartition("/")[2],
        "StreamStatus": "ENABLING",
        "StreamViewType": "NEW_IMAGE",
        "CreationRequestDateTime": made,
        "TableName": "orders",
        "KeySchema": keys("id"),
        "Shards": [],
    }
    world.wait(world.durations.stream)
    assert described(world, arn)["StreamStatus"] == "ENABLED"
    world.update(**stream(None))
    assert described(world, arn)["StreamStatus"] == "DISABLING"
    world.wait(world.durations.stream)
    assert described(world, arn)["StreamStatus"] == "DISABLED"


def test_4_3_another_view_takes_a_new_stream_and_the_old_one_stays_for_a_day() -> None:
    world = World()
    world.active(**stream("NEW_IMAGE"))
    old = str(world.table()["LatestStreamArn"])
    refusal = world.update_refused(**stream("OLD_IMAGE"))
    assert (refusal.code, refusal.message) == (INVALID, "Table already has an enabled stream: TableName: orders")
    ended = world.now
    assert switched(world, None) == old, "the name of it remains"
    new = switched(world, "OLD_IMAGE")
    assert new != old
    assert listed(world) == listed(world, TableName="orders") == [old, new]
    assert (described(world, old)["StreamViewType"], described(world, new)["StreamViewType"]) == (
        "NEW_IMAGE",
        "OLD_IMAGE",
    )
    world.wait(ended + DAY - world.now)
    assert listed(world) == [new]
    with pytest.raises(Refusal) as caught:
        described(world, old)
    assert caught.value.code == GONE


def test_section_5_a_stream_outlives_its_table_by_a_day() -> None:
    world = World()
    world.active(**stream("KEYS_ONLY"))
    old = str(world.table()["LatestStreamArn"])
    world.call("DeleteTable", TableName="orders")
    gone = world.now + world.durations.table_delete
    world.wait(world.durations.table_delete + 50)
    assert described(world, old)["StreamStatus"] == "DISABLED"
    world.active(**stream("KEYS_ONLY"))
    assert listed(world) == [old, world.table()["LatestStreamArn"]]
    world.wait(gone + DAY - world.now)
    assert listed(world) == [world.table()["LatestStreamArn"]]


def test_streams_are_listed_in_pages() -> None:
    world = World()
    for name in ("aaa", "bbb", "ccc"):
        world.active(name, **stream("KEYS_ONLY"))
    everything = listed(world)
    first = asked(world, "ListStreams", Limit=2)
    assert first["LastEvaluatedStreamArn"] == everything[1]
    assert listed(world, ExclusiveStartStreamArn=everything[1]) == everything[2:]
    assert listed(world, TableName="bbb") == everything[1:2]
    with pytest.raises(Refusal, match="ValidationException"):
        asked(world, "DescribeStream", StreamArn="short")
    assert [call.resource for call in world.account.timeline.served[-2:]] == ["table/bbb", ""]
