"""What a scalar of a plan becomes: plain Python, except where that would lose how it was written."""

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Any, Self

from orchestrator.kinds.task.numbers import NotANumber, canonical
from orchestrator.model import Path, Text, hide


class Integer(int):
    """An integer that remembers its text: `0x1F`, `007`."""

    written: str

    def __new__(cls, value: int, written: str) -> Self:
        self = super().__new__(cls, value)
        self.written = written
        return self

    def __getnewargs__(self) -> tuple[int, str]:  # type: ignore[override]  # int's own has one element
        """So that it can be copied."""
        return int(self), self.written


class Number(Decimal):
    """A number with a fraction or an exponent that remembers its text: `1.50`, `1e3`."""

    written: str

    def __new__(cls, written: str) -> Self:
        self = super().__new__(cls, written)
        self.written = written
        return self


class Mark(Enum):
    """What stands in place of a value that no setting takes.

    NULL is the plan's own `null`: models refuse it (an unstated key is left out, never null), free-form data may hold it.
    UNRESOLVED is a value that is wrong for a reason reported already, so that nothing more is said about it.
    """

    NULL = "null"
    UNRESOLVED = "unresolved"


def unresolved(value: Any, path: Path) -> frozenset[Path]:
    """Where UNRESOLVED stands in a value that itself stands at `path`."""
    if isinstance(value, dict):
        return frozenset().union(*(unresolved(inner, (*path, key)) for key, inner in value.items()))
    if isinstance(value, list):
        return frozenset().union(*(unresolved(inner, (*path, number)) for number, inner in enumerate(value)))
    return frozenset({path}) if value is Mark.UNRESOLVED else frozenset()


def text_of(value: Any) -> str | None:
    """A scalar as it reads inside a longer string: booleans `true`, numbers as written; None where it is no scalar."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(value).removesuffix(".0")
    if isinstance(value, int | Decimal):
        return str(getattr(value, "written", value))
    return None


def hidden(value: Any) -> Any:
    """The same value with every leaf a Text that is never shown; one that is no string still means what it is."""
    if isinstance(value, Mapping):
        return {key: hidden(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [hidden(inner) for inner in value]
    text = text_of(value)
    if text is None or isinstance(value, str):
        return value if text is None else hide(text)
    return Text((text,), hidden=True, secrets=_spellings(value, text), means=value)


def _spellings(value: int | Decimal, text: str) -> frozenset[str]:
    """A number as it is written, as Python and JSON write it, and as DynamoDB does; true and false are no secrets."""
    if isinstance(value, bool):
        return frozenset()
    try:
        return frozenset({text, str(value), canonical(value)})
    except NotANumber:
        return frozenset({text, str(value)})


_NAMES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "true or false"),
    ((int, float, Decimal), "a number"),
    (str, "a string"),
    (bytes, "binary data"),
    (Mapping, "a mapping"),
    ((list, tuple), "a list"),
)


def sort_of(value: Any) -> str:
    """What sort of value this is, in the plan language's words, without showing any of it."""
    if value is Mark.NULL:
        return "null"
    if isinstance(value, Text):
        return "a value known only while running" if value.unknown else "a sensitive value"
    return next((name for types, name in _NAMES if isinstance(value, types)), "something else")
