"""What expressions compare and compute with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from orchestrator.kinds.task.grammar.syntax import Path, Reader, Wrong, listed
from orchestrator.kinds.task.grammar.values import Item, Value, at, printed

SIZED = frozenset({"S", "B", "SS", "NS", "BS", "L", "M"})


@dataclass(frozen=True, slots=True)
class Given:
    """What a request says of its placeholders."""

    names: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Value] = field(default_factory=dict)

    def path(self, path: Path) -> Path:
        """The path with the names that placeholders stand for."""
        return tuple(self.names.get(step, step) if isinstance(step, str) else step for step in path)


class Operand(Protocol):
    """`of` is its value for an item, None where there is none; `known` is its value where every item has the same."""

    def of(self, item: Item, given: Given) -> Value | None: ...

    def known(self, given: Given) -> Value | None: ...

    def told(self, given: Given) -> str:
        """As a message says it."""
        ...


@dataclass(frozen=True, slots=True)
class Attribute:
    path: Path

    def of(self, item: Item, given: Given) -> Value | None:
        return at(item, given.path(self.path))

    def known(self, given: Given) -> Value | None:
        return None

    def told(self, given: Given) -> str:
        return listed(given.path(self.path))


@dataclass(frozen=True, slots=True)
class Literal:
    placeholder: str

    def of(self, item: Item, given: Given) -> Value | None:
        return given.values[self.placeholder]

    def known(self, given: Given) -> Value | None:
        return given.values[self.placeholder]

    def told(self, given: Given) -> str:
        return f"AttributeValue: {printed(given.values[self.placeholder])}"


@dataclass(frozen=True, slots=True)
class Size:
    """`size(path)`: characters, bytes or members."""

    path: Path

    def of(self, item: Item, given: Given) -> Value | None:
        found = at(item, given.path(self.path))
        return None if found is None or found[0] not in SIZED else ("N", str(len(found[1])))

    def known(self, given: Given) -> Value | None:
        return None

    def told(self, given: Given) -> str:
        return f"size({listed(given.path(self.path))})"


def read(reader: Reader) -> Operand:
    """An operand of a condition."""
    if reader.skip("("):
        if reader.next == "(":
            raise Wrong("The expression has redundant parentheses;")
        found = read(reader)
        reader.must(")")
        return found
    if reader.next.startswith(":"):
        return Literal(reader.placeholder())
    if not reader.calls:
        return Attribute(reader.path())
    name = reader.take()
    if name != "size":
        raise Wrong(f"Invalid function name; function: {name}")
    reader.must("(")
    path = reader.path()
    reader.must(")")
    return Size(path)
