"""What functions answer when they are invoked: no code is run, so a test says it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Context:
    """What a function learns beside its payload. `client` is the caller's ClientContext, base64 of JSON on the way."""

    function: str
    version: str
    arn: str
    request: str
    asynchronous: bool
    client: Any = None


Answer = Callable[[Any, Context], Any]
"""From payload and context to what the function returns; whatever it raises is the function's error."""


@dataclass(slots=True)
class Answers:
    """What functions answer by name, and how often each has run."""

    known: dict[str, Answer] = field(default_factory=dict)
    ran: Counter[str] = field(default_factory=Counter)


class FunctionFailed(Exception):
    """An answer that is an error of this `kind`, as the function's own code would have raised it."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def fixed(payload: Any) -> Answer:
    """Whatever comes, this is returned."""
    return lambda given, context: payload


def failing(kind: str, message: str) -> Answer:
    """Whatever comes, this is raised."""

    def answer(given: Any, context: Context) -> Any:
        raise FunctionFailed(kind, message)

    return answer
