"""A YAML document as a tree in which everything knows its place. Aliases share nodes, so this may be a graph without cycles.

`size` counts a node with all that is below it, aliases opened; `height` counts the levels of collections. Both are bounded
by the reader, so that walking a tree recursively is safe.
"""

from dataclasses import dataclass
from typing import Any

from orchestrator.model import Position


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value; `text` is what was written, `plain` says without quotes."""

    value: Any
    text: str
    plain: bool
    position: Position
    size: int = 1
    height: int = 0


@dataclass(frozen=True, slots=True)
class Sequence:
    items: "tuple[Node, ...]"
    position: Position
    size: int
    height: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a mapping, always as its text: keys of the plan language are names. `position` is the key's."""

    key: str
    position: Position
    value: "Node"


@dataclass(frozen=True, slots=True)
class Mapping:
    entries: tuple[Entry, ...]
    position: Position
    size: int
    height: int


Node = Scalar | Sequence | Mapping


def plain(node: Node) -> Any:
    """The tree as dicts, lists and scalars, without places."""
    if isinstance(node, Mapping):
        return {entry.key: plain(entry.value) for entry in node.entries}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return node.value
