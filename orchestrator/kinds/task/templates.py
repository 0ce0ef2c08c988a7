"""`${item.attribute}` in what a backfill sets.

The loader leaves these references in the strings of a backfill's `set` as they were written; a `${` that is meant
literally stands as `$${` there still.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from orchestrator.kinds.task.complaints import Gathered
from orchestrator.model import Path, Text
from orchestrator.model.work import Taken

_PIECE = re.compile(r'\$\$\{|\$\{item(?:\.([A-Za-z0-9_-]+)|\["([^"\]]+)"\])\}|\$\{item[^}]*\}?')
_ACTION = (
    'Write `${item.NAME}`, or `${item["a name"]}` for a name with other characters; a part of a value can\'t be taken.'
)


class BadTemplate(ValueError):
    """A `${item…}` that names no attribute; the message has it as it is written."""


def pieces(text: str) -> tuple[str | Taken, ...]:
    """A string taken apart; neighbouring texts are one, `$${` is `${`. Raises BadTemplate."""
    found: list[str | Taken] = []
    end = 0
    for match in _PIECE.finditer(text):
        _add(found, text[end : match.start()])
        end = match.end()
        if match[0] == "$${":
            _add(found, "${")
        elif attribute := match[1] or match[2]:
            found.append(Taken(attribute))
        else:
            raise BadTemplate(match[0])
    _add(found, text[end:])
    return tuple(found)


def reads(value: Any) -> frozenset[str]:
    """The attributes of the item that a value of `set` takes; those of a wrong reference are none."""
    if not isinstance(value, str):
        return frozenset()
    try:
        return frozenset(piece.attribute for piece in pieces(value) if isinstance(piece, Taken))
    except BadTemplate:
        return frozenset()


def literal(value: Any, path: Path, gathered: Gathered) -> Any:
    """A value in which no reference may stand, with `$${` as `${`; what stands there nevertheless is said."""
    if isinstance(value, Text):
        return _text(value, path, gathered)
    if isinstance(value, str):
        return _literal(value, path, gathered)
    if isinstance(value, Mapping):
        return {name: literal(inner, (*path, name), gathered) for name, inner in value.items()}
    if isinstance(value, list):
        return [literal(inner, (*path, number), gathered) for number, inner in enumerate(value)]
    return value


def _text(text: Text, path: Path, gathered: Gathered) -> Text:
    parts = [_PIECE.sub(_opened, part) if isinstance(part, str) else part for part in text.parts]
    if any(match[0] != "$${" for part in text.parts if isinstance(part, str) for match in _PIECE.finditer(part)):
        message = ": `${item…}` can't stand beside a value that is hidden or known only while running."
        gathered.say(path, "item-reference", message, "Set them apart, each to an attribute of its own.")
    return replace(text, parts=tuple(parts))


def _opened(match: re.Match[str]) -> str:
    return "${" if match[0] == "$${" else match[0]


def _literal(text: str, path: Path, gathered: Gathered) -> str:
    try:
        found = pieces(text)
    except BadTemplate as error:
        gathered.say(path, "item-reference", f": `{error}` names no attribute.", _ACTION)
        return text
    if taken := [piece.attribute for piece in found if isinstance(piece, Taken)]:
        message = f": `${{item.{taken[0]}}}` works in a string that is itself what an attribute is set to."
        gathered.say(path, "item-reference", message, "It can't stand inside a list or a mapping.")
    return whole(found)


def whole(found: Iterable[str | Taken]) -> str:
    """The text of pieces, without what is taken of the item."""
    return "".join(piece for piece in found if isinstance(piece, str))


def _add(found: list[str | Taken], text: str) -> None:
    if found and isinstance(found[-1], str):
        found[-1] += text
    elif text:
        found.append(text)
