"""From a task to the requests that it comes to."""

import json
from decimal import Decimal
from typing import Any

import pytest

from orchestrator.kinds.task import works
from orchestrator.kinds.task.complaints import NotConverted
from orchestrator.model import FromLive, Ref, Text, hide, reveal
from orchestrator.model.work import Backfill, Expectation, Invocation, Seed, Share, Taken, Transaction
from orchestrator.planning.values import Integer, Number, hidden
from tests.kinds.task.specs import KEY, KNOWN, backfill, made, spec, update

ARN = Text((FromLive(Ref("demo", ("tables", "orders")), "stream_arn"),))
A_KEY = {"id": {"S": "a"}, "line": {"N": "1"}}


def action(body: Any) -> Any:
    work = made({"transact": [body]} if "transact" not in body else body)
    assert isinstance(work, Transaction)
    (found,) = work.actions
    return found


def complaints(body: Any) -> list[tuple[Any, str]]:
    with pytest.raises(NotConverted) as caught:
        works.work(spec(body), KNOWN)
    return [(complaint.path, complaint.code) for complaint in caught.value.complaints]


# ------------------------------------------------------------------------------------------------------- transactions


def test_an_update_is_one_expression_beside_the_plans_own_placeholders() -> None:
    """Ours are called otherwise, even where the plan calls its own as we would; no reserved word is bare."""
    body = update(
        set={"status": "open", "a.b": 1},
        add={"count": 1},
        remove=["draft"],
        names={"#n1": "state"},
        values={":v1": "new"},
        **{"if": "#n1 = :v1"},
    )
    found = action(body)["Update"]
    names, values = found["ExpressionAttributeNames"], found["ExpressionAttributeValues"]
    assert found["TableName"] == "orders-dev"
    assert found["Key"] == A_KEY
    assert found["ConditionExpression"] == "#n1 = :v1"
    assert (names["#n1"], values[":v1"]) == ("state", {"S": "new"})
    text = found["UpdateExpression"]
    for placeholder in sorted(names.keys() | values.keys(), key=len, reverse=True):
        shown = names.get(placeholder) or json.dumps(values[placeholder])
        text = text.replace(placeholder, f"<{shown}>")
    assert text == 'SET <status> = <{"S": "open"}>, <a.b> = <{"N": "1"}> ADD <count> <{"N": "1"}> REMOVE <draft>'
    assert set(names) == {"#n1", *(word.strip("=,") for word in found["UpdateExpression"].split() if "#" in word)}


def test_if_absent_asks_for_the_partition_key() -> None:
    found = action({"put": {"table": "orders", "item": {**KEY, "status": "x"}, "if_absent": True}})["Put"]
    (placeholder,) = found["ExpressionAttributeNames"]
    assert found["ExpressionAttributeNames"][placeholder] == "id"
    assert found["ConditionExpression"] == f"attribute_not_exists({placeholder})"
    assert "ExpressionAttributeValues" not in found


def test_if_absent_of_a_table_whose_key_is_not_declared_asks_for_all_that_the_item_has() -> None:
    found = action({"put": {"table": "old", "item": {"k": 1, "v": 2}, "if_absent": True}})["Put"]
    assert sorted(found["ExpressionAttributeNames"].values()) == ["k", "v"]
    assert found["ConditionExpression"] == " AND ".join(
        f"(attribute_not_exists({placeholder}))" for placeholder in found["ExpressionAttributeNames"]
    )


def test_deletes_and_checks_have_their_conditions() -> None:
    condition = {"if": "#s = :v", "names": {"#s": "status"}, "values": {":v": Decimal("1.50")}}
    request = {
        "TableName": "orders-dev",
        "Key": A_KEY,
        "ConditionExpression": "#s = :v",
        "ExpressionAttributeNames": {"#s": "status"},
        "ExpressionAttributeValues": {":v": {"N": "1.5"}},
    }
    assert action({"check": {"table": "orders", "key": KEY, **condition}}) == {"ConditionCheck": request}
    assert action({"delete": {"table": "orders", "key": KEY, **condition}}) == {"Delete": request}
    plain = {"TableName": "orders-dev", "Key": A_KEY}
    assert action({"delete": {"table": "orders", "key": KEY}}) == {"Delete": plain}


def test_the_order_in_which_a_set_is_written_makes_no_other_transaction() -> None:
    one, other = (made(update(set={"tags": {"$type": "SS", "values": values}})) for values in (["a", "b"], ["b", "a"]))
    assert one.stated == other.stated


@pytest.mark.parametrize(
    ("body", "path", "code"),
    [
        (update(add={"a": "x"}), ("transact", 0, "update", "add", "a"), "not-added"),
        (update(set={"a": 1.5}), ("transact", 0, "update", "set", "a"), "wrong-value"),
        (update(set={f"a{n}": n for n in range(400)}), ("transact", 0, "update"), "long-update"),
        (
            {"transact": [{"delete": {"table": "orders", "key": {"id": "a"}}}]},
            ("transact", 0, "delete", "key"),
            "no-key",
        ),
        (
            {"transact": [{"put": {"table": "orders", "item": {"id": "a", "line": "1"}}}]},
            ("transact", 0, "put", "item", "line"),
            "key-type",
        ),
        (
            {
                "transact": [
                    {"put": {"table": "orders", "item": {**KEY, "x": 1}}},
                    {"delete": {"table": "orders", "key": {"line": Decimal("1.0"), "id": hide("a")}}},
                ]
            },
            ("transact", 1, "delete"),
            "same-item",
        ),
        (
            {"transact": [{"put": {"table": "old", "item": {"id": n, "x": "y" * 400_000}}} for n in range(11)]},
            ("transact",),
            "transaction-too-large",
        ),
    ],
)
def test_what_no_transaction_can_be_is_told_at_its_place(body: Any, path: Any, code: str) -> None:
    assert complaints(body) == [(path, code)]


# -------------------------------------------------------------------------------------------------------------- seeds


def test_written_items_are_a_seeds() -> None:
    work = made({"seed": {"table": "orders", "items": [KEY, {**KEY, "id": "b"}], "if_exists": "fail"}})
    assert isinstance(work, Seed)
    assert (work.table, work.if_exists) == ("orders-dev", "fail")
    assert work.items.number == 2
    assert list(work.items) == list(work.items) == work.items.stated == [A_KEY, {**A_KEY, "id": {"S": "b"}}]


def test_a_seed_has_no_key_twice_however_it_is_written() -> None:
    body = {"seed": {"table": "orders", "items": [KEY, {"line": Decimal("1.0"), "id": "a"}, {"id": 1}]}}
    assert complaints(body) == [
        (("seed", "items", 1), "same-key"),
        (("seed", "items", 2, "id"), "key-type"),
        (("seed", "items", 2), "no-key"),
    ]


# -------------------------------------------------------------------------------------------------------- invocations


def invocation(**body: Any) -> Invocation:
    work = made({"invoke": {"function": "api", **body}})
    assert isinstance(work, Invocation)
    return work


def test_an_invocation_that_is_waited_for() -> None:
    work = invocation(alias="live", payload={"warm": True, "n": Decimal("1.50")}, expect={"payload": {"ok": True}})
    assert work.call.api == "lambda:Invoke"
    assert work.call.parameters == {
        "FunctionName": "api-dev",
        "Qualifier": "live",
        "InvocationType": "RequestResponse",
        "Payload": '{"warm":true,"n":1.50}',
    }
    assert work.expect == Expectation(None, {"ok": True})


def test_an_event_has_none() -> None:
    assert invocation(invocation="event").call.parameters == {"FunctionName": "api-dev", "InvocationType": "Event"}


def test_a_payload_may_have_parts_that_are_late_or_hidden() -> None:
    payload = invocation(payload={"stream": ARN, "token": hide('a"b')}).call.parameters["Payload"]
    assert isinstance(payload, Text)
    assert payload.hidden
    assert json.loads(str(reveal(payload.resolved(lambda _: "arn:x")))) == {"stream": "arn:x", "token": 'a"b'}


def test_a_hidden_part_of_a_payload_is_written_as_what_it_means() -> None:
    given = {
        "pin": hidden(Integer(31, "0x1F")),
        "price": hidden(Number("1.50")),
        "flag": hidden(False),
        "no": hidden("7"),
    }
    payload = invocation(payload=given).call.parameters["Payload"]
    assert reveal(payload) == '{"pin":31,"price":1.50,"flag":false,"no":"7"}'
    assert payload.secrets == {"0x1F", "31", "1.50", "1.5", "7"}


@pytest.mark.parametrize(("sort", "most"), [("event", 1024 * 1024), ("request_response", 6 * 1024 * 1024)])
def test_a_payload_has_a_largest_size(sort: str, most: int) -> None:
    assert len(invocation(invocation=sort, payload="x" * (most - 2)).call.parameters["Payload"]) == most
    body = {"invoke": {"function": "api", "invocation": sort, "payload": "x" * (most - 1)}}
    assert complaints(body) == [(("invoke", "payload"), "payload-too-large")]


# ---------------------------------------------------------------------------------------------------------- backfills


def test_a_backfill_sets_values_and_what_it_takes_of_the_item() -> None:
    body = backfill(
        set={
            "whole": "${item.total}",
            "part": 'no. ${item["my line"]} $${item.x}',
            "literal": ["$${item.x}", "$${", 1],
            "late": ARN,
            "fixed": 1,
        },
        remove=["draft"],
        where="#s = :v",
        names={"#s": "status"},
        values={":v": "old"},
        max_write_units=500,
        shard="3/20",
    )
    work = made(body)
    assert work == Backfill(
        table="orders-dev",
        set={
            "whole": (Taken("total"),),
            "part": ("no. ", Taken("my line"), " ${item.x}"),
            "literal": {"L": [{"S": "${item.x}"}, {"S": "${"}, {"N": "1"}]},
            "late": {"S": ARN},
            "fixed": {"N": "1"},
        },
        remove=("draft",),
        where="#s = :v",
        names={"#s": "status"},
        values={":v": {"S": "old"}},
        segments=20,
        share=Share(3, 20),
        write_units=500,
    )


@pytest.mark.parametrize(
    ("body", "path", "code"),
    [
        (backfill(set={"line": 1}), ("backfill", "set"), "key-changed"),
        (backfill(remove=["id"]), ("backfill", "remove"), "key-changed"),
        (backfill(set={"a": "${item}"}), ("backfill", "set", "a"), "item-reference"),
        (backfill(set={"a": "${item.x.y}"}), ("backfill", "set", "a"), "item-reference"),
        (backfill(set={"a": ["${item.x}"]}), ("backfill", "set", "a", 0), "item-reference"),
        (backfill(set={"a": {"k": "${item.x}"}}), ("backfill", "set", "a", "k"), "item-reference"),
        (backfill(set={"a": hide("${item.x}s")}), ("backfill", "set", "a"), "item-reference"),
        (backfill(set={"a": [1.5]}), ("backfill", "set", "a", 0), "wrong-value"),
    ],
)
def test_what_no_backfill_can_do_is_told_at_its_place(body: Any, path: Any, code: str) -> None:
    assert complaints(body) == [(path, code)]


LONG = {"where": " OR ".join(["attribute_exists(u)"] * 178), "set": {"ok": "${item.u}"}}
"""4,090 bytes: with what an update adds they are too many."""


@pytest.mark.parametrize(
    ("body", "path", "code"),
    [
        (backfill(**LONG), ("backfill", "where"), "long-condition"),
        (backfill(set={f"a{number}": 1 for number in range(200)}), ("backfill",), "long-condition"),
        (backfill(remove=["r"], where=" OR ".join(["a<b"] * 300)), ("backfill", "where"), "many-operators"),
        (backfill(set={"a": "x" * 400 * 1024}), ("backfill", "set"), "item-too-large"),
        (
            backfill(remove=["r"], where="a <> :v", values={":v": "x" * 2 * 1024 * 1024}),
            ("backfill",),
            "values-too-large",
        ),
    ],
)
def test_what_no_update_could_be_is_told_before_it_is_sent(body: Any, path: Any, code: str) -> None:
    assert complaints(body) == [(path, code)]


def test_a_set_of_too_many_attributes_has_too_long_an_update() -> None:
    found = complaints(backfill(set={f"a{number}": 1 for number in range(400)}))
    assert (("backfill",), "long-update") in found


def test_a_condition_may_be_just_as_long_as_dynamodb_takes_it() -> None:
    ours = len("(attribute_exists(#n1)) AND () AND (attribute_not_exists(#n0))")
    most = "c" * (4096 - ours - len(" = b"))
    made(backfill(remove=["r"], where=f"{most} = b"))
    assert complaints(backfill(remove=["r"], where=f"{most}c = b")) == [(("backfill", "where"), "long-condition")]
