"""What a function answered, compared with what is expected of it, in words that hold nothing hidden."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from orchestrator.engine.attempt import SHORTEST_SECRET
from orchestrator.model import HIDDEN, Expectation, Text, walk

TAIL_LINES = 20
LONGEST = 200
"""The most that is shown of a value."""
NOTHING = object()


@dataclass(frozen=True, slots=True)
class Answer:
    """The reply of Invoke. `payload` is what the function returned, read as JSON where it is that."""

    status: int
    error: str | None
    payload: Any
    tail: Sequence[str]

    @classmethod
    def read(cls, reply: Mapping[str, Any]) -> "Answer":
        log = base64.b64decode(reply.get("LogResult") or "").decode(errors="replace")
        return cls(reply.get("StatusCode", 0), reply.get("FunctionError"), _json(reply.get("Payload")), _last(log))

    def failure(self, hidden: Sequence[str]) -> str:
        """What the function failed with, and the end of its log."""
        told = self.payload if isinstance(self.payload, Mapping) else {"errorMessage": _shown(self.payload)}
        said = ": ".join(str(told[name]) for name in ("errorType", "errorMessage") if told.get(name))
        lines = [
            f"The function failed ({self.error}): {said}",
            *(["The end of its log:"] if self.tail else []),
            *self.tail,
        ]
        return _without("\n".join(lines), hidden)

    def otherwise(self, expected: Expectation, hidden: Sequence[str]) -> Iterator[str]:
        """Each difference from what is expected: where, what was wanted, what was found."""
        if expected.status is not None and self.status != expected.status:
            yield f"status: wanted {expected.status}, found {self.status}"
        if expected.payload is not None:
            for line in _differences("payload", expected.payload, self.payload):
                yield _without(line, hidden)


def hidden_in(*values: Any) -> Sequence[str]:
    """The hidden texts that are somewhere in `values`, and what those say that are JSON; the longest first."""
    found: set[str] = set()
    for leaf in walk(values):
        if isinstance(leaf, Text) and leaf.hidden:
            inner = _json(leaf.reveal())
            found |= {leaf.reveal(), *(str(one) for one in walk(inner) if not isinstance(one, bool | None))}
    return sorted((one for one in found if len(one) >= SHORTEST_SECRET), key=len, reverse=True)


def _differences(path: str, wanted: Any, found: Any) -> Iterator[str]:
    """Maps are met by maps that have more in them, everything else only by what is equal."""
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        for name, inner in wanted.items():
            yield from _differences(f"{path}.{name}", inner, found.get(name, NOTHING))
    elif isinstance(wanted, list | tuple) and isinstance(found, list) and len(wanted) == len(found):
        for number, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from _differences(f"{path}[{number}]", one, other)
    elif isinstance(wanted, Text) and wanted.hidden:
        if wanted.reveal() != found:
            yield f"{path}: wanted {HIDDEN}, found something else"
    elif not _equal(wanted, found):
        yield f"{path}: wanted {_shown(wanted)}, found {_shown(found)}"


def _equal(wanted: Any, found: Any) -> bool:
    """JSON knows one sort of number, and true is none."""
    if isinstance(wanted, bool) or isinstance(found, bool):
        return wanted is found
    if _is_number(wanted) and _is_number(found):
        return Decimal(str(wanted)) == Decimal(str(found))
    return bool(wanted == found)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal)


def _shown(value: Any) -> str:
    if value is NOTHING:
        return "nothing"
    text = json.dumps(value, default=_plain, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _plain(value: Any) -> Any:
    if isinstance(value, Text):
        return HIDDEN
    return float(value) if isinstance(value, Decimal) else str(value)


def _without(text: str, hidden: Sequence[str]) -> str:
    for one in hidden:
        text = text.replace(one, HIDDEN).replace(json.dumps(one)[1:-1], HIDDEN)
    return text


def _json(body: Any) -> Any:
    text = body.decode(errors="replace") if isinstance(body, bytes | bytearray) else body
    try:
        return json.loads(text, parse_float=Decimal) if text else None
    except ValueError:
        return text


def _last(log: str) -> Sequence[str]:
    return log.splitlines()[-TAIL_LINES:]
