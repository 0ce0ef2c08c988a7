"""A simulated account with an engine before it: plans are built by hand, run in virtual time, and what happened is kept."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from orchestrator.adapters.journal import MemoryJournal
from orchestrator.engine.executor import Options, Stop, execute
from orchestrator.engine.observe import observe
from orchestrator.errors import Fault
from orchestrator.model import (
    Blob,
    Call,
    Declared,
    Event,
    Plan,
    Policy,
    Preview,
    Ref,
    Report,
    StepReport,
    Target,
    World,
)
from orchestrator.planning.compile import compile_plans
from orchestrator.ports import Cloud, Guard, Journal, Memory
from orchestrator.sandbox.clock import VirtualClock
from orchestrator.sandbox.cloud import VirtualCloud
from orchestrator.sandbox.faults import Faults
from orchestrator.sandbox.rules.account import Account
from tests.kinds.cases import BODIES
from tests.sandbox.lambda_world import ROLE, archive

TARGET = Target("123456789012", "eu-west-1")
ORDERS = Ref("shop", ("tables", "orders"))
READS = ("Describe", "Get", "List", "Lookup", "Query")

TABLE: Mapping[str, Any] = {"partition_key": {"id": "S"}, "billing": "on_demand"}
FUNCTION: Mapping[str, Any] = {"runtime": "python3.13", "handler": "app.handler", "role": ROLE, "code": "app.zip"}


def table(indexes: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    """The body of a table; index `by_x` has the partition key `x`."""
    named = {name: {"partition_key": {name.removeprefix("by_"): "S"}} for name in indexes}
    return {**TABLE, **({"indexes": named} if named else {}), **more}


def function(**more: Any) -> dict[str, Any]:
    """The body of a function."""
    return {**FUNCTION, **more}


def declared(section: str, name: str, body: Any, *, needs: Sequence[Ref] = (), code: str = "") -> Declared:
    """One table or function of the plan `shop`; `code` tells one zip from another."""
    spec = BODIES[section].validate_python(body)
    blobs = {"code": Blob(archive(code))} if section == "functions" and body != "absent" else {}
    return Declared(Ref("shop", (section, name)), name, spec, frozenset(needs), blobs)


def plan(*resources: Declared) -> tuple[Plan, ...]:
    """One plan that may delete, without backups."""
    policy = Policy(destructive=True, backup_before_delete=False)
    return (Plan("shop", "shop.yaml", "sha256:0", resources, policy),)


def tables(**bodies: Any) -> tuple[Plan, ...]:
    """A plan of tables only, by name."""
    return plan(*(declared("tables", name, body) for name, body in bodies.items()))


def functions(code: str = "", /, **bodies: Any) -> tuple[Plan, ...]:
    """A plan of functions only, by name."""
    return plan(*(declared("functions", name, body, code=code) for name, body in bodies.items()))


class Watched:
    """A Cloud that keeps every call with the time it was sent, and how many were out at once."""

    def __init__(self, cloud: Cloud, clock: VirtualClock) -> None:
        self.calls: list[tuple[float, Call]] = []
        self.most_at_once = 0
        self._out = 0
        self._cloud = cloud
        self._clock = clock

    async def send(self, call: Call) -> Mapping[str, Any]:
        self.calls.append((self._clock.now(), call))
        self._out += 1
        self.most_at_once = max(self.most_at_once, self._out)
        try:
            return await self._cloud.send(call)
        finally:
            self._out -= 1

    def times(self, operation: str) -> list[float]:
        return [at for at, call in self.calls if call.operation == operation]


class Deaf:
    """A Cloud whose calls of one operation never get an answer."""

    def __init__(self, cloud: Cloud, clock: VirtualClock, operation: str) -> None:
        self._cloud = cloud
        self._clock = clock
        self._operation = operation

    async def send(self, call: Call) -> Mapping[str, Any]:
        reply = await self._cloud.send(call)
        if call.operation == self._operation:
            await self._clock.sleep(10_000)
        return reply


@dataclass(frozen=True)
class Answer:
    """What a Scripted cloud answers `operation` with instead of asking on: so many times, for any table or one."""

    operation: str
    code: str
    message: str = ""
    status: int | None = 400
    sent: bool = True
    times: int = 1_000_000
    of: str | None = None

    def fault(self, call: Call) -> Fault:
        return Fault(
            call.service,
            call.operation,
            self.code,
            self.message,
            status=self.status,
            sent=self.sent,
            region=call.region,
        )

    def fits(self, call: Call) -> bool:
        return self.operation == call.operation and self.of in (None, call.parameters.get("TableName"))


class Scripted:
    """A Cloud that answers some operations itself, as often as the script says."""

    def __init__(self, cloud: Cloud, *script: Answer) -> None:
        self._cloud = cloud
        self._script = script
        self._given: Counter[Answer] = Counter()

    async def send(self, call: Call) -> Mapping[str, Any]:
        for answer in self._script:
            if answer.fits(call) and self._given[answer] < answer.times:
                self._given[answer] += 1
                raise answer.fault(call)
        return await self._cloud.send(call)


GONE = Answer("", "EndpointUnreachable", "Could not connect to here:1", status=None, sent=False)
DENIED = Answer("", "AccessDeniedException", "You may not", status=400)


class Outage:
    """A Cloud that from one moment on, until another, answers everything with one fault."""

    def __init__(self, cloud: Cloud, clock: VirtualClock, answer: Answer, at: float, until: float) -> None:
        self._cloud = cloud
        self._clock = clock
        self._answer = answer
        self._between = at, until

    def begin(self, seconds: float) -> None:
        """From now on, for so long."""
        self._between = self._clock.now(), self._clock.now() + seconds

    async def send(self, call: Call) -> Mapping[str, Any]:
        at, until = self._between
        if at <= self._clock.now() < until:
            raise self._answer.fault(call)
        return await self._cloud.send(call)


@dataclass
class Scene:
    """One account, its clock, and the events of every run against it."""

    account: Account = field(default_factory=Account)
    clock: VirtualClock = field(default_factory=VirtualClock)
    faults: Faults | None = None
    latency: float = 0.0
    seed: int = 0
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cloud: Cloud = VirtualCloud(self.account, self.clock, self.faults, self.latency)
        self.draw = random.Random(self.seed).random

    async def world(self, plans: tuple[Plan, ...]) -> World:
        return await observe(plans, self.cloud, self.clock, draw=self.draw)

    async def preview(self, plans: tuple[Plan, ...]) -> tuple[Preview, World]:
        world = await self.world(plans)
        found = compile_plans(plans, world, TARGET, now=self.clock.now())
        assert not [finding for finding in found.findings if finding.level == "error"]
        return found, world

    async def run(self, plans: tuple[Plan, ...], **more: Any) -> Report:
        """Preview and execute, as an apply does."""
        return await self.execute(*await self.preview(plans), **more)

    async def execute(
        self,
        preview: Preview,
        world: World,
        *,
        journal: Journal | None = None,
        cloud: Cloud | None = None,
        stop: Stop | None = None,
        run: str | None = None,
        memory: Memory | None = None,
        guard: Guard | None = None,
        **options: Any,
    ) -> Report:
        return await execute(
            preview,
            world,
            cloud or self.cloud,
            self.clock,
            journal or MemoryJournal(),
            Options(**options),
            stop=stop,
            listeners=[self.events.append],
            run=run,
            draw=self.draw,
            memory=memory,
            guard=guard,
        )

    async def settled(self, plans: tuple[Plan, ...]) -> None:
        """Bring `plans` about and forget how."""
        report = await self.run(plans)
        assert report.exit_code == 0, report
        self.events.clear()

    def foreign(self, operation: str, service: str = "dynamodb", **parameters: Any) -> dict[str, Any]:
        """Somebody else's call, now."""
        return self.account.foreign(service, operation, parameters, self.clock.now())

    def create_table(self, name: str = "orders", **more: Any) -> None:
        """Somebody else creates a table of the shape of TABLE."""
        self.foreign(
            "CreateTable",
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            **more,
        )

    def mutations(self) -> dict[str, int]:
        """How often each API that changes something was called by the engine."""
        calls = self.account.timeline.calls
        return {api: count for api, count in calls.items() if not api.partition(":")[2].startswith(READS)}

    def accepted(self) -> Counter[str]:
        """The same, counting only calls that took effect."""
        served = self.account.timeline.served
        apis = (one.api for one in served if one.code is None and not one.foreign)
        return Counter(api for api in apis if not api.partition(":")[2].startswith(READS))

    def whats(self, step: str) -> list[str]:
        """The events of one step, in order."""
        return [event.what for event in self.events if event.step == step]

    def at(self, step: str, what: str) -> float:
        """When the last such event of a step happened."""
        return next(event.at for event in reversed(self.events) if (event.step, event.what) == (step, what))


def outcome(report: Report, step: str) -> StepReport:
    return next(one for one in report.steps if one.id == step)


def outcomes(report: Report) -> dict[str, str]:
    return {step.id: step.outcome for step in report.steps}


__all__ = [
    "DENIED",
    "FUNCTION",
    "GONE",
    "ORDERS",
    "TABLE",
    "Answer",
    "Deaf",
    "Outage",
    "Scene",
    "Scripted",
    "Watched",
    "declared",
    "function",
    "functions",
    "outcome",
    "outcomes",
    "plan",
    "table",
    "tables",
]
