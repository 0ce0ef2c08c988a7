"""The cells of CSV (RFC 4180), a record at a time. An empty cell is told from a quoted one, as the standard library does only
from Python 3.13 on; all else is as its reader has it.
"""

import re
from collections.abc import Iterator, Sequence

from orchestrator.planning.seeds.rows import MOST_LINE_BYTES

Cell = str | None
"""None where nothing stands, not even quotes."""
_UNQUOTED = re.compile(r"[^,\r\n]*")


class NotCsv(ValueError):
    """`line` is where the record begins; the message says why it is none."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        super().__init__(message)


def records(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, Sequence[Cell]]]:
    """Each record with the number of its first line, out of numbered lines with their ends. Raises NotCsv."""
    for number, line in lines:
        try:
            yield number, _Record(line, lines).cells() if '"' in line else _split(line)
        except ValueError as error:
            raise NotCsv(number, str(error)) from None


def _split(line: str) -> Sequence[Cell]:
    text = line.rstrip("\r\n")
    if "\r" in text:
        raise ValueError("a line ends within it, outside of quotes")
    return [cell or None for cell in text.split(",")]


class _Record:
    """One that has quotes in it, and may go on over many lines: `_at` is how far the last of them was read."""

    def __init__(self, line: str, more: Iterator[tuple[int, str]]) -> None:
        self._line = line
        self._more = more
        self._at = 0

    def cells(self) -> Sequence[Cell]:
        """Raises ValueError."""
        found: list[Cell] = []
        while True:
            quoted = self._passed('"')
            found.append(self._quoted() if quoted else self._unquoted() or None)
            if self._passed(","):
                continue
            if self._line[self._at :].strip("\r\n"):
                what = (
                    "something stands after a closing quote" if quoted else "a line ends within it, outside of quotes"
                )
                raise ValueError(what)
            return found

    def _passed(self, character: str) -> bool:
        """Whether this stands here; then it is passed."""
        stands = self._line.startswith(character, self._at)
        self._at += stands
        return stands

    def _unquoted(self) -> str:
        match = _UNQUOTED.match(self._line, self._at)
        assert match
        self._at = match.end()
        return match[0]

    def _quoted(self) -> str:
        """To the closing quote, on whatever line that is."""
        pieces: list[str] = []
        size = 0
        while (end := self._line.find('"', self._at)) < 0 or self._line.startswith('""', end):
            upto = len(self._line) if end < 0 else end + 1
            pieces.append(self._line[self._at : upto])
            self._at = upto + (end >= 0)
            size += len(pieces[-1])
            if size > MOST_LINE_BYTES:
                raise ValueError(f"a cell has more than {MOST_LINE_BYTES // 1024 // 1024} MB")
            if end < 0:
                self._go_on()
        pieces.append(self._line[self._at : end])
        self._at = end + 1
        return "".join(pieces)

    def _go_on(self) -> None:
        following = next(self._more, None)
        if following is None:
            raise ValueError("a quote is not closed")
        self._line, self._at = following[1], 0
