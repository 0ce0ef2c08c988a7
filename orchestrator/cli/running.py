"""From the command line's ordinary functions into the event loop and back, with signals on the way."""

import asyncio
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Protocol, TypeVar

import anyio

from orchestrator.cli.signals import Interrupted, Signals

T = TypeVar("T")
GRACE = 8.0
"""Seconds that a run has to end by itself after the first signal: five for its report, three to let go of its locks."""


class Stoppable(Protocol):
    """The engine's Stop, as far as a signal needs it."""

    def request(self, signum: int) -> None: ...


class Stage:
    """A command's work while it runs; decides what the first signal does to it.

    At first it is cancelled: nothing was changed yet. Once a run has begun it is asked to stop, so that it can still report,
    and cancelled only if that takes too long.
    """

    def __init__(self, scope: anyio.CancelScope) -> None:
        self._scope = scope
        self._stop: Stoppable | None = None

    def stops_by(self, stop: Stoppable | None) -> None:
        """From now on a signal goes to `stop`; None: it cancels."""
        self._stop = stop

    def interrupt(self, signum: int) -> None:
        if self._stop is None:
            self._scope.cancel()
            return
        self._stop.request(signum)
        asyncio.get_running_loop().call_later(GRACE, self._scope.cancel)


class _Ended(Enum):
    INTERRUPTED = "interrupted"


def run(signals: Signals, work: Callable[[Stage], Awaitable[T]]) -> T:
    """Run `work` in a new event loop. Raises what it raises, and Interrupted where a signal cancelled it."""
    result = anyio.run(_guarded, signals, work)
    if isinstance(result, _Ended):
        raise Interrupted
    return result


async def _guarded(signals: Signals, work: Callable[[Stage], Awaitable[T]]) -> T | _Ended:
    loop = asyncio.get_running_loop()
    with anyio.CancelScope() as scope:
        stage = Stage(scope)

        def tell(signum: int) -> None:
            loop.call_soon_threadsafe(stage.interrupt, signum)

        signals.tell(tell)
        try:
            if signals.received is None:
                return await work(stage)
        finally:
            signals.listener = None
    return _Ended.INTERRUPTED
