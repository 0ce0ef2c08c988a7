"""The bytes of a file as text that a YAML parser may have: UTF-8, printable, not too large, YAML 1.2."""

import io
import re

from orchestrator.errors import Problem
from orchestrator.model import Position
from orchestrator.planning.problems import at

MAX_BYTES = 4 * 1024 * 1024
"""A plan of 5,000 tables has about half of this."""

# YAML 1.2's printable characters, less the three line breaks that only YAML 1.1, and so PyYAML, knows.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_YAML_1_2 = re.compile(r"%YAML[ \t]+1\.2[ \t]*(#.*)?")
_MANY_DIRECTIVES = 100


class Unreadable(Exception):
    """A file that is no YAML document at all; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem)


def decode(data: bytes, file: str, most: int = MAX_BYTES) -> str:
    """The text of a file of `most` bytes, a plan's unless it is said, without a byte order mark. Raises Unreadable."""
    if len(data) > most:
        action = "Split it into several plans, or move data into files that the plan names."
        raise _unreadable(file, "file-too-large", f"The file is larger than {most // 1024 // 1024} MiB.", action)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _unreadable(file, "not-utf-8", "The file is in UTF-16.", "Save it as UTF-8.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig")
        message = f"The byte 0x{data[error.start]:02x} here is not UTF-8."
        raise Unreadable(
            at(place(file, before, len(before)), "not-utf-8", message, "Save the file as UTF-8.")
        ) from None
    _check_characters(text, file)
    _check_directives(text, file)
    return text


def place(file: str, text: str, index: int) -> Position:
    """Where the character at `index` stands."""
    before = text[:index].replace("\r\n", "\n").replace("\r", "\n")
    return Position(file, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)


def _check_characters(text: str, file: str) -> None:
    if found := _UNPRINTABLE.search(text):
        message = f"The character U+{ord(found[0]):04X} can't stand in a plan as it is."
        action = f'Remove it, or write it as an escape in double quotes: "\\u{ord(found[0]):04x}".'
        raise Unreadable(at(place(file, text, found.start()), "yaml-character", message, action))


def _check_directives(text: str, file: str) -> None:
    """Only `%YAML 1.2` may stand before the document; the parser itself would take 1.1 and read it in its own way."""
    for number, line in enumerate(io.StringIO(text), 1):
        if line.startswith("%"):
            if not _YAML_1_2.fullmatch(line.rstrip("\r\n")):
                message = f"The directive `{line.strip()[:40]}` is not known."
                action = "Plans are YAML 1.2: write `%YAML 1.2`, or leave the line out."
                raise Unreadable(at(Position(file, number, 1), "yaml-directive", message, action))
        elif line.strip() and not line.lstrip().startswith("#"):
            break
    # The parser compares every %TAG with all before it, so that many of them (after the document's end) take minutes.
    if text.count("\n%") > _MANY_DIRECTIVES:
        raise _unreadable(file, "yaml-directive", "The file has very many lines that begin with `%`.", "Indent them.")


def _unreadable(file: str, code: str, message: str, action: str) -> Unreadable:
    return Unreadable(at(Position(file, 1, 1), code, message, action))
