"""DynamoDB's expressions: which placeholders one uses, and placeholders of ours beside those of the plan."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_BYTES = 4096
"""Of one expression (developer guide, "Constraints in Amazon DynamoDB", Expression parameters)."""

MOST_OPERATORS = 300
"""Comparisons and functions of one (the same; said of updates there, and so it is of conditions: "The expression contains too
many operators")."""
MOST_VARIABLE_BYTES = 2 * 1024 * 1024
"""Of all names and values behind placeholders of a request (the same)."""

PLACEHOLDER = re.compile("[#:][A-Za-z0-9_]+")
_TOP_LEVEL = re.compile(r"(?<![\w.#:])(?:#\w+|[A-Za-z_]\w*)(?![\w]|\s*\()", re.ASCII)
"""A name that stands neither inside a path nor before the operands of a function."""
_OPERATOR = re.compile(
    r"<=|>=|<>|[=<>]|\bBETWEEN\b|\bIN\b|\b(?!(?:AND|OR|NOT|IN|BETWEEN)\b)[A-Za-z_]+(?=\s*\()", re.IGNORECASE
)
_WORDS = frozenset({"AND", "OR", "NOT", "BETWEEN", "IN"})


def used(expression: str) -> frozenset[str]:
    """The placeholders in it, `#name` and `:value`. An expression has no literals in which one could stand otherwise."""
    return frozenset(PLACEHOLDER.findall(expression))


def operators(condition: str) -> int:
    """How many comparisons and functions it has; whether AND, OR and NOT count is not documented, and they don't here."""
    return len(_OPERATOR.findall(condition))


def attributes(expression: str, names: Mapping[str, str]) -> frozenset[str]:
    """The attributes of the top level that it speaks of; `names` has those behind placeholders."""
    found = (name for name in _TOP_LEVEL.findall(expression) if name.upper() not in _WORDS)
    return frozenset(names.get(name, name) for name in found)


@dataclass(slots=True)
class Placeholders:
    """The names and values of one request: those of the plan, and ours, which are called otherwise.

    Every attribute and value of ours stands behind a placeholder, so that no reserved word is ever bare.
    """

    names: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    _ours: dict[str, str] = field(default_factory=dict)

    @classmethod
    def beside(cls, names: Mapping[str, str], values: Mapping[str, Any]) -> "Placeholders":
        """Beside those of the plan."""
        return cls(dict(names), dict(values))

    def name(self, attribute: str) -> str:
        """The placeholder of an attribute of the top level, whatever characters its name has."""
        if attribute not in self._ours:
            self._ours[attribute] = _free("#n", self.names)
            self.names[self._ours[attribute]] = attribute
        return self._ours[attribute]

    def value(self, value: Mapping[str, Any]) -> str:
        """The placeholder of an attribute value."""
        placeholder = _free(":v", self.values)
        self.values[placeholder] = value
        return placeholder

    @property
    def members(self) -> dict[str, Any]:
        """What a request says of them; nothing where there is none, which DynamoDB would refuse."""
        found = {"ExpressionAttributeNames": self.names, "ExpressionAttributeValues": self.values}
        return {member: dict(entries) for member, entries in found.items() if entries}


def update_expression(
    placeholders: Placeholders,
    set: Mapping[str, Any],  # noqa: A002  # as the language and DynamoDB call it
    add: Mapping[str, Any],
    remove: Iterable[str],
) -> str:
    """`SET #n0 = :v0 ADD #n1 :v1 REMOVE #n2` of attribute values by attribute."""
    clauses = {
        "SET": [f"{placeholders.name(name)} = {placeholders.value(value)}" for name, value in set.items()],
        "ADD": [f"{placeholders.name(name)} {placeholders.value(value)}" for name, value in add.items()],
        "REMOVE": [placeholders.name(name) for name in remove],
    }
    return " ".join(f"{word} {', '.join(parts)}" for word, parts in clauses.items() if parts)


def every(conditions: Iterable[str]) -> str:
    """All of some conditions; of several, each in parentheses, of which DynamoDB refuses redundant ones."""
    found = list(conditions)
    return found[0] if len(found) == 1 else " AND ".join(one if _enclosed(one) else f"({one})" for one in found)


def _enclosed(condition: str) -> bool:
    """Whether it stands in parentheses as a whole."""
    depth, text = 0, condition.strip()
    for number, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            return number == len(text) - 1 > 0
    return False


def _free(prefix: str, taken: Mapping[str, Any]) -> str:
    number = len(taken)
    while f"{prefix}{number}" in taken:
        number += 1
    return f"{prefix}{number}"
