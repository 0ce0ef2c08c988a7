"""One run's hold on what it locked: heartbeats keep it, and nothing is changed without enough of it left.

    taken ── a heartbeat each BEAT_SECONDS ──> taken ── release ──> ended
      └── heartbeats fail: calls wait ──┬── one succeeds ──> taken
                                        ├── somebody took over ──> lost (exit 5): no call goes out any more
                                        └── the store stays away ──> stranded (exit 7): no call goes out any more

Trust is counted on this process's own clock from the start of the last heartbeat that succeeded, and a waiter counts from
when it saw that heartbeat: so the holder stops first, whatever the machines' clocks say (research on rivals, 4).
"""

from collections.abc import Callable, Mapping, Sequence

import anyio

from orchestrator.errors import Contradicted, Locked, OrchestratorError, Problem, StoreUnavailable, Unreachable
from orchestrator.model import Beat, Check, Order, Progress, Put, RunRecord, Wish, Write
from orchestrator.ports import Clock, Store
from orchestrator.state.patience import RETRY_SECONDS, Away, Patience
from orchestrator.state.records import (
    KEPT_SECONDS,
    Declaration,
    LockRecord,
    beat_body,
    beat_key,
    lock_key,
    order_of,
    run_body,
    run_key,
    wish_key,
)
from orchestrator.state.sentences import stranded

LEASE_SECONDS, BEAT_SECONDS = 30.0, 10.0
MARGIN_SECONDS, ARRIVING_SECONDS = 10.0, 5.0
"""So much of the lease must be left when a call is let go, and when it leaves: after that AWS has it, or it failed to connect."""
AT_ONCE = 98
"""Locks in one write, beside the run and its heartbeat: DynamoDB takes 100 actions in a transaction."""


class Lease:
    """What `Contest.take` returns: the engine's Guard, kept by `keep`. Times as `clock` tells them."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        run: RunRecord,
        beat: str,
        locks: Sequence[LockRecord],
        renewed: float,
        draw: Callable[[], float],
    ) -> None:
        self.run = run
        self.locks = tuple(locks)
        self.over: OrchestratorError | None = None
        """Why nothing may be changed any more."""
        self.order: Order | None = None
        """What somebody wishes of the run, from elsewhere."""
        self.heard: Callable[[Order], None] = _nobody
        """Told when that is news."""
        self.progress: Callable[[], Progress] = Progress
        """Asked with each heartbeat, for those who follow."""
        self.away: Away = _nobody
        """Told when the store begins to be away."""
        self._store = store
        self._clock = clock
        self._beat = beat
        self._renewed = renewed
        self._draw = draw
        self._failing = False
        self._patience = Patience(clock, self._is_away)
        self._told = False
        """Whether it was told that the store is away."""
        self._news = anyio.Event()

    @property
    def wish(self) -> Wish:
        """What the run is to do, as far as it has heard."""
        return self.order.wish if self.order else "continue"

    @property
    def trusted_until(self) -> float:
        """Until when, on this process's clock, nobody can have taken over."""
        return self._renewed + self.run.lease

    # ------------------------------------------------------------------------------------------------- the engine's Guard

    async def before_step(self) -> None:
        """Return once nobody wants the run to pause."""
        while self.wish == "pause":
            await self._news.wait()

    async def before_call(self) -> float:
        """Return once enough of the lease is left; never, once it is over. The seconds that a call then has to leave."""
        while self.over or self._clock.now() > self.trusted_until - MARGIN_SECONDS:
            await self._news.wait()
        return self.trusted_until - self._clock.now() - ARRIVING_SECONDS

    async def until_over(self) -> OrchestratorError:
        """Return why, once nothing may be changed any more."""
        while self.over is None:
            await self._news.wait()
        return self.over

    async def until(self, wish: Wish) -> None:
        """Return once somebody wishes that."""
        while self.wish != wish:
            await self._news.wait()

    # --------------------------------------------------------------------------------------------------------- heartbeat

    async def keep(self) -> None:
        """Renew the lease until it is over."""
        while self.over is None:
            beat = BEAT_SECONDS * (0.8 + 0.4 * self._draw())
            await self._clock.sleep(RETRY_SECONDS if self._failing else beat)
            await self._renew()

    async def _renew(self) -> None:
        began = self._clock.now()
        beat = Beat(began, self.progress(), paused=self.wish == "pause")
        try:
            self._beat = await self._store.write(self._mine(), self._put(beat, self._beat))
            (wish,) = await self._store.get(wish_key(self.run.id))
        except Contradicted:
            await self._contradicted()
        except StoreUnavailable as error:
            self._missed(error)
        else:
            self._renewed, self._failing, self._told = began, False, False
            self._patience.answered()
            self._hear(order_of(wish) if wish else None)
        self._tell()

    def _hear(self, order: Order | None) -> None:
        before, self.order = self.order, order
        if order and order != before:
            self.heard(order)

    def _mine(self) -> Check:
        """What every write rests on: that nobody has taken over, or fenced the run off."""
        return Check(run_key(self.run.id), self.run.version)

    def _put(self, beat: Beat, expected: str | None) -> Put:
        return Put(beat_key(self.run.id), beat_body(beat), expected, beat.at + KEPT_SECONDS)

    async def _contradicted(self) -> None:
        """Somebody took over, or an earlier heartbeat of our own was written although its answer was lost."""
        try:
            run, beat = await self._store.get(run_key(self.run.id), beat_key(self.run.id))
        except StoreUnavailable as error:
            self._missed(error)
            return
        if run is None or beat is None or run.version != self.run.version:
            self._end(Locked(_lost(self.run)))
        else:
            self._beat, self._failing = beat.version, True

    def _missed(self, error: StoreUnavailable) -> None:
        self._failing = True
        if not self._patience.bears(error):
            self._end(Unreachable(stranded(error)))

    def _is_away(self, error: StoreUnavailable) -> None:
        """It is told of once, whoever finds it."""
        if not self._told:
            self._told = True
            self.away(error)

    def _end(self, why: OrchestratorError) -> None:
        self.over = self.over or why
        self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = anyio.Event()

    # ------------------------------------------------------------------------------------------------------------ writing

    async def write(self, *writes: Write) -> None:
        """Make these writes, which only this run makes, once the store can; return never where the lease is over before that.

        They rest on nothing but the run's own row: one whose answer was lost may be made once more.
        """
        patience = Patience(self._clock, self._is_away)
        while self.over is None:
            try:
                await self._store.write(self._mine(), *writes)
                return
            except Contradicted:
                self._end(Locked(_lost(self.run)))
            except StoreUnavailable as error:
                if not patience.bears(error):
                    self._end(Unreachable(stranded(error)))
            await self._clock.sleep(RETRY_SECONDS)
        await anyio.sleep_forever()  # whoever watches the lease ends the run

    async def declare(self, declared: Mapping[str, Declaration], *, anew: bool) -> None:
        """Remember what is declared for each resource now, as its plan's newest; what an older version declares stays where it is
        in the line, but for what counts as new `anew`. Returns as `write` does.
        """
        after = [lock.after(declared[lock.resource], anew=anew) for lock in self.locks]
        changed = [now for now, before in zip(after, self.locks, strict=True) if now != before]
        for start in range(0, len(changed), AT_ONCE):
            some = changed[start : start + AT_ONCE]
            await self.write(*(Put(lock_key(lock.resource), lock.body) for lock in some))

    async def release(self, outcome: str, exit_code: int) -> None:
        """Write down how the run ended, which frees all that it holds. Raises StoreUnavailable: then the lease runs out."""
        ended = self.run.ended("ended", self._clock.now(), outcome, exit_code)
        expires = self._clock.now() + KEPT_SECONDS
        try:
            await self._store.write(Put(run_key(self.run.id), run_body(ended), self.run.version, expires))
        except Contradicted:
            return  # taken over: that is written down already


def _nobody(news: object) -> None:
    """Is told."""


def _lost(run: RunRecord) -> Problem:
    return Problem(
        "lease-lost",
        f"Run {run.id} lost its lock: its heartbeat stood still for {run.lease:g} s, or somebody released it.",
        "What AWS was asked to do goes on. See `orchestrator history`, then run again.",
    )
