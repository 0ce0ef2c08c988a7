"""What a function answered, compared with what is expected of it, in words that hold nothing hidden."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from orchestrator.engine.redaction import without
from orchestrator.model import HIDDEN, Expectation, Text

TAIL_LINES = 20
LONGEST = 200
"""The most that is shown of a value."""
NOTHING = object()


@dataclass(frozen=True, slots=True)
class Answer:
    """The reply of Invoke. `payload` is what the function returned, read as JSON where it is that; `secret` are the forms of
    what it may have repeated, which the end of its log (`tail`) is without.
    """

    status: int
    error: str | None
    payload: Any
    tail: Sequence[str]
    secret: Sequence[str] = field(repr=False)

    @classmethod
    def read(cls, reply: Mapping[str, Any], secret: Sequence[str]) -> "Answer":
        log = without(base64.b64decode(reply.get("LogResult") or "").decode(errors="replace"), secret, cut=True)
        status, error = reply.get("StatusCode", 0), reply.get("FunctionError")
        return cls(status, error, _json(reply.get("Payload")), log.splitlines()[-TAIL_LINES:], secret)

    def failure(self) -> str:
        """What the function failed with, and the end of its log."""
        told = self.payload if isinstance(self.payload, Mapping) else {"errorMessage": self._shown(self.payload)}
        said = ": ".join(str(told[name]) for name in ("errorType", "errorMessage") if told.get(name))
        lines = [
            f"The function failed ({self.error}): {without(said, self.secret)}",
            *(["The end of its log:"] if self.tail else []),
            *self.tail,
        ]
        return "\n".join(lines)

    def otherwise(self, expected: Expectation) -> Iterator[str]:
        """Each difference from what is expected: where, what was wanted, what was found."""
        if expected.status is not None and self.status != expected.status:
            yield f"status: wanted {expected.status}, found {self.status}"
        if expected.payload is not None:
            yield from self._differences("payload", expected.payload, self.payload)

    def _differences(self, path: str, wanted: Any, found: Any) -> Iterator[str]:
        """Maps are met by maps that have more in them, everything else only by what is equal."""
        if isinstance(wanted, Mapping) and isinstance(found, Mapping):
            for name, inner in wanted.items():
                yield from self._differences(f"{path}.{name}", inner, found.get(name, NOTHING))
        elif isinstance(wanted, list | tuple) and isinstance(found, list) and len(wanted) == len(found):
            for number, (one, other) in enumerate(zip(wanted, found, strict=True)):
                yield from self._differences(f"{path}[{number}]", one, other)
        elif isinstance(wanted, Text) and wanted.hidden:
            if not _equal(wanted.value, found):
                yield f"{path}: wanted {HIDDEN}, found something else"
        elif not _equal(wanted, found):
            yield f"{path}: wanted {self._shown(wanted)}, found {self._shown(found)}"

    def _shown(self, value: Any) -> str:
        """Without anything secret before it is shortened: the beginning of a secret would not be known again."""
        if value is NOTHING:
            return "nothing"
        text = without(json.dumps(value, default=_plain, ensure_ascii=False), self.secret)
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _equal(wanted: Any, found: Any) -> bool:
    """JSON knows one sort of number, and true is none."""
    if isinstance(wanted, bool) or isinstance(found, bool):
        return wanted is found
    if _is_number(wanted) and _is_number(found):
        return Decimal(str(wanted)) == Decimal(str(found))
    return bool(wanted == found)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal)


def _plain(value: Any) -> Any:
    if isinstance(value, Text):
        return HIDDEN
    return float(value) if isinstance(value, Decimal) else str(value)


def _json(body: Any) -> Any:
    text = body.decode(errors="replace") if isinstance(body, bytes | bytearray) else body
    try:
        return json.loads(text, parse_float=Decimal) if text else None
    except ValueError:
        return text
