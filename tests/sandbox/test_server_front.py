"""The sandbox server as one door: our rules, moto's items and services behind them, and what a test may bring about."""

import gc
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from orchestrator.sandbox.faults import Faults, Injection, Script
from orchestrator.sandbox.rules.durations import Staleness
from tests.sandbox.dynamodb_world import attributes, creation, deletion, index, keys, throughput
from tests.sandbox.lambda_world import archive, function
from tests.sandbox.served import DURATIONS, SHORT, Served, StepClock, refused, served

pytestmark = pytest.mark.http

ORDER = {"order_id": {"S": "o#1"}, "customer": {"S": "c#1"}}
BY_CUSTOMER: dict[str, Any] = {
    "TableName": "orders",
    "IndexName": "by_customer",
    "KeyConditionExpression": "customer = :c",
    "ExpressionAttributeValues": {":c": {"S": "c#1"}},
}


@pytest.fixture
def sandbox() -> Iterator[Served]:
    with served() as running:
        yield running


def _orders(sandbox: Served, **more: Any) -> Any:
    """A client, and the table `orders` on its way."""
    client = sandbox.client("dynamodb")
    table = {"TableName": "orders", "KeySchema": keys("order_id"), "BillingMode": "PAY_PER_REQUEST"}
    client.create_table(**{"AttributeDefinitions": attributes(order_id="S"), **table, **more})
    return client


def _settled(sandbox: Served) -> dict[str, Any]:
    """The table `orders` once it and its indexes have stopped moving."""
    client = sandbox.client("dynamodb")

    def settled() -> bool:
        table = client.describe_table(TableName="orders")["Table"]
        parts = [table["TableStatus"], *(i["IndexStatus"] for i in table.get("GlobalSecondaryIndexes", []))]
        return set(parts) == {"ACTIVE"}

    sandbox.until(settled)
    table: dict[str, Any] = client.describe_table(TableName="orders")["Table"]
    return table


# ---------------------------------------------------------------------------------------------------------------- items


def test_items_are_refused_until_the_table_is_active_then_kept(sandbox: Served) -> None:
    """Requirement A6: no item is written on a table before it accepts it."""
    client = _orders(sandbox)
    assert refused(client.put_item, TableName="orders", Item=ORDER) == (
        400, "ResourceNotFoundException", "Requested resource not found",
    )  # fmt: skip
    _settled(sandbox)
    client.put_item(TableName="orders", Item=ORDER)
    assert client.get_item(TableName="orders", Key={"order_id": {"S": "o#1"}})["Item"] == ORDER
    assert client.execute_statement(Statement="select * from orders")["Items"] == [ORDER]
    batch = {"orders": [{"PutRequest": {"Item": {"order_id": {"S": f"o#{n}"}}}} for n in range(2, 5)]}
    client.batch_write_item(RequestItems=batch)
    put = {"Put": {"TableName": "orders", "Item": {"order_id": {"S": "o#9"}}}}
    client.transact_write_items(TransactItems=[put])
    assert client.scan(TableName="orders", Select="COUNT")["Count"] == 5


def test_a_new_index_cannot_be_read_before_it_is_active_then_has_what_was_there(sandbox: Served) -> None:
    client = _orders(sandbox)
    _settled(sandbox)
    client.put_item(TableName="orders", Item=ORDER)
    client.update_table(
        TableName="orders",
        AttributeDefinitions=attributes(customer="S"),
        GlobalSecondaryIndexUpdates=creation("by_customer", "customer"),
    )
    status, code, text = refused(client.query, **BY_CUSTOMER)
    assert (status, code) == (400, "ValidationException")
    assert text == "Cannot read from backfilling global secondary index: by_customer"
    _settled(sandbox)
    assert client.query(**BY_CUSTOMER)["Items"] == [ORDER]
    client.update_table(TableName="orders", GlobalSecondaryIndexUpdates=deletion("by_customer"))
    _settled(sandbox)
    assert "does not have the specified index" in refused(client.query, **BY_CUSTOMER)[2]
    client.put_item(TableName="orders", Item={**ORDER, "customer": {"N": "7"}})


def test_a_table_made_anew_has_no_items_of_the_old_one(sandbox: Served) -> None:
    client = _orders(sandbox)
    old = _settled(sandbox)
    client.put_item(TableName="orders", Item=ORDER)
    client.delete_table(TableName="orders")
    client.get_waiter("table_not_exists").wait(TableName="orders", WaiterConfig={"Delay": 0, "MaxAttempts": 100})
    assert refused(client.scan, TableName="orders")[1] == "ResourceNotFoundException"
    _orders(sandbox)
    new = _settled(sandbox)
    assert client.scan(TableName="orders")["Items"] == []
    assert old["TableId"] != new["TableId"]


def test_a_table_made_with_everything_keeps_items_by_every_index(sandbox: Served) -> None:
    local = {
        "IndexName": "by_total",
        "KeySchema": keys("order_id", "total"),
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
    client = _orders(
        sandbox,
        KeySchema=keys("order_id", "line"),
        AttributeDefinitions=attributes(order_id="S", line="N", total="N", customer="S"),
        LocalSecondaryIndexes=[local],
        GlobalSecondaryIndexes=[index("by_customer", "customer")],
    )
    _settled(sandbox)
    item = {**ORDER, "line": {"N": "1"}, "total": {"N": "5"}}
    client.put_item(TableName="orders", Item=item)
    assert client.query(**BY_CUSTOMER)["Items"] == [item]
    found = client.query(
        TableName="orders",
        IndexName="by_total",
        KeyConditionExpression="order_id = :o AND total = :t",
        ExpressionAttributeValues={":o": {"S": "o#1"}, ":t": {"N": "5"}},
    )
    assert found["Count"] == 1


def test_transactions_leave_no_copy_of_the_table_behind(sandbox: Served) -> None:
    """moto makes one for each, to go back to; a state store in the sandbox writes thousands of them."""
    client = _orders(sandbox)
    _settled(sandbox)
    for number in range(30):
        put = {"TableName": "orders", "Item": {"order_id": {"S": f"o#{number}"}}}
        client.transact_write_items(TransactItems=[{"Put": put}])
    gc.collect()
    tables = [
        thing for thing in gc.get_objects() if type(thing).__qualname__ == "Table" and "moto" in type(thing).__module__
    ]
    assert len(tables) < 5


def test_a_stream_is_read_by_the_arn_that_the_table_shows_and_outlives_being_switched_off(sandbox: Served) -> None:
    client = _orders(sandbox, StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
    arn = _settled(sandbox)["LatestStreamArn"]
    client.put_item(TableName="orders", Item=ORDER)
    streams = sandbox.client("dynamodbstreams")
    described = streams.describe_stream(StreamArn=arn)["StreamDescription"]
    assert described["StreamArn"] == arn
    place = {"ShardId": described["Shards"][0]["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    iterator = streams.get_shard_iterator(StreamArn=arn, **place)["ShardIterator"]
    records = streams.get_records(ShardIterator=iterator)["Records"]
    assert [record["dynamodb"]["NewImage"] for record in records] == [ORDER]
    client.update_table(TableName="orders", StreamSpecification={"StreamEnabled": False})
    _settled(sandbox)
    client.put_item(TableName="orders", Item=ORDER)


def test_of_many_who_make_the_same_table_at_once_one_does(sandbox: Served) -> None:
    def make(_: int) -> str:
        try:
            _orders(sandbox)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "made"

    with ThreadPoolExecutor(16) as pool:
        outcomes = Counter(pool.map(make, range(16)))
    assert outcomes == {"made": 1, "ResourceInUseException": 15}


def test_what_moto_cannot_do_is_said_so(sandbox: Served) -> None:
    client = _orders(sandbox)
    _settled(sandbox)
    statement = {"Statement": "INSERT INTO orders VALUE {'order_id': ?}", "Parameters": [{"S": "o#1"}]}
    status, code, _ = refused(client.execute_statement, **statement)
    assert status >= 400
    assert code


# ------------------------------------------------------------------------------------------------------- other services


def test_a_new_role_of_iam_cannot_be_assumed_for_a_while() -> None:
    with served(durations=replace(DURATIONS, iam_lag=10)) as sandbox:
        policy = '{"Version": "2012-10-17", "Statement": []}'
        role = sandbox.client("iam").create_role(RoleName="order-events", AssumeRolePolicyDocument=policy)["Role"][
            "Arn"
        ]
        client = sandbox.client("lambda")
        assert "cannot be assumed by Lambda" in refused(client.create_function, **function(Role=role))[2]
        for _ in range(10):
            client.list_functions()
        assert client.create_function(**function(Role=role))["State"] == "Pending"


def test_a_function_can_be_made_of_an_object_in_s3(sandbox: Served) -> None:
    s3 = sandbox.client("s3", "us-east-1")
    s3.create_bucket(Bucket="artifacts")
    s3.put_object(Bucket="artifacts", Key="builds/fn 1.zip", Body=archive())
    client = sandbox.client("lambda")
    code = {"S3Bucket": "artifacts", "S3Key": "builds/fn 1.zip"}
    by_object = client.create_function(**function("by-object", Code=code))
    by_bytes = client.create_function(**function("by-bytes"))
    assert by_object["CodeSha256"] == by_bytes["CodeSha256"]
    code["S3Key"] = "missing.zip"
    assert "NoSuchKey" in refused(client.create_function, **function("missing", Code=code))[2]


def test_a_key_of_kms_can_encrypt_a_table_by_its_name(sandbox: Served) -> None:
    kms = sandbox.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/orders", TargetKeyId=key)
    _orders(sandbox, SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/orders"})
    assert _settled(sandbox)["SSEDescription"]["KMSMasterKeyArn"] == key
    assert kms.describe_key(KeyId="alias/orders")["KeyMetadata"]["Arn"] == key
    assert kms.describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]["KeyManager"] == "AWS"
    assert refused(kms.describe_key, KeyId="alias/none")[1] == "NotFoundException"


# --------------------------------------------------------------------------------------------------- /_sandbox/ and faults


def test_the_timeline_counts_calls_and_refusals_in_transition(sandbox: Served) -> None:
    client = _orders(sandbox)
    refused(client.delete_table, TableName="orders")
    _settled(sandbox)
    seen = sandbox.control("timeline")
    assert seen["calls"]["dynamodb:CreateTable"] == seen["calls"]["dynamodb:DeleteTable"] == 1
    assert (seen["refused_in_transition"], seen["clashes"]) == (1, 0)
    (busy,) = seen["busy"]
    assert (busy["resource"], round(busy["end"] - busy["start"], 3)) == ("table/orders", SHORT)


def test_reset_forgets_everything(sandbox: Served) -> None:
    client = _orders(sandbox)
    _settled(sandbox)
    client.put_item(TableName="orders", Item=ORDER)
    sandbox.control("reset", {})
    assert client.list_tables()["TableNames"] == []
    assert sandbox.control("timeline")["calls"] == {"dynamodb:ListTables": 1}
    _orders(sandbox)
    _settled(sandbox)
    assert client.scan(TableName="orders")["Items"] == []


def test_moto_s_own_reset_is_ours_too(sandbox: Served) -> None:
    client = _orders(sandbox)
    with urllib.request.urlopen(f"{sandbox.server.endpoint}/moto-api/reset", b"") as reply:
        assert reply.status == 200
    assert client.list_tables()["TableNames"] == []


def test_somebody_else_can_change_things(sandbox: Served) -> None:
    client = _orders(sandbox)
    table = _settled(sandbox)
    tag = {"ResourceArn": table["TableArn"], "Tags": [{"Key": "who", "Value": "somebody else"}]}
    call = {"service": "dynamodb", "operation": "TagResource", "parameters": tag, "region": "eu-west-1"}
    sandbox.control("foreign", call)
    assert client.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"] == tag["Tags"]
    later = {"service": "dynamodb", "operation": "DeleteTable", "parameters": {"TableName": "orders"}, "after": 5}
    sandbox.control("foreign", later)
    client.get_waiter("table_not_exists").wait(TableName="orders", WaiterConfig={"Delay": 0, "MaxAttempts": 100})
    assert "dynamodb:DeleteTable" not in sandbox.control("timeline")["calls"]


def test_an_update_can_be_made_to_fail(sandbox: Served) -> None:
    sandbox.control("fail", {"function": "fn", "reason": "No such subnet.", "code": "InvalidSubnet"})
    client = sandbox.client("lambda")
    client.create_function(**function())
    sandbox.until(lambda: client.get_function(FunctionName="fn")["Configuration"]["State"] != "Pending")
    shown = client.get_function(FunctionName="fn")["Configuration"]
    assert (shown["State"], shown["StateReasonCode"]) == ("Failed", "InvalidSubnet")


@pytest.mark.parametrize(
    ("path", "given", "status"),
    [
        ("nowhere", None, 404),
        ("fail", {}, 400),
        ("foreign", {"service": "s3", "operation": "PutObject"}, 400),
        ("foreign", {"service": "dynamodb", "operation": "DeleteTable", "parameters": {"TableName": "none"}}, 400),
    ],
)
def test_wrong_control_requests_are_told_so(
    sandbox: Served, path: str, given: dict[str, Any] | None, status: int
) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        sandbox.control(path, given)
    assert caught.value.code == status
    caught.value.close()


def test_a_lost_reply_has_taken_effect() -> None:
    script = Script("dynamodb:CreateTable", 1, Injection.DROP_AFTER)
    with served(faults=Faults(scripts=[script])) as sandbox:
        with pytest.raises(ConnectionClosedError):
            _orders(sandbox)
        assert refused(lambda: _orders(sandbox))[1:] == ("ResourceInUseException", "Table already exists: orders")


@pytest.mark.parametrize(
    ("injection", "status", "code", "made"),
    [
        (Injection.THROTTLE, 429, "TooManyRequestsException", 0),
        (Injection.ERROR_BEFORE, 500, "ServiceException", 0),
        (Injection.ERROR_AFTER, 500, "ServiceException", 1),
    ],
)
def test_injected_errors_look_like_the_service_s_own(injection: Injection, status: int, code: str, made: int) -> None:
    with served(faults=Faults(scripts=[Script("lambda:CreateFunction", 1, injection)])) as sandbox:
        client = sandbox.client("lambda")
        assert refused(client.create_function, **function())[:2] == (status, code)
        assert len(client.list_functions()["Functions"]) == made


def test_reads_lag_where_they_are_asked_to() -> None:
    missed = 0
    with served(staleness=Staleness(reads=2, seconds=60), seed=3) as sandbox:
        client = sandbox.client("lambda")
        for number in range(8):
            client.create_function(**function(f"fn{number}"))
            missed += _misses(client, f"fn{number}")
    assert missed > 0


def _misses(client: Any, name: str) -> int:
    for attempt in range(3):
        try:
            client.get_function(FunctionName=name)
        except client.exceptions.ResourceNotFoundException:
            continue
        return attempt
    raise AssertionError("two reads may miss a new function, not three")


def test_15_14_changed_tags_show_later_where_they_are_asked_to() -> None:
    with served(staleness=Staleness(reads=0, tags=50), seed=3) as sandbox:
        client = _orders(sandbox)
        arn = _settled(sandbox)["TableArn"]
        tags = [{"Key": "team", "Value": "orders"}]
        client.tag_resource(ResourceArn=arn, Tags=tags)
        assert client.list_tags_of_resource(ResourceArn=arn)["Tags"] == []
        sandbox.until(lambda: client.list_tags_of_resource(ResourceArn=arn)["Tags"] == tags)


def test_15_12_faults_come_by_chance_and_the_same_for_the_same_seed() -> None:
    def met(seed: int) -> list[str]:
        with served(faults=Faults(seed, throttle=0.3, error_before=0.2, drop_before=0.2)) as sandbox:
            client = sandbox.client("dynamodb")
            return [_met(client) for _ in range(40)]

    first = met(1)
    assert set(first) == {"", "ThrottlingException", "InternalServerError", "dropped"}
    assert first == met(1) != met(2)


def _met(client: Any) -> str:
    try:
        client.list_tables()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    except ConnectionClosedError:
        return "dropped"
    return ""


def test_15_13_scalable_targets_move_a_table_s_throughput() -> None:
    with served(durations=replace(DURATIONS, auto_scaling=20)) as sandbox:
        client = _orders(sandbox, BillingMode="PROVISIONED", ProvisionedThroughput=throughput(5))
        scaling = sandbox.client("application-autoscaling")
        target = {
            "ServiceNamespace": "dynamodb",
            "ResourceId": "table/orders",
            "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
        }
        bounds = {"MinCapacity": 100, "MaxCapacity": 200}
        assert refused(scaling.register_scalable_target, **target, **bounds) == (
            400, "ValidationException", "DynamoDB table does not exist: table/orders",
        )  # fmt: skip
        _settled(sandbox)
        arn = scaling.register_scalable_target(**target, **bounds, Tags={"team": "orders"})["ScalableTargetARN"]
        (shown,) = scaling.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]
        assert (shown["ScalableTargetARN"], shown["MaxCapacity"]) == (arn, 200)
        assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"team": "orders"}
        sandbox.until(lambda: _reads(client) >= 100)
        before = _reads(client)
        sandbox.until(lambda: _reads(client) != before)
        scaling.deregister_scalable_target(**target)
        assert refused(scaling.deregister_scalable_target, **target)[1] == "ObjectNotFoundException"
        seen = sandbox.control("timeline")
        assert {call["foreign"] for call in seen["served"] if call["api"] == "dynamodb:UpdateTable"} == {True}


def _reads(client: Any) -> int:
    return int(client.describe_table(TableName="orders")["Table"]["ProvisionedThroughput"]["ReadCapacityUnits"])


def test_targets_of_other_services_are_moto_s(sandbox: Served) -> None:
    scaling = sandbox.client("application-autoscaling")
    target = {
        "ServiceNamespace": "lambda",
        "ResourceId": "function:fn:live",
        "ScalableDimension": "lambda:function:ProvisionedConcurrency",
    }
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2)
    assert len(scaling.describe_scalable_targets(ServiceNamespace="lambda")["ScalableTargets"]) == 1
    assert scaling.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"] == []
    assert scaling.describe_scaling_policies(ServiceNamespace="dynamodb")["ScalingPolicies"] == []


def test_calls_are_limited_as_an_account_is() -> None:
    with served(now=StepClock(0.01).now) as sandbox:
        client = sandbox.client("lambda")
        codes = set()
        for _ in range(40):
            try:
                client.list_functions()
            except client.exceptions.TooManyRequestsException as error:
                codes.add(error.response["ResponseMetadata"]["HTTPStatusCode"])
        assert codes == {429}
