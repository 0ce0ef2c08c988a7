"""The same random items, conditions and updates here and in moto: what either makes of them must agree.

moto is an emulator too, laxer than DynamoDB in places: compared is what it accepts and what then is in the item, or that
the condition failed. What we refuse as no valid request is not sent to it.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as some
from moto import mock_aws

from orchestrator.sandbox.rules.refusal import Refusal
from tests.sandbox.dynamodb_world import table
from tests.sandbox.items_world import Orders, item, plain

EXAMPLES = 400 if os.environ.get("ORCHESTRATOR_TEST_EVERY_START") else 60
GAPS = (ValueError, TypeError, AttributeError)
"""What moto raises where it has no answer, such as for the size of what is not there."""
NAMES = {"#n": "n", "#w": "word", "#t": "tags", "#l": "list", "#d": "doc"}
PATHS = [*NAMES, "#l[0]", "#l[1]", "#d.x", "#d.y"]

numbers = some.integers(-5, 5)
words = some.sampled_from(["a", "ab", "abc", "b"])
scalars = numbers | words
sets = some.sets(words, min_size=1, max_size=3)
lists = some.lists(scalars, max_size=3)
documents = some.dictionaries(some.sampled_from("xy"), scalars, max_size=2)
items = some.fixed_dictionaries(
    {}, optional={"n": numbers, "word": words, "tags": sets, "list": lists, "doc": documents}
)
paths = some.sampled_from(PATHS)


@some.composite
def comparisons(draw: Any) -> tuple[str, dict[str, Any]]:
    path, value = draw(paths), draw(scalars)
    form = draw(
        some.sampled_from(
            [
                "{} = :{}", "{} <> :{}", "{} < :{}", "{} >= :{}", "size({}) > :{}", "contains({}, :{})", "{} IN (:{})",
                "attribute_exists({})", "attribute_not_exists({})", "begins_with({}, :{})",
            ]
        )
    )  # fmt: skip
    name = f"v{draw(some.integers(0, 10**6))}"
    if form.startswith("size") and not isinstance(value, int):
        value = 1
    if form.startswith("begins"):
        value = draw(words)
    return form.format(path, name), {name: value} if ":" in form else {}


@some.composite
def conditions(draw: Any) -> tuple[str, dict[str, Any]]:
    text, values = draw(comparisons())
    for _ in range(draw(some.integers(0, 2))):
        other, more = draw(comparisons())
        negated = "NOT " if draw(some.booleans()) else ""
        text, values = f"({text}) {draw(some.sampled_from(['AND', 'OR']))} {negated}{other}", values | more
    return text, values


@some.composite
def updates(draw: Any) -> tuple[str, dict[str, Any]]:
    kind, value = draw(some.sampled_from("abcdefgh")), draw(scalars)
    path = draw(paths)
    match kind:
        case "a":
            return f"SET {path} = :v", {"v": value}
        case "b":
            return "SET #n = #n + :v", {"v": draw(numbers)}
        case "c":
            return f"SET #n = if_not_exists({path}, :v)", {"v": value}
        case "d":
            return "SET #l = list_append(#l, :v)", {"v": draw(lists)}
        case "e":
            return f"REMOVE {path}", {}
        case "f":
            return "ADD #n :v", {"v": draw(numbers)}
        case "g":
            return "ADD #t :v", {"v": draw(sets)}
    return "DELETE #t :v", {"v": draw(sets)}


@pytest.fixture(scope="module")
def theirs() -> Iterator[Any]:
    with mock_aws():
        client: Any = boto3.client(
            "dynamodb", region_name="eu-west-1", aws_access_key_id="sandbox", aws_secret_access_key="sandbox"
        )
        client.create_table(**table())
        yield client


@pytest.fixture(scope="module")
def ours() -> Orders:
    return Orders()


def placeholders(text: str, values: dict[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if names := {sign: name for sign, name in NAMES.items() if sign in text}:
        given["ExpressionAttributeNames"] = names
    if values:
        given["ExpressionAttributeValues"] = {f":{name}": plain(value) for name, value in values.items()}
    return given


def same(ours: Orders, theirs: Any, operation: str, before: dict[str, Any], **asked: Any) -> None:
    """Both start from the same item, are asked the same, answer the same, and end with the same."""
    start = item(id="a", **before)
    ours.on("PutItem", Item=start)
    theirs.put_item(TableName="orders", Item=start)
    mine = outcome(lambda: ours.on(operation, **asked))
    if mine.startswith("ValidationException: Invalid"):
        return
    call = getattr(theirs, xform_name(operation))
    try:
        their_own = outcome(lambda: call(TableName="orders", **asked))
    except GAPS:
        return
    assert their_own.partition(":")[0] == mine.partition(":")[0]
    there = theirs.get_item(TableName="orders", Key=item(id="a"))["Item"]
    assert normal(there) == normal(ours.get(id="a"))


def outcome(call: Callable[[], object]) -> str:
    """What came of a call: nothing wrong, or a code and a message."""
    try:
        call()
    except Refusal as refusal:
        return f"{refusal.code}: {refusal.message}"
    except ClientError as error:
        return f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
    return ""


def normal(value: Any) -> Any:
    """An item with its sets in order."""
    if isinstance(value, dict):
        return {name: sorted(one) if name in ("SS", "NS") else normal(one) for name, one in value.items()}
    return [normal(one) for one in value] if isinstance(value, list) else value


@settings(max_examples=EXAMPLES, deadline=None)
@given(before=items, condition=conditions())
def test_a_condition_holds_where_moto_s_does(
    ours: Orders, theirs: Any, before: dict[str, Any], condition: tuple[str, dict[str, Any]]
) -> None:
    text, values = condition
    asked = {"Item": item(id="a", n=99), "ConditionExpression": text, **placeholders(text, values)}
    same(ours, theirs, "PutItem", before, **asked)


@settings(max_examples=EXAMPLES, deadline=None)
@given(before=items, update=updates())
def test_an_update_leaves_what_moto_s_does(
    ours: Orders, theirs: Any, before: dict[str, Any], update: tuple[str, dict[str, Any]]
) -> None:
    text, values = update
    asked = {"Key": item(id="a"), "UpdateExpression": text, **placeholders(text, values)}
    same(ours, theirs, "UpdateItem", before, **asked)
