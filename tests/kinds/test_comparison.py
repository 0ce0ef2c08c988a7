"""Of a map a plan usually states a part: what of it differs, and which values count as the same."""

import pytest

from orchestrator.kinds.comparison import stated_part
from orchestrator.kinds.contract import Setting
from orchestrator.model import FromLive, Ref, Text, hide

LATER = Text((FromLive(Ref("tables", ("orders",)), "arn"),))


def test_only_what_is_stated_and_differs_is_shown() -> None:
    live = {"team": "orders", "stage": "dev", "owner": "x"}
    assert stated_part(live, {"stage": "prod", "team": "orders"}) == ({"stage": "dev"}, {"stage": "prod"})
    assert stated_part(live, {}) == ({}, {})


def test_a_key_that_is_not_there_is_shown_only_as_what_that_means() -> None:
    assert stated_part({}, {"live": 5}) == ({}, {"live": 5})
    assert stated_part({}, {"live": 5}, "off") == ({"live": "off"}, {"live": 5})
    assert stated_part({}, {"live": "off"}, "off") == ({}, {})
    assert stated_part({}, {"live": None}) == ({}, {})


def test_hidden_values_count_by_their_content_and_later_ones_as_nothing() -> None:
    assert stated_part({"token": "secret"}, {"token": hide("secret")}) == ({}, {})
    assert stated_part({"token": "secret"}, {"token": hide("other")}) == ({"token": "secret"}, {"token": hide("other")})
    assert stated_part({"arn": "arn:x"}, {"arn": LATER}) == ({"arn": "arn:x"}, {"arn": LATER})


def test_the_values_of_a_key_are_compared_as_one_is_told() -> None:
    assert stated_part({"read": 5}, {"read": 3}, holds=lambda live, wanted: live >= wanted) == ({}, {})


@pytest.mark.parametrize(("wanted", "same"), [({"a": 1}, True), ({"a": 2}, False), ({"b": 1}, False), ({}, True)])
def test_a_row_says_that_something_differs_exactly_where_it_shows_what(wanted: dict[str, int], same: bool) -> None:
    row: Setting[object, object] = Setting("some", 1, lambda _: None, lambda _: None, lambda *_: [], part=stated_part)
    assert row.same({"a": 1, "c": 3}, wanted) is same


def test_a_row_that_shows_both_as_they_are_may_say_itself_when_they_are_equal() -> None:
    row: Setting[object, object] = Setting(
        "some", 1, lambda _: None, lambda _: None, lambda *_: [], equal=lambda live, wanted: live == len(wanted)
    )
    assert row.same(2, "ab")
    assert not row.same(2, "abc")
