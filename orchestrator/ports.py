"""What the engine needs from outside, as protocols. Adapters and the sandbox implement them; tests choose."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeVar

from orchestrator.model import Call, Event

K = TypeVar("K")
T = TypeVar("T")


class Cloud(Protocol):
    """AWS, or something that behaves like it."""

    async def send(self, call: Call) -> Mapping[str, Any]:
        """Send one request, once, and return the reply as botocore shapes it. Raises Fault for anything but success."""
        ...


class Together(Protocol):
    """How several looks are made that do not wait for each other: the pure half knows no event loop."""

    async def __call__(self, works: Mapping[K, Callable[[], Awaitable[T]]]) -> Mapping[K, T]:
        """What each of them returns, by its key and in their order. Raises what the first raises that fails."""
        ...


async def in_turn(works: Mapping[K, Callable[[], Awaitable[T]]]) -> Mapping[K, T]:
    """One after the other: Together for those who have nothing to wait for."""
    return {key: await work() for key, work in works.items()}


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
