"""Time that jumps, for tests and rehearsals, and the real one of the HTTP front.

`VirtualLoop` is an asyncio event loop whose clock stands still while anything can run and jumps to the next timer when
nothing can: hours of waiting pass in milliseconds, in the same order every time. Whatever goes by the loop's time follows:
`anyio.sleep`, `anyio.fail_after`, the SDK's waiters and back-off. Where nothing is ready and no timer is set, nothing could
ever happen again: that is an error at once, not a hang.

Threads and sockets are outside of the loop's sight. `run_in_executor` (so `asyncio.to_thread`) is counted by itself;
around anything else that answers from outside (`anyio.to_thread`, a socket) stands `with loop.hold():`, while time goes
at its real pace.
"""

import asyncio
import selectors
import time
from asyncio import AbstractEventLoop
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any, TypeVar, TypeVarTuple

import anyio

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

EPOCH = 1_767_225_600.0
"""Where virtual time starts unless told otherwise: 2026-01-01T00:00:00Z."""


class Deadlock(RuntimeError):
    """Nothing is ready, nothing is scheduled, nobody outside is waited for."""


class _JumpingSelector(selectors.DefaultSelector):
    """Instead of waiting for a timer it moves the clock to it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.holds = 0
        self.stuck: Callable[[], str] = lambda: ""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if self.holds:
            before = time.monotonic()
            ready = super().select(timeout)
            self.now += time.monotonic() - before
            return ready
        if timeout is None:
            raise Deadlock(self.stuck())
        self.now += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time, which starts at 0. See the module's docstring for what it can't see."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        self._jumping.stuck = self._who_waits
        super().__init__(self._jumping)

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._jumping.now

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Let time go at its real pace: somebody outside of the loop is going to answer."""
        self._jumping.holds += 1
        try:
            yield
        finally:
            self._jumping.holds -= 1

    def run_in_executor(self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts) -> asyncio.Future[T]:
        """As ever, with the clock held until the thread has answered."""
        future: asyncio.Future[T] = super().run_in_executor(executor, func, *args)
        self._jumping.holds += 1
        future.add_done_callback(self._release)
        return future

    async def shutdown_default_executor(self, *timeout: float | None) -> None:
        """As ever: a thread of its own waits for the others."""
        with self.hold():
            await super().shutdown_default_executor(*timeout)

    def _release(self, _: asyncio.Future[Any]) -> None:
        self._jumping.holds -= 1

    def _who_waits(self) -> str:
        """The tasks that wait, and where, for the message of a Deadlock."""
        waiting = [
            f"{task.get_name()} at {frame.f_code.co_filename}:{frame.f_lineno} ({frame.f_code.co_name})"
            for task in sorted(asyncio.all_tasks(self), key=lambda task: task.get_name())
            for frame in task.get_stack(limit=1)
        ]
        return f"at {self.time():.3f} s nothing is ready and no timer is set; waiting: {'; '.join(waiting) or 'nobody'}"


class VirtualClock:
    """The Clock port in virtual time: seconds since the epoch are `start` plus the running loop's time."""

    def __init__(self, start: float = EPOCH) -> None:
        self.start = start

    def now(self) -> float:
        return self.start + asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)


class ServerClock:
    """Real time at its real pace, which never goes back even where the system's clock is set."""

    def __init__(self) -> None:
        self._start = time.time()
        self._began = time.monotonic()

    def now(self) -> float:
        return self._start + time.monotonic() - self._began

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)


def run_virtual(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run `main()` to its end in virtual time, and return what it returns. Raises Deadlock."""
    factory: Callable[[], AbstractEventLoop] = VirtualLoop
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(main())
