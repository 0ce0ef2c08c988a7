"""Variables of one plan: what comes of what is declared and what is given.

A value comes from `--var` or a variable file, from the environment (ORCHESTRATOR_VAR_<NAME>), then from its default.
Sensitive values are hidden Texts from here on, and never quoted.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from orchestrator.kinds.fields import stated
from orchestrator.model import Path, dotted, walk
from orchestrator.planning.document import VariableSpec
from orchestrator.planning.fill import Filled
from orchestrator.planning.given import Given, Inputs, Said
from orchestrator.planning.nodes import plain
from orchestrator.planning.problems import at
from orchestrator.planning.suggest import did_you_mean
from orchestrator.planning.values import Integer, Mark, Number, hidden, sort_of, text_of
from orchestrator.planning.yaml_nodes import MAX_DEPTH, compose

ENVIRONMENT_PREFIX = "ORCHESTRATOR_VAR_"
_SURROGATE = re.compile("[\ud800-\udfff]")
_MOST_BITS = 400


_WAYS: Mapping[tuple[Said, bool], str] = {
    ("--var", False): "Give it with --var {name}=…, in a --var-file, or as {variable}; or declare a default.",
    (
        "--var",
        True,
    ): "Set {variable}, or give it in a --var-file; a --var could be read by other users of this machine.",
    ("variables=", False): "Give it in `variables=`, or as {variable}; or declare a default.",
    ("variables=", True): "Give it in `variables=`, or as {variable}.",
}
"""How to give a variable that has no value, by who is told and whether it is sensitive."""


class Unfit(ValueError):
    """A value that a variable can't have. `message` and `action` never quote a sensitive one."""

    def __init__(self, message: str, action: str = "") -> None:
        self.message = message
        self.action = action
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class _Type:
    fits: Callable[[Any], bool]
    words: str


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


_TYPES = {
    "string": _Type(lambda value: isinstance(value, str), "a string"),
    "integer": _Type(lambda value: isinstance(value, int) and not isinstance(value, bool), "an integer"),
    "number": _Type(_is_number, "a number"),
    "boolean": _Type(lambda value: isinstance(value, bool), "true or false"),
    "list": _Type(lambda value: isinstance(value, list), "a list"),
    "map": _Type(lambda value: isinstance(value, dict), "a map"),
}


def values(
    specs: Mapping[str, VariableSpec], given: Mapping[str, Given], inputs: Inputs, filled: Filled
) -> dict[str, Any]:
    """The value of each declared variable, UNRESOLVED where something is wrong with it, put into filled.problems.

    `given` has those of `inputs` that come from its variables and files.
    """
    return {name: _value(name, spec, given, inputs, filled) for name, spec in specs.items()}


def _value(name: str, spec: VariableSpec, given: Mapping[str, Given], inputs: Inputs, filled: Filled) -> Any:
    path: Path = ("variables", name)
    variable = f"{ENVIRONMENT_PREFIX}{name.upper()}"
    _check_allowed(path, spec, filled)
    default = Mark.UNRESOLVED
    if stated(spec, "default"):
        default = _checked(
            name, spec, Given(spec.default, "its default", filled.value_place((*path, "default"))), filled
        )
    if name in given:
        return _checked(name, spec, given[name], filled)
    if variable in inputs.environ:
        return _checked(name, spec, Given(inputs.environ[variable], variable), filled)
    if not stated(spec, "default"):
        message = f"The variable `{name}` has no value."
        action = _WAYS[inputs.said, spec.sensitive].format(name=name, variable=variable)
        filled.note(at(filled.key_place(path), "missing-variable", message, action, path))
    return default


def _check_allowed(path: Path, spec: VariableSpec, filled: Filled) -> None:
    """What no value of the variable's type could be is not allowed but overlooked."""
    for number, value in enumerate(spec.allowed or ()):
        inner, kind = (*path, "allowed", number), _TYPES[spec.type]
        if value is not Mark.UNRESOLVED and not kind.fits(value):
            message = f"{dotted(inner)}: expected {kind.words}, as the variable's type is, found {sort_of(value)}."
            action = "Leave it out." if value is Mark.NULL else "Leave it out, or declare the `type` that it has."
            filled.note(at(filled.value_place(inner), "wrong-value", message, action, inner))


def _checked(name: str, spec: VariableSpec, found: Given, filled: Filled) -> Any:
    path: Path = ("variables", name)
    try:
        value = convert(spec, found.value)
        if spec.sensitive:
            _check_text(value)
    except Unfit as error:
        place = found.position or filled.key_place(path)
        message = f"The value of the variable `{name}` from {found.origin} is wrong: {error.message}."
        filled.note(at(place, "bad-variable", message, error.action or "Give another one.", path))
        return Mark.UNRESOLVED
    return hidden(value) if spec.sensitive else value


def _check_text(value: Any) -> None:
    """Bytes can't be hidden. Raises Unfit."""
    if any(isinstance(leaf, bytes) for leaf in walk(value)):
        raise Unfit("expected no binary data in a sensitive value", "Write it as a text.")


def convert(spec: VariableSpec, value: Any) -> Any:
    """The value as the declared type has it. Raises Unfit."""
    if value is Mark.UNRESOLVED:
        return value
    found = normal(value)
    if isinstance(found, str) and spec.type != "string":
        found = _parsed(found, spec)
    kind = _TYPES[spec.type]
    if not kind.fits(found):
        quotes = "Put it in quotes." if spec.type == "string" and _is_number(found) else ""
        raise Unfit(f"expected {kind.words}, found {sort_of(found)}", quotes)
    allowed = [normal(value) for value in spec.allowed or () if kind.fits(value)]
    if allowed and not any(_same(found, value) for value in allowed):
        raise _not_allowed(spec, found)
    return found


def _parsed(text: str, spec: VariableSpec) -> Any:
    root, problems = compose(text.encode(), "value")
    if problems or root is None:
        raise Unfit(f"expected {_TYPES[spec.type].words}, written as YAML")
    return plain(root)


def _same(one: Any, other: Any) -> bool:
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _not_allowed(spec: VariableSpec, value: Any) -> Unfit:
    texts = [text for allowed in spec.allowed or () if (text := text_of(allowed)) is not None]
    if spec.sensitive or not texts:
        return Unfit("expected one of the allowed values")
    meant = did_you_mean(value, texts) if isinstance(value, str) else ""
    listed = ", ".join(text or '""' for text in texts)
    return Unfit(f"expected one of {listed}", meant)


# ------------------------------------------------------------------------------------------------- values from Python


def normal(value: Any, depth: int = 0) -> Any:
    """A caller's Python value as a plan's own: numbers know their text, None is NULL. Raises Unfit."""
    if depth > MAX_DEPTH:
        raise Unfit(f"expected at most {MAX_DEPTH} levels of lists and maps")
    if value is None:
        return Mark.NULL
    if isinstance(value, bool | Integer | Number | bytes | Mark):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int | float | Decimal):
        return _number(value)
    if isinstance(value, list | tuple):
        return [normal(inner, depth + 1) for inner in value]
    if isinstance(value, Mapping):
        return {_key(key): normal(inner, depth + 1) for key, inner in value.items()}
    raise Unfit("expected strings, numbers, booleans, lists and maps only")


def _text(value: str) -> str:
    if _SURROGATE.search(value):
        raise Unfit("expected text in UTF-8")
    return str(value)


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise Unfit("expected maps whose keys are strings")
    return _text(key)


def _number(value: int | float | Decimal) -> Integer | Number:
    if isinstance(value, int):
        if value.bit_length() > _MOST_BITS:
            raise Unfit("expected a shorter number")
        return Integer(value, str(int(value)))
    if not math.isfinite(value):
        raise Unfit("expected a finite number")
    return Number(str(value))
