"""What readers of seed files have in common: rows with their places, and the bytes of a file, digested as they are read."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

MOST_LINE_BYTES = 8 * 1024 * 1024
"""Of a line: an item of 400 KB is less, however it is escaped."""
MOST_WHOLE_BYTES = 10 * 1024 * 1024
"""Of a file that is read whole."""
_BLOCK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with an item, or with the file; `message` goes on after `Item 3`, or is a sentence about the file."""

    message: str
    action: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One item of a file, as plain values of a plan, and where it begins; lines and columns count from 1."""

    line: int
    column: int
    values: Mapping[str, Any] | Wrong


class Unusable(Exception):
    """A file that can't be read on from here."""

    def __init__(self, line: int, column: int, wrong: Wrong) -> None:
        self.line = line
        self.column = column
        self.wrong = wrong
        super().__init__(wrong)


class Source:
    """The bytes of an open file; `digest` is the SHA-256 of those that were read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._sha256 = hashlib.sha256()

    @property
    def digest(self) -> str:
        return self._sha256.hexdigest()

    def lines(self) -> Iterator[tuple[int, str]]:
        """Each line with its number and its end, one after the other. Raises Unusable."""
        number = 0
        while line := self._stream.readline(MOST_LINE_BYTES + 1):
            self._sha256.update(line)
            number += 1
            if len(line) > MOST_LINE_BYTES:
                message = f"The line has more than {MOST_LINE_BYTES // 1024 // 1024} MB."
                raise Unusable(number, 1, Wrong(message, "Write one item a line."))
            yield number, _decoded(line, number)

    def whole(self) -> bytes:
        """All of it. Raises Unusable where that is too much."""
        data = self._stream.read(MOST_WHOLE_BYTES + 1)
        if len(data) > MOST_WHOLE_BYTES:
            message = (
                f"The file has more than {MOST_WHOLE_BYTES // 1024 // 1024} MB, and a file of this sort is read whole."
            )
            raise Unusable(
                1, 1, Wrong(message, "Write JSON lines (.jsonl, one item a line), of which any number can be read.")
            )
        self._sha256.update(data)
        return data

    def drain(self) -> None:
        """Read on to the end."""
        while block := self._stream.read(_BLOCK):
            self._sha256.update(block)


def _decoded(line: bytes, number: int) -> str:
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        column = len(line[: error.start].decode(errors="replace")) + 1
        message = f"The byte 0x{line[error.start]:02x} here is not UTF-8."
        raise Unusable(number, column, Wrong(message, "Save the file as UTF-8.")) from None
