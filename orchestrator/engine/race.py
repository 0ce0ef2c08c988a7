"""Work that something else may cut short."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

from orchestrator.ports import Clock

T = TypeVar("T")


async def unless(work: Callable[[], Awaitable[T]], *others: Callable[[], Awaitable[object]]) -> T | None:
    """What `work` returns, or None where one of `others` ended first (the work is cancelled then).

    What `work` raises passes through as it is.
    """
    result: list[T] = []
    failure: list[Exception] = []

    async def end(other: Callable[[], Awaitable[object]]) -> None:
        await other()
        group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for other in others:
            group.start_soon(end, other)
        try:
            result.append(await work())
        except Exception as error:  # noqa: BLE001 - only carried out of the group, which would wrap it
            failure.append(error)
        group.cancel_scope.cancel()
    if failure:
        raise failure[0]
    return result[0] if result else None


async def within(clock: Clock, seconds: float, work: Callable[[], Awaitable[T]]) -> T | None:
    """What `work` returns, or None where `seconds` passed first."""
    return await unless(work, lambda: clock.sleep(seconds))
