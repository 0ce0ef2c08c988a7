"""The simulated Lambda: event source mappings (fact sheet 11.10, 12.3)."""

import datetime
from typing import Any

import pytest

from orchestrator.sandbox.rules.durations import Durations, Staleness
from orchestrator.sandbox.rules.lambda_.rights import RECEIVING
from orchestrator.sandbox.rules.refusal import Refusal
from tests.sandbox.dynamodb_world import attributes, keys
from tests.sandbox.lambda_world import ARN, CREATE, PUBLISH, ROLE, UPDATE, LambdaWorld

QUEUE = "arn:aws:sqs:eu-west-1:123456789012:orders"
KINESIS = "arn:aws:kinesis:eu-west-1:123456789012:stream/orders"
DEAD = "arn:aws:sqs:eu-west-1:123456789012:dead"
BUSY = 10.0
OPERATION = "CreateEventSourceMapping"


def _mapped(world: LambdaWorld, source: str = KINESIS, **more: Any) -> dict[str, Any]:
    """A CreateEventSourceMapping that is accepted."""
    start = {} if ":sqs:" in source else {"StartingPosition": "LATEST"}
    return world.call(OPERATION, **{"FunctionName": "fn", "EventSourceArn": source, **start, **more})


def _world(staleness: Staleness | None = None, **durations: float) -> LambdaWorld:
    spans = {f"event_source_{what}": BUSY for what in ("create", "update", "delete")}
    world = LambdaWorld(staleness, **{**spans, **durations})
    world.active()
    return world


def _shown(world: LambdaWorld, uuid: str) -> dict[str, Any]:
    return world.call("GetEventSourceMapping", UUID=uuid)


def test_a_mapping_is_created_changed_switched_and_deleted_each_taking_its_time() -> None:
    world = _world()
    made = _mapped(world)
    uuid = made["UUID"]
    assert (made["State"], made["FunctionArn"], made["EventSourceArn"]) == ("Creating", ARN, KINESIS)
    assert made["EventSourceMappingArn"].endswith(f":event-source-mapping:{uuid}")
    world.wait(BUSY)
    assert _shown(world, uuid)["State"] == "Enabled"
    for change, passing, settled in (
        ({"BatchSize": 7}, "Updating", "Enabled"),
        ({"Enabled": False}, "Disabling", "Disabled"),
        ({"Enabled": False, "BatchSize": 8}, "Updating", "Disabled"),
        ({"Enabled": True}, "Enabling", "Enabled"),
    ):
        assert world.call("UpdateEventSourceMapping", UUID=uuid, **change)["State"] == passing
        world.wait(BUSY)
        assert _shown(world, uuid)["State"] == settled
    assert _shown(world, uuid)["BatchSize"] == 8
    assert world.call("DeleteEventSourceMapping", UUID=uuid)["State"] == "Deleting"
    assert _shown(world, uuid)["State"] == "Deleting"
    world.wait(BUSY)
    assert world.refused("GetEventSourceMapping", UUID=uuid).status == 404
    assert world.call("ListEventSourceMappings") == {"EventSourceMappings": []}


def test_a_mapping_may_begin_disabled() -> None:
    world = _world()
    made = _mapped(world, Enabled=False)
    world.wait(BUSY)
    assert _shown(world, made["UUID"])["State"] == "Disabled"


@pytest.mark.parametrize("before", ["create", "update", "delete"])
def test_a_busy_mapping_takes_no_change(before: str) -> None:
    world = _world()
    uuid = _mapped(world)["UUID"]
    if before != "create":
        world.wait(BUSY)
        world.call(f"{before.capitalize()}EventSourceMapping", UUID=uuid)
    for doing in ("update", "delete"):
        refusal = world.refused(f"{doing.capitalize()}EventSourceMapping", UUID=uuid)
        assert (refusal.code, refusal.status, refusal.in_transition) == ("ResourceInUseException", 400, True)
        assert refusal.message == f"Cannot {doing} the event source mapping because it is in use."


def test_what_each_sort_of_source_has_unless_told_otherwise() -> None:
    world = _world()
    stream, queue = _mapped(world), _mapped(world, QUEUE)
    assert (stream["BatchSize"], queue["BatchSize"]) == (100, 10)
    assert stream["MaximumRetryAttempts"] == stream["MaximumRecordAgeInSeconds"] == -1
    assert stream["DestinationConfig"] == {"OnFailure": {}}
    assert not {"MaximumRetryAttempts", "StartingPosition", "LastProcessingResult"} & queue.keys()
    assert (stream["StateTransitionReason"], queue["StateTransitionReason"]) == ("User action", "USER_INITIATED")
    assert stream["LastProcessingResult"] == "No records processed"


def test_everything_that_a_stream_takes_is_kept_and_cleared_by_its_own_form() -> None:
    world = _world()
    stated: dict[str, Any] = {
        "BatchSize": 50,
        "MaximumBatchingWindowInSeconds": 5,
        "ParallelizationFactor": 2,
        "MaximumRetryAttempts": 3,
        "MaximumRecordAgeInSeconds": 3600,
        "BisectBatchOnFunctionError": True,
        "DestinationConfig": {"OnFailure": {"Destination": DEAD}},
        "FilterCriteria": {"Filters": [{"Pattern": '{"eventName": ["INSERT"]}'}]},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    }
    uuid = _mapped(world, **stated)["UUID"]
    world.wait(BUSY)
    assert stated.items() <= _shown(world, uuid).items()
    world.call("UpdateEventSourceMapping", UUID=uuid, BatchSize=60)
    world.wait(BUSY)
    assert {**stated, "BatchSize": 60}.items() <= _shown(world, uuid).items()
    cleared = world.call(
        "UpdateEventSourceMapping",
        UUID=uuid,
        FilterCriteria={},
        DestinationConfig={"OnFailure": {"Destination": ""}},
        FunctionResponseTypes=[],
    )
    assert "FilterCriteria" not in cleared
    assert (cleared["DestinationConfig"], cleared["FunctionResponseTypes"]) == ({"OnFailure": {}}, [])
    assert cleared["MaximumRetryAttempts"] == 3


def test_a_queues_concurrency_is_kept_and_cleared() -> None:
    world = _world()
    uuid = _mapped(world, QUEUE, ScalingConfig={"MaximumConcurrency": 5})["UUID"]
    world.wait(BUSY)
    assert _shown(world, uuid)["ScalingConfig"] == {"MaximumConcurrency": 5}
    assert "ScalingConfig" not in world.call("UpdateEventSourceMapping", UUID=uuid, ScalingConfig={})


@pytest.mark.parametrize(
    ("source", "more", "text"),
    [
        (KINESIS, {"StartingPosition": None}, "Value null at 'startingPosition'"),
        (KINESIS, {"StartingPosition": "AT_TIMESTAMP"}, "StartingPositionTimestamp goes with"),
        (KINESIS, {"StartingPositionTimestamp": 5}, "StartingPositionTimestamp goes with"),
        (KINESIS, {"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 2e9}, "cannot be in the future"),
        (KINESIS, {"StartingPosition": "SOON"}, "Member must satisfy enum value set"),
        (KINESIS.replace("kinesis", "dynamodb"), {"StartingPosition": "AT_TIMESTAMP"}, "Unsupported starting position for arn"),
        (QUEUE, {"StartingPosition": "LATEST"}, "StartingPosition is not valid for SQS event sources."),
        (QUEUE, {"ParallelizationFactor": 2}, "Unsupported ParallelizationFactor parameter for given event source"),
        (QUEUE, {"MaximumRetryAttempts": 2}, "Unsupported MaximumRetryAttempts parameter"),
        (QUEUE, {"MaximumRecordAgeInSeconds": 60}, "Unsupported MaximumRecordAgeInSeconds parameter"),
        (QUEUE, {"BisectBatchOnFunctionError": True}, "Unsupported BisectBatchOnFunctionError parameter"),
        (QUEUE, {"DestinationConfig": {"OnFailure": {"Destination": DEAD}}}, "Unsupported DestinationConfig parameter"),
        (KINESIS, {"ScalingConfig": {"MaximumConcurrency": 2}}, "Unsupported ScalingConfig parameter"),
        (KINESIS, {"DestinationConfig": {"OnSuccess": {"Destination": DEAD}}}, "Unsupported DestinationConfig parameter"),
        (KINESIS, {"DestinationConfig": {"OnFailure": {"Destination": ARN}}}, "Unsupported DestinationConfig parameter"),
        (KINESIS, {"DestinationConfig": {"OnFailure": {"Destination": DEAD + ".fifo"}}}, "Unsupported DestinationConfig"),
        (QUEUE, {"BatchSize": 11}, "Maximum batch window in seconds must be greater than 0 if maximum batch size is"),
        (QUEUE + ".fifo", {"BatchSize": 11}, "must not be greater than 10 for FIFO queues"),
        (QUEUE + ".fifo", {"MaximumBatchingWindowInSeconds": 1}, "Batching window is not supported for FIFO queues"),
        (KINESIS, {"BatchSize": 10001}, "Member must have value less than or equal to 10000"),
        (KINESIS, {"MaximumBatchingWindowInSeconds": 301}, "less than or equal to 300"),
        (KINESIS, {"ParallelizationFactor": 11}, "less than or equal to 10"),
        (KINESIS, {"MaximumRecordAgeInSeconds": 59}, "at least 60"),
        (KINESIS, {"MaximumRecordAgeInSeconds": 604801}, "less than or equal to 604800"),
        (KINESIS, {"MaximumRetryAttempts": 10001}, "less than or equal to 10000"),
        (KINESIS, {"FilterCriteria": {"Filters": [{"Pattern": "no json"}]}}, "Invalid filter pattern definition."),
        (KINESIS, {"FilterCriteria": {"Filters": [{"Pattern": "[1]"}]}}, "Invalid filter pattern definition."),
        (KINESIS, {"FilterCriteria": {"Filters": [{"Pattern": "{}"}] * 6}}, "at most 5 filters"),
        (KINESIS, {"FunctionName": "none"}, "Function does not exist"),
        (KINESIS, {"FunctionName": "fn:none"}, "Function does not exist"),
        (KINESIS.replace("kinesis", "kafka"), {}, "models event sources of DynamoDB, Kinesis and SQS only"),
        (None, {}, "Unrecognized event source."),
    ],
)  # fmt: skip
def test_create_is_refused(source: str | None, more: dict[str, Any], text: str) -> None:
    world = _world()
    start = {"StartingPosition": "LATEST"} if source and ":sqs:" not in source else {}
    given = {"FunctionName": "fn", "EventSourceArn": source, **start, **more}
    refusal = world.refused(OPERATION, **{name: value for name, value in given.items() if value is not None})
    assert text in refusal.message
    assert world.call("ListEventSourceMappings") == {"EventSourceMappings": []}


def test_update_keeps_to_the_same_rules() -> None:
    world = _world()
    uuid = _mapped(world, QUEUE)["UUID"]
    world.wait(BUSY)
    assert "Maximum batch window" in world.refused("UpdateEventSourceMapping", UUID=uuid, BatchSize=11).message
    assert "Unsupported" in world.refused("UpdateEventSourceMapping", UUID=uuid, ParallelizationFactor=2).message
    assert "not exist" in world.refused("UpdateEventSourceMapping", UUID=uuid, FunctionName="none").message


@pytest.mark.parametrize(
    "when", [999_000.0, datetime.datetime.fromtimestamp(999_000, datetime.UTC), "1970-01-12T13:30:00Z"]
)
def test_reading_may_start_at_a_time(when: object) -> None:
    made = _mapped(_world(), StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=when)
    assert (made["StartingPosition"], made["StartingPositionTimestamp"]) == ("AT_TIMESTAMP", 999_000.0)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (KINESIS, 'The event source arn (" {source} ") and function (" fn ") provided mapping already exists. '),
        (QUEUE, 'An event source mapping with SQS arn (" {source} ") and function (" fn ") already exists. '),
    ],
)
def test_a_second_mapping_of_the_same_two_is_a_conflict_that_names_the_first(source: str, text: str) -> None:
    world = _world()
    uuid = _mapped(world, source)["UUID"]
    start = {} if source == QUEUE else {"StartingPosition": "LATEST"}
    refusal = world.refused(OPERATION, FunctionName="fn", EventSourceArn=source, **start)
    assert (refusal.code, refusal.status) == ("ResourceConflictException", 409)
    advice = f"Please update or delete the existing mapping with UUID {uuid}"
    assert refusal.message == text.format(source=source) + advice
    _mapped(world, source.replace("orders", "others"))


def test_an_alias_has_mappings_of_its_own_and_one_can_be_moved() -> None:
    world = _world()
    world.call("PublishVersion", FunctionName="fn")
    world.wait(PUBLISH)
    world.call("CreateAlias", FunctionName="fn", Name="live", FunctionVersion="1")
    plain, live = _mapped(world), _mapped(world, FunctionName="fn:live")
    assert (plain["FunctionArn"], live["FunctionArn"]) == (ARN, f"{ARN}:live")

    def listed(**by: str) -> set[str]:
        return {one["UUID"] for one in world.call("ListEventSourceMappings", **by)["EventSourceMappings"]}

    assert listed(FunctionName="fn") == {plain["UUID"]}
    assert listed(FunctionName="fn:live") == {live["UUID"]}
    assert listed(EventSourceArn=KINESIS) == listed() == {plain["UUID"], live["UUID"]}
    assert listed(EventSourceArn=QUEUE) == set()
    world.wait(BUSY)
    moving = {"UUID": plain["UUID"], "FunctionName": f"{ARN}:live"}
    assert world.refused("UpdateEventSourceMapping", **moving).code == "ResourceConflictException"
    world.call("DeleteEventSourceMapping", UUID=live["UUID"])
    world.wait(BUSY)
    assert world.call("UpdateEventSourceMapping", **moving)["FunctionArn"] == f"{ARN}:live"


def test_a_mapping_outlives_its_function_and_its_source_with_a_problem() -> None:
    world = _world()
    uuid = _mapped(world)["UUID"]
    world.wait(BUSY)
    world.rules.neighbours.exist(KINESIS, there=False)
    assert _shown(world, uuid)["LastProcessingResult"].startswith("PROBLEM")
    world.rules.neighbours.exist(KINESIS)
    assert _shown(world, uuid)["LastProcessingResult"] == "No records processed"
    world.call("DeleteFunction", FunctionName="fn")
    shown = _shown(world, uuid)
    assert (shown["State"], shown["LastProcessingResult"]) == ("Enabled", "PROBLEM: Function not found")
    world.call("DeleteEventSourceMapping", UUID=uuid)


def test_only_the_open_stream_of_a_table_can_be_read() -> None:
    world = _world()
    world.account.handle(
        "dynamodb",
        "CreateTable",
        {
            "TableName": "orders",
            "KeySchema": keys("order_id"),
            "AttributeDefinitions": attributes(order_id="S"),
            "BillingMode": "PAY_PER_REQUEST",
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        },
        world.now,
    )
    world.wait(60)
    table = world.account.handle("dynamodb", "DescribeTable", {"TableName": "orders"}, world.now)["Table"]
    arn = table["LatestStreamArn"]
    wrong = arn.rpartition("/")[0] + "/2020-01-01T00:00:00.000"
    uuid = _mapped(world, arn)["UUID"]
    parameters = {"FunctionName": "fn", "StartingPosition": "LATEST"}
    for unknown in (wrong, arn.replace("orders", "others"), arn.replace("eu-west-1", "eu-west-2")):
        refusal = world.refused(OPERATION, EventSourceArn=unknown, **parameters)
        assert (refusal.code, refusal.message) == ("InvalidParameterValueException", f"Stream not found: {unknown}")
    off = {"TableName": "orders", "StreamSpecification": {"StreamEnabled": False}}
    world.account.handle("dynamodb", "UpdateTable", off, world.now)
    world.wait(60)
    assert "Stream not found" in world.refused("UpdateEventSourceMapping", UUID=uuid, BatchSize=5).message
    assert _shown(world, uuid)["LastProcessingResult"].startswith("PROBLEM")


def test_a_queue_hides_messages_as_long_as_its_function_may_run() -> None:
    world = _world()
    world.call("UpdateFunctionConfiguration", FunctionName="fn", Timeout=60)
    world.wait(UPDATE)
    refusal = world.refused(OPERATION, FunctionName="fn", EventSourceArn=QUEUE)
    assert refusal.code == "InvalidParameterValueException"
    assert refusal.message == "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds"
    world.rules.neighbours.queue(QUEUE, 60)
    uuid = _mapped(world, QUEUE)["UUID"]
    world.wait(BUSY)
    world.rules.neighbours.queue(QUEUE, 59)
    assert "59 seconds" in world.refused("UpdateEventSourceMapping", UUID=uuid, BatchSize=5).message
    world.rules.neighbours.exist(QUEUE, there=False)
    assert "NonExistentQueue" in world.refused("UpdateEventSourceMapping", UUID=uuid, BatchSize=5).message


def test_a_young_role_may_not_reach_the_source_yet() -> None:
    world = LambdaWorld(iam_rights_lag=12)
    role = world.active()["Role"]
    refusal = world.refused(OPERATION, FunctionName="fn", EventSourceArn=KINESIS, StartingPosition="LATEST")
    assert refusal.message.startswith(
        f"Cannot access stream {KINESIS}. Please ensure the role can perform the GetRecords"
    )
    refusal = world.refused(OPERATION, FunctionName="fn", EventSourceArn=QUEUE)
    assert "execution role does not have permissions to call ReceiveMessage on SQS" in refusal.message
    world.wait(12 - CREATE)
    _mapped(world)
    world.rules.role_permitted(role, world.now)
    assert "permissions" in world.refused(OPERATION, FunctionName="fn", EventSourceArn=QUEUE).message
    world.wait(12)
    _mapped(world, QUEUE)


def test_a_destination_that_is_gone_is_refused_as_one_that_is_forbidden() -> None:
    world = _world()
    world.rules.neighbours.exist(DEAD, there=False)
    failing = {"DestinationConfig": {"OnFailure": {"Destination": DEAD}}}
    given = {"FunctionName": "fn", "EventSourceArn": KINESIS, "StartingPosition": "LATEST"}
    refusal = world.refused(OPERATION, **given, **failing)
    assert refusal.message == "The provided execution role does not have permissions to call SendMessage on SQS"


def test_a_new_function_and_a_new_mapping_are_not_seen_at_once() -> None:
    world = LambdaWorld(Staleness(reads=3, seconds=4, tags=0))
    world.create()
    given = {"FunctionName": "fn", "EventSourceArn": KINESIS, "StartingPosition": "LATEST"}
    assert world.refused(OPERATION, **given).message == "Function does not exist"
    world.wait(4)
    missed = 0
    for number in range(20):
        uuid = _mapped(world, KINESIS + str(number))["UUID"]
        try:
            _shown(world, uuid)
        except Refusal:
            missed += 1
    assert 0 < missed < 20
    world.wait(5)
    assert len(world.call("ListEventSourceMappings")["EventSourceMappings"]) == 20


def test_mappings_settle_at_once_where_nothing_takes_time() -> None:
    assert Durations.instant().event_source_create == 0
    world = _world(event_source_create=0)
    uuid = _mapped(world)["UUID"]
    assert _shown(world, uuid)["State"] == "Enabled"
    assert world.rules.resource("GetEventSourceMapping", {"UUID": uuid}) == f"event-source-mapping/{uuid}"


def test_a_mapping_has_tags() -> None:
    world = _world()
    made = _mapped(world, Tags={"team": "orders"})
    arn = made["EventSourceMappingArn"]
    world.call("TagResource", Resource=arn, Tags={"stage": "dev"})
    world.call("UntagResource", Resource=arn, TagKeys=["team"])
    assert world.call("ListTags", Resource=arn) == {"Tags": {"stage": "dev"}}
    world.wait(BUSY)
    world.call("DeleteEventSourceMapping", UUID=made["UUID"])
    world.wait(BUSY)
    assert world.refused("ListTags", Resource=arn).status == 404


def test_a_role_without_the_right_never_reaches_the_source() -> None:
    world = _world()
    world.rules.deny(ROLE, RECEIVING)
    world.wait(3600)
    refusal = world.refused(OPERATION, FunctionName="fn", EventSourceArn=QUEUE)
    assert refusal.message.endswith("execution role does not have permissions to call ReceiveMessage on SQS")
    _mapped(world)
