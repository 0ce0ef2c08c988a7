"""What may be shown of a value, and what never is."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest

from orchestrator.model import Blob, Call, Change, FromLive, Ref, Text, hide
from orchestrator.render import public

TABLE = Ref("demo", ("tables", "orders"))
FUNCTION = Ref("demo", ("functions", "api"))
LATER = FromLive(TABLE, "stream_arn")


class Word(Enum):
    ONE = "one"


@dataclass(frozen=True)
class Pair:
    left: int
    right: Text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain", "plain"),
        (True, True),
        (None, None),
        (Decimal(5), 5),
        (Decimal("0.5"), 0.5),
        (Word.ONE, "one"),
        (datetime(2026, 11, 1, tzinfo=UTC), "2026-11-01T00:00:00+00:00"),
        ((1, 2), [1, 2]),
        (frozenset({"b", "a"}), ["a", "b"]),
        ({1: {"x": None}}, {"1": {"x": None}}),
        (Text(("a", "b")), "ab"),
        (hide("secret"), {"$hidden": True}),
        (Text((LATER,), hidden=True), {"$hidden": True}),
        (Text((LATER,)), {"$known_after": "tables.orders"}),
        (Text(("x", LATER, LATER, FromLive(FUNCTION, "arn"))), {"$known_after": "tables.orders, functions.api"}),
        (b"abc", {"$base64": "YWJj"}),
        (Blob(b"abc"), {"$sha256": "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", "bytes": 3}),
        (Pair(1, hide("x")), {"left": 1, "right": {"$hidden": True}}),
    ],
)
def test_a_value_has_one_public_form(value: Any, shown: Any) -> None:
    assert public.public(value) == shown


def test_an_unknown_type_is_refused_rather_than_printed() -> None:
    with pytest.raises(TypeError, match="object has no public form"):
        public.public(object())


def test_environment_values_are_hidden_in_requests_whatever_they_are() -> None:
    call = Call(
        "lambda",
        "UpdateFunctionConfiguration",
        {"Environment": {"Variables": {"A": "plain"}}, "Tags": {"Environment": "dev"}},
    )
    shown = public.request(call)
    assert shown == {"Environment": {"Variables": {"A": {"$hidden": True}}}, "Tags": {"Environment": "dev"}}


@pytest.mark.parametrize("field", ["environment", "environment.A"])
def test_environment_values_are_hidden_in_changes_on_both_sides(field: str) -> None:
    before, after = public.difference(Change(FUNCTION, field, {"A": "live value"}, None, "update"))
    assert before == {"A": {"$hidden": True}}
    assert after is None


def test_of_an_environment_only_what_is_added_changed_or_removed_is_shown() -> None:
    """Hidden values all look alike: to show a key that stays would say that it changes."""
    live = {"STAYS": hide("1"), "CHANGES": hide("2"), "GOES": hide("3")}
    wanted = {"STAYS": hide("1"), "CHANGES": hide("x"), "COMES": Text((LATER,), hidden=True)}
    before, after = public.difference(Change(FUNCTION, "environment", live, wanted, "update"))
    assert before == {"CHANGES": public.HIDDEN, "GOES": public.HIDDEN}
    assert after == {"CHANGES": public.HIDDEN, "COMES": public.HIDDEN}


def test_environment_values_are_hidden_in_a_function_made_anew() -> None:
    _, after = public.difference(Change(FUNCTION, "", None, {"memory": 128, "environment": {"A": "b"}}, "create"))
    assert after == {"memory": 128, "environment": {"A": {"$hidden": True}}}


def test_an_attribute_of_a_table_may_be_called_environment() -> None:
    assert public.difference(Change(TABLE, "environment", None, "S", "update")) == (None, "S")
