"""Work that goes on side by side, and that something else may cut short."""

from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from typing import Literal, TypeVar

import anyio

from orchestrator.ports import Clock

K = TypeVar("K")
T = TypeVar("T")


class _Cut(Enum):
    CUT = "cut off"


CUT = _Cut.CUT
"""In place of a result: the work was cancelled before it had one."""


async def unless(work: Callable[[], Awaitable[T]], *others: Callable[[], Awaitable[object]]) -> T | Literal[_Cut.CUT]:
    """What `work` returns, or CUT where one of `others` ended first (the work is cancelled then).

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
    return result[0] if result else CUT


async def within(clock: Clock, seconds: float, work: Callable[[], Awaitable[T]]) -> T | Literal[_Cut.CUT]:
    """What `work` returns, or CUT where `seconds` passed first."""
    return await unless(work, lambda: clock.sleep(seconds))


async def side_by_side(works: Mapping[K, Callable[[], Awaitable[T]]]) -> Mapping[K, T]:
    """What each of `works` returns, by its key. The first that raises cancels the others, and what it raises passes through."""
    results: dict[K, T] = {}
    failures: list[Exception] = []

    async def do(key: K, work: Callable[[], Awaitable[T]]) -> None:
        try:
            results[key] = await work()
        except Exception as error:  # noqa: BLE001 - only carried out of the group, which would wrap it
            failures.append(error)
            group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for key, work in works.items():
            group.start_soon(do, key, work)
    if failures:
        raise failures[0]
    return {key: results[key] for key in works}
