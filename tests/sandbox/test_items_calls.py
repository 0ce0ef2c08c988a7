"""Calls about items in process: keys, pages, batches, what they return and consume (fact sheet 4.2, 6.1, 6.2)."""

from typing import Any

import pytest

from orchestrator.sandbox.rules.ground import Limits
from tests.sandbox.dynamodb_world import PROVISIONED, creation, throughput
from tests.sandbox.items_world import FAILED, LINES, Orders, item


def pages(orders: Orders, operation: str, **parameters: Any) -> list[list[dict[str, Any]]]:
    """All pages of a Query or Scan."""
    found, start = [], None
    while True:
        more: dict[str, Any] = {} if start is None else {"ExclusiveStartKey": start}
        reply = orders.on(operation, **parameters, **more)
        found.append(reply["Items"])
        start = reply.get("LastEvaluatedKey")
        if start is None:
            return found


def test_an_item_is_kept_and_given_back_as_it_was_put() -> None:
    orders = Orders()
    first = item(id="a", n=1, doc={"l": [1, {"b": b"\x00"}], "s": {"x"}}, ok=False, none=None)
    assert orders.on("PutItem", Item=first, ReturnValues="ALL_OLD") == {}
    told = orders.get(id="a")
    assert told == first
    told["doc"]["M"]["l"]["L"].clear()
    first["doc"]["M"].clear()
    assert orders.get(id="a") == item(id="a", n=1, doc={"l": [1, {"b": b"\x00"}], "s": {"x"}}, ok=False, none=None)
    assert orders.on("PutItem", Item=item(id="a", n=2), ReturnValues="ALL_OLD")["Attributes"]["n"] == {"N": "1"}
    assert orders.on("DeleteItem", Key=item(id="a"), ReturnValues="ALL_OLD") == {"Attributes": item(id="a", n=2)}
    assert orders.get(id="a") is None


def test_a_condition_that_fails_leaves_the_item_and_shows_it_where_asked() -> None:
    orders = Orders()
    orders.put(id="a", n=1)
    asked: dict[str, Any] = {"Item": item(id="a"), "ConditionExpression": "attribute_not_exists(id)"}
    refusal = orders.fails("PutItem", **asked)
    assert (refusal.code, refusal.message, refusal.fields) == (FAILED, "The conditional request failed", {})
    refusal = orders.fails("PutItem", **asked, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert refusal.fields == {"Item": item(id="a", n=1)}
    assert orders.get(id="a") == item(id="a", n=1)


@pytest.mark.parametrize(
    ("operation", "parameters", "message"),
    [
        ("PutItem", {"Item": item(n=1)}, "Missing the key id in the item"),
        ("PutItem", {"Item": item(id=1)}, "Type mismatch for key id expected: S actual: N"),
        ("PutItem", {"Item": item(id="")}, "cannot contain an empty string value. Key: id"),
        ("PutItem", {"Item": item(id="a" * 2049)}, "Size of hashkey has exceeded the maximum size limit of2048 bytes"),
        ("PutItem", {"Item": item(id="a", x="x" * 409_600)}, "Item size has exceeded the maximum allowed size"),
        ("PutItem", {"Item": item(id="a"), "ReturnValues": "ALL_NEW"}, "ReturnValues can only be ALL_OLD or NONE"),
        ("PutItem", {"Item": item(id="a") | {"x": {}}}, "Supplied AttributeValue is empty"),
        ("PutItem", {"Item": item(id="a") | {"x": {"S": "1", "N": "1"}}}, "more than one datatypes set"),
        ("PutItem", {"Item": item(id="a") | {"x": {"SS": []}}}, "An string set  may not be empty"),
        (
            "PutItem",
            {"Item": item(id="a") | {"x": {"NS": ["1", "1.0"]}}},
            "Input collection [1, 1.0] contains duplicates.",
        ),
        ("GetItem", {"Key": item(id=1)}, "The provided key element does not match the schema"),
        ("GetItem", {"Key": item(id="a", n=1)}, "The provided key element does not match the schema"),
        ("GetItem", {"Key": item(id="a"), "ProjectionExpression": "n, n.x"}, "Two document paths overlap"),
        ("DeleteItem", {"Key": item(id="a"), "ExpressionAttributeValues": item(v=1)}, 'Syntax error; key: "v"'),
        ("Scan", {"ExclusiveStartKey": item(n=1)}, "The provided starting key is invalid"),
        ("Scan", {"Segment": 2, "TotalSegments": 2}, "must be less than parameter TotalSegments"),
        ("Scan", {"Segment": 2}, "The TotalSegments parameter is required"),
    ],
)
def test_what_is_refused(operation: str, parameters: dict[str, Any], message: str) -> None:
    orders = Orders()
    assert message in orders.wrong(operation, **parameters)
    assert orders.on("Scan")["Count"] == 0


def test_calls_about_items_are_counted_but_not_kept_one_by_one() -> None:
    orders = Orders()
    timeline = orders.account.timeline
    kept = len(timeline.served)
    for _ in range(3):
        orders.put(id="a")
    orders.fails("GetItem", Key=item(n=1))
    assert (len(timeline.served), timeline.calls["dynamodb:PutItem"]) == (kept, 3)


def test_an_index_s_keys_bind_items_once_it_is_active() -> None:
    orders = Orders()
    orders.put(id="old", month=7)
    orders.update(
        AttributeDefinitions=[{"AttributeName": "month", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=creation("by_month", "month"),
    )
    message = "Type mismatch for Index Key month Expected: S Actual: N IndexName: by_month"
    assert message in orders.wrong("PutItem", Item=item(id="a", month=7))
    assert "cannot contain an empty string value. IndexName" in orders.wrong("PutItem", Item=item(id="a", month=""))
    orders.put(id="new", month="7")
    assert [one["id"] for (one,) in pages(orders, "Scan", IndexName="by_month")] == [{"S": "new"}]
    set_other = {"UpdateExpression": "SET n = :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}
    orders.on("UpdateItem", Key=item(id="old"), **set_other)


def test_a_query_reads_a_partition_in_order_by_page() -> None:
    orders = Orders(**LINES)
    for order in "ab":
        for line in (10, 9, -1, 2):
            orders.put(id=order, line=line, n=line, day="1")
    asked: dict[str, Any] = {"KeyConditionExpression": "id = :i", "ExpressionAttributeValues": {":i": {"S": "a"}}}
    lines = [[int(one["line"]["N"]) for one in page] for page in pages(orders, "Query", **asked, Limit=3)]
    assert lines == [[-1, 2, 9], [10]]
    back = pages(orders, "Query", **asked, Limit=2, ScanIndexForward=False)
    assert [[int(one["line"]["N"]) for one in page] for page in back] == [[10, 9], [2, -1], []]
    asked["KeyConditionExpression"] += " AND line BETWEEN :a AND :b"
    asked["ExpressionAttributeValues"] |= {":a": {"N": "2"}, ":b": {"N": "9.5"}}
    assert orders.on("Query", **asked, Select="COUNT") == {"Count": 2, "ScannedCount": 2}
    names, values = {"#d": "day"}, {":d": {"S": "1"}, ":n": {"N": "9"}}
    by_day = {"IndexName": "by_day", "KeyConditionExpression": "#d = :d AND line >= :n"}
    found = pages(orders, "Query", **by_day, ExpressionAttributeNames=names, ExpressionAttributeValues=values, Limit=3)
    assert sorted((one["id"]["S"], one["line"]["N"]) for page in found for one in page) == [
        ("a", "10"), ("a", "9"), ("b", "10"), ("b", "9"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("line = :v", "Query condition missed key schema element: id"),
        ("id = :v OR id = :v", "Invalid operator used in KeyConditionExpression: OR"),
        ("id < :v", "Query key condition not supported"),
        ("id = :v AND n = :v", "Query key condition not supported"),
        ("id = :v AND id = :v", "must only contain one condition per key"),
        ("id.x = :v", "cannot have conditions on nested attributes"),
        ("contains(id, :v)", "Invalid operator or operand used in KeyConditionExpression"),
    ],
)
def test_a_query_needs_a_condition_of_its_keys(condition: str, message: str) -> None:
    number = {"N": "1"} if condition.startswith("line") else {"S": "1"}
    given = {"KeyConditionExpression": condition, "ExpressionAttributeValues": {":v": number}}
    assert message in Orders(**LINES).wrong("Query", **given)


def test_a_scan_meets_every_item_once_whatever_changes_meanwhile() -> None:
    orders = Orders()
    for number in range(200):
        orders.put(id=str(number), n=number)
    seen, start = [], None
    for turn in range(1000):
        reply = orders.on("Scan", Limit=7, **({} if start is None else {"ExclusiveStartKey": start}))
        seen += [one["id"]["S"] for one in reply["Items"]]
        start = reply.get("LastEvaluatedKey")
        if start is None:
            break
        orders.on("DeleteItem", Key=start)
        orders.put(id=f"new{turn}", n=0)
    assert len(seen) == len(set(seen))
    assert {str(number) for number in range(200)} <= set(seen)


def test_segments_share_the_items_out() -> None:
    orders = Orders()
    for number in range(100):
        orders.put(id=str(number))
    shares = [
        [one["id"]["S"] for page in pages(orders, "Scan", Segment=n, TotalSegments=3, Limit=10) for one in page]
        for n in range(3)
    ]
    assert all(shares)
    assert sorted(one for share in shares for one in share) == sorted(map(str, range(100)))


def test_a_page_ends_at_a_megabyte_and_a_filter_costs_what_it_passes_by() -> None:
    orders = Orders()
    for number in range(4):
        orders.put(id=str(number), n=number, x="x" * 300_000)
    reply = orders.on(
        "Scan", FilterExpression="n > :n", ExpressionAttributeValues={":n": {"N": "9"}}, ReturnConsumedCapacity="TOTAL"
    )
    assert (reply["Items"], reply["Count"], reply["ScannedCount"]) == ([], 0, 3)
    assert reply["ConsumedCapacity"] == {"TableName": "orders", "CapacityUnits": 110.0}
    found = pages(orders, "Scan", ProjectionExpression="id")
    assert [len(page) for page in found] == [3, 1]
    assert set(found[0][0]) == {"id"}


def test_capacity_is_counted_for_the_table_and_each_index() -> None:
    orders = Orders(**LINES)
    asked = {"ReturnConsumedCapacity": "INDEXES"}
    told = orders.on("PutItem", Item=item(id="a", line=1, x="x" * 1100), **asked)["ConsumedCapacity"]
    assert told == {"TableName": "orders", "CapacityUnits": 2.0, "Table": {"CapacityUnits": 2.0}}
    told = orders.on("PutItem", Item=item(id="a", line=1, day="1"), **asked)["ConsumedCapacity"]
    assert (told["CapacityUnits"], told["GlobalSecondaryIndexes"]) == (3.0, {"by_day": {"CapacityUnits": 1.0}})
    told = orders.on("PutItem", Item=item(id="a", line=1, day="2"), **asked)["ConsumedCapacity"]
    assert told["CapacityUnits"] == 3.0, "the entry of the index moves: one write there, one away"
    key = item(id="a", line=1)
    assert orders.on("GetItem", Key=key, ReturnConsumedCapacity="TOTAL")["ConsumedCapacity"]["CapacityUnits"] == 0.5
    told = orders.on("GetItem", Key=key, ConsistentRead=True, ReturnConsumedCapacity="TOTAL")["ConsumedCapacity"]
    assert told["CapacityUnits"] == 1.0


def test_batches() -> None:
    orders = Orders()
    puts = [{"PutRequest": {"Item": item(id=str(number))}} for number in range(25)]
    assert orders.call("BatchWriteItem", RequestItems={"orders": puts}) == {"UnprocessedItems": {}}
    wrong = orders.refused("BatchWriteItem", RequestItems={"orders": [*puts[:2], puts[0]]})
    assert wrong.message == "Provided list of item keys contains duplicates"
    assert "less than or equal to 25" in orders.refused("BatchWriteItem", RequestItems={"orders": puts * 2}).message
    missing = orders.refused(
        "BatchWriteItem", RequestItems={"orders": [{"DeleteRequest": {"Key": item(id="1")}}], "none": puts}
    )
    assert missing.code == "ResourceNotFoundException"
    asked = {"orders": {"Keys": [item(id="1"), item(id="none")]}}
    assert orders.call("BatchGetItem", RequestItems=asked) == {
        "Responses": {"orders": [item(id="1")]},
        "UnprocessedKeys": {},
    }


def test_a_table_that_is_deleted_loses_its_items_and_one_tells_how_many_it_has() -> None:
    orders = Orders()
    orders.put(id="a", n=100)
    assert (orders.table()["ItemCount"], orders.table()["TableSizeBytes"]) == (1, 6)
    orders.call("DeleteTable", TableName="orders")
    orders.create()
    assert orders.on("Scan")["Count"] == orders.table()["ItemCount"] == 0


def test_provisioned_tables_throttle_writes_where_limits_ask_for_it() -> None:
    orders = Orders(Limits(throughput=True), ProvisionedThroughput=throughput(1))
    for number in range(300):
        orders.put(id=str(number))
    refusal = orders.fails("PutItem", Item=item(id="more"))
    assert refusal.code == "ProvisionedThroughputExceededException"
    puts = [{"PutRequest": {"Item": item(id=f"new{number}")}} for number in range(2)]
    assert orders.refused("BatchWriteItem", RequestItems={"orders": puts}).code == refusal.code
    orders.wait(1)
    assert orders.call("BatchWriteItem", RequestItems={"orders": puts}) == {"UnprocessedItems": {"orders": puts[1:]}}
    generous = Orders(**PROVISIONED)
    for number in range(2000):
        generous.put(id=str(number))
