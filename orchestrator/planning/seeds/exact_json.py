"""JSON without a loss: numbers as Decimal, no key twice, no NaN."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

from orchestrator.planning.json_once import Twice, no_number, once

T = TypeVar("T")


class NotJson(ValueError):
    """`message` says why; `line` and `column` where, counted from where the text begins."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        self.message = message
        self.line = line
        self.column = column
        super().__init__(message)


def parse(text: str) -> Any:
    """The one value of a text. Raises NotJson."""
    return _read(lambda: _DECODER.decode(text))


def parse_at(text: str, index: int) -> tuple[Any, int]:
    """The value that begins at `index`, and the index after it. Raises NotJson, with line and column in the whole text."""
    return _read(lambda: _DECODER.raw_decode(text, index))


def _read(read: Callable[[], T]) -> T:
    try:
        return read()
    except json.JSONDecodeError as error:
        raise NotJson(f"is not JSON: {error.msg}", error.lineno, error.colno) from None
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise NotJson(_reason(error)) from None


def _reason(error: ValueError | ArithmeticError | RecursionError) -> str:
    if isinstance(error, RecursionError):
        return "is nested too deeply"
    if isinstance(error, Twice):
        return f"is not JSON: the key `{error.key}` stands twice"
    return "has a number that is too large" if isinstance(error, ArithmeticError) else f"is not JSON: {error}"


_DECODER = json.JSONDecoder(parse_int=Decimal, parse_float=Decimal, parse_constant=no_number, object_pairs_hook=once)
