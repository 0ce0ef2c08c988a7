"""The field types that plan models share, and `Node`, the base of all of them.

Values arrive from the loader as plain Python (`str`, `int`, `Decimal`, `bool`, `dict`, `list`) or, where a reference is
known only later or must stay hidden, as `Text`. Models are strict and forbid unknown keys.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    GetJsonSchemaHandler,
    InstanceOf,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from orchestrator.model import Text


class Node(BaseModel):
    """A mapping of the plan language.

    `WORDS` are words (or booleans) that stand for a whole mapping, `TEXT` the field that any other string goes to, `ITEMS`
    the field that a list goes to: `billing: on_demand`, `code: build.zip`, `projection: [status]`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    WORDS: ClassVar[tuple[tuple[str | bool, dict[str, Any]], ...]] = ()
    TEXT: ClassVar[str | None] = None
    ITEMS: ClassVar[str | None] = None

    @model_validator(mode="before")
    @classmethod
    def _open_shorthand(cls, value: Any) -> Any:
        for word, meaning in cls.WORDS:
            if type(value) is type(word) and value == word:
                return meaning
        if isinstance(value, str | Text) and cls.TEXT:
            return {cls.TEXT: value}
        if isinstance(value, list) and cls.ITEMS:
            return {cls.ITEMS: value}
        if not isinstance(value, Mapping | cls):
            raise PydanticCustomError("expected", "expected {expected}", {"expected": cls.expected()})
        return value

    @classmethod
    def expected(cls) -> str:
        """What may stand here, in words, for error messages."""
        forms = [("true" if word else "false") if isinstance(word, bool) else word for word, _ in cls.WORDS]
        if cls.TEXT:
            forms.append("a string")
        if cls.ITEMS:
            forms.append("a list")
        names = [name for name in cls.model_fields if name not in ("enabled", cls.ITEMS)]
        if names:
            forms.append("a mapping of " + ", ".join(names))
        return " or ".join(forms)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler.resolve_ref_schema(handler(core))
        forms: list[JsonSchemaValue] = []
        if cls.WORDS:
            forms.append({"enum": [word for word, _ in cls.WORDS]})
        if cls.TEXT:
            forms.append({"type": "string"})
        if cls.ITEMS:
            forms.append(schema["properties"][cls.ITEMS])
        if not forms:
            return schema
        return {"title": schema.get("title", cls.__name__), "anyOf": [*forms, schema]}


def stated(node: BaseModel, name: str) -> bool:
    """Whether the plan says anything about `name` (an unstated key is no difference)."""
    return name in node.model_fields_set


@dataclass(frozen=True, slots=True)
class NotYet:
    """Marks a field whose execution comes with a later release: refused by file, line and column, never ignored.

    `when` narrows it to some values; `what` words them.
    """

    what: str = ""
    when: Callable[[Any], bool] = lambda value: value is not None


LateText = Annotated[str | InstanceOf[Text], WithJsonSchema({"type": "string"})]
"""A string that may be known only while running, or hidden."""


def _as_written(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    written = getattr(value, "written", None)
    if isinstance(written, str):
        return written
    return value if isinstance(value, str | Text) or value is None else _number(value)


def _number(value: Any) -> Any:
    return str(value) if not isinstance(value, Mapping | list) else value


StringValue = Annotated[
    str | InstanceOf[Text],
    BeforeValidator(_as_written),
    WithJsonSchema({"type": ["string", "number", "boolean"]}),
]
"""A value of tags and environment: every scalar is taken as its text, as it is written in the plan."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _seconds(value: Any) -> int:
    if isinstance(value, str) and (match := re.fullmatch(r"([0-9]{1,9})([smhd])", value)):
        return int(match[1]) * _UNITS[match[2]]
    raise PydanticCustomError("expected", "expected {expected}", {"expected": "a duration such as 90s, 15m, 2h or 1d"})


Duration = Annotated[
    int, BeforeValidator(_seconds), WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,9}[smhd]$"})
]
"""Seconds, written as one integer and a unit."""


def _off(value: Any) -> Any:
    return "off" if value is False else value


Off = Annotated[Literal["off"], BeforeValidator(_off), WithJsonSchema({"enum": ["off", False]})]
"""`off` (or false) clears an optional setting."""

ScalarType = Literal["S", "N", "B"]
Gate = Literal["start", "background"]
Replace = Literal["refuse", "recreate"]


class Absent(Node):
    """A thing that shall not exist: the word `absent`, or the long form with a name."""

    WORDS = (("absent", {"ensure": "absent"}),)

    ensure: Literal["absent"]
    name: str | None = None
    deletion_protection: Literal[False] | None = None
    after: tuple[str, ...] = ()


ABSENT_TAG, PRESENT_TAG = "«absent»", "«present»"


def presence(value: Any) -> str:
    """The discriminator between a body and `absent`; its tags are stripped from error locations by their «»."""
    gone = value == "absent" or isinstance(value, Absent) or (isinstance(value, Mapping) and "ensure" in value)
    return ABSENT_TAG if gone else PRESENT_TAG


OrAbsent = Discriminator(presence)


def late(value: Any) -> bool:
    """Whether a value holds a part that is known only while running."""
    return isinstance(value, Text) and bool(value.unknown)


__all__ = [
    "ABSENT_TAG",
    "PRESENT_TAG",
    "Absent",
    "Duration",
    "Gate",
    "LateText",
    "Node",
    "NotYet",
    "Off",
    "OrAbsent",
    "Replace",
    "ScalarType",
    "StringValue",
    "Tag",
    "late",
    "presence",
    "stated",
]
