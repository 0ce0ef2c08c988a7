"""Values of a plan to attribute values and back: exactly, and with the place of all that can't be converted."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.kinds.task import conversion
from orchestrator.kinds.task.complaints import NotConverted
from orchestrator.kinds.task.conversion import Keys
from orchestrator.kinds.task.numbers import NotANumber, canonical
from orchestrator.kinds.task.sameness import alike
from orchestrator.model import FromLive, Ref, Text, hide, reveal
from orchestrator.planning.values import Integer, Mark, Number, hidden

KEYS: Keys = {"id": "S", "line": "N"}
LATE = Text((FromLive(Ref("demo", ("functions", "api")), "version"),))


def complaints(value: Any, keys: Keys | None = KEYS) -> list[tuple[Any, str]]:
    with pytest.raises(NotConverted) as caught:
        conversion.item(value, keys)
    return [(complaint.path, complaint.code) for complaint in caught.value.complaints]


# ------------------------------------------------------------------------------------------------------------ numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Integer(31, "0x1F"), "31"),
        (Number("1.50"), "1.5"),
        (Number("1e3"), "1000"),
        (Number("-0.0"), "0"),
        ("007.10", "7.1"),
        (Decimal("1E+125"), "1E+125"),
        ("9" * 38, "9" * 38),
        ("9" * 38 + "000", "9" * 38 + "000"),
        ("1e-130", "1E-130"),
        (Decimal("0E-900000"), "0"),
        (-(10**37), "-1" + "0" * 37),
    ],
)
def test_a_number_has_one_text(value: Any, text: str) -> None:
    assert canonical(value) == text
    assert canonical(text) == text


@pytest.mark.parametrize("value", ["1" * 39, "1e126", "1e-131", "1e999999999", "NaN", "1_0", "", "x", 1.5, True])
def test_what_dynamodb_takes_as_no_number_is_refused(value: Any) -> None:
    with pytest.raises(NotANumber):
        canonical(value)


# ------------------------------------------------------------------------------------------------- there and back again

_NUMBERS = st.integers(-(10**37), 10**37) | st.decimals(
    allow_nan=False, allow_infinity=False, places=6, min_value=-(10**20), max_value=10**20
)
_SETS = (
    st.lists(st.text(max_size=5), min_size=1, unique=True).map(lambda values: {"$type": "SS", "values": values})
    | st.lists(st.integers(), min_size=1, unique=True).map(lambda values: {"$type": "NS", "values": values[:3]})
    | st.lists(st.binary(max_size=3), min_size=1, unique=True).map(lambda values: {"$type": "BS", "values": values})
)
_VALUES = st.recursive(
    st.none() | st.booleans() | _NUMBERS | st.text(max_size=8) | st.binary(max_size=8) | _SETS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
        | st.dictionaries(st.just("$type"), inner, min_size=1).map(lambda value: {"$type": "M", "value": value})
    ),
    max_leaves=8,
)


@given(_VALUES)
def test_there_and_back_again_is_the_same(value: Any) -> None:
    there = conversion.attribute(value)
    back = conversion.plain(there)
    assert conversion.attribute(back) == there
    assert conversion.attribute(conversion.in_json(back)) == there
    assert alike(there, conversion.attribute(back))
    assert not any(isinstance(leaf, float) for leaf in _leaves(there))


@given(st.dictionaries(st.text(min_size=1, max_size=4), _VALUES, max_size=4))
def test_an_item_comes_back_as_it_was(values: Any) -> None:
    found = conversion.item(values)
    assert conversion.item(conversion.plain_item(found)) == found


def _leaves(value: Any) -> Any:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value


def test_a_plans_null_and_jsons_are_null() -> None:
    assert conversion.attribute(Mark.NULL) == conversion.attribute(None) == {"NULL": True}


# --------------------------------------------------------------------------------------------------- hidden and late


def test_a_hidden_value_is_a_string_except_where_the_key_is_a_number() -> None:
    found = conversion.item({"id": hide("x"), "line": hide("7"), "n": hide("8"), "l": [hide("9")]}, KEYS)
    assert found == {
        "id": {"S": hide("x")},
        "line": {"N": hide("7")},
        "n": {"S": hide("8")},
        "l": {"L": [{"S": hide("9")}]},
    }
    assert conversion.plain_item(found)["line"] == hide("7")


def test_a_hidden_value_that_means_something_else_has_that_type() -> None:
    number, truth = hidden(Number("1.50")), hidden(True)
    found = conversion.item({"id": "x", "line": hidden(7), "n": number, "b": truth, "l": [number, truth]}, KEYS)
    wire = {"id": {"S": "x"}, "line": {"N": "7"}, "n": {"N": "1.5"}, "b": {"BOOL": True}}
    assert reveal(found) == {**wire, "l": {"L": [{"N": "1.5"}, {"BOOL": True}]}}
    assert "1.5" not in repr(found)
    assert reveal(conversion.attribute({"$type": "NS", "values": [number, 2]})) == {"NS": ["1.5", "2"]}


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"id": hidden(7391), "line": 1}, "key-type"),
        ({"id": "a", "line": hidden(True)}, "key-type"),
        ({"id": "a", "line": 1, "n": hidden(Number("7.391e200"))}, "number"),
        ({"id": "a", "line": 1, "s": {"$type": "SS", "values": [hidden(7391)]}}, "set"),
        ({"id": "a", "line": 1, "s": {"$type": "NS", "values": [hidden("7391")]}}, "set"),
    ],
)
def test_a_hidden_value_of_the_wrong_type_is_told_without_it(value: dict[str, Any], code: str) -> None:
    with pytest.raises(NotConverted) as caught:
        conversion.item(value, KEYS)
    (complaint,) = caught.value.complaints
    assert complaint.code == code
    assert "391" not in complaint.message + complaint.action


def test_a_late_value_may_be_part_of_a_key() -> None:
    assert conversion.key({"id": LATE, "line": LATE}, KEYS) == {"id": {"S": LATE}, "line": {"N": LATE}}


def test_a_hidden_key_that_is_no_number_is_told_without_it() -> None:
    with pytest.raises(NotConverted) as caught:
        conversion.key({"id": "a", "line": hide("secret")}, KEYS)
    (complaint,) = caught.value.complaints
    assert complaint.path == ("line",)
    assert "secret" not in complaint.message + complaint.action


# -------------------------------------------------------------------------------------------------- what is no value


@pytest.mark.parametrize(
    ("value", "path", "code"),
    [
        ({"n": Number("1e126")}, ("n",), "number"),
        ({"m": {"l": [1, {"$type": "SS", "values": ["a", 1]}]}}, ("m", "l", 1, "values", 1), "set"),
        ({"s": {"$type": "SS", "values": []}}, ("s", "values"), "set"),
        ({"s": {"$type": "NS", "values": [1, Number("1.0")]}}, ("s", "values", 1), "set"),
        ({"s": {"$type": "N", "values": [1]}}, ("s",), "typed-value"),
        ({"s": {"$type": "SS", "values": ["a"], "more": 1}}, ("s",), "typed-value"),
        ({"s": {"$type": ["SS"], "values": ["a"]}}, ("s",), "typed-value"),
        ({"s": {"$type": "SS", "values": "a"}}, ("s",), "typed-value"),
        ({"b": {"$type": "B", "base64": "%"}}, ("b", "base64"), "binary"),
        ({"b": {"$type": "BS", "values": [1]}}, ("b", "values", 0), "binary"),
        ({"f": 1.5}, ("f",), "wrong-value"),
        ({"t": "\ud800"}, ("t",), "wrong-value"),
        ({"": 1}, (), "no-name"),
        ({"t": "x" * 409_600}, (), "item-too-large"),
    ],
)
def test_what_no_item_can_have_is_told_at_its_place(value: Any, path: Any, code: str) -> None:
    assert complaints(value, None) == [(path, code)]


@pytest.mark.parametrize(
    ("value", "path", "code"),
    [
        ({"id": "a"}, (), "no-key"),
        ({"id": 1, "line": 1}, ("id",), "key-type"),
        ({"id": "a", "line": "1"}, ("line",), "key-type"),
        ({"id": "", "line": 1}, ("id",), "empty-key"),
        ({"id": "x" * 2049, "line": 1}, ("id",), "key-too-long"),
        ({"id": "a", "line": Number("1e200")}, ("line",), "number"),
    ],
)
def test_a_key_is_there_and_of_its_type(value: Any, path: Any, code: str) -> None:
    assert complaints(value) == [(path, code)]


def test_a_key_alone_has_nothing_else() -> None:
    with pytest.raises(NotConverted) as caught:
        conversion.key({"id": "a", "lime": 1}, KEYS)
    assert [complaint.path for complaint in caught.value.complaints] == [("lime",), ()]


def test_all_that_is_wrong_is_told_at_once() -> None:
    assert len(complaints({"id": "a", "line": 1, "f": 1.5, "n": [Number("1e126"), {"$type": "X"}]})) == 3


@pytest.mark.parametrize("levels", [32, 33, 500])
def test_an_item_has_so_many_levels(levels: int) -> None:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    if levels <= 32:
        assert conversion.item({"v": value})
    else:
        assert {code for _, code in complaints({"v": value}, None)} == {"item-too-deep"}
