"""A page that is run as it stands: its files, its command lines, and what they are said to write.

A block whose first line is a comment with a file's name is that file. A `console` block holds command lines, each of which
ends with 0 unless a comment says otherwise; a `text` block after it is what the last of them writes, `…` standing for whatever
is there (on a line of its own: for lines). Spaces and lengths of time are compared as such, not how many.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"# (\S+\.\w+)\n")
ENDS = re.compile(r"^(.*?)(?:\s+# ends with (\d+))?$")
SECONDS = re.compile(r"\d+(\.\d+)? (ms|s|min|h)\b(, \d+ retr(y|ies) \([^)]*\))?")
ANYTHING = "…"


@dataclass(frozen=True)
class Line:
    """A command line and the exit code that it is said to end with; what it writes, where that is told."""

    words: str
    code: int
    output: tuple[str, ...] = ()


@dataclass(frozen=True)
class File:
    """A file that a reader is to write."""

    name: str
    text: str


def steps(page: Path) -> Iterator[File | Line]:
    """What a reader does, in order. Raises ValueError for a block that is neither."""
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    for number, (language, text) in enumerate(blocks):
        named = FILE.match(text)
        if named and language in ("yaml", "python"):
            yield File(named[1], text)
        elif language == "console":
            after = blocks[number + 1] if number + 1 < len(blocks) else ("", "")
            yield from _lines(text, after[1].splitlines() if after[0] == "text" else ())
        elif language != "text":
            raise ValueError(f"a block that nobody can run: {text[:60]!r}")


def _lines(text: str, output: Sequence[str]) -> Iterator[Line]:
    lines = text.splitlines()
    for line in lines:
        words, code = ENDS.fullmatch(line).groups()  # type: ignore[union-attr]  # it takes any line
        yield Line(words, int(code or 0), tuple(output) if line is lines[-1] else ())


def missing(expected: Sequence[str], written: str) -> str | None:
    """The first line of `expected` that is not where it should be in what was written; None where all are."""
    lines = [_plain(line) for line in written.strip().splitlines()]
    at, gap = 0, False
    for told in expected:
        if told.strip() == ANYTHING:
            gap = True
            continue
        found = next((n for n in range(at, len(lines)) if _meets(told, lines[n])), None)
        if found is None or (not gap and found != at):
            return told
        at, gap = found + 1, False
    return None if gap or at == len(lines) else f"nothing after {expected[-1]!r}, but: {lines[at]}"


def _meets(told: str, line: str) -> bool:
    return re.fullmatch(".*".join(re.escape(_plain(part)) for part in told.split(ANYTHING)), line) is not None


def _plain(line: str) -> str:
    """The line without what is another one each time, and without spaces at its end."""
    return re.sub(r"\s+", " ", SECONDS.sub("<time>", line)).rstrip()
