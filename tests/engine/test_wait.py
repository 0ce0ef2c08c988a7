"""Waiting for others: nothing is sent, what is waited for is told, and it ends when it should."""

import signal
from collections.abc import Collection, Sequence
from dataclasses import replace

import anyio
import pytest

from orchestrator.engine.limits import Limits
from orchestrator.engine.observe import NotedOf
from orchestrator.engine.origins import Origins
from orchestrator.engine.stop import Stop
from orchestrator.engine.wait import wait
from orchestrator.errors import Problem, Unreachable
from orchestrator.model import Event, Ref, StatusLine
from orchestrator.sandbox.clock import VirtualClock
from orchestrator.sandbox.cloud import VirtualCloud
from orchestrator.sandbox.rules.account import Account
from tests.engine.scene import ORDERS

MOVING = StatusLine(ORDERS, "in_transition", "table CREATING")
SETTLED = StatusLine(ORDERS, "in_place")


def origins(clock: VirtualClock) -> Origins:
    return Origins(VirtualCloud(Account(), clock), clock, "")


class Waiting:
    """A resource that is in place after so many seconds, and a wait for it."""

    def __init__(self, clock: VirtualClock, seconds: float) -> None:
        self.events: list[Event] = []
        self.looks: list[float] = []
        self.stop = Stop()
        self._clock = clock
        self._ready = clock.now() + seconds

    async def look(self, only: Collection[Ref] | None, noted: NotedOf) -> Sequence[StatusLine]:
        self.looks.append(self._clock.now())
        return (SETTLED,) if self._clock.now() >= self._ready else (MOVING,)

    async def live(self, deadline: float | None = None) -> tuple[bool, Sequence[StatusLine]]:
        return await wait(
            self.look,
            self._clock,
            run="RUN",
            limits=Limits(),
            origins=origins(self._clock),
            deadline=deadline,
            stop=self.stop,
            listeners=[self.events.append],
        )


async def test_it_ends_once_everything_is_in_place_and_soon_after(clock: VirtualClock) -> None:
    waiting, began = Waiting(clock, 100), clock.now()
    assert await waiting.live() == (True, (SETTLED,))
    assert 100 <= clock.now() - began <= 105
    assert len(waiting.looks) < 100


async def test_with_everything_in_place_it_ends_at_once(clock: VirtualClock) -> None:
    waiting, began = Waiting(clock, 0), clock.now()
    assert await waiting.live(deadline=10) == (True, (SETTLED,))
    assert clock.now() == began
    assert waiting.events == []


async def test_a_deadline_ends_it_with_what_is_left(clock: VirtualClock) -> None:
    waiting, began = Waiting(clock, 100), clock.now()
    over, lines = await waiting.live(deadline=20)
    assert (over, [(line.ref, line.state, line.since) for line in lines]) == (False, [(ORDERS, MOVING.state, began)])
    assert clock.now() - began == 20


async def test_a_stop_ends_it_with_what_is_left(clock: VirtualClock) -> None:
    waiting, began = Waiting(clock, 100), clock.now()

    async def interrupt() -> None:
        await clock.sleep(7)
        waiting.stop.request(signal.SIGTERM)

    async with anyio.create_task_group() as group:
        group.start_soon(interrupt)
        over, lines = await waiting.live()
    assert (over, [line.state for line in lines]) == (False, [MOVING.state])
    assert clock.now() - began == 7


async def test_a3_it_tells_what_it_waits_for_and_how_long_already(clock: VirtualClock) -> None:
    waiting = Waiting(clock, 100)
    await waiting.live()
    told = [event for event in waiting.events if event.what == "waiting"]
    assert 3 <= len(told) <= 4
    assert {event.details["status"] for event in told} == {"table CREATING"}
    assert {event.details["resource"] for event in told} == {"tables.orders"}
    assert told[-1].details["seconds"] > 60


async def test_background_work_is_waited_for_only_if_asked(clock: VirtualClock) -> None:
    """And where something else has to be waited for, that alone is looked at again and told of."""
    late = StatusLine(Ref("shop", ("tables", "late")), "in_transition", "index by_a CREATING", gate="background")
    began = clock.now()

    async def look(only: Collection[Ref] | None, noted: NotedOf) -> Sequence[StatusLine]:
        looked.append(only)
        done = clock.now() >= began + 100
        return (SETTLED if clock.now() >= began + 20 else MOVING, replace(late, state="in_place") if done else late)

    looked: list[Collection[Ref] | None] = []
    events: list[Event] = []
    over, lines = await wait(
        look,
        clock,
        run="RUN",
        limits=Limits(),
        origins=origins(clock),
        deadline=None,
        stop=Stop(),
        listeners=[events.append],
    )
    assert (over, [line.state for line in lines]) == (True, ["in_place", "in_transition"])
    assert 20 <= clock.now() - began <= 22
    assert {tuple(only) for only in looked if only} == {(ORDERS,)}
    assert {event.details["resource"] for event in events} == {"tables.orders"}
    over, lines = await wait(
        look, clock, run="RUN", limits=Limits(), origins=origins(clock), deadline=None, stop=Stop(), background=True
    )
    assert (over, [line.state for line in lines]) == (True, ["in_place", "in_place"])
    assert clock.now() - began >= 100


async def test_what_can_not_be_looked_at_is_raised(clock: VirtualClock) -> None:
    async def look(only: Collection[Ref] | None, noted: NotedOf) -> Sequence[StatusLine]:
        raise Unreachable(Problem("AccessDenied", "tables.orders can't be read."))

    with pytest.raises(Unreachable):
        await wait(look, clock, run="RUN", limits=Limits(), origins=origins(clock), deadline=10, stop=Stop())
