"""Numbers as DynamoDB has them: exact, as text."""

import re
from decimal import Context, Decimal
from typing import Any

DIGITS = 38
"""Significant digits that DynamoDB keeps (developer guide, "Constraints in Amazon DynamoDB", Number)."""
SMALLEST, LARGEST = -130, 125
"""Exponents of the first digit: 1E-130 to 9.99…E+125 in magnitude."""

_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,9})?")
_LONGEST_TEXT = 10_000
_SHORT = 48
"""Characters beyond which a number is written with an exponent."""


class NotANumber(ValueError):
    """What DynamoDB does not take as a number; the message says why, without the value."""


def canonical(value: Any) -> str:
    """The one text of a number: an int, a Decimal, or a text such as `1.50` or `1e3`. Raises NotANumber.

    `1.50` is `1.5`, `1e3` is `1000`, `-0` is `0`; equal numbers have equal texts.
    """
    if isinstance(value, bool | float) or not isinstance(value, int | Decimal | str):
        raise NotANumber("is no exact number")
    if isinstance(value, str) and (len(value) > _LONGEST_TEXT or not _NUMBER.fullmatch(value)):
        raise NotANumber("is no number")
    number = Decimal(value)
    if not number.is_finite():
        raise NotANumber("is no number")
    if not number:
        return "0"
    _, digits, exponent = number.as_tuple()
    if exponent == 0 and len(digits) <= DIGITS:
        return str(number)
    if not SMALLEST <= number.adjusted() <= LARGEST:
        raise NotANumber(f"is beyond what DynamoDB takes: 1E{SMALLEST} to 9.9E+{LARGEST}")
    number = number.normalize(Context(prec=len(digits)))
    if len(number.as_tuple().digits) > DIGITS:
        raise NotANumber(f"has more than the {DIGITS} significant digits that DynamoDB keeps")
    text = format(number, "f")
    return text if len(text) <= _SHORT else str(number)


def exact(text: str) -> int | Decimal:
    """A number of DynamoDB's as Python has it: an int where it is a whole one that is written out."""
    return int(text) if re.fullmatch("-?[0-9]+", text) else Decimal(text)
