"""The data plane over HTTP: tokens, batches and faults before moto, and what functions answer."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError, ConnectionClosedError

from orchestrator.sandbox.clock import EPOCH
from orchestrator.sandbox.faults import Faults, Injection, Script
from orchestrator.sandbox.rules.durations import Durations
from orchestrator.sandbox.rules.dynamodb.items.tokens import WINDOW
from tests.sandbox.dynamodb_world import table
from tests.sandbox.items_world import item
from tests.sandbox.lambda_world import function
from tests.sandbox.served import Served, refused, served

pytestmark = pytest.mark.http

ADD: dict[str, Any] = {
    "Update": {
        "TableName": "orders",
        "Key": item(id="a"),
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
}
NEW: dict[str, Any] = {
    "Put": {"TableName": "orders", "Item": item(id="b"), "ConditionExpression": "attribute_not_exists(id)"}
}


@pytest.fixture
def sandbox() -> Iterator[Served]:
    with orders() as running:
        yield running


def orders(**options: Any) -> Any:
    return served(**{"durations": Durations.instant(), **options})


def client_of(sandbox: Served) -> Any:
    """A client, and a table that is there."""
    client = sandbox.client("dynamodb")
    client.create_table(**table())
    return client


def counted(client: Any) -> int:
    found = client.get_item(TableName="orders", Key=item(id="a"), ConsistentRead=True).get("Item", item(n=0))
    return int(found["n"]["N"])


def test_a_token_makes_a_transaction_happen_once_for_ten_minutes() -> None:
    time = [EPOCH]
    with orders(now=lambda: time[0]) as sandbox:
        client = client_of(sandbox)
        for _ in range(2):
            client.transact_write_items(TransactItems=[ADD], ClientRequestToken="t")
            time[0] += WINDOW / 2
        client.transact_write_items(TransactItems=[ADD], ClientRequestToken="t", ReturnConsumedCapacity="TOTAL")
        assert counted(client) == 1
        code = refused(client.transact_write_items, TransactItems=[ADD, NEW], ClientRequestToken="t")[1]
        assert code == "IdempotentParameterMismatchException"
        time[0] += 1
        client.transact_write_items(TransactItems=[ADD], ClientRequestToken="t")
        assert counted(client) == 2, "after the window it is a request like any other"


def test_a_cancelled_transaction_tells_its_reasons_and_is_not_remembered(sandbox: Served) -> None:
    client = client_of(sandbox)
    client.put_item(TableName="orders", Item=item(id="b"))
    with pytest.raises(ClientError) as caught:
        client.transact_write_items(TransactItems=[ADD, NEW], ClientRequestToken="t")
    reasons: Any = caught.value.response
    assert [one["Code"] for one in reasons["CancellationReasons"]] == ["None", "ConditionalCheckFailed"]
    client.delete_item(TableName="orders", Key=item(id="b"))
    client.transact_write_items(TransactItems=[ADD, NEW], ClientRequestToken="t")
    assert counted(client) == 1
    status, code, message = refused(client.transact_write_items, TransactItems=[ADD], ClientRequestToken="t" * 37)
    assert (status, code, "less than or equal to 36" in message) == (400, "ValidationException", True)


def test_a_stuck_transaction_is_completed_by_a_late_resend(sandbox: Served) -> None:
    client = client_of(sandbox)
    sandbox.control("stall", {"seconds": 20})
    sent = {"TransactItems": [ADD], "ClientRequestToken": "t"}
    assert refused(client.transact_write_items, **sent)[:2] == (500, "InternalServerError")
    assert refused(client.transact_write_items, **sent)[1] == "TransactionInProgressException"

    def completed() -> bool:
        try:
            client.transact_write_items(**sent)
        except client.exceptions.TransactionInProgressException:
            return False
        return True

    assert not completed()
    assert counted(client) == 0
    sandbox.until(completed)
    assert completed()
    assert counted(client) == 1


@pytest.mark.parametrize(("injection", "effects"), [(Injection.DROP_BEFORE, 0), (Injection.DROP_AFTER, 1)])
def test_a_lost_answer_about_items_tells_nothing_of_the_effect(injection: Injection, effects: int) -> None:
    with orders(faults=Faults(scripts=[Script("dynamodb:TransactWriteItems", 1, injection)])) as sandbox:
        client = client_of(sandbox)
        with pytest.raises(ConnectionClosedError):
            client.transact_write_items(TransactItems=[ADD], ClientRequestToken="t")
        assert counted(client) == effects
        client.transact_write_items(TransactItems=[ADD], ClientRequestToken="t")
        assert counted(client) == 1


def test_a_share_of_a_batch_comes_back_unprocessed() -> None:
    with orders(faults=Faults(3, unprocessed=0.5)) as sandbox:
        client = client_of(sandbox)
        left: list[Any] = [{"PutRequest": {"Item": item(id=str(n), b=b"\x00\xff")}} for n in range(25)]
        turns = 0
        while len(left) > 2:
            left = client.batch_write_item(RequestItems={"orders": left})["UnprocessedItems"].get("orders", [])
            turns += 1
            assert client.scan(TableName="orders")["Count"] == 25 - len(left)
        assert turns > 1
    with orders(faults=Faults(unprocessed=1)) as sandbox:
        client = client_of(sandbox)
        one = [{"PutRequest": {"Item": item(id="a")}}]
        code = refused(client.batch_write_item, RequestItems={"orders": one})[1]
        assert code == "ProvisionedThroughputExceededException"
        assert client.scan(TableName="orders")["Count"] == 0


def test_a_function_answers_what_it_was_told_to(sandbox: Served) -> None:
    client = sandbox.client("lambda")
    client.create_function(**function())
    sandbox.until(lambda: client.get_function_configuration(FunctionName="fn")["State"] == "Active")
    assert client.invoke(FunctionName="fn", Payload=b'{"a": 1}')["Payload"].read() == b'{"a": 1}'
    sandbox.control("answer", {"function": "fn", "payload": {"ok": True}})
    reply = client.invoke(FunctionName="fn", LogType="Tail")
    assert (reply["StatusCode"], json.load(reply["Payload"])) == (200, {"ok": True})
    assert base64.b64decode(reply["LogResult"]).startswith(b"START RequestId")
    sandbox.control("answer", {"function": "fn", "error": {"type": "Bad", "message": "no"}})
    reply = client.invoke(FunctionName="fn")
    assert (reply["FunctionError"], json.load(reply["Payload"])["errorType"]) == ("Unhandled", "Bad")
    assert client.invoke(FunctionName="fn", InvocationType="Event")["StatusCode"] == 202


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("PutItem", {"TableName": "orders", "Item": item(id="a")}),
        ("Scan", {"TableName": "orders"}),
        ("BatchWriteItem", {"RequestItems": {"orders": [{"PutRequest": {"Item": item(id="a")}}]}}),
        ("TransactWriteItems", {"TransactItems": [ADD]}),
    ],
)
def test_a_permission_that_was_taken_is_missing_for_items_too(
    sandbox: Served, operation: str, parameters: dict[str, Any]
) -> None:
    client = client_of(sandbox)
    call = getattr(client, xform_name(operation))
    sandbox.control("deny", {"permission": f"dynamodb:{operation}"})
    status, code, message = refused(call, **parameters)
    assert (status, code) == (400, "AccessDeniedException")
    assert message.endswith(f"not authorized to perform: dynamodb:{operation}")
    assert counted(client) == 0, "other calls are served"
