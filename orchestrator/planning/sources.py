"""The plan files that a command names, read once: bytes, digest and tree."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.errors import Problem
from orchestrator.kinds.function.spec import CodeSpec
from orchestrator.model import Blob, Position
from orchestrator.planning.nodes import Mapping, Node
from orchestrator.planning.problems import at
from orchestrator.planning.suggest import did_you_mean
from orchestrator.planning.yaml_nodes import compose
from orchestrator.planning.yaml_text import MAX_BYTES

_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Source:
    """One plan file that could be read. `digest` is `sha256:` and the hexadecimal digest of its bytes."""

    file: str
    folder: Path
    digest: str
    root: Mapping = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sources:
    """All that was named: the files that could be read, and what is wrong with the others.

    `blobs` keeps the code that was packaged, so that loading again for another account packs nothing twice and sees the
    same bytes.
    """

    files: tuple[Source, ...]
    names: tuple[str, ...]
    problems: tuple[Problem, ...] = ()
    blobs: dict[tuple[Path, CodeSpec], Blob] = field(default_factory=dict, repr=False)


def read(paths: Iterable[str | os.PathLike[str]]) -> Sources:
    """Read plan files, and folders of them (their *.yaml and *.yml by name, not recursively).

    Never raises for what it finds: `load` reports the problems of these files together with those of the others.
    """
    files: list[Source] = []
    names: list[str] = []
    problems: list[Problem] = []
    seen: set[str] = set()
    for found in _files(paths):
        if isinstance(found, Problem):
            problems.append(found)
            continue
        if (real := _real(found)) in seen:
            continue
        seen.add(real)
        names.append(str(found))
        source, wrong = _source(found)
        problems += wrong
        files += [source] if source else []
    return Sources(tuple(files), tuple(names), tuple(problems))


def _files(paths: Iterable[str | os.PathLike[str]]) -> Iterator[Path | Problem]:
    for path in map(Path, paths):
        if not _is_folder(path):
            yield path
            continue
        try:
            inside = sorted(path.iterdir(), key=lambda entry: entry.name)
        except OSError as error:
            yield _unreadable(path, error)
            continue
        plans = [entry for entry in inside if _is_plan(entry)]
        if not plans:
            message = "The folder has no plan: no file in it ends in .yaml or .yml."
            yield at(Position(str(path), 1, 1), "no-plan", message, "Name the plan file, or another folder.")
        yield from plans


def _real(path: Path) -> str:
    """The file that `path` leads to; what is no path at all stays as it is, and is reported when it is opened."""
    try:
        return os.path.realpath(path)
    except (OSError, ValueError):
        return str(path)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _is_plan(entry: Path) -> bool:
    """As a shell's *.yaml: not the hidden ones, which editors leave behind."""
    return entry.suffix in _SUFFIXES and not entry.name.startswith(".") and not _is_folder(entry)


def _source(path: Path) -> tuple[Source | None, list[Problem]]:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        return None, [_unreadable(path, error)]
    file = str(path)
    root, problems = compose(data, file)
    if isinstance(root, Mapping):
        return Source(file, path.parent, f"sha256:{hashlib.sha256(data).hexdigest()}", root), list(problems)
    return None, list(problems) or [_no_mapping(root, file)]


def _no_mapping(root: Node | None, file: str) -> Problem:
    if root is None:
        return at(Position(file, 1, 1), "empty-plan", "The file is empty.", "A plan begins with `plan: NAME`.")
    message = "A plan is a mapping of keys to values."
    return at(root.position, "wrong-value", message, "Begin with `plan: NAME`, each key on a line of its own.")


def _unreadable(path: Path, error: OSError | ValueError) -> Problem:
    action = "Name another file."
    if isinstance(error, FileNotFoundError):
        siblings = [entry.name for entry in _siblings(path) if entry.suffix in _SUFFIXES]
        action = did_you_mean(path.name, siblings, "Check the path; it is relative to the working directory.")
        return at(Position(str(path), 1, 1), "no-plan", "There is no such file.", action)
    reason = getattr(error, "strerror", None) or "it is no path"
    return at(Position(str(path), 1, 1), "unreadable-file", f"The file can't be read: {reason}.", action)


def _siblings(path: Path) -> list[Path]:
    try:
        return sorted(path.parent.iterdir())
    except OSError:
        return []
