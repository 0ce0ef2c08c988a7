"""Plain scalars by the YAML 1.2 core schema (yaml.org/spec/1.2.2, 10.3.2), except that NaN and infinity are refused."""

import re
from typing import Any

from orchestrator.planning.values import Integer, Mark, Number

_CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), Mark.NULL),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?(?P<exponent>[0-9]+))?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_NUMBER_STARTS = frozenset("0123456789+-.")

LONGEST_NUMBER = 100
"""Characters; DynamoDB's own numbers have at most 38 digits."""
LONGEST_EXPONENT = 4
"""Digits; DynamoDB's own numbers end at an exponent of 126."""


class NotANumber(ValueError):
    """A plain scalar that reads as a number but can't be one; the message says why."""


def resolve(text: str) -> Any:
    """The value of a plain scalar: null, a boolean, a number or a string. Raises NotANumber."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in _NUMBER_STARTS:
        return text
    if _NOT_FINITE.fullmatch(text):
        raise NotANumber(f"`{text}` is not a number that AWS takes")
    for pattern, base in ((_DECIMAL, 10), (_OCTAL, 8), (_HEXADECIMAL, 16)):
        if pattern.fullmatch(text):
            _check_length(text)
            return Integer(int(text, base), text)
    if match := _FLOAT.fullmatch(text):
        _check_length(text)
        if len(match["exponent"] or "") > LONGEST_EXPONENT:
            raise NotANumber("This number's exponent is too large")
        return Number(text)
    return text


def _check_length(text: str) -> None:
    if len(text) > LONGEST_NUMBER:
        raise NotANumber(f"This number has {len(text)} characters; {LONGEST_NUMBER} are the most")
