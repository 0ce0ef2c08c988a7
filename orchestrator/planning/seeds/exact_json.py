"""JSON without a loss: numbers as Decimal, no key twice, no NaN."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any


class NotJson(ValueError):
    """`message` says why; `line` and `column` where, counted from where the text begins."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        self.message = message
        self.line = line
        self.column = column
        super().__init__(message)


def parse(text: str) -> Any:
    """The one value of a text. Raises NotJson."""
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise NotJson(f"is not JSON: {error.msg}", error.lineno, error.colno) from None
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise NotJson(_reason(error)) from None


def parse_at(text: str, index: int) -> tuple[Any, int]:
    """The value that begins at `index`, and the index after it. Raises NotJson, with line and column in the whole text."""
    try:
        return _DECODER.raw_decode(text, index)
    except json.JSONDecodeError as error:
        raise NotJson(f"is not JSON: {error.msg}", error.lineno, error.colno) from None
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise NotJson(_reason(error)) from None


def _reason(error: ValueError | ArithmeticError | RecursionError) -> str:
    if isinstance(error, RecursionError):
        return "is nested too deeply"
    return "has a number that is too large" if isinstance(error, ArithmeticError) else f"is not JSON: {error}"


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Of a key that stands twice JSON keeps the last, and nobody would see it."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key `{next(key for key in keys if keys.count(key) > 1)}` stands twice")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


_DECODER = json.JSONDecoder(parse_int=Decimal, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_once)
