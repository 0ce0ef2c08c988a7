"""What is the same to DynamoDB, and what is not."""

from typing import Any

import pytest

from orchestrator.kinds.task.sameness import alike, comparable, same
from orchestrator.model import FromLive, Ref, Text, hide

LATE = Text((FromLive(Ref("shop", ("tables", "orders")), "stream_arn"),))
WRITTEN_OTHERWISE: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"SS": ["b", "a"]}, {"SS": ["a", "b"]}),
    ({"NS": ["1.0", "2"]}, {"NS": ["2", "1"]}),
    ({"BS": [b"b", b"a"]}, {"BS": [b"a", b"b"]}),
    ({"N": "1E+3"}, {"N": "1000"}),
    ({"M": {"n": {"N": "1.0"}}}, {"M": {"n": {"N": "1"}}}),
    ({"L": [{"SS": ["b", "a"]}]}, {"L": [{"SS": ["a", "b"]}]}),
    ({"S": hide("x")}, {"S": "x"}),
    ({"N": hide("1.0")}, {"N": "1"}),
    ({"SS": [hide("x")]}, {"SS": ["x"]}),
    ({"S": LATE}, {"S": LATE}),
    ({"M": {"": {"NULL": True}}}, {"M": {"": {"NULL": True}}}),
]
OTHERS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"L": [{"N": "1"}, {"N": "2"}]}, {"L": [{"N": "2"}, {"N": "1"}]}),
    ({"S": "1"}, {"N": "1"}),
    ({"S": "a"}, {"B": b"a"}),
    ({"SS": ["1"]}, {"NS": ["1"]}),
    ({"N": "12345678901234567890123456789012345678"}, {"N": "12345678901234567890123456789012345679"}),
    ({"S": LATE}, {"S": "x"}),
    ({"N": LATE}, {"N": "1"}),
]


@pytest.mark.parametrize(("one", "other"), WRITTEN_OTHERWISE)
def test_values_that_differ_only_in_how_they_are_written_are_alike(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert alike(one, other)
    assert same({"a": one}, {"a": other})


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_other_values_are_not(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert not alike(one, other)
    assert not same({"a": one}, {"a": other})


def test_items_are_the_same_with_the_same_attributes_only() -> None:
    assert not same({"a": {"S": "x"}}, {"a": {"S": "x"}, "b": {"S": "y"}})
    assert not same({"a": {"S": "x"}}, {"b": {"S": "x"}})


def test_keys_that_are_written_otherwise_are_one() -> None:
    assert len({comparable({"N": "1"}), comparable({"N": "1.0"}), comparable({"N": hide("1")})}) == 1
