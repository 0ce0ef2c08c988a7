"""What a task names, read off its body before that is known to be right: what it works on, waits for and refers to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.kinds.function.spec import ALIASES, FUNCTIONS
from orchestrator.kinds.table.spec import TABLES
from orchestrator.model import Path as Place
from orchestrator.planning.nodes import Node, plain
from orchestrator.planning.references import BadReference, Reference, parse, parse_path

Path = tuple[str, ...]

_NAMING = {"seed": ("table", TABLES), "backfill": ("table", TABLES), "invoke": ("function", FUNCTIONS)}
"""The key by which each sort of task names what it works on, and the section that has it; a transaction's actions name theirs."""
_ACTIONS = ("put", "update", "delete", "check")


@dataclass(frozen=True, slots=True)
class Named:
    """A table, a function or an alias that a task works on, and where below the task it says so."""

    path: Place
    target: Path

    @property
    def written(self) -> str:
        return self.target[-1]


def worked_on(body: Any) -> Iterator[Named]:
    """What a task works on, right or wrong in other things; a value that is no string is reported elsewhere."""
    for path, holder, key, section in _holders(body):
        name = holder.get(key)
        if not isinstance(name, str):
            continue
        yield Named((*path, key), (section, name))
        if section == FUNCTIONS and isinstance(alias := holder.get("alias"), str):
            yield Named((*path, "alias"), (FUNCTIONS, name, ALIASES, alias))


def _holders(body: Any) -> Iterator[tuple[Place, Mapping[str, Any], str, str]]:
    """The mappings of a task that name what it works on, by which key, and the section that has it."""
    if not isinstance(body, dict):
        return
    for sort, (key, section) in _NAMING.items():
        if isinstance(holder := body.get(sort), dict):
            yield (sort,), holder, key, section
    actions = body.get("transact")
    for number, action in enumerate(actions if isinstance(actions, list) else ()):
        for sort in _ACTIONS:
            if isinstance(action, dict) and isinstance(holder := action.get(sort), dict):
                yield ("transact", number, sort), holder, "table", TABLES


def named(task: Node) -> frozenset[Path]:
    """The paths of the tables, functions and parts that a task works on, waits for or refers to, before anything is put in."""
    body = plain(task)
    return frozenset([*(found.target for found in worked_on(body)), *_awaited(body), *_referred(body)])


def _awaited(body: Any) -> Iterator[Path]:
    after = body.get("after") if isinstance(body, dict) else None
    for item in after if isinstance(after, list) else ():
        if isinstance(item, str) and (path := parse_path(item)):
            yield from _roots_and_parts(path)


def _referred(value: Any) -> Iterator[Path]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _referred(inner)
    elif isinstance(value, str):
        yield from _in_text(value)


def _in_text(text: str) -> Iterator[Path]:
    try:
        pieces = parse(text)
    except BadReference:
        return
    for piece in pieces:
        if isinstance(piece, Reference):
            yield from _roots_and_parts(piece.path)


def _roots_and_parts(path: Path) -> Iterator[Path]:
    yield path[:2]
    yield path[:4]
