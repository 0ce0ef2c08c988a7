"""The grammar of `${…}`: a string becomes plain pieces and References. What they mean is the business of `fill` and `link`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeVar

_ELEMENT = r"[A-Za-z0-9_-]+"
_BRACKET = r'\["[^"\]]+"\]'
_PATH = re.compile(rf"{_ELEMENT}(?:\.{_ELEMENT}|{_BRACKET})*")
_STEP = re.compile(rf'({_ELEMENT})|\["([^"\]]+)"\]')
_PIECE = re.compile(r"\$\$\{|\$\{([^}]*)(\}?)")

Piece = TypeVar("Piece")

LITERAL = "Write `$${` where a literal `${` is meant"


@dataclass(frozen=True, slots=True)
class Reference:
    """One `${…}`: the path inside, taken apart, and as it was written."""

    path: tuple[str, ...]
    written: str


class BadReference(ValueError):
    """A `${…}` that can't be read or may not be there; `message` says what is wrong, `action` what to do."""

    code = "dangling-reference"

    def __init__(self, message: str, action: str) -> None:
        self.message = message
        self.action = action
        super().__init__(message)


def has_reference(text: str) -> bool:
    """Whether `${` stands in it, escaped or not."""
    return "${" in text


def parse(text: str) -> tuple[str | Reference, ...]:
    """The pieces of a string, `$${` already turned into `${`. Raises BadReference."""
    pieces: list[str | Reference] = []
    end = 0
    for match in _PIECE.finditer(text):
        pieces.append(text[end : match.start()])
        pieces.append("${" if match[1] is None else _reference(match[0], match[1], closed=bool(match[2])))
        end = match.end()
    pieces.append(text[end:])
    return joined(pieces)


def parse_path(text: str) -> tuple[str, ...] | None:
    """`tables.orders.indexes["by.x"]` taken apart; None where it is no path."""
    if not _PATH.fullmatch(text):
        return None
    return tuple(plain or bracketed for plain, bracketed in _STEP.findall(text))


def _reference(written: str, inside: str, *, closed: bool) -> Reference:
    if not closed:
        raise BadReference("A `${` is never closed by `}`.", f"{LITERAL}.")
    path = parse_path(inside)
    if path is None:
        if parse_path(inside.strip()) is not None:
            raise BadReference(f"`{written}` has spaces in it.", f"Write `${{{inside.strip()}}}`.")
        if (attribute := inside.removeprefix("item.")) != inside and '"' not in attribute:
            action = f'The name of an attribute with other characters stands in quotes: `${{item["{attribute}"]}}`.'
            raise BadReference(f"`{written}` names no attribute.", action)
        raise BadReference(f"`{written}` is no reference of the plan language.", f"{LITERAL}: `$${{{inside}}}`.")
    return Reference(path, written)


def joined(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """The same pieces with neighbouring strings made one and empty ones left out."""
    found: list[Any] = []
    for is_text, group in groupby(pieces, key=lambda piece: isinstance(piece, str)):
        run: list[Any] = list(group)
        found += ["".join(run)] if is_text else run
    return tuple(piece for piece in found if piece != "")
