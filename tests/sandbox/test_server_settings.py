"""Settings of tables over HTTP, by the clients that everybody has (fact sheet section 3)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.dynamodb_world import attributes, keys, throughput
from tests.sandbox.served import REGION, Served, refused, served

pytestmark = pytest.mark.http

ARN = f"arn:aws:dynamodb:{REGION}:123456789012:table/orders"
KINESIS = f"arn:aws:kinesis:{REGION}:123456789012:stream/changes"
ITEM = {"id": {"S": "1"}, "a": {"S": "x"}, "b": {"S": "y"}, "c": {"N": "3"}}


@pytest.fixture
def sandbox() -> Iterator[Served]:
    with served() as running:
        yield running


def orders(sandbox: Served, **more: Any) -> Any:
    """A client, with a table `orders` that has settled."""
    client = sandbox.client("dynamodb")
    billing = {} if "ProvisionedThroughput" in more else {"BillingMode": "PAY_PER_REQUEST"}
    given = {"KeySchema": keys("id"), "AttributeDefinitions": attributes(id="S"), **billing, **more}
    client.create_table(TableName="orders", **given)
    sandbox.until(lambda: client.describe_table(TableName="orders")["Table"]["TableStatus"] == "ACTIVE")
    return client


def test_kinesis_destinations_over_http(sandbox: Served) -> None:
    client, named = orders(sandbox), {"TableName": "orders", "StreamArn": KINESIS}
    enabled = client.enable_kinesis_streaming_destination(**named)
    assert enabled["DestinationStatus"] == "ENABLING"
    (entry,) = client.describe_kinesis_streaming_destination(TableName="orders")["KinesisDataStreamDestinations"]
    assert entry == {"StreamArn": KINESIS, "DestinationStatus": "ACTIVE"}
    precision = {"ApproximateCreationDateTimePrecision": "MICROSECOND"}
    client.update_kinesis_streaming_destination(**named, UpdateKinesisStreamingConfiguration=precision)
    status, code, message = refused(
        client.update_kinesis_streaming_destination, **named, UpdateKinesisStreamingConfiguration=precision
    )
    assert (status, code) == (400, "ValidationException")
    assert "Precision is already set" in message
    assert client.disable_kinesis_streaming_destination(**named)["DestinationStatus"] == "DISABLING"
    sandbox.control("kinesis", {"stream": KINESIS, "exists": False})
    client.enable_kinesis_streaming_destination(**named)
    (entry,) = client.describe_kinesis_streaming_destination(TableName="orders")["KinesisDataStreamDestinations"]
    assert entry["DestinationStatus"] == "ENABLE_FAILED"


def test_a_kinesis_stream_that_was_deleted_is_known_to_be_gone(sandbox: Served) -> None:
    client, kinesis = orders(sandbox), sandbox.client("kinesis")
    kinesis.create_stream(StreamName="changes", ShardCount=1)
    kinesis.delete_stream(StreamName="changes")
    client.enable_kinesis_streaming_destination(TableName="orders", StreamArn=KINESIS)
    (entry,) = client.describe_kinesis_streaming_destination(TableName="orders")["KinesisDataStreamDestinations"]
    assert entry["DestinationStatus"] == "ENABLE_FAILED"
    kinesis.create_stream(StreamName="changes", ShardCount=1)
    client.enable_kinesis_streaming_destination(TableName="orders", StreamArn=KINESIS)
    (entry,) = client.describe_kinesis_streaming_destination(TableName="orders")["KinesisDataStreamDestinations"]
    assert entry["DestinationStatus"] == "ACTIVE"


def test_contributor_insights_over_http(sandbox: Served) -> None:
    client = orders(sandbox)
    sandbox.control("fail", {"table": "orders", "reason": "no more rules", "code": "LimitExceededException"})
    client.update_contributor_insights(TableName="orders", ContributorInsightsAction="ENABLE")
    described = client.describe_contributor_insights(TableName="orders")
    assert described["FailureException"]["ExceptionDescription"] == "no more rules"
    client.update_contributor_insights(TableName="orders", ContributorInsightsAction="ENABLE")
    described = client.describe_contributor_insights(TableName="orders")
    assert described["ContributorInsightsStatus"] == "ENABLED"
    assert described["LastUpdateDateTime"].tzinfo is not None
    (listed,) = client.list_contributor_insights()["ContributorInsightsSummaries"]
    assert (listed["TableName"], listed["ContributorInsightsStatus"]) == ("orders", "ENABLED")
    assert refused(client.describe_contributor_insights, TableName="none")[1] == "ResourceNotFoundException"


def test_resource_policies_over_http(sandbox: Served) -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "dynamodb:GetItem", "Resource": ARN}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client = orders(sandbox, ResourcePolicy=document)
    got = client.get_resource_policy(ResourceArn=ARN)
    assert json.loads(got["Policy"])["Statement"][0]["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert client.put_resource_policy(ResourceArn=ARN, Policy=document)["RevisionId"] == got["RevisionId"]
    code = refused(client.put_resource_policy, ResourceArn=ARN, Policy=document, ExpectedRevisionId="NO_POLICY")[1]
    assert code == "PolicyNotFoundException"
    client.delete_resource_policy(ResourceArn=ARN, ExpectedRevisionId=got["RevisionId"])
    assert refused(client.get_resource_policy, ResourceArn=ARN)[1] == "PolicyNotFoundException"


def test_4_2_an_index_of_several_attributes_is_queried_by_all_of_them(sandbox: Served) -> None:
    several = [
        {"AttributeName": name, "KeyType": role} for name, role in zip("abc", ("HASH", "HASH", "RANGE"), strict=True)
    ]
    by_all = {"IndexName": "by_all", "KeySchema": several, "Projection": {"ProjectionType": "ALL"}}
    client = orders(sandbox)
    client.put_item(TableName="orders", Item=ITEM)
    client.update_table(
        TableName="orders",
        AttributeDefinitions=attributes(a="S", b="S", c="N"),
        GlobalSecondaryIndexUpdates=[{"Create": by_all}],
    )
    sandbox.until(lambda: _index(client)["IndexStatus"] == "ACTIVE")
    assert _index(client)["KeySchema"] == several
    found = client.query(
        TableName="orders",
        IndexName="by_all",
        KeyConditionExpression="a = :a AND b = :b AND c = :c",
        ExpressionAttributeValues={":a": {"S": "x"}, ":b": {"S": "y"}, ":c": {"N": "3"}},
    )
    assert found["Items"] == [ITEM]


def _index(client: Any) -> dict[str, Any]:
    (found,) = client.describe_table(TableName="orders")["Table"]["GlobalSecondaryIndexes"]
    shown: dict[str, Any] = found
    return shown


def test_warm_throughput_and_ceilings_over_http(sandbox: Served) -> None:
    client = orders(sandbox, OnDemandThroughput={"MaxReadRequestUnits": 100})
    client.update_table(TableName="orders", WarmThroughput={"ReadUnitsPerSecond": 13000})
    warm = client.describe_table(TableName="orders")["Table"]["WarmThroughput"]
    assert (warm["ReadUnitsPerSecond"], warm["Status"]) == (13000, "ACTIVE")
    message = refused(client.update_table, TableName="orders", WarmThroughput={"ReadUnitsPerSecond": 12000})[2]
    assert "decreasing WarmThroughput is not supported" in message
    assert refused(client.update_table, TableName="orders", OnDemandThroughput={})[:2] == (500, "InternalFailure")
    client.update_table(TableName="orders", OnDemandThroughput={"MaxReadRequestUnits": -1})
    assert "OnDemandThroughput" not in client.describe_table(TableName="orders")["Table"]


def test_scaling_policies_over_http(sandbox: Served) -> None:
    orders(sandbox, ProvisionedThroughput=throughput(5))
    scaling = sandbox.client("application-autoscaling")
    target = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": "table/orders",
        "ScalableDimension": "dynamodb:table:WriteCapacityUnits",
    }
    metric = {"PredefinedMetricType": "DynamoDBWriteCapacityUtilization"}
    policy = {
        **target,
        "PolicyName": "writes",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70.0, "PredefinedMetricSpecification": metric},
    }
    assert refused(scaling.put_scaling_policy, **policy)[1] == "ObjectNotFoundException"
    bounds = {"MinCapacity": 5, "MaxCapacity": 50}
    call = {"service": "application-autoscaling", "operation": "RegisterScalableTarget"}
    sandbox.control("foreign", {**call, "parameters": {**target, **bounds}})
    arn = scaling.put_scaling_policy(**policy)["PolicyARN"]
    (shown,) = scaling.describe_scaling_policies(ServiceNamespace="dynamodb")["ScalingPolicies"]
    assert (shown["PolicyARN"], shown["TargetTrackingScalingPolicyConfiguration"]["TargetValue"]) == (arn, 70.0)
    assert shown["CreationTime"].tzinfo is not None
    scaling.delete_scaling_policy(**target, PolicyName="writes")
    assert refused(scaling.delete_scaling_policy, **target, PolicyName="writes")[1] == "ObjectNotFoundException"


def test_streams_are_listed_and_described_over_http_with_their_shards(sandbox: Served) -> None:
    client, streams = orders(sandbox), sandbox.client("dynamodbstreams")
    assert streams.list_streams()["Streams"] == []
    arns = []
    for view in ("NEW_IMAGE", "OLD_IMAGE"):
        on = {"StreamEnabled": True, "StreamViewType": view}
        arns.append(
            client.update_table(TableName="orders", StreamSpecification=on)["TableDescription"]["LatestStreamArn"]
        )
        client.put_item(TableName="orders", Item=ITEM)
        described = streams.describe_stream(StreamArn=arns[-1])["StreamDescription"]
        assert (described["StreamArn"], described["StreamViewType"]) == (arns[-1], view)
        assert described["StreamStatus"] == "ENABLED"
        assert len(described["Shards"]) == 1
        client.update_table(TableName="orders", StreamSpecification={"StreamEnabled": False})
    assert arns[0] != arns[1]
    assert [found["StreamArn"] for found in streams.list_streams(TableName="orders")["Streams"]] == arns
    assert streams.describe_stream(StreamArn=arns[0])["StreamDescription"]["StreamStatus"] == "DISABLED"
    assert refused(streams.describe_stream, StreamArn=f"{ARN}/stream/never")[1] == "ResourceNotFoundException"
