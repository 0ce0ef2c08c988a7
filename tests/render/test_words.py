"""Values, counts and times as a person reads them."""

from typing import Any

import pytest

from orchestrator.model import Change, Estimate, Ref
from orchestrator.render.moments import duration, iso, span, stated
from orchestrator.render.text import words

TABLE = Ref("demo", ("tables", "orders"))
FUNCTION = Ref("demo", ("functions", "api"))


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (None, "none"),
        (True, "true"),
        (5, "5"),
        ("plain words", "plain words"),
        ("", '""'),
        (" edge", '" edge"'),
        ("a, b", '"a, b"'),
        ("two\nlines", '"two\\nlines"'),
        (
            ["*", "&a", "!b", "#c", "%d", "@e", "`f", "|", ">", "-", "? g", "a: b", "c:", "d #e"],
            '["*", "&a", "!b", "#c", "%d", "@e", "`f", "|", ">", "-", "? g", "a: b", "c:", "d #e"]',
        ),
        (["12", "1.5", "0x1F", "true", "null", "~", ".nan"], '["12", "1.5", "0x1F", "true", "null", "~", ".nan"]'),
        (["-a", "a:b", "arn:aws:s3:::x/*", "$LATEST", "off", "a#b"], "[-a, a:b, arn:aws:s3:::x/*, $LATEST, off, a#b]"),
        ({"11": 0.1, "*": "2", "a b": "x", "c: d": 1}, '{11: 0.1, "*": "2", a b: x, "c: d": 1}'),
        ("\x1b[2Jgone", '"\\u001b[2Jgone"'),
        (["a", 1], "[a, 1]"),
        ({"read": 5}, "{read: 5}"),
        ({"$hidden": True}, "(hidden)"),
        ({"$known_after": "tables.orders"}, "(known after tables.orders)"),
        ({"$base64": "YWJj"}, "(binary, 3 B)"),
        ({"$sha256": "abc=", "bytes": 12345}, "(zip, 12.3 kB, sha256 abc=)"),
    ],
)
def test_a_value_is_written_on_one_line(shown: Any, text: str) -> None:
    assert words.value(shown) == text


def test_a_long_value_is_cut() -> None:
    assert words.value("x" * 1000) == "x" * words.LONGEST + "... (1000 characters)"


def test_control_characters_never_reach_the_terminal() -> None:
    assert words.clean("a\x1b[31mb\rc\x9bd\te\nf") == "a\\x1b[31mb\\x0dc\\x9bd\te\nf"


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        (Change(TABLE, "ttl", None, "expires_at", "update"), ["ttl: expires_at"]),
        (Change(TABLE, "ttl", "expires_at", "off", "update"), ["ttl: expires_at -> off"]),
        (
            Change(TABLE, "tags", {"a": "1", "b": "2"}, {"a": "1", "c": "3"}, "update"),
            ['tags.b: "2" -> none', 'tags.c: "3"'],
        ),
        (Change(TABLE, "", {"key": "S"}, None, "delete"), ["tables.orders: {key: S} -> absent"]),
        (Change(TABLE, "", None, None, "create"), []),
        (Change(TABLE, "", None, {"sort_key": {"n": "N"}, "ttl": "off"}, "create"), ["sort_key: {n: N}", "ttl: off"]),
        (Change(TABLE.child("indexes", "by.x"), "keys", None, ["a"], "create"), ['indexes["by.x"].keys: [a]']),
        (
            Change(
                TABLE,
                "billing",
                {"provisioned": {"read": 5, "write": 5}},
                {"provisioned": {"read": 9, "write": 5}},
                "update",
            ),
            ["billing.provisioned.read: 5 -> 9"],
        ),
    ],
)
def test_a_change_is_told_field_by_field(change: Change, lines: list[str]) -> None:
    assert list(words.differences(change)) == lines


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [
        (1, "step", "1 step"),
        (0, "step", "0 steps"),
        (2, "index", "2 indexes"),
        (3, "alias", "3 aliases"),
        (2, "retry", "2 retries"),
    ],
)
def test_things_are_counted(number: int, noun: str, text: str) -> None:
    assert words.count(number, noun) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (10, "10s"), (60, "1m"), (90, "90s"), (900, "15m"), (86400, "1d")]
)
def test_a_length_of_time_in_a_change_has_its_unit(seconds: int, text: str) -> None:
    assert stated(seconds) == text
    changed = Change(FUNCTION, "timeout", 3, seconds, "update")
    made = Change(FUNCTION, "", None, {"memory": 128, "timeout": seconds}, "create")
    assert list(words.differences(changed)) == [f"timeout: 3s -> {text}"]
    assert list(words.differences(made)) == ["memory: 128", f"timeout: {text}"]


SOURCE = FUNCTION.child("event_sources", "orders")


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        (
            Change(FUNCTION, "async_invoke", "off", {"max_age": 7200, "retries": 60}, "update"),
            ["async_invoke: off -> {max_age: 2h, retries: 60}"],
        ),
        (
            Change(FUNCTION, "async_invoke", {"max_age": 21600}, {"max_age": 60}, "update"),
            ["async_invoke.max_age: 6h -> 1m"],
        ),
        (
            Change(
                FUNCTION,
                "url",
                {"cors": {"max_age": 90}},
                {"cors": {"allow_origins": ["*"], "max_age": 3600}},
                "update",
            ),
            ["url.cors.max_age: 90s -> 1h", 'url.cors.allow_origins: ["*"]'],
        ),
        (Change(FUNCTION, "url", {"auth": "none"}, "off", "update"), ["url: {auth: none} -> off"]),
        (
            Change(SOURCE, "", None, {"batch_size": 60, "batching_window": 90, "max_record_age": 7200}, "create"),
            ["event_sources.orders: {batch_size: 60, batching_window: 90s, max_record_age: 2h}"],
        ),
        (Change(SOURCE, "max_record_age", "off", 3600, "update"), ["event_sources.orders.max_record_age: off -> 1h"]),
        (Change(TABLE, "timeout", None, 90, "update"), ["timeout: 90"]),
    ],
)
def test_every_length_of_time_has_its_unit_wherever_it_stands(change: Change, lines: list[str]) -> None:
    assert list(words.differences(change)) == lines


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-0.1, "0 s"),
        (0, "0 s"),
        (0.41, "0.4 s"),
        (9.97, "10 s"),
        (59.6, "1m 00s"),
        (200, "3m 20s"),
        (3900, "1h 05m"),
        (183600, "2d 03h"),
    ],
)
def test_a_length_of_time_has_two_units_at_most(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_moment_is_utc_to_the_millisecond() -> None:
    assert iso(1793534670.5) == "2026-11-01T12:04:30.500Z"


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(180, 420, 1200), "about 7 min (3 min to 20 min)"),
        (Estimate(0.2, 1, 5), "about 1 s (1 s to 5 s)"),
        (Estimate(5, 5, 5), "about 5 s"),
        (Estimate(3600, 7200, 90000), "about 2 h (60 min to 25 h)"),
    ],
)
def test_an_estimate_is_rough(estimate: Estimate, text: str) -> None:
    assert span(estimate) == text


def test_a_filter_is_shown_whole_and_only_a_long_text_in_it_is_cut() -> None:
    patterns = [{"eventName": [f"KIND-{number}" for number in range(100)]}, {"data": ["x" * 1000]}]
    shown = words.value(patterns)
    assert "KIND-99" in shown
    assert shown.endswith(f"{{data: [{'x' * words.LONGEST}... (1000 characters)]}}]")
