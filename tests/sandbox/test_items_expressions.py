"""Conditions and updates of items, evaluated and refused as DynamoDB does."""

from typing import Any

import pytest

from orchestrator.sandbox.rules.refusal import Refusal
from tests.sandbox.items_world import Orders, item, plain


@pytest.fixture
def orders() -> Orders:
    world = Orders()
    world.put(
        id="a", n=12, word="abc", tags={"x", "y"}, list=[1, "two", [3]], doc={"in": {"x": 5}}, gone=None, yes=True
    )
    return world


LIST = {"#l": "list"}


@pytest.mark.parametrize(
    ("condition", "holds", "values"),
    [
        ("n = :v", True, {"v": 12}),
        ("n = :v", False, {"v": "12"}),
        ("n <> :v", True, {"v": 13}),
        ("absent <> :v", True, {"v": 13}),
        ("absent = :v", False, {"v": 13}),
        ("n < :v", True, {"v": 100}),
        ("word < :v", False, {"v": 100}),
        ("n >= :v AND n <= :v", True, {"v": 12}),
        ("n BETWEEN :a AND :b", True, {"a": 12, "b": 13}),
        ("NOT n BETWEEN :a AND :b", False, {"a": 12, "b": 13}),
        ("n IN (:a, :b)", True, {"a": 1, "b": 12}),
        ("n = :a OR n = :b AND word = :c", True, {"a": 12, "b": 0, "c": "no"}),
        ("(n = :a OR n = :b) AND word = :c", False, {"a": 12, "b": 0, "c": "no"}),
        ("attribute_exists(doc) and attribute_not_exists(rest)", True, {}),
        ("attribute_exists(id.x)", False, {}),
        ("attribute_type(gone, :t)", True, {"t": "NULL"}),
        ("begins_with(word, :v)", True, {"v": "ab"}),
        ("contains(word, :v)", True, {"v": "bc"}),
        ("contains(tags, :v)", True, {"v": "x"}),
        ("contains(tags, :v)", False, {"v": "z"}),
        ("size(word) = :v", True, {"v": 3}),
        ("size(tags) > :v", True, {"v": 1}),
        ("size(n) = :v", False, {"v": 2}),
        ("((n = :v) AND (word = :w))", True, {"v": 12, "w": "abc"}),
        ("((n) = (:v)) AND contains((word), :w)", True, {"v": 12, "w": "abc"}),
        ("(n) BETWEEN :v AND (:v)", True, {"v": 12}),
    ],
)
def test_conditions(orders: Orders, condition: str, holds: bool, values: dict[str, Any]) -> None:
    assert orders.holds(condition, **values) == holds


def test_paths_lead_into_maps_and_lists_with_names_in_place_of_words(orders: Orders) -> None:
    assert orders.holds("doc.#in.x = :v AND #l[1] = :w AND #l[2][0] = :x", {"#in": "in"} | LIST, v=5, w="two", x=3)
    assert orders.holds("contains(#l, :w) AND attribute_not_exists(#l[9])", LIST, w="two")


@pytest.mark.parametrize(
    ("condition", "names", "values", "message"),
    [
        ("size = :v", {}, {"v": 1}, "Attribute name is a reserved keyword; reserved keyword: size"),
        ("n == :v", {}, {"v": 1}, 'Syntax error; token: "=", near: "= = :v"'),
        ("n =", {}, {}, 'Syntax error; token: "<EOF>", near: "="'),
        ("#n = :v", {}, {"v": 1}, "name used in the document path is not defined; attribute name: #n"),
        ("n = :v", {}, {}, "value used in expression is not defined; attribute value: :v"),
        ("n = :v", {"#m": "m"}, {"v": 1}, "ExpressionAttributeNames unused in expressions: keys: {#m}"),
        ("n = :v", {}, {"v": 1, "w": 2}, "ExpressionAttributeValues unused in expressions: keys: {:w}"),
        ("n ~ :v", {}, {"v": 1}, 'Syntax error; token: "~"'),
        ("near(n, :v)", {}, {"v": 1}, "Invalid function name; function: near"),
        ("contains(n)", {}, {}, "number of operands: 1"),
        ("begins_with(n, :v)", {}, {"v": 1}, "operator or function: begins_with, operand type: N"),
        ("n < :v", {}, {"v": True}, "operator or function: <, operand type: BOOLEAN"),
        ("n BETWEEN :v AND :w", {}, {"v": 2, "w": 1}, "upper bound to be greater than or equal to lower bound"),
        ("n = n", {}, {}, "The first operand must be distinct from the remaining operands"),
        ("attribute_type(n, :v)", {}, {"v": "X"}, "Invalid attribute type name found; type: X"),
        ("((n = :v))", {}, {"v": 1}, "The expression has redundant parentheses;"),
        ("", {}, {}, "The expression can not be empty;"),
    ],
)
def test_conditions_that_are_none(
    orders: Orders, condition: str, names: dict[str, str], values: dict[str, Any], message: str
) -> None:
    with pytest.raises(Refusal) as refused:
        orders.holds(condition, names, **values)
    assert refused.value.code == "ValidationException"
    assert message in refused.value.message


@pytest.mark.parametrize(
    ("expression", "values", "attribute", "after"),
    [
        ("SET n = n + :v", {"v": 30}, "n", 42),
        ("SET n = :v - n", {"v": 2}, "n", -10),
        ("SET m = if_not_exists(m, :v)", {"v": 1}, "m", 1),
        ("SET n = if_not_exists(n, :v) + :w", {"v": 0, "w": 1}, "n", 13),
        ("SET #l = list_append(#l, :v)", {"v": [4]}, "list", [1, "two", [3], 4]),
        ("SET #l[0] = :v, #l[7] = :w", {"v": 0, "w": 9}, "list", [0, "two", [3], 9]),
        ("REMOVE #l[0], #l[1]", {}, "list", [[3]]),
        ("SET doc.y = n REMOVE doc.#in", {}, "doc", {"y": 12}),
        ("ADD n :v", {"v": -12}, "n", 0),
        ("ADD fresh :v", {"v": 5}, "fresh", 5),
        ("ADD tags :v", {"v": {"y", "z"}}, "tags", {"x", "y", "z"}),
        ("DELETE tags :v", {"v": {"y", "z"}}, "tags", {"x"}),
        ("DELETE tags :v", {"v": {"x", "y"}}, "tags", ...),
        ("REMOVE absent, n", {}, "n", ...),
        ("SET n = :v, word = n", {"v": 1}, "word", 12),
    ],
)
def test_updates(orders: Orders, expression: str, values: dict[str, Any], attribute: str, after: Any) -> None:
    names = {sign: name for sign, name in {"#l": "list", "#in": "in"}.items() if sign in expression}
    found = orders.updated(expression, names, **values)
    assert found.get(attribute) == (None if after is ... else plain(after))
    assert found == orders.get(id="a")


@pytest.mark.parametrize(
    ("expression", "values", "message"),
    [
        ("SET id = :v", {"v": "b"}, "Cannot update attribute id. This attribute is part of the key"),
        ("SET n = absent", {}, "refers to an attribute that does not exist in the item"),
        ("SET n = word + :v", {"v": 1}, "An operand in the update expression has an incorrect data type"),
        ("SET n = n + :v", {"v": "1"}, "operator or function: +, operand type: S"),
        ("SET absent.x = :v", {"v": 1}, "The document path provided in the update expression is invalid for update"),
        ("SET doc = :v REMOVE doc.y", {"v": 1}, "Two document paths overlap"),
        ("SET doc.y = :v, doc[0] = :v", {"v": 1}, "Two document paths conflict"),
        ("SET n = :v SET m = :v", {"v": 1}, 'The "SET" section can only be used once'),
        ("ADD word :v", {"v": "x"}, "operator: ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND"),
        ("ADD word :v", {"v": 1}, "incorrect data type"),
        ("SET n = foo(m)", {}, "Invalid function name; function: foo"),
        ("PUT n = :v", {"v": 1}, 'Syntax error; token: "PUT"'),
    ],
)
def test_updates_that_are_refused_change_nothing(
    orders: Orders, expression: str, values: dict[str, Any], message: str
) -> None:
    before = orders.get(id="a")
    with pytest.raises(Refusal) as refused:
        orders.updated(expression, **values)
    assert refused.value.code == "ValidationException"
    assert message in refused.value.message
    assert orders.get(id="a") == before


def test_what_an_update_returns(orders: Orders) -> None:
    change = {
        "Key": item(id="a"),
        "UpdateExpression": "SET n = :v, doc.y = :v",
        "ExpressionAttributeValues": {":v": plain(1)},
    }
    assert orders.on("UpdateItem", **change, ReturnValues="UPDATED_OLD") == {"Attributes": item(n=12)}
    told = orders.on("UpdateItem", **change, ReturnValues="UPDATED_NEW")
    assert told == {"Attributes": item(n=1, doc={"y": 1})}
    assert "Attributes" not in orders.on("UpdateItem", **change)


def test_numbers_are_exact(orders: Orders) -> None:
    longest = "1234567890123456789012345678901234567.8"
    found = orders.updated("SET n = :v", v=0)
    for text, kept in [
        ("12.50", "12.5"),
        ("1E2", "100"),
        ("-0", "0"),
        (longest, longest),
        ("1E-130", f"0.{'0' * 129}1"),
        ("9E125", f"9{'0' * 125}"),
        ("1" + "0" * 50, "1" + "0" * 50),
    ]:
        orders.on("PutItem", Item=item(id="b") | {"n": {"N": text}})
        found = orders.get(id="b") or {}
        assert found["n"] == {"N": kept}
    for text, message in [
        ("1E126", "Number overflow"),
        ("1E-131", "Number underflow"),
        ("1" * 39, "more than 38 significant digits"),
        ("0x1", "cannot be converted to a numeric value: 0x1"),
        ("NaN", "cannot be converted to a numeric value"),
    ]:
        assert message in orders.wrong("PutItem", Item=item(id="b") | {"n": {"N": text}})
