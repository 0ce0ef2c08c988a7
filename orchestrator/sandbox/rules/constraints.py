"""The checks that AWS makes before it looks at any state: what a service model says of lengths, ranges, patterns and enums.

The wording is the services' own: `1 validation error detected: Value '64' at 'memorySize' failed to satisfy constraint:
Member must have value greater than or equal to 128` (fact sheet 12.1).
"""

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any

from orchestrator.sandbox import models

JAVA = ((r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF"), (r"\p{Print}", "[ -~]"))
"""What Java writes otherwise than Python: what lies beyond 16 bits (by surrogates), and what can be printed."""


def complaint(service: str, operation: str, parameters: Mapping[str, Any], newer: Collection[str] = ()) -> str | None:
    """The ValidationException text for `parameters`, or None where they satisfy the model.

    `newer` names shapes of which AWS may take more than the model knows: values of an enum (`Runtime`), members of a list
    (`KeySchema`). How far that goes is left to the caller.
    """
    shape = models.service(service).operation_model(operation).input_shape
    found = [] if shape is None else list(_violations(shape, parameters, "", frozenset(newer)))
    if not found:
        return None
    return f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected: {'; '.join(found)}"


@cache
def _free(shape: Any) -> bool:
    """Whether the model asks nothing of a shape, nor of what is in it: so it is with items, which are large and many."""
    seen, left = set[str](), [shape]
    while left:
        one = left.pop()
        if one.name in seen:
            continue
        seen.add(one.name)
        if one.metadata.keys() & {"min", "max", "pattern", "enum"} or getattr(one, "required_members", ()):
            return False
        left += getattr(one, "members", {}).values()
        left += [inner for part in ("member", "key", "value") if (inner := getattr(one, part, None)) is not None]
    return True


def _violations(shape: Any, value: Any, path: str, newer: frozenset[str]) -> Iterator[str]:
    if _free(shape):
        return
    for constraint in _own(shape, value, newer):
        shown = "***" if shape.metadata.get("sensitive") else _shown(value)
        yield f"Value '{shown}' at '{path}' failed to satisfy constraint: {constraint}"
    match shape.type_name:
        case "structure":
            yield from _of_members(shape, value, path, newer)
        case "list":
            if inner := [c for item in value for c in _inside(shape.member, item, newer)]:
                yield (
                    f"Value '{_shown(value)}' at '{path}' failed to satisfy constraint: "
                    f"Member must satisfy constraint: [{', '.join(dict.fromkeys(inner))}]"
                )
        case "map":
            yield from _of_map(shape, value, path, newer)


def _of_members(shape: Any, value: Mapping[str, Any], path: str, newer: frozenset[str]) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"Value null at '{_join(path, name)}' failed to satisfy constraint: Member must not be null"
    members = shape.members
    for name, given in value.items():
        if given is not None and (member := members.get(name)) is not None:
            yield from _violations(member, given, _join(path, name), newer)


def _of_map(shape: Any, value: Mapping[str, Any], path: str, newer: frozenset[str]) -> Iterator[str]:
    for part, members, word in ((shape.key, value, "keys"), (shape.value, value.values(), "value")):
        if _free(part):
            continue
        if inner := [c for item in members for c in _inside(part, item, newer)]:
            shown = "***" if shape.metadata.get("sensitive") else _shown(value)
            yield (
                f"Value '{shown}' at '{path}' failed to satisfy constraint: "
                f"Map {word} must satisfy constraint: [{', '.join(dict.fromkeys(inner))}]"
            )


def _inside(shape: Any, value: Any, newer: frozenset[str]) -> Iterator[str]:
    """What a member of a list or map breaks. Structures there are few and shallow: their own members are named."""
    yield from _own(shape, value, newer)
    if shape.type_name == "structure":
        yield from _of_members(shape, value, "member", newer)


def _own(shape: Any, value: Any, newer: frozenset[str]) -> Iterator[str]:
    rules = shape.metadata
    if shape.type_name in ("integer", "long", "float", "double"):
        yield from _bounds(value, rules, "value")
    elif shape.type_name in ("string", "list", "blob"):
        limits = {name: rules[name] for name in rules if name == "min"} if shape.name in newer else rules
        yield from _bounds(len(value), limits, "length")
    if shape.type_name == "string":
        # Service patterns are Java's `matches`: the whole string.
        if (pattern := rules.get("pattern")) and not _compiled(pattern).fullmatch(value):
            yield f"Member must satisfy regular expression pattern: {pattern}"
        enum = rules.get("enum")
        if enum and shape.name not in newer and value not in enum:
            yield f"Member must satisfy enum value set: [{', '.join(enum)}]"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    for java, python in JAVA:
        pattern = pattern.replace(java, python)
    return re.compile(pattern)


def _bounds(number: float, rules: Mapping[str, Any], what: str) -> Iterator[str]:
    if "min" in rules and number < rules["min"]:
        yield f"Member must have {what} greater than or equal to {rules['min']}"
    if "max" in rules and number > rules["max"]:
        yield f"Member must have {what} less than or equal to {rules['max']}"


def _join(path: str, name: str) -> str:
    spelled = name[0].lower() + name[1:]
    return f"{path}.{spelled}" if path else spelled


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_shown, value))}]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}={_shown(inner)}" for key, inner in value.items()) + "}"
    return str(value)
