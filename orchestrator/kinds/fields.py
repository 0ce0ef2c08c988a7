"""The field types that plan models share, and `Node`, the base of all of them.

Values arrive from the loader as plain Python (`str`, `int`, `Decimal`, `bool`, `dict`, `list`) or, where a reference is
known only later or must stay hidden, as `Text`. Models are strict and forbid unknown keys.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    InstanceOf,
    Tag,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from orchestrator.model import Gate, Text, hide

_SHOWN_KEYS = 5
"""So many of a mapping's keys tell what it is."""


class Node(BaseModel):
    """A mapping of the plan language.

    `WORDS` are words (or booleans) that stand for a whole mapping, `TEXT` the field that any other string goes to, `ITEMS`
    the field that a list goes to: `billing: on_demand`, `code: build.zip`, `projection: [status]`. `INTERNAL` fields hold
    what such a form means and are no keys of the language: the loader refuses them, the JSON Schema leaves them out. `EXAMPLE` is
    shown to who writes something else.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    WORDS: ClassVar[tuple[tuple[str | bool, dict[str, Any]], ...]] = ()
    TEXT: ClassVar[str | None] = None
    ITEMS: ClassVar[str | None] = None
    EXAMPLE: ClassVar[str] = ""
    INTERNAL: ClassVar[tuple[str, ...]] = ()

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
            context = {"expected": cls.expected(), **({"example": cls.EXAMPLE} if cls.EXAMPLE else {})}
            raise PydanticCustomError("expected", "expected {expected}", context)
        return value

    @classmethod
    def expected(cls) -> str:
        """What may stand here, in words, for error messages."""
        forms = [("true" if word else "false") if isinstance(word, bool) else word for word, _ in cls.WORDS]
        if cls.TEXT:
            forms.append("a string")
        if cls.ITEMS:
            forms.append("a list")
        if names := cls.known_keys():
            more = ", …" if len(names) > _SHOWN_KEYS else ""
            forms.append("a mapping of " + ", ".join(names[:_SHOWN_KEYS]) + more)
        return " or ".join([", ".join(forms[:-1]), forms[-1]] if len(forms) > 1 else forms)

    @classmethod
    def known_keys(cls) -> tuple[str, ...]:
        """The keys of the mapping, as the plan language writes them."""
        return tuple(field.alias or name for name, field in cls.model_fields.items() if name not in cls.INTERNAL)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler.resolve_ref_schema(handler(core))
        properties = schema.get("properties", {})
        forms: list[JsonSchemaValue] = []
        if cls.WORDS:
            forms.append({"enum": [word for word, _ in cls.WORDS]})
        if cls.TEXT:
            forms.append(properties[cls.TEXT])
        if cls.ITEMS:
            forms.append(properties[cls.ITEMS])
        schema["properties"] = {key: value for key, value in properties.items() if key not in cls.INTERNAL}
        if not forms:
            return schema
        if schema["properties"]:
            forms.append(schema)
        about: JsonSchemaValue = {key: schema.pop(key) for key in ("title", "description") if key in schema}
        return about | {"anyOf": forms}


def stated(node: BaseModel, name: str) -> bool:
    """Whether the plan says anything about `name` (an unstated key is no difference)."""
    return name in node.model_fields_set


@dataclass(frozen=True, slots=True)
class Shape:
    """Narrows a string to a pattern (all of it) that `words` describe in an error message and `example` shows.

    A Text, where the type takes one, is measured too once it is whole, hidden or not.
    """

    pattern: str
    words: str
    example: str

    def check(self, value: Any, inner: ValidatorFunctionWrapHandler) -> Any:
        try:
            found = inner(value)
        except ValidationError:
            if isinstance(value, Text):  # not a matter of its shape: no such value may stand here at all
                raise
            raise self._refusal(value) from None
        if not late(found) and not re.fullmatch(self.pattern, found.reveal() if isinstance(found, Text) else found):
            raise self._refusal(found)
        return found

    def _refusal(self, value: Any) -> PydanticCustomError:
        """The example is the value itself, where a number lacks only its quotes."""
        text = str(getattr(value, "written", ""))
        example = f'"{text}"' if text and re.fullmatch(self.pattern, text) else self.example
        return PydanticCustomError("shape", "expected {expected}", {"expected": self.words, "example": example})

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(core), "pattern": f"^(?:{self.pattern})$"}


@dataclass(frozen=True, slots=True)
class Distinct:
    """Marks a list that is a set: AWS refuses an entry that stands in it twice, or counts it once."""

    def check(self, value: Any, inner: ValidatorFunctionWrapHandler) -> Any:
        found = inner(value)
        first = {entry: number for number, entry in reversed([*enumerate(found)])}
        again = [(number, entry) for number, entry in enumerate(found) if first[entry] != number]
        if again:
            wrong = PydanticCustomError("repeated", "repeated")
            details = [InitErrorDetails(type=wrong, loc=(number,), input=entry) for number, entry in again]
            raise ValidationError.from_exception_data("list", details)
        return found

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(core), "uniqueItems": True}


def _as_text(value: str | Text) -> str | Text:
    """A hidden number is its text where a string is wanted: it looks like any other hidden value."""
    return hide(value) if isinstance(value, Text) and value.hidden else value


LateText = Annotated[str | InstanceOf[Text], AfterValidator(_as_text), WithJsonSchema({"type": "string"})]
"""A string that may be known only while running, or hidden."""


def _as_written(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    written = getattr(value, "written", None)
    if isinstance(written, str):
        return written
    return value if isinstance(value, str | Text) or value is None else _number(value)


def _number(value: Any) -> Any:
    return str(value) if isinstance(value, int | float | Decimal) else value


StringValue = Annotated[
    str | InstanceOf[Text],
    BeforeValidator(_as_written),
    AfterValidator(_as_text),
    WithJsonSchema({"type": ["string", "number", "boolean"]}),
]
"""A value of tags and environment: every scalar is taken as its text, as it is written in the plan."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _seconds(value: Any) -> int:
    if isinstance(value, str) and (match := re.fullmatch(r"([0-9]{1,9})([smhd])", value)):
        return int(match[1]) * _UNITS[match[2]]
    number = str(value) if isinstance(value, int | str) and re.fullmatch("0*[1-9][0-9]{0,8}", str(value)) else "30"
    context = {"expected": "a duration such as 90s, 15m, 2h or 1d", "example": f"{number}s"}
    raise PydanticCustomError("shape", "expected {expected}", context)


Duration = Annotated[
    int, BeforeValidator(_seconds), WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,9}[smhd]$"})
]
"""Seconds, written as one integer and a unit."""


Span = Annotated[
    int,
    BeforeValidator(_seconds),
    Field(ge=1),
    WithJsonSchema({"type": "string", "pattern": "^0*[1-9][0-9]{0,8}[smhd]$"}),
]
"""A Duration that is one: no time at all would be no limit, or none that can be kept."""


def is_off(value: Any) -> bool:
    """Whether `value` is the word that clears a setting, or the boolean that means the same."""
    return value is False or value == "off"


@dataclass(frozen=True, slots=True)
class Clears:
    """Marks a setting that `off` (or false, the same) clears: it becomes `to`, the value that stands for nothing."""

    to: str | bool

    def check(self, value: Any, inner: ValidatorFunctionWrapHandler) -> Any:
        return self.to if is_off(value) else inner(value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        own, words = handler(core), {"enum": ["off", False]}
        return words if own.get("const") == "off" else {"anyOf": [own, words]}


OFF = "off"
Off = Annotated[Literal["off"], Clears(OFF)]
"""`off` as a value of its own, beside others: no stream, no time to live."""

Switch = Annotated[bool, Clears(False)]


@dataclass(frozen=True, slots=True)
class ClearedBy:
    """Marks a map or a list that an empty one clears, for whoever tries `off`."""

    empty: Literal["{}", "[]"]

    def check(self, value: Any, inner: ValidatorFunctionWrapHandler) -> Any:
        if is_off(value):
            sort = "a mapping" if self.empty == "{}" else "a list"
            raise PydanticCustomError("expected", "expected {expected}", {"expected": sort, "empty": self.empty})
        return inner(value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(self.check, handler(source))


StringMap = Annotated[dict[str, StringValue], ClearedBy("{}")]
"""Tags, or an environment."""


def _as_json(value: Any) -> Any:
    """The loader marks a plan's `null`, which no setting takes; within JSON it is a value like others."""
    if isinstance(value, Mapping):
        return {key: _as_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_json(inner) for inner in value]
    if isinstance(value, bytes):
        raise PydanticCustomError("expected", "expected {expected}", {"expected": "what JSON can hold"})
    return None if isinstance(value, Enum) and value.value == "null" else value


JsonObject = Annotated[dict[str, Any], BeforeValidator(_as_json)]
"""A mapping that is sent as JSON: with numbers as Decimal, and parts of it perhaps Texts."""

JsonValue = Annotated[Any, BeforeValidator(_as_json)]
"""The same for a value of any sort."""

ScalarType = Literal["S", "N", "B"]
Replace = Literal["refuse", "recreate"]


Names = Annotated[tuple[str, ...], Field(strict=False), Distinct()]
"""A list of names, each of them once."""


def _only_false(value: bool) -> bool:
    if value:
        raise PydanticCustomError("expected", "expected {expected}", {"expected": "false"})
    return value


Unprotected = Annotated[bool, Clears(False), AfterValidator(_only_false), WithJsonSchema({"enum": [False, "off"]})]
"""That a thing which shall not exist loses its protection first; it says nothing else."""


class Absent(Node):
    """A thing that shall not exist: the word `absent`, or the long form."""

    WORDS = (("absent", {"ensure": "absent"}),)

    ensure: Literal["absent"]


class AbsentRoot(Absent):
    """A table or function that shall not exist; the long form may have a name."""

    name: str | None = None
    after: Names = ()


class _Merged:
    """Marks a mapping, or the entries of one, that the stages of a plan add to key by key; any other is one value to them."""


MERGED = _Merged()

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
    "MERGED",
    "OFF",
    "PRESENT_TAG",
    "Absent",
    "AbsentRoot",
    "ClearedBy",
    "Clears",
    "Distinct",
    "Duration",
    "Names",
    "Gate",
    "JsonObject",
    "JsonValue",
    "LateText",
    "Node",
    "Off",
    "OrAbsent",
    "Replace",
    "ScalarType",
    "Shape",
    "Span",
    "StringMap",
    "StringValue",
    "Switch",
    "Tag",
    "Unprotected",
    "is_off",
    "late",
    "presence",
    "stated",
]
