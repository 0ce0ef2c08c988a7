"""What hangs on a function over real HTTP: routes, shapes, the control door, and what is seen of moto's queues and roles."""

import datetime
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from tests.sandbox.dynamodb_world import attributes, keys
from tests.sandbox.lambda_world import function
from tests.sandbox.served import DURATIONS, Served, refused, served

pytestmark = pytest.mark.http

QUEUE = "arn:aws:sqs:eu-west-1:123456789012:orders"


@pytest.fixture
def sandbox() -> Iterator[Served]:
    with served() as running:
        running.client("lambda").create_function(**function(Timeout=60))
        yield running


def _versioned(sandbox: Served) -> Any:
    """A client, the function having the alias `live`."""
    client = sandbox.client("lambda")
    sandbox.until(lambda: client.get_function(FunctionName="fn")["Configuration"]["State"] == "Active")
    client.publish_version(FunctionName="fn")
    client.create_alias(FunctionName="fn", Name="live", FunctionVersion="1")
    live = {"FunctionName": "fn", "Qualifier": "live"}
    sandbox.until(lambda: client.get_function(**live)["Configuration"]["State"] == "Active")
    return client


def test_a_mapping_of_a_tables_stream_lives_and_dies(sandbox: Served) -> None:
    tables, client = sandbox.client("dynamodb"), sandbox.client("lambda")
    tables.create_table(
        TableName="orders",
        KeySchema=keys("order_id"),
        AttributeDefinitions=attributes(order_id="S"),
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    sandbox.until(lambda: tables.describe_table(TableName="orders")["Table"]["TableStatus"] == "ACTIVE")
    arn = tables.describe_table(TableName="orders")["Table"]["LatestStreamArn"]
    start = {"FunctionName": "fn", "StartingPosition": "LATEST"}
    made = client.create_event_source_mapping(EventSourceArn=arn, **start)
    assert (made["ResponseMetadata"]["HTTPStatusCode"], made["State"]) == (202, "Creating")
    assert isinstance(made["LastModified"], datetime.datetime)
    uuid = made["UUID"]
    changed = client.update_event_source_mapping(UUID=uuid, BatchSize=5, Enabled=False)
    assert (changed["State"], changed["BatchSize"]) == ("Disabling", 5)
    assert client.get_event_source_mapping(UUID=uuid)["State"] == "Disabled"
    assert [one["UUID"] for one in client.list_event_source_mappings(EventSourceArn=arn)["EventSourceMappings"]] == [
        uuid
    ]
    assert refused(client.create_event_source_mapping, EventSourceArn=arn, **start)[:2] == (
        409,
        "ResourceConflictException",
    )
    assert (
        refused(client.create_event_source_mapping, EventSourceArn=arn + "0", **start)[2] == f"Stream not found: {arn}0"
    )
    assert client.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    assert refused(client.get_event_source_mapping, UUID=uuid)[:2] == (404, "ResourceNotFoundException")


def test_a_queues_visibility_is_told_at_the_door(sandbox: Served) -> None:
    client = sandbox.client("lambda")
    mapping = {"FunctionName": "fn", "EventSourceArn": QUEUE}
    status, code, text = refused(client.create_event_source_mapping, **mapping)
    assert (status, code) == (400, "InvalidParameterValueException")
    assert text == "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds"
    told = {"region": "eu-west-1", "arn": QUEUE}
    sandbox.control("queue", {**told, "visibility_timeout": 60})
    uuid = client.create_event_source_mapping(**mapping)["UUID"]
    sandbox.control("source", {**told, "exists": False})
    assert client.get_event_source_mapping(UUID=uuid)["LastProcessingResult"].startswith("PROBLEM")
    sandbox.control("source", {**told, "exists": True})
    assert "LastProcessingResult" not in client.get_event_source_mapping(UUID=uuid)


def test_queues_made_in_moto_are_seen(sandbox: Served) -> None:
    queues, client = sandbox.client("sqs"), sandbox.client("lambda")
    url = queues.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "59"})["QueueUrl"]
    mapping = {"FunctionName": "fn", "EventSourceArn": QUEUE}
    assert "timeout: 59 seconds" in refused(client.create_event_source_mapping, **mapping)[2]
    queues.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "360"})
    client.create_event_source_mapping(**mapping)
    queues.delete_queue(QueueUrl=url)
    other = {"FunctionName": "fn:$LATEST", "EventSourceArn": QUEUE}
    assert "NonExistentQueue" in refused(client.create_event_source_mapping, **other)[2]


def test_a_kinesis_stream_that_is_gone_in_moto_is_gone_for_mappings_too(sandbox: Served) -> None:
    streams, client = sandbox.client("kinesis"), sandbox.client("lambda")
    streams.create_stream(StreamName="orders", ShardCount=1)
    arn = streams.describe_stream_summary(StreamName="orders")["StreamDescriptionSummary"]["StreamARN"]
    given = {"EventSourceArn": arn, "StartingPosition": "LATEST"}
    uuid = client.create_event_source_mapping(FunctionName="fn", **given)["UUID"]
    streams.delete_stream(StreamName="orders")
    assert client.get_event_source_mapping(UUID=uuid)["LastProcessingResult"].startswith("PROBLEM")
    assert (
        refused(client.create_event_source_mapping, FunctionName="fn:$LATEST", **given)[2] == f"Stream not found: {arn}"
    )
    sandbox.control("kinesis", {"region": "eu-west-1", "stream": arn, "exists": True})
    client.create_event_source_mapping(FunctionName="fn:$LATEST", **given)


def test_rights_given_in_moto_count_from_then() -> None:
    with served(durations=replace(DURATIONS, iam_rights_lag=20)) as sandbox:
        roles, client = sandbox.client("iam"), sandbox.client("lambda")
        role = roles.create_role(RoleName="events", AssumeRolePolicyDocument="{}", Path="/app/")["Role"]["Arn"]
        client.create_function(**function(Role=role))
        mapping = {"FunctionName": "fn", "EventSourceArn": QUEUE}
        for _ in range(30):
            client.list_functions()
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}
        roles.put_role_policy(RoleName="events", PolicyName="read", PolicyDocument=json.dumps(policy))
        assert "permissions to call ReceiveMessage" in refused(client.create_event_source_mapping, **mapping)[2]
        for _ in range(30):
            client.list_functions()
        client.create_event_source_mapping(**mapping)


def test_permissions_over_http(sandbox: Served) -> None:
    client = sandbox.client("lambda")
    given = {"FunctionName": "fn", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
    assert refused(client.get_policy, FunctionName="fn")[:2] == (404, "ResourceNotFoundException")
    reply = client.add_permission(StatementId="s3", **given)
    assert reply["ResponseMetadata"]["HTTPStatusCode"] == 201
    policy = client.get_policy(FunctionName="fn")
    assert json.loads(policy["Policy"])["Statement"] == [json.loads(reply["Statement"])]
    old = {"RevisionId": policy["RevisionId"]}
    client.add_permission(StatementId="other", **given, **old)
    assert refused(client.remove_permission, FunctionName="fn", StatementId="s3", **old)[:2] == (
        412, "PreconditionFailedException",
    )  # fmt: skip
    assert refused(client.add_permission, StatementId="s3", **given)[0] == 409
    client.remove_permission(FunctionName="fn", StatementId="s3")
    assert refused(client.remove_permission, FunctionName="fn", StatementId="s3")[2] == (
        "Statement s3 is not found in resource policy."
    )


def test_permissions_given_side_by_side_are_all_answered_and_one_after_the_other_all_kept(sandbox: Served) -> None:
    client = sandbox.client("lambda", max_pool_connections=8)
    given = {"FunctionName": "fn", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda n: client.add_permission(StatementId=f"p{n}", **given), range(8)))
    assert len(replies) == 8

    def kept() -> set[str]:
        return {one["Sid"] for one in json.loads(client.get_policy(FunctionName="fn")["Policy"])["Statement"]}

    before = kept()
    assert before
    assert before <= {f"p{n}" for n in range(8)}
    for number in range(3):
        client.add_permission(StatementId=f"q{number}", **given)
    assert kept() == before | {"q0", "q1", "q2"}


def test_urls_concurrency_and_async_invocation_over_http(sandbox: Served) -> None:
    client = _versioned(sandbox)
    live = {"FunctionName": "fn", "Qualifier": "live"}
    url = client.create_function_url_config(AuthType="NONE", Cors={"AllowOrigins": ["*"]}, **live)
    assert client.get_function_url_config(**live)["FunctionUrl"] == url["FunctionUrl"]
    assert client.update_function_url_config(AuthType="AWS_IAM", **live)["Cors"] == {"AllowOrigins": ["*"]}
    assert len(client.list_function_url_configs(FunctionName="fn")["FunctionUrlConfigs"]) == 1
    client.delete_function_url_config(**live)
    assert refused(client.get_function_url_config, **live)[0] == 404
    put = client.put_provisioned_concurrency_config(ProvisionedConcurrentExecutions=2, **live)
    assert (put["ResponseMetadata"]["HTTPStatusCode"], put["Status"]) == (202, "IN_PROGRESS")
    assert client.get_provisioned_concurrency_config(**live)["Status"] == "READY"
    sandbox.control("fail-allocation", {"region": "eu-west-1", "function": "fn", "reason": "No room."})
    client.put_provisioned_concurrency_config(ProvisionedConcurrentExecutions=3, **live)
    assert client.get_provisioned_concurrency_config(**live)["StatusReason"] == "No room."
    listed = client.list_provisioned_concurrency_configs(FunctionName="fn")["ProvisionedConcurrencyConfigs"]
    assert [one["Status"] for one in listed] == ["FAILED"]
    client.delete_provisioned_concurrency_config(**live)
    code = "ProvisionedConcurrencyConfigNotFoundException"
    assert refused(client.get_provisioned_concurrency_config, **live)[:2] == (404, code)
    client.put_function_event_invoke_config(MaximumRetryAttempts=0, **live)
    merged = client.update_function_event_invoke_config(MaximumEventAgeInSeconds=60, **live)
    assert (merged["MaximumRetryAttempts"], merged["MaximumEventAgeInSeconds"]) == (0, 60)
    assert isinstance(client.get_function_event_invoke_config(**live)["LastModified"], datetime.datetime)
    assert len(client.list_function_event_invoke_configs(FunctionName="fn")["FunctionEventInvokeConfigs"]) == 1
    client.delete_function_event_invoke_config(**live)
    assert refused(client.get_function_event_invoke_config, **live)[0] == 404
