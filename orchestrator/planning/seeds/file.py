"""A seed's file: read once to tell all that is wrong with it, and anew whenever its items are wanted."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from orchestrator.errors import InvalidPlan, Problem
from orchestrator.kinds.task import conversion
from orchestrator.kinds.task.complaints import NotConverted
from orchestrator.kinds.task.conversion import Keys
from orchestrator.model import dotted
from orchestrator.model.work import BATCH, Item
from orchestrator.planning.files import NotRead, opened
from orchestrator.planning.seeds import csv_rows, json_rows, yaml_rows
from orchestrator.planning.seeds.rows import Row, Source, Unusable, Wrong
from orchestrator.planning.suggest import did_you_mean

MOST_PROBLEMS = 20
"""Of a file; the others are left out."""

_READERS: dict[str, Callable[[Source], Iterator[Row]]] = {
    ".jsonl": json_rows.lines,
    ".ndjson": json_rows.lines,
    ".csv": csv_rows.rows,
    ".json": json_rows.array,
    ".yaml": yaml_rows.rows,
    ".yml": yaml_rows.rows,
}
SUFFIXES = tuple(_READERS)
_CODE = "seed-file"


@dataclass(frozen=True, slots=True)
class SeedFile:
    """The items of a file that was checked: `number` of them, the first ones in `head`.

    `stated` tells the file by its bytes, whatever it is called.
    """

    path: Path
    keys: Keys | None
    digest: str
    number: int
    stamp: tuple[int, int]
    head: tuple[Item, ...]

    @property
    def stated(self) -> Any:
        return {"sha256": self.digest}

    @property
    def file(self) -> str:
        return _shown(self.path)

    def place(self, number: int) -> str:
        """By reading it up to there; the file alone where it is not any more what was checked."""
        try:
            with _opened(self.path) as stream:
                row = next(islice(_READERS[_suffix(self.path)](Source(stream)), number, None), None)
        except (InvalidPlan, Unusable):
            row = None
        return f"{self.file}:{row.line}" if row else self.file

    def __iter__(self) -> Iterator[Item]:
        """Raises InvalidPlan where the file is not any more what was checked: at once where that shows, else at its end."""
        with _opened(self.path) as stream:
            if _stamp(stream) != self.stamp:
                raise InvalidPlan(_changed(self.path))
            source = Source(stream)
            try:
                for row in _READERS[_suffix(self.path)](source):
                    yield _again(row, self.keys)
            except (Unusable, NotConverted):
                raise InvalidPlan(_changed(self.path)) from None
            source.drain()
            if source.digest != self.digest:
                raise InvalidPlan(_changed(self.path))


def check(path: Path, keys: Keys | None = None, indexed: Keys | None = None) -> SeedFile:
    """Read all of a file. Raises InvalidPlan with what is wrong with it, MOST_PROBLEMS at most, each with its place.

    `keys` are the table's key attributes, where the plan declares them: then each item has them, and no two items the same, and
    memory grows by some 150 bytes an item; not at all without. `indexed` are the key attributes of its indexes, which an item
    may lack.
    """
    if _suffix(path) not in _READERS:
        action = did_you_mean(_suffix(path), SUFFIXES, f"Name one that ends with {', '.join(SUFFIXES)}.")
        raise InvalidPlan(Problem(_CODE, "A file of items of this sort is not known.", action, file=_shown(path)))
    with _opened(path) as stream:
        return _Check(path, keys, indexed or {}, Source(stream)).run(_stamp(stream))


@dataclass(slots=True)
class _Check:
    path: Path
    keys: Keys | None
    indexed: Keys
    source: Source
    problems: list[Problem] = field(default_factory=list)
    first: dict[bytes, int] = field(default_factory=dict)
    head: list[Item] = field(default_factory=list)

    def run(self, stamp: tuple[int, int]) -> SeedFile:
        count = 0
        try:
            for row in _READERS[_suffix(self.path)](self.source):
                count += 1
                self._take(row, count)
        except Unusable as error:
            self.problems.append(self._problem(error.line, error.column, error.wrong))
        except _Enough:
            more = Wrong(f"There is more wrong; the first {MOST_PROBLEMS} mistakes are shown.", "Correct these first.")
            self.problems.append(self._problem(row.line, row.column, more))
        if self.problems:
            raise InvalidPlan(self.problems)
        self.source.drain()
        return SeedFile(self.path, self.keys, self.source.digest, count, stamp, tuple(self.head))

    def _take(self, row: Row, number: int) -> None:
        try:
            found = _converted(row, self.keys, self.indexed)
        except _BadRow as error:
            for wrong in error.found:
                self._note(row, Wrong(f"Item {number}{wrong.message}", wrong.action))
            return
        if len(self.head) < BATCH:
            self.head.append(found)
        if self.keys:
            digest = _digest(conversion.identity(found, self.keys))
            if self.first.setdefault(digest, number) != number:
                message = f"Item {number} has the same key as item {self.first[digest]}."
                self._note(row, Wrong(message, "Leave one of them out."))

    def _note(self, row: Row, wrong: Wrong) -> None:
        if len(self.problems) >= MOST_PROBLEMS:
            raise _Enough
        self.problems.append(self._problem(row.line, row.column, wrong))

    def _problem(self, line: int, column: int, wrong: Wrong) -> Problem:
        return Problem(_CODE, wrong.message, wrong.action, _shown(self.path), line, column)


class _Enough(Exception):
    """So much is wrong that looking on helps nobody."""


class _BadRow(Exception):
    """A row that is no item; `found` says why, in words that follow `Item 3`."""

    def __init__(self, found: tuple[Wrong, ...]) -> None:
        self.found = found
        super().__init__(found)


def _converted(row: Row, keys: Keys | None, indexed: Keys) -> Item:
    if isinstance(row.values, Wrong):
        raise _BadRow((row.values,))
    try:
        return conversion.item(row.values, keys, indexed)
    except NotConverted as error:
        raise _BadRow(
            tuple(
                Wrong(complaint.said_of(f", {dotted(complaint.path)}" if complaint.path else ""), complaint.action)
                for complaint in error.complaints
            )
        ) from None


def _again(row: Row, keys: Keys | None) -> Item:
    """The item of a row that was checked as a whole. Raises NotConverted where it was another."""
    if isinstance(row.values, Wrong):
        raise NotConverted(())
    return conversion.attributes(row.values, keys)


def _digest(identity: tuple[tuple[str, Any], ...] | None) -> bytes:
    """Sixteen bytes that tell a key from others: of a million keys, two different ones never have the same."""
    told = json.dumps(identity, default=bytes.hex)
    return hashlib.blake2b(told.encode(errors="surrogatepass"), digest_size=16).digest()


def _opened(path: Path) -> BinaryIO:
    try:
        return opened(path, SUFFIXES, pipes=False, base="the plan file")
    except NotRead as error:
        raise InvalidPlan(Problem(_CODE, error.message, error.action, file=_shown(path))) from None


def _stamp(stream: BinaryIO) -> tuple[int, int]:
    """What changes with a file that is written to: its size and when that was."""
    found = os.fstat(stream.fileno())
    return found.st_size, found.st_mtime_ns


def _changed(path: Path) -> Problem:
    message = "The file was changed after it had been checked."
    return Problem(_CODE, message, "Run the command again with the file as it shall be.", file=_shown(path))


def _suffix(path: Path) -> str:
    return path.suffix.lower()


def _shown(path: Path) -> str:
    return str(path).encode(errors="backslashreplace").decode()
