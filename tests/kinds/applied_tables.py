"""Plans applied to the simulated DynamoDB, one step after the other, as the engine would: look, send, look.

Time moves only while something is waited for. A call that DynamoDB refuses fails the test, and so does a step whose goal is
out of sight after it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from orchestrator import kinds
from orchestrator.kinds import KINDS, table
from orchestrator.kinds.contract import Context, Diff
from orchestrator.kinds.table import TableLive
from orchestrator.kinds.table.warmth import FIELD, raise_of
from orchestrator.model import (
    Call,
    Declared,
    FromLive,
    FromRun,
    Pending,
    Policy,
    Ref,
    Settled,
    Step,
    Text,
    bind,
)
from orchestrator.sandbox.cloud import VirtualCloud
from orchestrator.sandbox.rules.durations import Durations
from tests import accepted
from tests.kinds.cases import BODIES, finished
from tests.sandbox.dynamodb_world import DAY, World

NAME = "orders"
OUTDATED, ROUNDS = "outdated", 3
REF = Ref("demo", ("tables", NAME))
ALIAS = "alias/orders"
CONTEXT = Context(
    policy=Policy(),
    known=lambda value: value.resolved(lambda _: None) if isinstance(value, Text) else value,
    where=lambda ref, field: None,
    now=0.0,
)
PATIENT = Durations(recovery_unavailable=0, recovery_enabling=0, protection_lock=0)
"""What AWS refuses by the clock alone, and the engine waits out by the fault table, is left out here."""


def declared(body: Any) -> Declared:
    return Declared(REF, NAME, BODIES["tables"].validate_python(body))


class ByHand:
    """The Clock of a world whose time the test moves."""

    def __init__(self, world: World) -> None:
        self._world = world

    def now(self) -> float:
        return self._world.now

    async def sleep(self, seconds: float) -> None:
        self._world.wait(seconds)


class AppliedTables:
    """One simulated account, the Cloud in front of it, and what is done to it."""

    def __init__(self) -> None:
        self.world = World(PATIENT)
        self.world.account.kms.register(ALIAS)
        self.runs = self.rounds = 0
        self._raising = False
        """Whether somebody raised warm throughput while it was planned."""
        self._account = VirtualCloud(self.world.account, ByHand(self.world), limited=False)

    async def send(self, call: Call) -> Mapping[str, Any]:
        accepted.check(call)
        return await self._account.send(call)

    def look(self, reads: frozenset[str] = frozenset()) -> TableLive | None:
        live: TableLive | None = finished(table.observe(self, NAME, reads))
        return live

    def plan(self, wanted: Declared) -> tuple[Diff, tuple[Step, ...]]:
        live = self.look(table.reads(wanted.spec))
        diff = table.diff(wanted, live, CONTEXT)
        refused = any(finding.level == "error" for finding in diff.findings)
        return diff, () if refused else table.steps(wanted, live, diff, CONTEXT)

    def apply(self, wanted: Declared) -> tuple[str, ...]:
        """Run every step, and plan anew where one proves outdated. Returns an operation, `wait` or `already_in_place` a step.

        One that waits for a raise of somebody else's, of which AWS does not tell how far it goes, may wait for too little; and
        what somebody else's switch of billing may make right is planned once that is over.
        """
        self.runs += 1
        done: list[str] = []
        for self.rounds in range(1, ROUNDS + 1):
            live = self.look()
            self._raising = live is not None and isinstance(raise_of(live), Pending)
            diff, steps = self.plan(wanted)
            done += (self._live(step) for step in steps)
            if OUTDATED in done:
                done.remove(OUTDATED)
            elif not diff.deferred:
                break
        return tuple(done)

    def settled(self, step: Step) -> TableLive | None:
        """The first look at which nothing moves any more."""
        for _ in range(1000):
            live = self.look(step.reads)
            verdicts = [
                table.verdict(live, step.scope),
                *(KINDS[change.ref.section].motion(change, live) for change in step.because),
            ]
            pending = [verdict for verdict in verdicts if isinstance(verdict, Pending)]
            if not pending:
                assert all(isinstance(verdict, Settled) for verdict in verdicts), verdicts
                return live
            self.world.wait(5)
        raise AssertionError(f"{step.id}: never settled, {pending}")

    def rest(self) -> None:
        """Long enough that every budget is full again (fact sheet 3)."""
        self.world.wait(31 * DAY)

    def _live(self, step: Step) -> str:
        self.world.wait(step.pause)
        live = self.settled(step)
        if step.call is None:
            reached = not step.because or self._reached(step, live)
            foreign = self._raising and {change.field for change in step.because} == {FIELD}
            assert reached or foreign, f"{step.id}: it waited for nothing"
            return "wait" if reached else OUTDATED
        step = self._bound(step)
        assert step.call is not None
        assert step.identity in (None, table.identity(live))
        if self._reached(step, live):
            return "already_in_place"
        finished(self.send(step.call))
        assert self._reached(step, self._visible(step)), f"{step.id}: its goal is not visible"
        for probe in step.probes:
            finished(self.send(probe))
        return step.call.operation

    def _visible(self, step: Step) -> TableLive | None:
        """What is live once the goal is there and nothing moves; some changes show a little later."""
        for _ in range(20):
            live = self.settled(step)
            if self._reached(step, live):
                break
            self.world.wait(5)
        return live

    def _bound(self, step: Step) -> Step:
        def lookup(late: FromLive | FromRun) -> str | None:
            if isinstance(late, FromRun):
                return f"run{self.runs}"
            return kinds.attribute(late, self.look(), declared({}))

        assert step.call is not None
        call = replace(step.call, parameters=bind(step.call.parameters, lookup))
        because = tuple(replace(change, after=bind(change.after, lookup)) for change in step.because)
        return replace(step, call=call, because=because)

    @staticmethod
    def _reached(step: Step, live: TableLive | None) -> bool:
        return all(KINDS[change.ref.section].reached(change, live) for change in step.because)
