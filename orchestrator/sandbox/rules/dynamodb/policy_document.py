"""A resource policy's document: what is one, when two are the same, and how it reads back (ack-api-quirks, DDB-TABLE-207 to
214, 351 to 355)."""

import json
import re
from collections.abc import Mapping
from typing import Any

from orchestrator.sandbox.rules.dynamodb import refusals

LARGEST = 20480
"""Bytes, white space included."""

_OLDEST = "2008-10-17"
_TOP = ("Version", "Id", "Statement")
_STATEMENT = (
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"),
)


def checked(document: str) -> str:
    """The document, or the refusal of one that is too large or none at all. What it allows is not looked at."""
    if len(document.encode()) > LARGEST:
        raise refusals.invalid(f"Resource-based policy exceeds the maximum size of {LARGEST} bytes")
    try:
        content = json.loads(document)
    except ValueError:
        content = None
    statements = content.get("Statement") if isinstance(content, dict) else None
    listed = statements if isinstance(statements, list) else [statements]
    if not listed or not all(isinstance(statement, dict) and statement for statement in listed):
        raise refusals.invalid("Invalid policy document: Syntax errors in policy.")
    return document


def same(one: str, other: str) -> bool:
    """White space, the order of keys, lists of one, and an account's number for its root don't matter.

    A version does, also where the other document reads back with it because it states none.
    """
    return _normal(one) == _normal(other)


def shown(document: str) -> str:
    """As GetResourcePolicy tells it: small, in one order, with a version, its statements as a list."""
    content = {"Version": _OLDEST, **_normal(document)}
    content["Statement"] = [_ordered(statement, _STATEMENT) for statement in content["Statement"]]
    return json.dumps(_ordered(content, _TOP), separators=(",", ":"))


def _normal(document: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(document)
    statements = content["Statement"] if isinstance(content["Statement"], list) else [content["Statement"]]
    return {**content, "Statement": [_statement(statement) for statement in statements]}


def _statement(given: Mapping[str, Any]) -> dict[str, Any]:
    normal = {key: _one_or_more(value) for key, value in given.items()}
    for key in ("Principal", "NotPrincipal"):
        if isinstance(given.get(key), dict):
            normal[key] = {kind: _principals(value) for kind, value in given[key].items()}
    if isinstance(given.get("Effect"), str):
        normal["Effect"] = given["Effect"].capitalize()
    return normal


def _principals(value: Any) -> Any:
    """An account's number stands for its root; who is named twice is named once."""
    named = value if isinstance(value, list) else [value]
    return _one_or_more(list(dict.fromkeys(_root(name) for name in named)))


def _root(name: Any) -> Any:
    number = isinstance(name, str) and re.fullmatch(r"[0-9]{12}", name)
    return f"arn:aws:iam::{name}:root" if number else name


def _one_or_more(value: Any) -> Any:
    """A list of one as that one."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _ordered(content: Mapping[str, Any], order: tuple[str, ...]) -> dict[str, Any]:
    known = {key: content[key] for key in order if key in content}
    return known | {key: content[key] for key in sorted(content.keys() - known.keys())}
