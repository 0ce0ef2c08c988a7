"""Whatever happens to runs, machines and the store: nothing is changed but by the one run that holds it.

Three machines, each with a clock of its own, compete for one lock in virtual time. In any order runs are begun, ended, paused,
cancelled, released by force and killed; machines stand still, and their clocks jump; the store answers late, or not, or does
what it does not answer.
"""

import asyncio
import math
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import anyio
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.errors import OrchestratorError, StoreUnavailable
from orchestrator.model import Wish
from orchestrator.sandbox.clock import VirtualClock, VirtualLoop
from orchestrator.state import operators
from orchestrator.state.contest import Busy, Contest
from orchestrator.state.lease import LEASE_SECONDS, Lease
from orchestrator.state.patience import PATIENCE_SECONDS
from tests.state.machines import RESOURCE, Line, Machine, Witness
from tests.state.runs import record

ONE = st.integers(0, 2)
WHILE = st.floats(0.5, 2.5 * LEASE_SECONDS)
CLOCKS = st.tuples(st.floats(-900, 900), st.floats(0.9, 1.1))


class OneLock(RuleBasedStateMachine):
    """Time passes in `passes` alone; what was begun goes on by itself then. On every machine that lives a run competes."""

    @initialize(clocks=st.tuples(CLOCKS, CLOCKS, CLOCKS), seed=st.integers(1, 999))
    def three_machines(self, clocks: tuple[tuple[float, float], ...], seed: int) -> None:
        self.runner = asyncio.Runner(loop_factory=VirtualLoop)
        self.base, self.store = VirtualClock(), MemoryStore()
        self.witness = Witness(self.store)
        self.lines = [Line(self.store, Machine(self.base, ahead, pace)) for ahead, pace in clocks]
        self.runs: dict[int, asyncio.Task[None]] = {}
        self.leases: dict[int, Lease] = {}
        self.begun = 0
        self.draws = (math.fmod(seed * 0.61803398875 * number, 1.0) for number in range(1, 10_000_000))
        self.begin()

    # ------------------------------------------------------------------------------------------------------------- runs

    @rule()
    def begin(self) -> None:
        """Where none goes on, a run begins that changes something every five seconds, as long as it may."""
        for one in range(3):
            if one not in self.runs or self.runs[one].done():
                self._begins(one)

    @rule(one=ONE)
    def ends(self, one: int) -> None:
        """What it holds is given back, if the store can be reached."""
        self._killed(one)
        if lease := self.leases.pop(one, None):
            self._do(_whatever_comes(lease.release("succeeded", 0)))

    @rule(one=ONE)
    def dies(self, one: int) -> None:
        self._killed(one)
        self.leases.pop(one, None)

    @rule(one=ONE, wish=st.sampled_from(["pause", "continue", "cancel"]))
    def is_wished(self, one: int, wish: Wish) -> None:
        if lease := self.leases.get(one):
            self._do(_whatever_comes(operators.wish(self.store, self.base, lease.run.id, wish, "ops")))

    @rule(one=ONE, force=st.booleans())
    def is_unlocked(self, one: int, force: bool) -> None:
        if lease := self.leases.get(one):
            self._do(_begin(_whatever_comes(operators.unlock(self.store, self.base, lease.run.id, force=force))))

    # -------------------------------------------------------------------------------------------------------- machines

    @rule(one=ONE, seconds=WHILE)
    def stands_still(self, one: int, seconds: float) -> None:
        self.lines[one].machine.wakes = self._now() + seconds

    @rule(one=ONE, seconds=st.floats(1, 1e6))
    def clock_jumps(self, one: int, seconds: float) -> None:
        """Forward: that it never goes back is the Clock's own promise."""
        self.lines[one].machine.ahead += seconds

    @rule(one=ONE, seconds=WHILE)
    def is_answered_late(self, one: int, seconds: float) -> None:
        self.lines[one].late_until = self._now() + seconds

    @rule(one=ONE, seconds=WHILE, deaf=st.booleans())
    def is_not_answered(self, one: int, seconds: float, deaf: bool) -> None:
        self.lines[one].cut_until, self.lines[one].deaf = self._now() + seconds, deaf

    @rule(seconds=WHILE)
    def passes(self, seconds: float) -> None:
        self._do(self.base.sleep(seconds))

    @rule(seconds=WHILE)
    def passes_too(self, seconds: float) -> None:
        """Twice as likely as the others."""
        self.passes(seconds)

    # ------------------------------------------------------------------------------------------------- what always holds

    @invariant()
    def nothing_is_changed_but_by_the_run_that_holds_it(self) -> None:
        assert self.witness.wrong == []

    def teardown(self) -> None:
        """Whoever comes last gets the lock, whatever was before, once what goes on has ended or died."""
        if not hasattr(self, "runner"):
            return
        for one in range(3):
            self.dies(one)
        self._do(self.base.sleep(PATIENCE_SECONDS))
        self._begins(0)
        self._do(self.base.sleep(4 * LEASE_SECONDS))
        assert self.witness.made[-1][1] == f"run{self.begun}"
        assert self.witness.wrong == []
        self.dies(0)
        self.runner.close()

    # ------------------------------------------------------------------------------------------------------------ inside

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    def _begins(self, one: int) -> None:
        self.begun += 1
        self.leases.pop(one, None)
        self.runs[one] = self._do(_begin(self._live(one, f"run{self.begun}")))

    def _now(self) -> float:
        return self.base.start + self.runner.get_loop().time()

    def _killed(self, one: int) -> None:
        if task := self.runs.pop(one, None):
            task.cancel()

    async def _live(self, one: int, name: str) -> None:
        line = self.lines[one]
        contest = Contest(line, line.machine, record(name, RESOURCE), lambda: next(self.draws))
        found: Lease | Busy | None = None
        while not isinstance(found, Lease):
            try:
                found = await contest.look(found) if isinstance(found, Busy) else await contest.take()
            except StoreUnavailable:
                await line.machine.sleep(1)
        self.leases[one] = found
        async with anyio.create_task_group() as group:
            for task in (found.keep, self._cut_off(found, group), self._work(found, line)):
                group.start_soon(task)

    def _cut_off(self, lease: Lease, group: anyio.abc.TaskGroup) -> Any:
        async def watching() -> None:
            await lease.until_over()
            group.cancel_scope.cancel()

        return watching

    def _work(self, lease: Lease, line: Line) -> Any:
        async def working() -> None:
            while True:
                await line.machine.sleep(5)
                await lease.before_step()
                await lease.before_call()
                # A machine that stops between the look at its lease and the call is what the margin is for.
                if line.machine.base.now() >= line.machine.wakes:
                    await self.witness.sees(lease, line.machine.base.now())

        return working


async def _begin(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    return asyncio.get_running_loop().create_task(work)


async def _whatever_comes(work: Coroutine[Any, Any, Any]) -> None:
    with suppress(OrchestratorError, StoreUnavailable):
        await work


OneLock.TestCase.settings = settings(max_examples=250, stateful_step_count=50, deadline=None)
TestOneLock = OneLock.TestCase
