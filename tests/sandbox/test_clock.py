"""Virtual time: it jumps when nothing can run, it runs where the loop can't see, and a deadlock is an error at once."""

import asyncio
import socket
import threading
from datetime import UTC, datetime

import anyio
import pytest

from orchestrator.sandbox.clock import EPOCH, Deadlock, ServerClock, VirtualClock, VirtualLoop, run_virtual

DAY = 86400.0


async def test_hours_pass_in_no_time(clock: VirtualClock) -> None:
    await clock.sleep(30 * DAY)
    assert clock.now() == EPOCH + 30 * DAY


async def test_time_stands_still_while_anything_can_run(clock: VirtualClock) -> None:
    for _ in range(1000):
        await clock.sleep(0)
    assert clock.now() == EPOCH


async def test_sleepers_wake_in_the_order_of_their_times(clock: VirtualClock) -> None:
    woken: list[tuple[str, float]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((name, clock.now() - EPOCH))

    async with anyio.create_task_group() as group:
        for name, seconds in (("third", 7200.0), ("first", 0.25), ("second", 60.0)):
            group.start_soon(sleeper, name, seconds)
    assert woken == [("first", 0.25), ("second", 60.0), ("third", 7200.0)]


async def test_deadlines_are_virtual_too(clock: VirtualClock) -> None:
    with pytest.raises(TimeoutError):
        with anyio.fail_after(600):
            await anyio.sleep_forever()
    assert clock.now() == EPOCH + 600
    with anyio.move_on_after(5) as scope:
        await clock.sleep(4)
    assert not scope.cancelled_caught
    assert clock.now() == EPOCH + 604


def test_a_deadlock_is_an_error_that_names_who_waits() -> None:
    async def waits_for_nobody() -> None:
        await VirtualClock().sleep(5)
        await asyncio.Event().wait()

    with pytest.raises(Deadlock, match=r"at 5\.000 s nothing is ready .*test_clock\.py:\d+ \(waits_for_nobody\)"):
        run_virtual(waits_for_nobody)


def test_run_virtual_returns_what_the_coroutine_returns() -> None:
    async def two_days() -> float:
        clock = VirtualClock(start=0)
        await clock.sleep(2 * DAY)
        return clock.now()

    assert run_virtual(two_days) == 2 * DAY


def test_two_runs_are_the_same_to_the_last_digit() -> None:
    def run() -> list[float]:
        times: list[float] = []

        async def main() -> None:
            async def ticker(period: float) -> None:
                for _ in range(50):
                    await VirtualClock().sleep(period)
                    times.append(asyncio.get_running_loop().time())

            async with anyio.create_task_group() as group:
                for number in range(1, 8):
                    group.start_soon(ticker, number / 7)

        run_virtual(main)
        return times

    assert run() == run()


def test_an_error_inside_comes_out() -> None:
    async def fails() -> None:
        await VirtualClock().sleep(1)
        raise LookupError("inside")

    with pytest.raises(LookupError, match="inside"):
        run_virtual(fails)


# --------------------------------------------------------------------------------------- what stands outside of the loop


async def test_time_does_not_jump_over_a_thread_of_the_loops_own(clock: VirtualClock) -> None:
    released = threading.Event()

    async def release() -> None:
        await clock.sleep(0.01)
        released.set()

    with anyio.fail_after(3600):
        async with anyio.create_task_group() as group:
            group.start_soon(release)
            assert await asyncio.to_thread(released.wait, 30)
    assert clock.now() < EPOCH + 30, "the hour until the deadline was not jumped over"


async def test_hold_lets_real_time_pass_for_somebody_outside(clock: VirtualClock) -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    released = threading.Event()
    with loop.hold(), anyio.fail_after(3600):
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.to_thread.run_sync, released.wait, 30)
            await clock.sleep(0.01)
            released.set()
    assert loop.time() < 30
    await clock.sleep(3600)
    assert loop.time() > 3600, "afterwards time jumps again"


async def test_a_socket_that_is_ready_goes_before_any_timer(clock: VirtualClock) -> None:
    here, there = socket.socketpair()
    with here, there:
        here.setblocking(False)
        there.send(b"news")
        with anyio.fail_after(10):
            assert await asyncio.get_running_loop().sock_recv(here, 4) == b"news"
    assert clock.now() == EPOCH


# -------------------------------------------------------------------------------------------------------- the real clock


def test_the_servers_clock_is_the_real_one_and_never_goes_back() -> None:
    clock = ServerClock()
    assert abs(clock.now() - datetime.now(UTC).timestamp()) < 5  # noqa: TID251 - the one test of real time
    times = [clock.now() for _ in range(100)]
    assert times == sorted(times)


@pytest.mark.http
async def test_the_servers_clock_sleeps_for_real() -> None:
    """On the ordinary loop: nothing here is virtual."""
    assert not isinstance(asyncio.get_running_loop(), VirtualLoop)
    clock = ServerClock()
    began = clock.now()
    await clock.sleep(0.01)
    assert clock.now() - began >= 0.009
