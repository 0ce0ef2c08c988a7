"""Where things stand in a plan: positions in its files, and the logical names of what it declares."""

from collections.abc import Sequence
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""Keys and item numbers that lead to a place of a plan, or to one below a resource."""


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a plan file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """The logical name of one declared thing: the plan's name and a path such as ("tables", "orders", "indexes", "by_day").

    Sections (even places) and names (odd places) alternate, so the last section tells the kind and the first two
    elements name the root: the table or function whose lane the thing belongs to.
    """

    plan: str
    path: tuple[str, ...]

    @property
    def section(self) -> str:
        return self.path[-2]

    @property
    def name(self) -> str:
        return self.path[-1]

    @property
    def part(self) -> str:
        """The name of a part, empty for a root."""
        return "" if self == self.root else self.name

    @property
    def root(self) -> "Ref":
        return Ref(self.plan, self.path[:2])

    def child(self, section: str, name: str) -> "Ref":
        return Ref(self.plan, (*self.path, section, name))

    def __str__(self) -> str:
        return dotted(self.path)


def dotted(path: Sequence[str | int]) -> str:
    """A path as the plan language writes it: dots between elements, brackets and quotes around one that has a dot itself."""
    out = ""
    for element in path:
        if isinstance(element, int):
            out += f"[{element}]"
        elif "." in element:
            out += f'["{element}"]'
        else:
            out += f".{element}" if out else element
    return out
