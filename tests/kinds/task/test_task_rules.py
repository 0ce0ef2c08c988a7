"""What is wrong with a task by itself: its form, its placeholders, what it sets and how it is shared."""

from typing import Any

import pytest
from pydantic import ValidationError

from orchestrator.kinds.task import rules
from tests.kinds.task.specs import KEY, backfill, spec, update

DELETE = {"delete": {"table": "orders", "key": KEY}}
EXISTS = "attribute_exists(id)"
INVOKE = {"function": "api"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"seed": {"table": "orders", "items": []}, "invoke": INVOKE},
        {"seed": {"table": "orders"}},
        {"seed": {"table": "orders", "items": [], "file": "x.csv"}},
        {"seed": {"table": "orders", "items": [], "if_exists": "maybe"}},
        {"transact": []},
        {"transact": [DELETE] * 101},
        {"transact": [{**DELETE, "check": {"table": "orders", "key": KEY, "if": EXISTS}}]},
        {"transact": [{"check": {"table": "orders", "key": KEY}}]},
        {"transact": [{"check": {"table": "orders", "key": KEY, "if": " "}}]},
        update(set={"a": 1}, names={"s": "status"}),
        update(set={"a": 1}, values={"v": 1}),
        update(set={"a": 1}, values={":" + "v" * 255: 1}),
        update(remove=["a", "a"]),
        update(set={"": 1}),
        backfill(remove=["a"], segments=0),
        backfill(remove=["a"], segments=1_000_001),
        backfill(remove=["a"], shard="0/4"),
        backfill(remove=["a"], shard="1"),
        backfill(remove=["a"], max_write_units=0),
        {"invoke": {**INVOKE, "alias": "li ve"}},
        {"invoke": {**INVOKE, "invocation": "later"}},
        {"invoke": INVOKE, "timeout": "0s"},
        {"invoke": INVOKE, "run": "twice"},
    ],
)
def test_no_task_is_of_another_form(body: Any) -> None:
    with pytest.raises(ValidationError):
        spec(body)


@pytest.mark.parametrize(
    ("body", "path", "code"),
    [
        ({"invoke": INVOKE, "marker": True}, ("marker",), "marker"),
        ({"transact": [DELETE] * 100}, ("transact",), "too-many-actions"),
        (
            {"transact": [{"put": {"table": "orders", "item": KEY, "if_absent": True, "if": EXISTS}}]},
            ("transact", 0, "put", "if"),
            "two-conditions",
        ),
        (update(set={"a": 1}, **{"if": "#s = a"}), ("transact", 0, "update", "if"), "no-placeholder"),
        (update(set={"a": 1}, **{"if": "s = :v"}), ("transact", 0, "update", "if"), "no-placeholder"),
        (
            update(set={"a": 1}, names={"#s": "x"}, **{"if": "#st = a", "values": {}}) | {"marker": None},
            ("transact", 0, "update", "if"),
            "no-placeholder",
        ),
        (update(set={"a": 1}, names={"#s": "x"}), ("transact", 0, "update", "names", "#s"), "unused-placeholder"),
        (
            backfill(remove=["a"], where=EXISTS, values={":v": 1}),
            ("backfill", "values", ":v"),
            "unused-placeholder",
        ),
        (backfill(remove=["a"], where=EXISTS + " OR x" * 1024), ("backfill", "where"), "long-condition"),
        (
            update(set={"a": 1}, **{"if": " AND ".join(["size(a)<b"] * 151)}),
            ("transact", 0, "update", "if"),
            "many-operators",
        ),
        (update(), ("transact", 0, "update"), "no-change"),
        (backfill(where=EXISTS), ("backfill",), "no-change"),
        (update(set={"a": 1}, add={"a": 1}), ("transact", 0, "update", "add"), "attribute-twice"),
        (update(add={"a": 1}, remove=["a"]), ("transact", 0, "update", "remove"), "attribute-twice"),
        (backfill(set={"a": 1}, remove=["a"]), ("backfill", "remove"), "attribute-twice"),
        (update(set={"line": 1}), ("transact", 0, "update"), "key-changed"),
        (backfill(set={"a": "${item.b}", "b": 1}), ("backfill", "set", "a"), "sets-what-it-reads"),
        (backfill(set={"a": 'x-${item["a"]}'}), ("backfill", "set", "a"), "sets-what-it-reads"),
        (backfill(remove=["a"], shard="5/4"), ("backfill", "shard"), "share"),
        (backfill(remove=["a"], shard="1/4", segments=3), ("backfill", "shard"), "share"),
        ({"invoke": {**INVOKE, "expect": {"status": 500}}}, ("invoke", "expect", "status"), "expected-status"),
        ({"invoke": {**INVOKE, "expect": {"payload": None}}}, ("invoke", "expect", "payload"), "expected-payload"),
        (
            {"invoke": {**INVOKE, "invocation": "event", "expect": {"payload": {}}}},
            ("invoke", "expect", "payload"),
            "expected-payload",
        ),
    ],
)
def test_what_is_wrong_with_a_task_is_told_at_its_place(body: Any, path: Any, code: str) -> None:
    assert (path, code) in [(complaint.path, complaint.code) for complaint in rules.complaints(spec(body))]


@pytest.mark.parametrize(
    "body",
    [
        {"transact": [DELETE] * 99},
        {"transact": [DELETE] * 100, "marker": False},
        update(set={"a": 1}, **{"if": " AND ".join(["size(a)<b"] * 150)}),
        update(set={"a": 1}, names={"#s": "s"}, values={":v": 1, ":v1": 2}, **{"if": "#s IN (:v, :v1)"}),
        backfill(set={"a": "${item.b}"}, remove=["b"]),
        backfill(set={"a": "$${item.a}"}),
        backfill(set={"a": 1}, shard="4/4", segments=4),
        {"invoke": {**INVOKE, "expect": {"status": 200, "payload": {"ok": True}}}, "timeout": "5m"},
        {"invoke": {**INVOKE, "invocation": "event", "expect": {"status": 202}}},
        {"seed": {"table": "orders", "file": "items.jsonl"}, "run": "on_change", "after": ["tasks.other"]},
    ],
)
def test_nothing_is_wrong_with_these(body: Any) -> None:
    assert list(rules.complaints(spec(body))) == []


def test_each_sort_has_its_own_time() -> None:
    stated = {"timeout": "90s"}
    assert spec(backfill(remove=["a"])).seconds == 7 * 86400
    assert spec({"invoke": INVOKE}).seconds == 900
    assert spec({"transact": [DELETE]}).seconds == 1800
    assert spec({"invoke": INVOKE, **stated}).seconds == 90
