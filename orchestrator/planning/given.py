"""Values of variables from outside the plan: the command line or the library's caller, and variable files."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NoReturn

from orchestrator.errors import Problem
from orchestrator.model import Position
from orchestrator.planning.files import NotRead, content
from orchestrator.planning.json_once import Twice, once
from orchestrator.planning.nodes import Mapping as MappingNode
from orchestrator.planning.nodes import plain
from orchestrator.planning.problems import about, at
from orchestrator.planning.scalars import NotANumber, resolve
from orchestrator.planning.suggest import did_you_mean, listed
from orchestrator.planning.yaml_nodes import compose
from orchestrator.planning.yaml_text import MAX_BYTES

Said = Literal["--var", "variables="]


@dataclass(frozen=True, slots=True)
class Inputs:
    """Where values of variables come from. A str for a variable of another type than string is read as YAML.

    `variables` go before `files` (YAML, or JSON by its suffix; the later wins), these before `environ`. `said` is what the
    one who gave `variables` calls them: an option of the command line, or the library's argument.
    """

    variables: Mapping[str, object] = field(default_factory=dict, repr=False)
    files: Sequence[Path] = ()
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    said: Said = "variables="


@dataclass(frozen=True, slots=True)
class Given:
    """One value: `origin` words where it is from, `position` is set for one from a file."""

    value: Any = field(repr=False)
    origin: str
    position: Position | None = None


def given(inputs: Inputs, known: dict[Path, "Entries"]) -> tuple[dict[str, Given], list[Problem]]:
    """Every value from `variables` and `files` by name, and what is wrong with the files.

    `known` has the files that were read before, and gets the others.
    """
    found: dict[str, Given] = {}
    problems: list[Problem] = []
    for path in map(Path, inputs.files):
        if path not in known:
            known[path] = _file(path)
        entries, wrong = known[path]
        found.update(entries)
        problems += wrong
    for name, value in inputs.variables.items():
        found[name] = Given(value, f"`{inputs.said}`")
    return found, problems


def unknown(values: Mapping[str, Given], declared: Sequence[str]) -> Iterator[Problem]:
    """A problem for each given value that no plan declares. Those of the environment never count."""
    for name, value in values.items():
        if name not in declared:
            message = f"No plan declares the variable `{name}`, which {value.origin} gives."
            action = did_you_mean(name, declared, f"Declared are: {listed(declared) or 'none'}.")
            yield at(value.position, "unknown-variable", message, action)


Entries = tuple[dict[str, Given], list[Problem]]


def _file(path: Path) -> Entries:
    try:
        data = content(path, (".yaml", ".yml", ".json"))
    except NotRead as error:
        return {}, [about(path, "unreadable-file", error.message, error.action)]
    if path.suffix == ".json" and len(data) <= MAX_BYTES:
        return _json(data, path)
    root, problems = compose(data, str(path))
    if isinstance(root, MappingNode):
        entries = {entry.key: Given(plain(entry.value), str(path), entry.position) for entry in root.entries}
        return entries, list(problems)
    if problems:
        return {}, list(problems)
    return _unusable(
        path, "wrong-value", "A variable file is a mapping of names to values.", "Write `name: value` lines."
    )


def _unusable(path: Path, code: str, message: str, action: str) -> Entries:
    return {}, [at(Position(str(path), 1, 1), code, message, action)]


# ----------------------------------------------------------------------------------------------------------------- JSON


class _NotJson(ValueError):
    """Something that Python's reader would take and JSON has not."""


def _json(data: bytes, path: Path) -> Entries:
    """JSON apart from YAML: its escapes of characters beyond U+FFFF are none of YAML's."""
    try:
        found = json.loads(data, parse_int=resolve, parse_float=resolve, parse_constant=_refuse, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        position = Position(str(path), error.lineno, error.colno)
        return {}, [at(position, "json-syntax", "The file is not valid JSON here.", "Correct it.")]
    except UnicodeDecodeError:
        return _unusable(path, "not-utf-8", "The file is not in UTF-8.", "Save it as UTF-8.")
    except RecursionError:
        return _unusable(path, "yaml-depth", "The file is nested too deeply.", "Make it flatter.")
    except Twice:
        return _unusable(path, "json-value", "A key stands twice in one mapping.", "Correct it, or put it in quotes.")
    except (NotANumber, _NotJson) as error:
        return _unusable(path, "json-value", f"{error}.", "Correct it, or put it in quotes.")
    if not isinstance(found, dict):
        return _unusable(path, "wrong-value", "A variable file is a mapping of names to values.", 'Write {"name": …}.')
    start = Position(str(path), 1, 1)
    return {key: Given(value, str(path), start) for key, value in found.items()}, []


def _refuse(constant: str) -> NoReturn:
    raise _NotJson(f"`{constant}` is not a number that AWS takes")
