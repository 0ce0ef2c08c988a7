"""Items in JSON: one object a line (.jsonl, .ndjson), or a list of objects (.json)."""

import re
from collections.abc import Iterator
from typing import Any

from orchestrator.planning.seeds.exact_json import NotJson, parse, parse_at
from orchestrator.planning.seeds.rows import Row, Source, Unusable, Wrong

_SPACE = re.compile(r"[ \t\r\n]*")
_OBJECT = Wrong(" is no JSON object.", 'An item is one, with its attributes: {"id": "a"}.')


def lines(source: Source) -> Iterator[Row]:
    """One item a line; blank lines are none. Raises Unusable."""
    for number, line in source.lines():
        if not line.strip():
            continue
        column = len(line) - len(line.lstrip()) + 1
        try:
            yield Row(number, column, _item(parse(line.rstrip("\r\n"))))
        except NotJson as error:
            yield Row(number, error.column, Wrong(f" {error.message}.", "Write one JSON object a line."))


def array(source: Source) -> Iterator[Row]:
    """The entries of a list. Raises Unusable where it is none."""
    place = _Place(_text(source.whole()))
    place.expect("[", "The file holds no JSON list.", "Write a list of objects, or JSON lines in a file .jsonl.")
    if place.skip("]"):
        place.end()
        return
    while True:
        line, column = place.where
        try:
            found = place.value()
        except NotJson as error:
            message = f"The file {error.message}."
            raise Unusable(error.line, error.column, Wrong(message, "Correct it.")) from None
        yield Row(line, column, _item(found))
        if place.skip("]"):
            place.end()
            return
        place.expect(",", "A `,` or the list's end is missing here.", "Correct it.")


def _item(found: Any) -> dict[str, Any] | Wrong:
    return found if isinstance(found, dict) else _OBJECT


class _Place:
    """How far a text has been read: always to the next character that is no white space."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._index = 0
        self._counted = (0, 1, 0)
        self._go(0)

    @property
    def where(self) -> tuple[int, int]:
        """Line and column, counted on from where they were asked last."""
        index, line, begin = self._counted
        line += self._text.count("\n", index, self._index)
        begin = max(begin, self._text.rfind("\n", index, self._index) + 1)
        self._counted = (self._index, line, begin)
        return line, self._index - begin + 1

    def value(self) -> Any:
        """The value here. Raises NotJson."""
        try:
            found, end = parse_at(self._text, self._index)
        except NotJson as error:
            line, column = (error.line, error.column) if (error.line, error.column) > (1, 1) else self.where
            raise NotJson(error.message, line, column) from None
        self._go(end)
        return found

    def skip(self, character: str) -> bool:
        """Whether this stands here; then it is passed."""
        if not self._text.startswith(character, self._index):
            return False
        self._go(self._index + 1)
        return True

    def expect(self, character: str, message: str, action: str) -> None:
        if not self.skip(character):
            raise Unusable(*self.where, Wrong(message, action))

    def end(self) -> None:
        if self._index < len(self._text):
            raise Unusable(*self.where, Wrong("Something stands after the list's end.", "Take it away."))

    def _go(self, index: int) -> None:
        match = _SPACE.match(self._text, index)
        self._index = match.end() if match else index


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(errors="replace")
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        message = f"The byte 0x{data[error.start]:02x} here is not UTF-8."
        raise Unusable(line, column, Wrong(message, "Save the file as UTF-8.")) from None
