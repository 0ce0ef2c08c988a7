"""Transactions in process: all or nothing, and once for each token (fact sheet 6.3)."""

from typing import Any

import pytest

from orchestrator.errors import Fault
from orchestrator.model import Call
from orchestrator.sandbox.clock import VirtualClock
from orchestrator.sandbox.cloud import VirtualCloud
from orchestrator.sandbox.faults import Faults, Injection, Script
from orchestrator.sandbox.rules.dynamodb.items.tokens import WINDOW
from orchestrator.sandbox.rules.refusal import Refusal
from tests.sandbox.items_world import CANCELLED, FAILED, LINES, Orders, item

pytestmark = pytest.mark.virtual


def add(order: str, number: int = 1, **more: Any) -> dict[str, Any]:
    """An action that counts."""
    return {
        "Update": {
            "TableName": "orders",
            "Key": item(id=order),
            "UpdateExpression": "ADD n :n",
            "ExpressionAttributeValues": {":n": {"N": str(number)}},
            **more,
        }
    }


def put(order: str, **more: Any) -> dict[str, Any]:
    return {"Put": {"TableName": "orders", "Item": item(id=order), **more}}


NEW = {"ConditionExpression": "attribute_not_exists(id)"}


def transact(orders: Orders, *actions: dict[str, Any], token: str | None = None, **more: Any) -> dict[str, Any]:
    given = {} if token is None else {"ClientRequestToken": token}
    return orders.call("TransactWriteItems", TransactItems=list(actions), **given, **more)


def refused(orders: Orders, *actions: dict[str, Any], token: str | None = None, **more: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        transact(orders, *actions, token=token, **more)
    return caught.value


def counted(orders: Orders, order: str = "a") -> int:
    return int((orders.get(id=order) or item(n=0))["n"]["N"])


def test_all_of_it_happens_or_nothing_with_a_reason_for_each_action() -> None:
    orders = Orders()
    orders.put(id="b", n=7)
    refusal = refused(orders, add("a"), put("b", **NEW, ReturnValuesOnConditionCheckFailure="ALL_OLD"), put("c"))
    assert refusal.code == CANCELLED
    assert refusal.message == (
        "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, None]"
    )
    assert refusal.fields["CancellationReasons"] == [
        {"Code": "None"},
        {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed", "Item": item(id="b", n=7)},
        {"Code": "None"},
    ]
    assert orders.on("Scan")["Items"] == [item(id="b", n=7)]
    check = {"TableName": "orders", "Key": item(id="b"), "ConditionExpression": "attribute_exists(id)"}
    told = transact(
        orders, add("a"), {"ConditionCheck": check}, {"Delete": {"TableName": "orders", "Key": item(id="x")}},
        ReturnConsumedCapacity="TOTAL",
    )  # fmt: skip
    assert told == {"ConsumedCapacity": [{"TableName": "orders", "CapacityUnits": 6.0}]}
    assert orders.on("Scan")["Count"] == 2


def test_what_an_item_can_t_bear_is_an_action_s_reason_and_what_none_could_ends_the_request() -> None:
    orders = Orders()
    orders.put(id="a", n="text")
    refusal = refused(orders, put("b"), add("a"), put("c", **NEW))
    codes = [reason["Code"] for reason in refusal.fields["CancellationReasons"]]
    assert (refusal.code, codes) == (CANCELLED, ["None", "ValidationError", "None"])
    for wrong, message in [
        ([put("a"), add("a")], "Transaction request cannot include multiple operations on one item"),
        ([put("b", ConditionExpression="nonsense")], "Syntax error"),
        ([{**put("b"), **add("b")}], "can only contain one of"),
        ([put(str(number)) for number in range(101)], "less than or equal to 100"),
    ]:
        refusal = refused(orders, *wrong)
        assert refusal.code == "ValidationException"
        assert message in refusal.message
    long = refused(orders, put("b"), token="t" * 37)
    assert (long.code, "less than or equal to 36" in long.message) == ("ValidationException", True)
    missing = {"Put": {"TableName": "none", "Item": item(id="a")}}
    assert refused(orders, put("b"), missing).code == "ResourceNotFoundException"
    assert orders.on("Scan")["Count"] == 1


def test_a_token_makes_it_happen_once_for_ten_minutes() -> None:
    orders = Orders()
    for pause in (0.0, 1.0, WINDOW - 2):
        orders.wait(pause)
        assert transact(orders, add("a"), token="t") == {}
        transact(orders, add("a"), token="t", ReturnConsumedCapacity="TOTAL")
        assert refused(orders, add("a", 2), token="t").code == "IdempotentParameterMismatchException"
        assert counted(orders) == 1
    orders.wait(1)
    transact(orders, add("a"), token="t")
    assert counted(orders) == 1, "the window begins when it completed, whenever it was sent again"
    orders.wait(1)
    transact(orders, add("a"), token="t")
    assert counted(orders) == 2, "after the window it is a request like any other"


def test_a_cancelled_transaction_is_not_remembered() -> None:
    orders = Orders()
    orders.put(id="b")
    assert refused(orders, add("a"), put("b", **NEW), token="t").code == CANCELLED
    orders.on("DeleteItem", Key=item(id="b"))
    transact(orders, add("a"), put("b", **NEW), token="t")
    assert counted(orders) == 1


@pytest.mark.parametrize("seconds", [1, 30])
def test_a_stuck_transaction_is_in_progress_until_a_late_resend_completes_it(seconds: float) -> None:
    orders = Orders()
    orders.account.dynamodb.tokens.stall_next(seconds)
    assert refused(orders, add("a"), token="t").code == "InternalServerError"
    assert refused(orders, add("a", 2), token="t").code == "IdempotentParameterMismatchException"
    orders.wait(max(seconds, 5) - 0.5)
    progress = refused(orders, add("a"), token="t")
    assert (progress.code, counted(orders)) == ("TransactionInProgressException", 0)
    orders.wait(0.5)
    for _ in range(2):
        transact(orders, add("a"), token="t")
        assert counted(orders) == 1


def test_a_transaction_of_reads() -> None:
    orders = Orders(**LINES)
    orders.put(id="a", line=1, n=5)
    got = [{"Get": {"TableName": "orders", "Key": item(id="a", line=n), "ProjectionExpression": "n"}} for n in (1, 2)]
    told = orders.call("TransactGetItems", TransactItems=got, ReturnConsumedCapacity="TOTAL")
    assert told["Responses"] == [{"Item": item(n=5)}, {}]
    assert told["ConsumedCapacity"][0]["CapacityUnits"] == 4.0


# ------------------------------------------------------------------------------------------------- through the Cloud port


def call(operation: str, **parameters: Any) -> Call:
    return Call("dynamodb", operation, parameters)


async def test_a_fault_carries_the_reasons_and_items_keep_their_names() -> None:
    orders, clock = Orders(), VirtualClock()
    cloud = VirtualCloud(orders.account, clock)
    await cloud.send(call("PutItem", TableName="orders", Item=item(id="a", LastModified=5)))
    found = await cloud.send(call("GetItem", TableName="orders", Key=item(id="a")))
    assert found["Item"] == item(id="a", LastModified=5)
    with pytest.raises(Fault) as cancelled:
        await cloud.send(call("TransactWriteItems", TransactItems=[add("b"), put("a", **NEW)]))
    assert [reason["Code"] for reason in cancelled.value.reasons] == ["None", "ConditionalCheckFailed"]
    with pytest.raises(Fault) as failed:
        await cloud.send(call("PutItem", TableName="orders", Item=item(id="a"), **NEW))
    assert (failed.value.code, failed.value.reasons) == (FAILED, ())


@pytest.mark.parametrize(("injection", "effects"), [(Injection.DROP_BEFORE, 0), (Injection.DROP_AFTER, 1)])
async def test_a_lost_answer_tells_nothing_of_the_effect_and_the_token_makes_good(
    injection: Injection, effects: int
) -> None:
    orders, clock = Orders(), VirtualClock()
    faults = Faults(scripts=[Script("dynamodb:TransactWriteItems", 1, injection)])
    cloud = VirtualCloud(orders.account, clock, faults)
    sent = call("TransactWriteItems", TransactItems=[add("a")], ClientRequestToken="t")
    with pytest.raises(Fault) as lost:
        await cloud.send(sent)
    assert (lost.value.sent, lost.value.status, counted(orders)) == (True, None, effects)
    await cloud.send(sent)
    assert counted(orders) == 1


async def test_a_share_of_a_batch_comes_back_unprocessed() -> None:
    orders, clock = Orders(), VirtualClock()
    cloud = VirtualCloud(orders.account, clock, Faults(3, unprocessed=0.4))
    left: list[Any] = [{"PutRequest": {"Item": item(id=str(number))}} for number in range(25)]
    sends = 0
    while left:
        sends += 1
        try:
            reply = await cloud.send(call("BatchWriteItem", RequestItems={"orders": left}))
        except Fault:
            continue
        left = reply["UnprocessedItems"].get("orders", [])
        assert orders.on("Scan")["Count"] == 25 - len(left)
    assert 2 < sends < 20
    none = VirtualCloud(orders.account, clock, Faults(unprocessed=1))
    with pytest.raises(Fault, match="ProvisionedThroughputExceededException"):
        await none.send(call("BatchWriteItem", RequestItems={"orders": [{"DeleteRequest": {"Key": item(id="1")}}]}))
    assert orders.on("Scan")["Count"] == 25
