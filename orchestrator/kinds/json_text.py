"""Documents as the JSON that is sent, with parts that are hidden or known only later."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from orchestrator.model import FromLive, FromRun, Text, known_text

Part = str | FromLive | FromRun


def json_text(document: Any) -> str | Text:
    """The document as JSON without white space; with parts that are known later or hidden as what it is made of."""
    pieces: list[Part] = []
    hidden, secrets = False, set[str]()
    for piece in _pieces(document):
        if isinstance(piece, Text):
            hidden = hidden or piece.hidden
            if piece.sensitive:
                secrets |= {known_text(piece), *piece.sensitive}
            pieces += [_inside(part) for part in piece.parts]
        else:
            pieces.append(piece)
    return Text(tuple(pieces), hidden, frozenset(secrets)).resolved(lambda _: None)


def _inside(part: Part) -> Part:
    """A part of a string; names and ARNs, which are known only later, hold nothing that JSON would escape."""
    return json.dumps(part)[1:-1] if isinstance(part, str) else part


def _pieces(value: Any) -> Iterator[str | Text]:
    if isinstance(value, Text):
        yield from ('"', value, '"') if value.means is None else (replace(value, parts=(_scalar(value.means),)),)
    elif isinstance(value, Mapping):
        yield "{"
        for number, (key, inner) in enumerate(value.items()):
            yield f"{',' * bool(number)}{json.dumps(key)}:"
            yield from _pieces(inner)
        yield "}"
    elif isinstance(value, list | tuple):
        yield "["
        for number, inner in enumerate(value):
            yield "," * bool(number)
            yield from _pieces(inner)
        yield "]"
    else:
        yield _scalar(value)


def _scalar(value: Any) -> str:
    return str(value) if isinstance(value, Decimal) else json.dumps(value, default=str)
