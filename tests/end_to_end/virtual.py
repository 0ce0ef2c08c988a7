"""Whole runs in virtual time: a plan's text goes in, the real loader, compiler and engine work on the simulated account."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestrator import pipeline
from orchestrator.engine.limits import Limited
from orchestrator.errors import Fault
from orchestrator.model import Call, Event, Preview, Report, Status, Target, Waited
from orchestrator.planning.load import Inputs, load, read
from orchestrator.ports import Cloud, Store
from orchestrator.sandbox.clock import VirtualClock
from orchestrator.sandbox.cloud import VirtualCloud
from orchestrator.sandbox.faults import Faults
from orchestrator.sandbox.rules.account import Account
from tests import accepted
from tests.end_to_end.dying import Dead, Dying

READS = re.compile("Describe|Get|List|Query|Scan|Head|Batch|Lookup")
TARGET = Target("123456789012", "eu-west-1", caller="arn:aws:iam::123456789012:user/sandbox")


@dataclass
class Watched:
    """A Cloud that keeps what it sent to change something, and what of it was refused; the SDK would send all of it."""

    cloud: Cloud
    sent: list[Call]
    refused: list[Fault]

    async def send(self, call: Call) -> Mapping[str, Any]:
        accepted.check(call)
        if READS.match(call.operation):
            return await self.cloud.send(call)
        self.sent.append(call)
        try:
            return await self.cloud.send(call)
        except Fault as fault:
            self.refused.append(fault)
            raise


@dataclass
class VirtualAws:
    """One simulated account, its clock, and what the runs against it said. `sent` are the calls that change something."""

    folder: Path
    account: Account = field(default_factory=Account)
    clock: VirtualClock = field(default_factory=VirtualClock)
    faults: Faults | None = None
    events: list[Event] = field(default_factory=list)
    sent: list[Call] = field(default_factory=list)
    refused: list[Fault] = field(default_factory=list)
    between: Callable[[Cloud], Cloud] = lambda cloud: cloud
    """What stands between the runs and the account."""
    store: Store | None = None
    """Where the runs are kept; None: nowhere."""

    def opened(
        self, text: str, variables: Mapping[str, object] | None = None, beside: Sequence[Path] = (), **options: Any
    ) -> pipeline.Opened:
        path = self.folder / "plan.yaml"
        path.write_text(text)
        request = pipeline.Request(plans=(path, *beside), variables=variables or {}, **options)
        plans = load(
            read(request.plans),
            Inputs(variables=request.variables, files=(), environ={}),
            account=TARGET.account,
            region=TARGET.region,
        )
        cloud = Limited(self.between(self.cloud()), self.clock, request.limits)
        return pipeline.Opened(request, plans, TARGET, cloud, self.clock, self.store)

    def cloud(self) -> Cloud:
        """The account, as a run reaches it."""
        return Watched(VirtualCloud(self.account, self.clock, self.faults), self.sent, self.refused)

    async def preview(self, text: str, **options: Any) -> Preview:
        run = self.opened(text, **options)
        return run.compile(await run.observe(hazards=True))

    async def apply(self, text: str, **options: Any) -> Report:
        run = self.opened(text, **options)
        return (await pipeline.apply_on(run, approve=None, listeners=(self.events.append,))).report

    async def already(self, text: str) -> None:
        """What the plan states is there since a minute; nothing of how it came counts."""
        await self.apply(text)
        await self.clock.sleep(60)
        self.sent.clear()
        self.events.clear()

    async def dies(self, text: str, at: int, **options: Any) -> bool:
        """Apply, and die at the `at`-th call; False where the run ends before that."""
        before, died = self.between, False
        self.between = lambda cloud: Dying(before(cloud), at)
        try:
            await self.apply(text, **options)
        except* Dead:
            died = True
        finally:
            self.between = before
        return died

    async def status(self, text: str, **options: Any) -> Status:
        return await pipeline.status_on(self.opened(text, **options))

    async def wait(self, text: str, **options: Any) -> Waited:
        return await pipeline.wait_on(self.opened(text, **options), listeners=(self.events.append,))

    def send(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """Somebody else's call."""
        return self.account.foreign(service, operation, parameters, self.clock.now())
