"""Whether a request has left: whatever is raised before that, by a source of credentials for one, had no effect."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any


@dataclass
class Flight:
    """One request: `left` once it is signed and handed to the connection."""

    left: bool = False


_FLIGHT: ContextVar[Flight | None] = ContextVar("flight", default=None)


@contextmanager
def boarding() -> Iterator[Flight]:
    """Watch the one request that is sent inside by a client that is `watched`."""
    flight = Flight()
    token = _FLIGHT.set(flight)
    try:
        yield flight
    finally:
        _FLIGHT.reset(token)


def watched(client: Any) -> Any:
    """The same client, which tells when its requests leave. Those of its credentials' source are not its own."""
    client.meta.events.register("before-send", _leaves)
    return client


def _leaves(**_: Any) -> None:
    if flight := _FLIGHT.get():
        flight.left = True
