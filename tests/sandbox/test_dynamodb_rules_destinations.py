"""Kinesis data streams that a table's changes go to (fact sheet 1.1, 1.4, 1.6, section 3)."""

from typing import Any

import pytest

from orchestrator.sandbox.rules.refusal import Refusal
from tests.sandbox.dynamodb_world import GONE, INVALID, PROVISIONED, World, throughput

KINESIS = "arn:aws:kinesis:eu-west-1:123456789012:stream/"
CHANGES, AUDIT = f"{KINESIS}changes", f"{KINESIS}audit"
STATE = "Table is not in a valid state to enable Kinesis Streaming Destination: "


def streaming(world: World, operation: str, stream: str = CHANGES, **more: Any) -> dict[str, Any]:
    return world.call(f"{operation}KinesisStreamingDestination", TableName="orders", StreamArn=stream, **more)


def refused(world: World, operation: str, stream: str = CHANGES, **more: Any) -> Refusal:
    return world.refused(f"{operation}KinesisStreamingDestination", TableName="orders", StreamArn=stream, **more)


def finer(precision: str = "MICROSECOND") -> dict[str, Any]:
    return {"UpdateKinesisStreamingConfiguration": {"ApproximateCreationDateTimePrecision": precision}}


def shown(world: World) -> list[dict[str, Any]]:
    reply = world.call("DescribeKinesisStreamingDestination", TableName="orders")
    destinations: list[dict[str, Any]] = reply["KinesisDataStreamDestinations"]
    return destinations


def streamed() -> World:
    """A table with one ACTIVE destination."""
    world = World()
    world.active()
    streaming(world, "Enable")
    world.wait(world.durations.destination_enable)
    return world


def test_section_3_a_destination_is_enabling_then_active_then_disabled_and_may_be_enabled_again() -> None:
    world = World()
    world.active()
    assert shown(world) == []
    assert streaming(world, "Enable") == {
        "TableName": "orders",
        "StreamArn": CHANGES,
        "DestinationStatus": "ENABLING",
        "EnableKinesisStreamingConfiguration": {},
    }
    assert shown(world) == [{"StreamArn": CHANGES, "DestinationStatus": "ENABLING"}]
    assert world.table()["TableStatus"] == "ACTIVE"
    world.wait(world.durations.destination_enable)
    assert shown(world)[0]["DestinationStatus"] == "ACTIVE"
    assert streaming(world, "Disable")["DestinationStatus"] == "DISABLING"
    assert refused(world, "Enable").in_transition, "the same stream again only after DISABLED"
    world.wait(world.durations.destination_disable)
    assert shown(world) == [{"StreamArn": CHANGES, "DestinationStatus": "DISABLED"}]
    streaming(world, "Enable")
    assert len(shown(world)) == 1, "a destination that comes back is no second one"


def test_section_3_only_one_destination_lives_at_a_time() -> None:
    world = streamed()
    for stream in (CHANGES, AUDIT):
        refusal = refused(world, "Enable", stream)
        assert (refusal.code, refusal.in_transition) == (INVALID, False)
        assert refusal.message == (
            f"{STATE}EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED to perform ENABLE operation."
        )


def test_1_6_a_precision_is_updated_for_minutes_and_the_same_one_is_refused() -> None:
    world = streamed()
    refusal = refused(world, "Update", **finer("MILLISECOND"))
    assert refusal.code == INVALID
    assert "Precision is already set to the desired value of MILLISECOND" in refusal.message
    assert refused(world, "Update").code == INVALID
    assert streaming(world, "Update", **finer())["DestinationStatus"] == "UPDATING"
    asked: dict[str, dict[str, Any]] = {"Update": finer("MILLISECOND"), "Disable": {}, "Enable": {}}
    for operation, more in asked.items():
        refusal = refused(world, operation, **more)
        assert (refusal.code, refusal.in_transition) == (INVALID, True), operation
    world.wait(world.durations.destination_update)
    (entry,) = shown(world)
    assert (entry["DestinationStatus"], entry["ApproximateCreationDateTimePrecision"]) == ("ACTIVE", "MICROSECOND")
    assert "already set" in refused(world, "Update", **finer()).message


@pytest.mark.parametrize("stream", [CHANGES, "arn:aws:kinesis:us-east-1:123456789012:stream/changes"])
def test_section_3_a_stream_that_is_not_there_is_found_out_later(stream: str) -> None:
    world = World()
    world.active()
    world.account.dynamodb.destinations.stream_exists(CHANGES, exists=False)
    assert streaming(world, "Enable", stream)["DestinationStatus"] == "ENABLING"
    world.wait(world.durations.destination_enable)
    (entry,) = shown(world)
    assert entry["DestinationStatus"] == "ENABLE_FAILED"
    assert stream in entry["DestinationStatusDescription"]
    refusal = refused(world, "Disable", stream)
    assert refusal.message == f"{STATE}KinesisStreamingDestination must be ACTIVE to perform DISABLE operation."
    assert not refusal.in_transition
    world.account.dynamodb.destinations.stream_exists(CHANGES, exists=True)
    streaming(world, "Enable")
    world.wait(world.durations.destination_enable)
    assert {"StreamArn": CHANGES, "DestinationStatus": "ACTIVE"} in shown(world)


def test_1_4_what_never_was_a_destination_is_refused_as_a_wrong_state() -> None:
    world = streamed()
    asked: dict[str, dict[str, Any]] = {"Disable": {}, "Update": finer()}
    for operation, more in asked.items():
        refusal = refused(world, operation, AUDIT, **more)
        assert (refusal.code, refusal.in_transition) == (INVALID, False)
        assert refusal.message.endswith(
            f"No streaming destination with streamArn: {AUDIT} found for table with tableName: orders"
        )
    configuration: dict[str, Any] = {
        "EnableKinesisStreamingConfiguration": {"ApproximateCreationDateTimePrecision": "MICROSECOND"}
    }
    assert refused(world, "Disable", CHANGES, **configuration).code == INVALID


def test_1_4_a_table_that_is_absent_or_on_its_way_has_no_destination() -> None:
    world = World()
    assert refused(world, "Enable").code == GONE
    assert world.refused("DescribeKinesisStreamingDestination", TableName="orders").code == GONE
    world.create(**PROVISIONED)
    refusal = refused(world, "Enable")
    assert (refusal.code, refusal.in_transition) == (INVALID, True)
    assert refusal.message.startswith(STATE)
    world.wait(world.durations.table_create)
    world.update(ProvisionedThroughput=throughput(9))
    assert refused(world, "Enable").message.startswith(STATE)
    world.wait(world.durations.throughput)
    streaming(world, "Enable")
    world.call("DeleteTable", TableName="orders")
    assert refused(world, "Disable").in_transition
    world.wait(world.durations.table_delete)
    world.active()
    assert shown(world) == [], "a later table of that name has none of it"


def test_a_destination_bars_no_other_change() -> None:
    world = World()
    world.active(**PROVISIONED)
    streaming(world, "Enable")
    world.update(ProvisionedThroughput=throughput(9))
    assert not world.account.timeline.clashes()
