"""Values that are known later, and values that must never be shown: texts with holes, and blobs."""

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from orchestrator.model.place import Ref

HIDDEN = "(hidden)"
"""What is said in the place of a text that must not be shown."""


@dataclass(frozen=True, slots=True)
class FromLive:
    """A value that is known once `ref` has been observed: its `arn`, `stream_arn`, `version`, …"""

    ref: Ref
    field: str


@dataclass(frozen=True, slots=True)
class FromRun:
    """A value that the run itself brings: its `id`, a request's token, what it reads of an item. `after` says what tells it."""

    field: str
    after: str = "the run's start"


@dataclass(frozen=True, slots=True)
class Text:
    """A string that is not a plain one: some parts are known only later, or it must never be shown (`hidden`).

    `secrets` are what of a hidden text is to be kept secret, each by itself, the values of sensitive variables that it is made of
    among them; empty where that is all of it. `means` is what the text stands for where that is no string: a number, or true or
    false, which are hidden as their text.
    """

    parts: tuple[str | FromLive | FromRun, ...]
    hidden: bool = False
    secrets: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    means: int | Decimal | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        return "Text(hidden)" if self.hidden else f"Text({self.parts!r})"

    @property
    def unknown(self) -> tuple[FromLive | FromRun, ...]:
        return tuple(part for part in self.parts if not isinstance(part, str))

    def resolved(self, lookup: Callable[[FromLive | FromRun], str | None]) -> "str | Text":
        """Put in what `lookup` knows; what it answers None for stays. A whole, visible text comes back as str."""
        parts: list[str | FromLive | FromRun] = []
        for part in self.parts:
            value = part if isinstance(part, str) else lookup(part)
            if value is None:
                parts.append(part)
            elif parts and isinstance(parts[-1], str):
                parts[-1] += value
            else:
                parts.append(value)
        if self.hidden or not all(isinstance(part, str) for part in parts):
            return replace(self, parts=tuple(parts))
        return "".join(part for part in parts if isinstance(part, str))

    def reveal(self) -> str:
        """The plain string; ValueError while a part is unknown."""
        if self.unknown:
            raise ValueError(f"not known yet: {self.unknown}")
        return known_text(self)

    @property
    def value(self) -> str | int | Decimal:
        """What it stands for, in its own type; ValueError while a part is unknown."""
        return self.reveal() if self.means is None else self.means

    @property
    def sensitive(self) -> frozenset[str]:
        """The secrets in it, each by itself: the whole text where no others are known. True and false are none."""
        if not self.hidden or isinstance(self.means, bool):
            return frozenset()
        return self.secrets or frozenset({known_text(self)})


def known_text(value: "str | Text") -> str:
    """What is known already of a text, hidden or not: to measure, never to show."""
    return value if isinstance(value, str) else "".join(part for part in value.parts if isinstance(part, str))


def hide(value: "str | Text") -> Text:
    """The same text, never to be shown, and no more than a text."""
    return Text((value,), hidden=True) if isinstance(value, str) else Text(value.parts, True, value.secrets)


@dataclass(frozen=True)
class Blob:
    """Bytes that are sent but never shown: a function's zip. Compared and shown by digest."""

    data: bytes = field(repr=False, compare=False)

    @cached_property
    def sha256(self) -> str:
        """Base64 of the SHA-256, as Lambda's CodeSha256 has it (fact sheet, section 13)."""
        return base64.b64encode(hashlib.sha256(self.data).digest()).decode()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Blob) and self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)


def walk(value: Any) -> Iterator[Any]:
    """Every leaf of nested mappings and sequences."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from walk(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from walk(inner)
    else:
        yield value


def unknown(value: Any) -> Sequence[FromLive | FromRun]:
    """What in a nested value is known only later, once for each place."""
    return [late for leaf in walk(value) if isinstance(leaf, Text) for late in leaf.unknown]


def bind(value: Any, lookup: Callable[[FromLive | FromRun], str | None]) -> Any:
    """The same nested value with every Text resolved as far as `lookup` knows."""
    if isinstance(value, Text):
        return value.resolved(lookup)
    if isinstance(value, Mapping):
        return {key: bind(inner, lookup) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(bind(inner, lookup) for inner in value)
    return value


def reveal(value: Any) -> Any:
    """The plain parameters that go on the wire: hidden texts opened, blobs as bytes. ValueError while one is unknown."""
    if isinstance(value, str | bytes):  # the most frequent first: items are made of them
        return value
    if isinstance(value, Text):
        return value.value
    if isinstance(value, Blob):
        return value.data
    if isinstance(value, Mapping):
        return {key: reveal(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [reveal(inner) for inner in value]
    return value
