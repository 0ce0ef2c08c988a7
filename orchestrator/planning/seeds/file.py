"""A seed's file: read once to tell all that is wrong with it, and anew whenever its items are wanted."""

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
from orchestrator.planning.seeds.repeats import Held, Identity, digest
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

    @property
    def unchanged(self) -> bool:
        """Whether the file is still there as it was when it was checked, as far as its size and time tell."""
        try:
            with _opened(self.path) as stream:
                return _stamp(stream) == self.stamp
        except InvalidPlan:
            return False

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

    `keys` are the table's key attributes, where the plan declares them: then each item has them, and no two items the same.
    Memory does not grow beyond some 40 MB then, and not at all without. `indexed` are the key attributes of its indexes, which
    an item may lack.
    """
    if _suffix(path) not in _READERS:
        action = did_you_mean(_suffix(path), SUFFIXES, f"Name one that ends with {', '.join(SUFFIXES)}.")
        raise InvalidPlan(Problem(_CODE, "A file of items of this sort is not known.", action, file=_shown(path)))
    with _opened(path) as stream:
        return _Check(path, keys, indexed or {}, stream).run(_stamp(stream))


@dataclass(slots=True)
class _Check:
    path: Path
    keys: Keys | None
    indexed: Keys
    stream: BinaryIO
    problems: list[Problem] = field(default_factory=list)
    head: list[Item] = field(default_factory=list)

    def run(self, stamp: tuple[int, int]) -> SeedFile:
        source, count, held = Source(self.stream), 0, Held()
        try:
            try:
                for row in _READERS[_suffix(self.path)](source):
                    count += 1
                    self._take(row, count, held)
                source.drain()
            except Unusable as error:
                self.problems.append(self._problem(error.line, error.column, error.wrong))
            if self.keys:
                self._repeated(self.keys, held)
        except _Enough as error:
            self.problems.sort(key=_place)
            more = Wrong(f"There is more wrong; {MOST_PROBLEMS} mistakes are shown.", "Correct these first.")
            self.problems.append(self._problem(error.row.line, error.row.column, more))
            raise InvalidPlan(self.problems) from None
        if self.problems:
            raise InvalidPlan(sorted(self.problems, key=_place))
        return SeedFile(self.path, self.keys, source.digest, count, stamp, tuple(self.head))

    def _take(self, row: Row, number: int, held: Held) -> None:
        try:
            found = _converted(row, self.keys, self.indexed)
        except _BadRow as error:
            for wrong in error.found:
                self._note(row, Wrong(f"Item {number}{wrong.message}", wrong.action))
            return
        if len(self.head) < BATCH:
            self.head.append(found)
        if self.keys:
            held.add(digest(conversion.identity(found, self.keys)))

    def _repeated(self, keys: Keys, held: Held) -> None:
        """Note each item whose key an earlier one has; the file is read again only where some are suspect, or were not held."""
        if suspects := held.suspects():
            first: dict[Identity | None, int] = {}
            for number, row, identity in self._anew(keys):
                if digest(identity) in suspects and first.setdefault(identity, number) != number:
                    message = f"Item {number} has the same key as item {first[identity]}."
                    self._note(row, Wrong(message, "Leave one of them out."))
        if rest := held.rest():
            for _, _, identity in self._anew(keys):
                rest.add(digest(identity))
            self._repeated(keys, rest)

    def _anew(self, keys: Keys) -> Iterator[tuple[int, Row, Identity | None]]:
        """The items that are right, with their numbers and keys, up to where the file can't be read on."""
        self.stream.seek(0)
        try:
            for number, row in enumerate(_READERS[_suffix(self.path)](Source(self.stream)), 1):
                try:
                    found = _converted(row, keys, self.indexed)
                except _BadRow:
                    continue
                yield number, row, conversion.identity(found, keys)
        except Unusable:
            return

    def _note(self, row: Row, wrong: Wrong) -> None:
        if len(self.problems) >= MOST_PROBLEMS:
            raise _Enough(row)
        self.problems.append(self._problem(row.line, row.column, wrong))

    def _problem(self, line: int, column: int, wrong: Wrong) -> Problem:
        return Problem(_CODE, wrong.message, wrong.action, _shown(self.path), line, column)


def _place(problem: Problem) -> tuple[int, int]:
    return problem.line or 0, problem.column or 0


class _Enough(Exception):
    """So much is wrong that looking on, from `row`, helps nobody."""

    def __init__(self, row: Row) -> None:
        self.row = row
        super().__init__(row)


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
