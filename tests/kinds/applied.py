"""Plans applied to the simulated Lambda, one step after the other, as the engine would: look, send, look.

Time moves only while something is waited for. A call that Lambda refuses fails the test.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from orchestrator.errors import Fault
from orchestrator.kinds import KINDS, function
from orchestrator.kinds.contract import Context, Diff
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.model import (
    Blob,
    Broken,
    Call,
    Change,
    Declared,
    FromLive,
    FromRun,
    Pending,
    Policy,
    Ref,
    Scope,
    Settled,
    Step,
    Text,
    bind,
    reveal,
)
from orchestrator.sandbox.rules.refusal import Refusal
from tests import accepted
from tests.kinds.cases import BODIES, finished
from tests.sandbox.lambda_world import LambdaWorld, archive

NAME = "order-events"
REF = Ref("demo", ("functions", NAME))
ROLE = "arn:aws:iam::123456789012:role/order-events"
CONTEXT = Context(
    policy=Policy(),
    known=lambda value: value.resolved(lambda _: None) if isinstance(value, Text) else value,
    where=lambda ref, field: None,
    now=0.0,
)
LEAST: Mapping[str, Any] = {"runtime": "python3.13", "handler": "app.handler", "role": ROLE, "code": "app.zip"}


def declared(body: Any, code: str = "one") -> Declared:
    """`body` as a plan has it; its code is a zip that holds `code`."""
    spec = BODIES["functions"].validate_python(body)
    blobs = {"code": Blob(archive(code))} if getattr(spec, "code", None) else {}
    return Declared(REF, NAME, spec, blobs=blobs)


class Applied:
    """One simulated account, the Cloud in front of it, and what is done to it."""

    def __init__(self, **durations: float) -> None:
        self.world = LambdaWorld(None, **durations)
        self.sent: list[Call] = []

    async def send(self, call: Call) -> Mapping[str, Any]:
        accepted.check(call)
        self.sent.append(call)
        try:
            return self.world.account.handle(call.service, call.operation, reveal(call.parameters), self.world.now)
        except Refusal as refusal:
            raise Fault(call.service, call.operation, refusal.code, refusal.message, status=refusal.status) from refusal

    def look(self, reads: frozenset[str] = frozenset()) -> FunctionLive | None:
        live: FunctionLive | None = finished(function.observe(self, NAME, reads))
        return live

    def plan(self, wanted: Declared) -> tuple[Diff, tuple[Step, ...]]:
        live = self.look(function.reads(wanted.spec))
        diff = function.diff(wanted, live, CONTEXT)
        refused = any(finding.level == "error" for finding in diff.findings)
        return diff, () if refused else function.steps(wanted, live, diff, CONTEXT)

    def apply(self, wanted: Declared) -> tuple[str, ...]:
        """Run every step; its goal has to be seen afterwards. Returns what was done: an operation or a word a step."""
        _, steps = self.plan(wanted)
        return tuple(self._live(step) for step in steps)

    def _live(self, step: Step) -> str:
        live = self._settled(step)
        if step.call is None:
            return "wait"
        step = self._bound(step, live)
        assert step.call is not None
        if self._reached(step, live):
            return "already_in_place"
        assert all(self._made(change, live) for change in step.given), f"{step.id}: not as it was left"
        finished(self.send(step.call))
        verdict, live = self.seen(step)
        assert isinstance(verdict, Settled), verdict
        assert self._reached(step, live), f"{step.id}: its goal is not visible"
        return step.call.operation

    def _settled(self, step: Step) -> FunctionLive | None:
        """What is live once the step's call may go out."""
        verdict, live = self.seen(step)
        assert not isinstance(verdict, Broken) or verdict.recoverable, verdict
        return live

    def seen(self, step: Step) -> tuple[Any, FunctionLive | None]:
        """The first look at which nothing moves any more."""
        for _ in range(1000):
            live = self.look(step.reads)
            verdict = function.verdict(live, step.scope)
            if not isinstance(verdict, Pending):
                return verdict, live
            self.world.wait(1)
        raise AssertionError(f"{step.id}: never settled, {verdict}")

    @staticmethod
    def _bound(step: Step, live: FunctionLive | None) -> Step:
        """With what is known of the function itself by now."""

        def lookup(late: FromLive | FromRun) -> str | None:
            assert isinstance(late, FromLive)
            return KINDS[late.ref.section].ATTRIBUTES[late.field].read(live, NAME)

        assert step.call is not None
        call = replace(step.call, parameters=bind(step.call.parameters, lookup))
        because = tuple(replace(change, after=bind(change.after, lookup)) for change in step.because)
        return replace(step, call=call, because=because)

    @staticmethod
    def _reached(step: Step, live: FunctionLive | None) -> bool:
        return all(Applied._made(change, live) for change in step.because)

    @staticmethod
    def _made(change: Change, live: FunctionLive | None) -> bool:
        return KINDS[change.ref.section].reached(change, live)

    def versions(self) -> Iterator[str]:
        """The numbers of the versions that are there."""
        try:
            yield from (
                item["Version"] for item in self.world.call("ListVersionsByFunction", FunctionName=NAME)["Versions"]
            )
        except Refusal:
            return


def settled(live: FunctionLive | None) -> bool:
    return isinstance(function.verdict(live, Scope.WHOLE), Settled)
