"""The plan files that a command names, read once: bytes, digest and tree."""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestrator.errors import Problem
from orchestrator.kinds.function.spec import CodeSpec
from orchestrator.model import Blob, Position
from orchestrator.planning.files import NotRead, content, is_pipe
from orchestrator.planning.given import Entries
from orchestrator.planning.nodes import Mapping, Node
from orchestrator.planning.problems import about, at
from orchestrator.planning.seeds import SeedFile
from orchestrator.planning.yaml_nodes import compose

_SUFFIXES = (".yaml", ".yml")
_SAVED_PREVIEW = re.compile(rb'\s*\{\s*"format"\s*:\s*"orchestrator\.preview/')
"""How the file begins that `preview --out` writes."""

Typed = tuple[tuple[str, str], ...]
TableKeys = tuple[Typed | None, Typed]
"""A table's key attributes with their types, None where the plan does not state them; and those of its indexes."""


@dataclass(frozen=True, slots=True)
class Source:
    """One plan file that could be read; its paths are relative to `folder`.

    `digest` is `sha256:` and the hexadecimal digest of its bytes.
    """

    file: str
    folder: Path
    digest: str
    root: Mapping = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sources:
    """All that was named: the files that could be read, and what is wrong with the others.

    `blobs` keeps the code that was packaged, `documents` the policies of files, by folder and name, `seeds` what came of checking
    a file of items for a table with these keys, and `values` what variable files hold, so that loading again for another
    account reads nothing twice (a pipe can't be) and sees the same bytes.
    """

    files: tuple[Source, ...]
    names: tuple[str, ...]
    problems: tuple[Problem, ...] = ()
    blobs: dict[tuple[Path, CodeSpec], Blob] = field(default_factory=dict, repr=False)
    documents: dict[tuple[Path, str], dict[str, Any]] = field(default_factory=dict, repr=False)
    seeds: dict[tuple[Path, TableKeys], SeedFile | tuple[Problem, ...]] = field(default_factory=dict, repr=False)
    values: dict[Path, Entries] = field(default_factory=dict, repr=False)


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
            yield about(path, "unreadable-file", f"The folder can't be read: {error.strerror}.", "Name another one.")
            continue
        plans = [entry for entry in inside if _is_plan(entry)]
        if not plans:
            message = "The folder has no plan: no file in it ends in .yaml or .yml."
            yield about(path, "no-plan", message, "Name the plan file, or another folder.")
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
        data, folder = content(path, _SUFFIXES), _folder(path)
    except NotRead as error:
        return None, [about(path, "no-plan" if error.missing else "unreadable-file", error.message, error.action)]
    if _SAVED_PREVIEW.match(data):
        message = "This is a saved preview, and to take one in place of plans is not supported yet."
        action = "Give the plan files instead; what they change is previewed again, and asked for before it is applied."
        return None, [about(path, "not-supported-yet", message, action)]
    file = str(path)
    root, problems = compose(data, file)
    if isinstance(root, Mapping):
        return Source(file, folder, f"sha256:{hashlib.sha256(data).hexdigest()}", root), list(problems)
    return None, list(problems) or [_no_mapping(root, file)]


def _folder(path: Path) -> Path:
    """What a plan's paths are relative to: its folder; where it comes from a pipe, the working directory."""
    return Path() if is_pipe(path) else path.parent


def _no_mapping(root: Node | None, file: str) -> Problem:
    if root is None:
        return at(Position(file, 1, 1), "empty-plan", "The file is empty.", "A plan begins with `plan: NAME`.")
    message = "A plan is a mapping of keys to values."
    return at(root.position, "wrong-value", message, "Begin with `plan: NAME`, each key on a line of its own.")
