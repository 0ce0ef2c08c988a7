"""Filter patterns: JSON texts to AWS, mappings in a plan. They are compared by what they mean."""

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from orchestrator.kinds.comparison import plain
from orchestrator.model import FromLive, FromRun, Text

Piece = str | FromLive | FromRun


def same(live: Sequence[Any] | None, wanted: Sequence[Any]) -> bool:
    """Whether both hold the same patterns; a record passes by any of them, so that their order means nothing."""
    if live is None or len(live) != len(wanted):
        return False
    left = [plain(pattern) for pattern in live]
    for pattern in wanted:
        if plain(pattern) not in left:
            return False
        left.remove(plain(pattern))
    return True


def criteria(patterns: Sequence[Any]) -> Mapping[str, Any]:
    """FilterCriteria; `{}` clears (fact sheet 11.10)."""
    return {"Filters": [{"Pattern": text(pattern)} for pattern in patterns]} if patterns else {}


def text(pattern: Any) -> str | Text:
    """The pattern as JSON; a Text, hidden if any part is, where a part of it is known only later or hidden."""
    pieces, hidden = list[Piece](), False
    for piece in _pieces(pattern):
        if isinstance(piece, Text):
            hidden = hidden or piece.hidden
            pieces += [_escaped(part) if isinstance(part, str) else part for part in piece.parts]
        else:
            pieces.append(piece)
    return Text(tuple(pieces), hidden).resolved(lambda _: None)


def _pieces(value: Any) -> Iterator[str | Text]:
    if isinstance(value, Text):
        yield from ('"', value, '"')
    elif isinstance(value, Mapping):
        for number, (key, inner) in enumerate(value.items()):
            yield f"{',' if number else '{'}{json.dumps(key)}:"
            yield from _pieces(inner)
        yield "}" if value else "{}"
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield "," if number else "["
            yield from _pieces(inner)
        yield "]" if value else "[]"
    else:
        yield str(value) if isinstance(value, Decimal) else json.dumps(value)


def _escaped(part: str) -> str:
    """A part of a string within its quotes. What is known later is an ARN or a name, which has nothing to escape."""
    return json.dumps(part)[1:-1]
