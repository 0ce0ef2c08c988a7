"""What the engine needs from outside, as protocols. Adapters and the sandbox implement them; tests choose."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from orchestrator.errors import OrchestratorError
from orchestrator.model import Call, Event, Key, Remembered, Row, Task, Text, Write

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


class Guard(Protocol):
    """Whether a run may go on changing things: it holds what it changes, and nobody asked it to pause."""

    async def before_step(self) -> None:
        """Return once a new step may begin."""
        ...

    async def before_call(self) -> float:
        """Return once a call that changes something may go out: never, once none may any more.

        In seconds: how soon it must have left. What has not, does not.
        """
        ...

    async def until_over(self) -> OrchestratorError:
        """Return why, once nothing may be changed any more. The engine then ends the run."""
        ...


class Marks(Protocol):
    """Where a transaction can write, with all else that it does, an item by which it is seen to have been done."""

    def put(self, name: str | Text) -> Mapping[str, Any]:
        """The action (of TransactItems) that writes the item called so, and fails where it is there already."""
        ...

    def get(self, name: str) -> Call:
        """The read, strongly consistent, that finds it."""
        ...


class TaskMemory(Protocol):
    """What is kept of one task between runs: how it was done last, and named parts (JSON values).

    Only who holds the task's lock changes it. Reads raise StoreUnavailable; writes return once they are kept, and never where
    the run may change nothing any more.
    """

    async def done(self) -> Remembered | None:
        """How it was done last; None where it was not."""
        ...

    async def remember(self, done: Remembered) -> None:
        """Keep that it is done."""
        ...

    async def get(self, *parts: str) -> Sequence[Mapping[str, Any] | None]: ...

    async def put(self, part: str, body: Mapping[str, Any]) -> None: ...

    async def forget(self, *parts: str) -> None: ...

    def digest(self, stated: Any) -> str:
        """A keyed digest of nested values, hidden ones too: equal for equal values, and telling nothing of them."""
        ...

    @property
    def marks(self) -> Marks | None:
        """None where what is kept is not in a table that a transaction of the run's own can write to."""
        ...


class Memory(Protocol):
    """What runs remember of tasks."""

    def of(self, task: Task) -> TaskMemory: ...


class Store(Protocol):
    """Where runs and locks are kept: rows with versions, written all or nothing and on conditions.

    Every method raises StoreUnavailable. A store that was never made reads as empty.
    """

    async def make(self) -> None:
        """Make what is missing of the store itself; ends well however many do so at once."""
        ...

    async def get(self, *keys: Key) -> Sequence[Row | None]:
        """The rows as they are now, one for each key, up to 100."""
        ...

    async def rows(
        self, partition: str, *, after: str = "", limit: int | None = None, newest_first: bool = False
    ) -> Sequence[Row]:
        """The rows of one partition whose `sort` lies beyond `after` in the order asked for."""
        ...

    async def write(self, *writes: Write) -> str:
        """Make all of these writes, up to 100, or none of them; the version that every Put of them got.

        Raises Contradicted where one meets another row than it expects.
        """
        ...
