"""What the engine needs from outside, as protocols. Adapters and the sandbox implement them; tests choose."""

from collections.abc import Mapping
from typing import Any, Protocol

from orchestrator.model import Call, Event


class Cloud(Protocol):
    """AWS, or something that behaves like it."""

    async def send(self, call: Call) -> Mapping[str, Any]:
        """Send one request, once, and return the reply as botocore shapes it. Raises Fault for anything but success."""
        ...


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> float:
        """Seconds since the epoch; never goes back within a process."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class Journal(Protocol):
    """Where a run writes down what it is about to do and what came of it."""

    async def record(self, event: Event) -> None:
        """Keep `event` before returning. The engine awaits this before it sends a mutating call."""
        ...
