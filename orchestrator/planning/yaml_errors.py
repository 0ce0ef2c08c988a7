"""PyYAML's syntax errors in the words of someone who writes a plan.

libyaml and the pure Python parser word the same mistake differently, so each row's pattern knows both.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import yaml

from orchestrator.errors import Problem
from orchestrator.model import Position
from orchestrator.planning.problems import at
from orchestrator.planning.yaml_text import place


@dataclass(frozen=True, slots=True)
class _Place:
    """What there is to say about one syntax error: the texts before and after it, and where the thing around it began.

    `inside` is the text from there up to the error.
    """

    file: str
    before: str
    after: str
    began: Position | None
    inside: str

    @property
    def since(self) -> str:
        return f" that begins at line {self.began.line}" if self.began else ""


@dataclass(frozen=True, slots=True)
class _Row:
    """One sort of mistake: `pattern` is searched in the parser's own text, `when` looks at the place.

    In the texts `<next>` is the character at the place, `<since>` where the thing around it begins, `<open>` and `<close>`
    are its brackets and `<line>` the line of the place. `at_start` puts the problem where that thing begins.
    """

    pattern: str
    code: str
    message: str
    action: str
    when: Callable[[_Place], bool] = lambda found: True
    at_start: bool = False


def _unquoted_reference(found: _Place) -> bool:
    return found.before.endswith("$") and found.after.startswith("{")


def _at_tab(found: _Place) -> bool:
    return found.after.startswith("\t")


def _line_has_quote(found: _Place) -> bool:
    return found.before.rpartition("\n")[2].rstrip().endswith(("'", '"'))


def _at_end(found: _Place) -> bool:
    return not found.after.strip()


def _on_later_line(found: _Place) -> bool:
    return "\n" in found.inside


_BRACKETS = {"{": "}", "[": "]"}
_NEVER_CLOSED = "Write its `<close>` after its last entry."
_QUOTE = "Put the whole value in double quotes."
_ROWS = (
    _Row(
        r"expected ',' or",
        "unquoted-reference",
        "`${` inside {} or [] has to be in quotes.",
        'Write "${…}" with the quotes: {name: "${var.stage}"}.',
        _unquoted_reference,
    ),
    _Row(
        r"cannot start any token|tab character",
        "yaml-tab",
        "A tab stands where YAML takes only spaces.",
        "Indent with spaces.",
        _at_tab,
    ),
    _Row(
        r"cannot start any token",
        "yaml-syntax",
        "A value can't begin with `<next>`.",
        _QUOTE,
    ),
    _Row(
        r"mapping values are not allowed",
        "yaml-syntax",
        "A second `: ` stands in this line, or the line before it lacks its `:`.",
        "If it is part of a value, put the whole value in double quotes; else correct the indentation.",
    ),
    _Row(
        r"sequence entries are not allowed",
        "yaml-syntax",
        "A list can't begin on the line of its key.",
        "Put each `- item` on a line of its own, or write [a, b].",
    ),
    _Row(
        r"end of stream",
        "yaml-syntax",
        "The quoted string<since> is never closed.",
        "Close its quote.",
    ),
    _Row(
        r"expected ',' or",
        "yaml-syntax",
        "The `<open>` here is never closed.",
        _NEVER_CLOSED,
        _at_end,
        at_start=True,
    ),
    _Row(
        r"expected ',' or",
        "yaml-syntax",
        "The `<open>` here is not closed before line <line> begins something else.",
        _NEVER_CLOSED + " If line <line> belongs inside it, write a `,` before that.",
        _on_later_line,
        at_start=True,
    ),
    _Row(
        r"expected ',' or '\]'",
        "yaml-syntax",
        "The list in []<since> lacks a `,` or its `]` here.",
        "Close it, or quote what stands before this place.",
    ),
    _Row(
        r"expected ',' or '\}'",
        "yaml-syntax",
        "The mapping in {}<since> lacks a `,` or its `}` here.",
        "Close it, or quote what stands before this place.",
    ),
    _Row(
        r"expected key|expected <block end>|expected '-' indicator",
        "yaml-syntax",
        "Something follows the closing quote of a string.",
        "Put the whole value inside the quotes.",
        _line_has_quote,
    ),
    _Row(
        r"expected key|expected <block end>|expected '-' indicator",
        "yaml-indentation",
        "This line does not fit the mapping or list<since>: its indentation differs, or a `:` or `-` is missing.",
        "Give all keys of a mapping, and all items of a list, the same indentation.",
    ),
    _Row(
        r"could not find expected ':'",
        "yaml-syntax",
        "A key lacks its `:`.",
        "Write `key: value`, with a space after the colon.",
    ),
    _Row(
        r"alphabetic or numeric character",
        "yaml-syntax",
        "A value that begins with `*` or `&` names an anchor, and this is no anchor's name.",
        _QUOTE,
    ),
    _Row(
        r"escape",
        "yaml-syntax",
        "The string in double quotes has a backslash that begins no escape.",
        "Write \\\\ for a backslash, or use single quotes.",
    ),
    _Row(
        r"indentation indicator|comment or line break|indentation space",
        "yaml-syntax",
        "After `|` or `>` the text begins on the next line, indented with spaces.",
        "Move the text to the next line, or quote it.",
    ),
    _Row(
        r"undefined tag handle|expected tag URI|expected URI|parsing a tag",
        "yaml-tag",
        "A value that begins with `!` is a tag, and a plan has no tags but `!!binary`.",
        _QUOTE,
    ),
    _Row(
        r"expected node content|expected the node content",
        "yaml-syntax",
        "A value can't begin with `<next>`.",
        _QUOTE,
    ),
    _Row(
        r"nesting|max depth",
        "yaml-depth",
        "The file is nested too deeply.",
        "A plan needs ten levels at most; look for brackets that are never closed.",
    ),
    _Row(
        r"document start",
        "yaml-syntax",
        "Something follows the end of the plan.",
        "Look for a bracket that closes too much.",
    ),
)


def syntax_problem(error: yaml.YAMLError, text: str, file: str) -> Problem:
    """The problem that stopped the parser, with its place."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return at(Position(file, 1, 1), "yaml-syntax", "The file is not valid YAML.", "Look at it with a YAML editor.")
    said = f"{error.context or ''} {error.problem or ''}"
    mark = error.problem_mark or error.context_mark
    index = min(mark.index, len(text)) if mark else 0
    began = error.context_mark
    found = _Place(
        file,
        text[:index],
        text[index:],
        Position(file, began.line + 1, began.column + 1) if began else None,
        text[began.index : index] if began else "",
    )
    row = next((row for row in _ROWS if re.search(row.pattern, said) and row.when(found)), None)
    position = place(file, text, index)
    if row is None:
        return at(
            position, "yaml-syntax", "The file is not valid YAML here.", "Look at this line and the one before it."
        )
    put_in = _put_in(found, position)
    where = found.began if row.at_start and found.began else position
    return at(where, row.code, put_in(row.message), put_in(row.action))


def _put_in(found: _Place, position: Position) -> Callable[[str], str]:
    """What fills the blanks of a row's texts."""
    opening = found.inside[:1]
    blanks = {
        "<next>": found.after[:1],
        "<since>": found.since,
        "<open>": opening,
        "<close>": _BRACKETS.get(opening, ""),
        "<line>": str(position.line),
    }
    return lambda text: re.sub("|".join(blanks), lambda blank: blanks[blank[0]], text)
