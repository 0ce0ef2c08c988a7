"""What calls about items consume is told over HTTP as in process: by size, with the indexes, and only where it is asked for."""

from typing import Any

import pytest
from botocore import xform_name

from orchestrator.sandbox.rules.durations import Durations
from tests.sandbox.dynamodb_world import INDEXED, table
from tests.sandbox.items_world import Orders, item
from tests.sandbox.served import served

pytestmark = pytest.mark.http

ON_ONE_TABLE = ("PutItem", "UpdateItem", "DeleteItem", "GetItem", "Scan", "Query")


def saying(member: str, expression: str, names: dict[str, str] | None = None, **values: Any) -> dict[str, Any]:
    aliases = {"ExpressionAttributeNames": names} if names else {}
    return {member: expression, **aliases, "ExpressionAttributeValues": item(**{f":{n}": v for n, v in values.items()})}


def update(key: str, expression: str, names: dict[str, str] | None = None, **values: Any) -> dict[str, Any]:
    return {"Key": item(id=key), **saying("UpdateExpression", expression, names, **values)}


DAY = {"#day": "day"}
BATCH = [{"PutRequest": {"Item": item(id="c", day="mon")}}, {"DeleteRequest": {"Key": item(id="b")}}]
TRANSACTION = [
    {"Put": {"TableName": "orders", "Item": item(id="d", day="wed")}},
    {"Delete": {"TableName": "orders", "Key": item(id="c")}},
    {"ConditionCheck": {"TableName": "orders", "Key": item(id="a"), "ConditionExpression": "attribute_exists(id)"}},
]
OF_TUESDAY = saying("KeyConditionExpression", "#day = :day", DAY, day="tue")
CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("PutItem", {"Item": item(id="a", day="mon", x="x" * 5000)}),
    ("PutItem", {"Item": item(id="b", x=b"\x00" * 1000)}),
    ("UpdateItem", update("a", "SET n = :n", n=1)),
    ("UpdateItem", update("a", "SET #day = :day", DAY, day="tue")),
    ("UpdateItem", update("new", "SET n = :n", n=1)),
    ("BatchWriteItem", {"RequestItems": {"orders": BATCH}}),
    ("TransactWriteItems", {"TransactItems": TRANSACTION}),
    ("GetItem", {"Key": item(id="a"), "ProjectionExpression": "n"}),
    ("GetItem", {"Key": item(id="a"), "ConsistentRead": True}),
    ("BatchGetItem", {"RequestItems": {"orders": {"Keys": [item(id="a"), item(id="none")]}}}),
    ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": "orders", "Key": item(id="a")}}]}),
    ("Scan", {"ConsistentRead": True, **saying("FilterExpression", "n = :n", n=9)}),
    ("Query", {"IndexName": "by_day", **OF_TUESDAY}),
    ("Query", {**saying("KeyConditionExpression", "id = :id", id="none")}),
    ("DeleteItem", {"Key": item(id="a")}),
    ("DeleteItem", {"Key": item(id="a")}),
)
"""One after the other on one table."""


@pytest.mark.parametrize("wanted", ["TOTAL", "INDEXES", "NONE"])
def test_every_call_tells_over_http_what_it_tells_in_process(wanted: str) -> None:
    orders = Orders(**INDEXED)
    with served(durations=Durations.instant()) as sandbox:
        client = sandbox.client("dynamodb")
        client.create_table(**table(**INDEXED))
        for operation, parameters in CALLS:
            named = {"TableName": "orders"} if operation in ON_ONE_TABLE else {}
            asked = {**named, **parameters, "ReturnConsumedCapacity": wanted}
            ours = orders.call(operation, **asked)
            theirs = getattr(client, xform_name(operation))(**asked)
            assert theirs.get("ConsumedCapacity") == ours.get("ConsumedCapacity"), (operation, parameters)
            assert ("ConsumedCapacity" in theirs) is (wanted != "NONE")


def test_a_request_that_is_refused_is_refused_in_the_same_words_where_it_asks_what_it_consumes() -> None:
    with served(durations=Durations.instant()) as sandbox:
        client = sandbox.client("dynamodb")
        client.create_table(**table())
        for asked in ({}, {"ReturnConsumedCapacity": "TOTAL"}):
            with pytest.raises(client.exceptions.ClientError, match="ValidationException"):
                client.update_item(TableName="orders", Key=item(wrong="a"), **asked)
