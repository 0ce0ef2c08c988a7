"""The words of expressions, and what all of them are made of: document paths and placeholders."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from orchestrator.kinds.task.grammar.reserved import RESERVED

Path = tuple[str | int, ...]
"""Names (a placeholder with its `#`) and places in lists: `a.#b[1]` is ("a", "#b", 1)."""

_TOKEN = re.compile(r"\s*(?:(?P<word>[:#]?[A-Za-z0-9_]+)|(?P<sign><>|<=|>=|[=<>(),.\[\]+-])|(?P<odd>\S))")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|#[A-Za-z0-9_]+")
END = "<EOF>"


class Wrong(Exception):
    """What is wrong with an expression, without the name of the parameter that holds it."""


class Reserved(Wrong):
    """A word that stands where a name does, and can't be one."""

    def __init__(self, word: str) -> None:
        self.word = word
        super().__init__(f"Attribute name is a reserved keyword; reserved keyword: {word}")


@dataclass
class Reader:
    """Goes through the words of one expression, and notes which placeholders it names."""

    text: str
    names: set[str] = field(default_factory=set)
    values: set[str] = field(default_factory=set)
    place: int = 0
    tokens: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise Wrong("The expression can not be empty;")
        self.tokens = list(_tokens(self.text))

    @property
    def next(self) -> str:
        return self.tokens[self.place]

    @property
    def ended(self) -> bool:
        return self.next == END

    @property
    def calls(self) -> bool:
        """Whether a function comes next."""
        return self.tokens[self.place + 1 : self.place + 2] == ["("]

    def skip(self, word: str) -> bool:
        """Go past `word` where it comes next, a keyword in any case."""
        found = self.next.upper() == word
        self.place += found
        return found

    def must(self, word: str) -> None:
        if not self.skip(word):
            raise self.wrong()

    def take(self) -> str:
        """The next word."""
        self.place += 1
        return self.tokens[self.place - 1]

    def closing(self, start: int) -> int:
        """Where the parenthesis at `start` closes; -1 where it does not."""
        depth = 0
        for place in range(start, len(self.tokens)):
            depth += {"(": 1, ")": -1}.get(self.tokens[place], 0)
            if depth == 0:
                return place
        return -1

    def wrong(self) -> Wrong:
        near = " ".join(word for word in self.tokens[max(0, self.place - 1) : self.place + 2] if word != END)
        return Wrong(f'Syntax error; token: "{self.next}", near: "{near}"')

    def must_end(self) -> None:
        if not self.ended:
            raise self.wrong()

    def placeholder(self) -> str:
        """A value's placeholder."""
        if not self.next.startswith(":") or self.next == ":":
            raise self.wrong()
        self.values.add(self.next)
        return self.take()

    def path(self) -> Path:
        """A document path."""
        steps: list[str | int] = [self._name()]
        while True:
            if self.skip("."):
                steps.append(self._name())
            elif self.skip("["):
                if not self.next.isdecimal():
                    raise self.wrong()
                steps.append(int(self.take()))
                self.must("]")
            else:
                return tuple(steps)

    def _name(self) -> str:
        if not _NAME.fullmatch(self.next):
            raise self.wrong()
        name = self.take()
        if name.startswith("#"):
            self.names.add(name)
        elif name.upper() in RESERVED:
            raise Reserved(name)
        return name


def _tokens(text: str) -> Iterator[str]:
    for found in _TOKEN.finditer(text):
        if odd := found["odd"]:
            raise Wrong(
                f'Syntax error; token: "{odd}", near: "{text[max(0, found.start() - 4) : found.end() + 4].strip()}"'
            )
        yield found["word"] or found["sign"]
    yield END


def listed(path: Path) -> str:
    """A path in a message: `[a, [0]]`."""
    return f"[{', '.join(f'[{step}]' if isinstance(step, int) else step for step in path)}]"
