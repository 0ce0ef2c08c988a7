"""DynamoDB's numbers: decimal, exact, 38 significant digits, magnitudes from 1E-130 to 9.99E+125 (fact sheet 4.2)."""

import re
from decimal import Context, Decimal, Inexact

from orchestrator.sandbox.rules.dynamodb import refusals

DIGITS, LEAST, MOST = 38, -130, 125
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_PLAIN = re.compile(r"0|-?[1-9]\d{0,37}")
_EXACT = Context(prec=400, traps=[Inexact])
"""The sum of the greatest and the smallest number has fewer digits."""


def canonical(text: str) -> str:
    """The number as DynamoDB gives it back: `12.50` is `12.5`, `1E2` is `100`. Raises Refusal for what is none."""
    if _PLAIN.fullmatch(text):
        return text
    if not _NUMBER.fullmatch(text):
        raise refusals.invalid(f"The parameter cannot be converted to a numeric value: {text}")
    return _checked(Decimal(text))


def added(one: str, other: str) -> str:
    return _checked(_EXACT.add(Decimal(one), Decimal(other)))


def subtracted(one: str, other: str) -> str:
    return _checked(_EXACT.subtract(Decimal(one), Decimal(other)))


def size(text: str) -> int:
    """Bytes of a canonical number: two digits each, one more, and one for the sign."""
    digits = len(text.replace(".", "").replace("-", "").strip("0")) or 1
    return (digits + 1) // 2 + 1 + text.startswith("-")


def _checked(number: Decimal) -> str:
    if number.is_zero():
        return "0"
    digits = len("".join(map(str, number.as_tuple().digits)).strip("0"))
    if digits > DIGITS:
        raise refusals.invalid(f"Attempting to store more than {DIGITS} significant digits in a Number")
    for beyond, what, which in (
        (number.adjusted() > MOST, "overflow", "larger"),
        (number.adjusted() < LEAST, "underflow", "smaller"),
    ):
        if beyond:
            raise refusals.invalid(
                f"Number {what}. Attempting to store a number with magnitude {which} than supported range"
            )
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text.lstrip("+")
