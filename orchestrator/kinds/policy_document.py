"""Policy documents: which two mean the same.

`canonical` leaves aside what means nothing in IAM's language: the order of keys, of statements and of the entries of a list;
one entry or a list of one; the first version or none; an account's number or the ARN of its root; `*` or `{AWS: "*"}` as the
principal; the case of an action and of an effect; numbers and booleans or their text in a condition.
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from orchestrator.kinds.comparison import plain

OLDEST = "2008-10-17"
"""The version of a document that states none."""

_ROOT = re.compile(r"arn:aws[a-z0-9-]*:iam::([0-9]{12}):root")
_ACTIONS, _PRINCIPALS = ("Action", "NotAction"), ("Principal", "NotPrincipal")


def same(one: Any, other: Any) -> bool:
    """Whether two documents mean the same; hidden values are compared by what they say, unknown ones are like nothing."""
    return bool(canonical(one) == canonical(other))


def canonical(document: Any) -> Any:
    """The document in a form that equals that of every other document of the same meaning."""
    content = plain(document)
    if not isinstance(content, Mapping):
        return content
    statements = _ordered(_statement(statement) for statement in _listed(content.get("Statement", [])))
    return {"Version": OLDEST, **content, "Statement": statements}


def _statement(statement: Any) -> Any:
    if not isinstance(statement, Mapping):
        return statement
    return {key: _member(key, value) for key, value in statement.items()}


def _member(key: str, value: Any) -> Any:
    if key == "Effect" and isinstance(value, str):
        return value.capitalize()
    if key in _PRINCIPALS:
        return _principals(value)
    if key == "Condition" and isinstance(value, Mapping):
        return {operator: _tests(tests) for operator, tests in value.items()}
    entries = _listed(value)
    return _ordered(entry.lower() if key in _ACTIONS and isinstance(entry, str) else entry for entry in entries)


def _principals(value: Any) -> Any:
    named = value if isinstance(value, Mapping) else {"AWS": value}
    return {kind: _ordered({_account(entry): None for entry in _listed(names)}) for kind, names in named.items()}


def _account(name: Any) -> Any:
    root = _ROOT.fullmatch(name) if isinstance(name, str) else None
    return root[1] if root else name


def _tests(tests: Any) -> Any:
    if not isinstance(tests, Mapping):
        return tests
    return {key: _ordered(_scalar(entry) for entry in _listed(values)) for key, values in tests.items()}


def _scalar(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float | Decimal) else value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _ordered(entries: Any) -> list[Any]:
    return sorted(entries, key=lambda entry: json.dumps(entry, sort_keys=True, default=repr))
