"""Whether a request has left: whatever is raised before that, by a source of credentials for one, had no effect.

What has to leave by a certain moment (`departure`) and is not signed by then does not leave at all.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import anyio

from orchestrator.departure import Departure, departure


class Late(Exception):
    """The moment by which the request had to leave has passed, and it has not."""

    def __str__(self) -> str:
        return "It was not ready in time to be sent safely: finding the credentials or opening a client took too long"


@dataclass
class Flight:
    """One request: `left` once it is signed and handed to the connection."""

    scope: anyio.CancelScope
    departure: Departure | None
    left: bool = False
    status: int | None = None
    """Of the HTTP answer, whoever gave it and whether or not it can be read."""

    def leave(self) -> None:
        """From now on only the answer ends it. Raises Late."""
        # By the departure's own clock: the loop's may stand still while a machine sleeps.
        if self.departure and self.departure.left < 0:
            raise Late
        self.scope.deadline = float("inf")
        self.left = True


_FLIGHT: ContextVar[Flight | None] = ContextVar("flight", default=None)


@contextmanager
def boarding() -> Iterator[Flight]:
    """Watch the one request that is sent inside by a client that is `watched`. Raises Late."""
    latest = departure()
    with anyio.move_on_after(max(0.0, latest.left) if latest else None) as scope:
        flight = Flight(scope, latest)
        token = _FLIGHT.set(flight)
        try:
            yield flight
        finally:
            _FLIGHT.reset(token)
    if scope.cancelled_caught:
        raise Late


def watched(client: Any) -> Any:
    """The same client, which tells when its requests leave. Those of its credentials' source are not its own."""
    client.meta.events.register("before-send", _leaves)
    client.meta.events.register("before-parse", _answered)
    return client


def _leaves(**_: Any) -> None:
    if flight := _FLIGHT.get():
        flight.leave()


def _answered(response_dict: Mapping[str, Any], **_: Any) -> None:
    if flight := _FLIGHT.get():
        flight.status = response_dict["status_code"]
