"""YAML 1.2's core schema with places, by both of PyYAML's parsers."""

from decimal import Decimal
from typing import Any

import pytest
import yaml

from orchestrator.errors import Problem
from orchestrator.planning.nodes import Mapping, Node, plain
from orchestrator.planning.values import Mark
from orchestrator.planning.yaml_nodes import LOADER, MAX_NODES, compose
from orchestrator.planning.yaml_text import MAX_BYTES

pytestmark = pytest.mark.parametrize("loader", [LOADER, yaml.SafeLoader], ids=["libyaml", "pure"])


def tree(text: str | bytes, loader: Any) -> Node:
    root, problems = compose(text if isinstance(text, bytes) else text.encode(), "f.yaml", loader)
    assert problems == ()
    assert root is not None
    return root


def value(text: str, loader: Any) -> Any:
    return plain(tree(f"v: {text}\n", loader))["v"]


def problem(text: str | bytes, loader: Any) -> Problem:
    _, problems = compose(text if isinstance(text, bytes) else text.encode(), "f.yaml", loader)
    (found,) = problems
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("off", "off"),
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("y", "y"),
        ("n", "n"),
        ("true", True),
        ("False", False),
        ("~", Mark.NULL),
        ("null", Mark.NULL),
        ("Null", Mark.NULL),
        ("NULL", Mark.NULL),
        ("", Mark.NULL),
        ("2026-01-01", "2026-01-01"),
        ("12:30:45", "12:30:45"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("0b1", "0b1"),
        ("0o17", 15),
        ("0o8", "0o8"),
        ("012", 12),
        ("0x1F", 31),
        ("-0x1F", "-0x1F"),
        ("+5", 5),
        ("1.50", Decimal("1.50")),
        (".5", Decimal("0.5")),
        ("5.", Decimal(5)),
        ("1e3", Decimal(1000)),
        ("e3", "e3"),
        ('"true"', "true"),
        ("'12'", "12"),
        ("!!binary aGk=", b"hi"),
        ("[a, 1]", ["a", 1]),
        ("{a: {b: c}}", {"a": {"b": "c"}}),
    ],
)
def test_scalars_follow_the_core_schema(loader: Any, text: str, expected: Any) -> None:
    found = value(text, loader)
    assert found == expected
    assert isinstance(found, bool) == isinstance(expected, bool)


@pytest.mark.parametrize("text", ["1.50", "0x1F", "007", "+5", "1e3"])
def test_a_number_keeps_its_text(loader: Any, text: str) -> None:
    assert value(text, loader).written == text


def test_keys_are_their_text(loader: Any) -> None:
    assert plain(tree("{1: a, true: b, off: c, 0x1F: d, ~: e}", loader)) == {
        "1": "a",
        "true": "b",
        "off": "c",
        "0x1F": "d",
        "~": "e",
    }


def test_every_key_and_value_knows_its_place(loader: Any) -> None:
    root = tree("a: 1\nbé:\n  - x\n  - {c: d}\n", loader)
    assert isinstance(root, Mapping)
    first, second = root.entries
    assert (str(first.position), str(first.value.position)) == ("f.yaml:1:1", "f.yaml:1:4")
    assert (str(second.position), str(second.value.position)) == ("f.yaml:2:1", "f.yaml:3:3")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_however_they_end(loader: Any, end: str) -> None:
    found = problem(f"a: 1{end}b:{end}  c: !x d{end}", loader)
    assert (found.line, found.column) == (3, 6)


def test_columns_count_characters_not_bytes(loader: Any) -> None:
    found = problem("{ä: 😀é, b: !x c}", loader)
    assert (found.line, found.column) == (1, 12)


def test_a_byte_order_mark_does_not_move_places(loader: Any) -> None:
    root = tree(b"\xef\xbb\xbfa: 1", loader)
    assert str(root.position) == "f.yaml:1:1"


def test_anchors_work_and_an_alias_is_a_copy(loader: Any) -> None:
    assert plain(tree("a: &x {k: v}\nb: *x\nc: [*x]\n", loader)) == {
        "a": {"k": "v"},
        "b": {"k": "v"},
        "c": [{"k": "v"}],
    }


def test_yaml_1_2_may_be_said(loader: Any) -> None:
    assert plain(tree("# a plan\n%YAML 1.2\n---\na: off\n", loader)) == {"a": "off"}


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a:\n\tb: 1", (2, 1), "A tab stands where YAML takes only spaces."),
        ("a:\n  b: 1\n\tc: 2", (3, 1), "A tab stands where YAML takes only spaces."),
        ("a: {b: ${var.x}}", (1, 9), "`${` inside {} or [] has to be in quotes."),
        ("a: [x, pre-${var.x}]", (1, 13), "`${` inside {} or [] has to be in quotes."),
        ("a: b: c", (1, 5), "A second `: ` stands in this line, or the line before it lacks its `:`."),
        ("a: 'x", (1, 6), "The quoted string that begins at line 1 is never closed."),
        ("a: [1 [2]]", (1, 7), "The list in [] that begins at line 1 lacks a `,` or its `]` here."),
        ("a: {b: 'c' d: 1}", (1, 12), "The mapping in {} that begins at line 1 lacks a `,` or its `}` here."),
        ("a: [1, 2", (1, 4), "The `[` here is never closed."),
        ("a: {b: {c: 1}\n\n", (1, 4), "The `{` here is never closed."),
        ("a: {b: {c: 1}\nd: 1", (1, 4), "The `{` here is not closed before line 2 begins something else."),
        ("a:\n  b: [1, 2\n  c: [3]", (2, 6), "The `[` here is not closed before line 3 begins something else."),
        ("a: @x", (1, 4), "A value can't begin with `@`."),
        ("a: *.py", (1, 5), "A value that begins with `*` or `&` names an anchor, and this is no anchor's name."),
        ("a: 'x' y", (1, 8), "Something follows the closing quote of a string."),
        ("a: - b", (1, 4), "A list can't begin on the line of its key."),
        ("{a: b}}", (1, 7), "Something follows the end of the plan."),
        ("a: 1\na: 2", (2, 1), "The key `a` stands here twice; the first is at line 1."),
        ("x: {<<: y}", (1, 5), "x: `<<` is not part of YAML 1.2."),
        ("x: [{? [a] : b}]", (1, 8), "x[0]: a key is a single word, not a list or a mapping."),
        ("a: !foo x", (1, 4), "a: the tag `!foo` is not known; a plan has no tags but `!!binary`."),
        ("a: !!str 1", (1, 4), "a: the tag `!!str` is not known; a plan has no tags but `!!binary`."),
        ("a: !!binary a?", (1, 4), "a: what follows `!!binary` is not base64."),
        ("a: .nan", (1, 4), "a: `.nan` is not a number that AWS takes."),
        ("a: *b", (1, 4), "a: `*b` names an anchor that does not stand before it."),
        ("a: &a [*a]", (1, 8), "`*a` stands inside its own anchor `&a`."),
        ("a: 1\n---\nb: 2", (2, 1), "A second document begins here."),
        ("%YAML 1.1\n---\na: 1", (1, 1), "The directive `%YAML 1.1` is not known."),
        ("%TAG ! x\n---\na: 1", (1, 1), "The directive `%TAG ! x` is not known."),
        ("a: x\x07", (1, 5), "The character U+0007 can't stand in a plan as it is."),
        ("a: x\u2028y", (1, 5), "The character U+2028 can't stand in a plan as it is."),
    ],
)
def test_a_mistake_is_said_in_words_with_its_place(
    loader: Any, text: str, place: tuple[int, int], message: str
) -> None:
    found = problem(text, loader)
    assert ((found.line, found.column), found.message) == (place, message)
    assert found.action


def test_mistakes_that_are_no_syntax_are_all_reported(loader: Any) -> None:
    _, problems = compose(b"a: 1\na: 2\nb: !foo x\nc: .inf\nd: {<<: {}}\ne: *f\n", "f.yaml", loader)
    assert [found.line for found in problems] == [2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a: b\nc: \xe9", "The byte 0xe9 here is not UTF-8."),
        ("a: b".encode("utf-16"), "The file is in UTF-16."),
        (b"a: " + b"x" * MAX_BYTES, "The file is larger than 4 MiB."),
    ],
)
def test_bytes_that_are_no_text(loader: Any, data: bytes, message: str) -> None:
    assert problem(data, loader).message == message


def test_a_byte_that_is_not_utf_8_is_shown(loader: Any) -> None:
    found = problem("é: 1\nö: ".encode() + b"\xff", loader)
    assert (found.line, found.column) == (2, 4)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "{a: " * 100_000,
        "- " * 100_000,
        "a: &a " + "[" * 60 + "]" * 60 + "\nb: " + "[" * 60 + "*a" + "]" * 60,
    ],
    ids=["lists", "mappings", "blocks", "alias"],
)
def test_deep_nesting_ends_early(loader: Any, text: str) -> None:
    assert problem(text, loader).code == "yaml-depth"


def test_an_alias_bomb_ends_early(loader: Any) -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    found = problem("\n".join(levels), loader)
    assert found.code == "yaml-too-many"
    assert f"{MAX_NODES:,}" in found.message


def test_very_many_directives_after_the_end_are_not_read(loader: Any) -> None:
    """libyaml compares each with all before it."""
    text = "a: 1\n...\n" + "".join(f"%TAG !a{n}! x\n" for n in range(100_000))
    assert problem(text, loader).code == "yaml-directive"
