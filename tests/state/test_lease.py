"""One run's hold: who gets it, how it is kept, lost and given back. All in virtual time."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio
import pytest

from orchestrator.errors import Locked, Refused, StoreUnavailable, Unreachable
from orchestrator.model import Key, Progress, Put, Row
from orchestrator.state import operators
from orchestrator.state.contest import Busy, Contest
from orchestrator.state.lease import ARRIVING_SECONDS, BEAT_SECONDS, LEASE_SECONDS, MARGIN_SECONDS, Lease
from orchestrator.state.patience import PATIENCE_SECONDS
from orchestrator.state.records import LockRecord, lock_key, run_key
from tests.state.machines import Machine
from tests.state.runs import Wayward, busy, contest, half, record, taken


@dataclass
class Torn(Wayward):
    """Each row is read as it is, all together are not: something happens `between` that of the run and that of its heartbeat."""

    between: Callable[[], None] | None = None

    async def get(self, *keys: Key) -> Sequence[Row | None]:
        rows: list[Row | None] = []
        for key in keys:
            if rows and key.sort == "beat" and self.between:
                between, self.between = self.between, None
                between()
                await self.clock.sleep(0.1)
            rows += await super().get(key)
        return rows


AWAY = StoreUnavailable("ThrottlingException", "Rate exceeded")
GONE = StoreUnavailable("ResourceNotFoundException", "no such table", lost=True)


@pytest.fixture
def store() -> Wayward:
    return Wayward()


@asynccontextmanager
async def kept(lease: Lease) -> AsyncIterator[None]:
    """Its heartbeats go on meanwhile."""
    async with anyio.create_task_group() as group:
        group.start_soon(lease.keep)
        yield
        group.cancel_scope.cancel()


async def test_a_call_is_let_go_for_as_long_as_the_lease_can_be_trusted(store: Wayward) -> None:
    lease = await taken(store, "r1")
    await store.clock.sleep(8)
    assert await lease.before_call() == LEASE_SECONDS - 8 - ARRIVING_SECONDS


async def may_call(lease: Lease, within: float = 0.001) -> bool:
    with anyio.move_on_after(within) as scope:
        await lease.before_call()
    return not scope.cancelled_caught


# -------------------------------------------------------------------------------------------------------------- taking


async def test_what_one_run_holds_another_is_told_of_by_name(store: Wayward) -> None:
    await taken(store, "r1", "orders", "users")
    held = await busy(store, "r2", "users", "zebra")
    assert (held.known.run.id, held.resources) == ("r1", ("users",))
    (zebra,) = await store.get(lock_key("zebra"))
    assert zebra is None, "all or nothing"


async def test_runs_on_different_things_hold_them_side_by_side(store: Wayward) -> None:
    await taken(store, "r1", "orders")
    await taken(store, "r2", "users")


async def test_a_lock_that_is_given_back_is_taken_by_the_next_one_epoch_further(store: Wayward) -> None:
    first = await taken(store, "r1")
    await first.release("succeeded", 0)
    await taken(store, "r2")
    lock = LockRecord.of("orders", (await store.get(lock_key("orders")))[0])
    assert (lock.run, lock.epoch) == ("r2", 2)


async def test_more_locks_than_fit_in_one_write_are_still_all_or_none(store: Wayward) -> None:
    names = [f"t{number:03}" for number in range(250)]
    await taken(store, "r1", names[240])
    assert (await busy(store, "r2", *names)).known.run.id == "r1"
    free = [*names[:240], *names[241:]]
    lease = await taken(store, "r3", *free)
    assert len(lease.locks) == 249
    for start in range(0, 249, 83):
        rows = await store.get(*map(lock_key, free[start : start + 83]))
        assert {row.body["run"] for row in rows if row} == {"r3"}


async def test_of_ten_who_begin_at_once_one_holds_and_nine_are_told_so(store: Wayward) -> None:
    store.slow = 0.1
    found: list[Lease | Busy] = []

    async def start(number: int) -> None:
        found.append(await contest(store, f"r{number}", "orders", "users").take())

    async with anyio.create_task_group() as group:
        for number in range(10):
            group.start_soon(start, number)
    (lease,) = [one for one in found if isinstance(one, Lease)]
    assert {one.known.run.id for one in found if isinstance(one, Busy)} == {lease.run.id}


# ------------------------------------------------------------------------------------------------------------- keeping


async def test_a_run_that_beats_is_never_taken_over(store: Wayward) -> None:
    follower = contest(store, "r2")
    async with kept(await taken(store, "r1")):
        found = await follower.take()
        end = store.clock.now() + 600
        while store.clock.now() < end:
            assert isinstance(found, Busy)
            followed = await follower.look(found)
            assert followed is not None
            found = followed


async def test_a_dead_run_is_taken_over_after_a_whole_lease_of_silence(store: Wayward) -> None:
    await taken(store, "r1")
    follower = contest(store, "r2")
    found = await follower.take()
    assert isinstance(found, Busy)
    began = store.clock.now()
    followed: Busy | None = found
    while followed is not None:
        followed = await follower.look(followed)
    assert LEASE_SECONDS <= store.clock.now() - began < LEASE_SECONDS + 5
    (row,) = await store.get(run_key("r1"))
    assert row is not None
    assert (row.body["life"], row.body["epoch"]) == ("lost", 2)
    assert isinstance(await follower.take(), Lease)


async def test_who_was_taken_over_makes_no_further_call_and_says_so(store: Wayward) -> None:
    lease = await taken(store, "r1")
    await store.clock.sleep(LEASE_SECONDS + 1)  # stopped, as by a debugger
    follower = contest(store, "r2")
    followed = await follower.take()
    while isinstance(followed, Busy):
        followed = await follower.look(followed)  # type: ignore[assignment]  # None ends it
    assert not await may_call(lease)
    async with kept(lease):
        error = await lease.until_over()
    assert isinstance(error, Locked)
    assert error.exit_code == 5
    assert not await may_call(lease, within=1000)
    with anyio.move_on_after(1000) as scope:
        await lease.write(Put(Key("run/r1", "event/00000001"), {}))
    assert scope.cancelled_caught, "nor is anything written"
    assert list(await store.rows("run/r1", after="event/")) == []


async def test_no_call_goes_out_in_the_last_seconds_of_a_lease(store: Wayward) -> None:
    lease = await taken(store, "r1")
    await store.clock.sleep(LEASE_SECONDS - MARGIN_SECONDS - 1)
    assert await may_call(lease)
    await store.clock.sleep(2)
    assert not await may_call(lease)


async def test_trust_is_counted_from_the_start_of_a_slow_heartbeat(store: Wayward) -> None:
    lease = await taken(store, "r1")
    store.slow = 12.0
    async with kept(lease):
        await store.clock.sleep(BEAT_SECONDS + 24.1)  # the heartbeat and the look at wishes have just been answered
        assert not await may_call(lease), "24 of 30 s are gone"


async def test_calls_wait_for_a_store_that_is_away_for_a_minute_and_then_go_on(store: Wayward) -> None:
    lease = await taken(store, "r1")
    async with kept(lease):
        store.failing = AWAY
        await store.clock.sleep(60)
        assert not await may_call(lease)
        store.failing = None
        assert await may_call(lease, within=5)
        assert lease.over is None


async def test_a_heartbeat_whose_answer_was_lost_is_not_taken_for_somebody_elses(store: Wayward) -> None:
    lease = await taken(store, "r1")
    async with kept(lease):
        store.failing, store.swallows = AWAY, True
        await store.clock.sleep(BEAT_SECONDS + 3)
        store.failing = None
        assert await may_call(lease, within=5)
        await store.clock.sleep(120)
        assert lease.over is None


@pytest.mark.parametrize(("failing", "seconds"), [(AWAY, PATIENCE_SECONDS), (GONE, 0.0)])
async def test_a_store_that_stays_away_or_is_gone_ends_the_run(
    store: Wayward, failing: StoreUnavailable, seconds: float
) -> None:
    lease = await taken(store, "r1")
    began = store.clock.now()
    async with kept(lease):
        store.failing = failing
        error = await lease.until_over()
    assert isinstance(error, Unreachable)
    assert failing.code in str(error)
    assert seconds <= store.clock.now() - began < seconds + 2 * BEAT_SECONDS


# -------------------------------------------------------------------------------------------------------- from elsewhere


async def test_a_pause_holds_new_steps_back_until_it_is_over(store: Wayward) -> None:
    lease = await taken(store, "r1")
    async with kept(lease):
        await operators.wish(store, store.clock, "r1", "pause", "ops")
        await store.clock.sleep(2 * BEAT_SECONDS)
        with anyio.move_on_after(100) as scope:
            await lease.before_step()
        assert scope.cancelled_caught
        assert (await operators.known(store, "r1")).beat is not None
        await operators.wish(store, store.clock, "r1", "continue", "ops")
        await lease.before_step()


async def test_a_cancellation_is_heard_with_the_next_heartbeat(store: Wayward) -> None:
    lease = await taken(store, "r1")
    began = store.clock.now()
    async with kept(lease):
        await operators.wish(store, store.clock, "r1", "cancel", "ops")
        await lease.until("cancel")
    assert store.clock.now() - began < 2 * BEAT_SECONDS


async def test_what_it_shows_its_followers_comes_with_each_heartbeat(store: Wayward) -> None:
    lease = await taken(store, "r1")
    lease.progress = lambda: Progress(1, 4, "create index by_day", "tables.orders", "CREATING", 40.0, 600.0)
    async with kept(lease):
        await store.clock.sleep(2 * BEAT_SECONDS)
    held = await busy(store, "r2")
    assert held.known.beat is not None
    assert (held.known.beat.progress.step, held.known.beat.progress.percent) == ("create index by_day", 40.0)


async def test_unlock_refuses_while_the_heartbeat_is_fresh_unless_forced(store: Wayward) -> None:
    lease = await taken(store, "r1")
    with pytest.raises(Refused, match="alive"):
        await operators.unlock(store, store.clock, "r1", force=False)
    began, told = store.clock.now(), list[float]()
    async with kept(lease):
        await operators.unlock(store, store.clock, "r1", force=True, waiting=told.append)
        assert isinstance(lease.over, Locked)
    assert told == [LEASE_SECONDS]
    assert store.clock.now() - began >= LEASE_SECONDS, "until then it might have trusted its lease"
    await taken(store, "r2")


async def test_a_holder_that_is_fenced_off_never_takes_its_fence_for_a_heartbeat_of_its_own(store: Wayward) -> None:
    """An answer was lost, and what it reads then of its two rows is not of one moment."""
    torn = Torn(store.store, store.clock)
    lease = await taken(torn, "r1")
    async with kept(lease):
        await store.clock.sleep(1.5 * BEAT_SECONDS)
        torn.failing, torn.swallows = AWAY, True
        await store.clock.sleep(BEAT_SECONDS)
        torn.failing, torn.swallows = None, False
        async with anyio.create_task_group() as group:

            def between() -> None:
                group.start_soon(unlocked, store)

            torn.between = between
            await store.clock.sleep(LEASE_SECONDS)
        assert isinstance(lease.over, Locked)
    assert (await operators.known(store, "r1")).run.life == "released"


async def unlocked(store: Wayward) -> None:
    await operators.unlock(store, store.clock, "r1", force=True)


async def test_a_clock_that_jumps_does_not_make_a_waiter_take_over(store: Wayward) -> None:
    """As when its machine slept: it saw nothing of what the holder did meanwhile."""
    lease = await taken(store, "r1")
    machine = Machine(store.clock)
    waiter = Contest(store, machine, record("r2"), half)
    async with kept(lease):
        held = await waiter.take()
        assert isinstance(held, Busy)
        assert await waiter.look(held) is not None
        machine.ahead += 1000
        assert await waiter.look(held) is not None


async def test_unlock_releases_what_a_dead_run_holds(store: Wayward) -> None:
    await taken(store, "r1")
    await store.clock.sleep(LEASE_SECONDS + 1)
    found = await operators.unlock(store, store.clock, "r1", force=False)
    assert found.run.who["host"] == "pod"
    await taken(store, "r2")


async def test_more_runs_than_one_read_takes_are_listed_all_the_same(store: Wayward) -> None:
    for number in range(130):
        await (await taken(store, f"r{number:03}")).release("succeeded", 0)
    found = await operators.runs(store, 120)
    assert [known.run.id for known in found] == [f"r{number:03}" for number in reversed(range(10, 130))]
