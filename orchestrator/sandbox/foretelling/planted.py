"""A fresh account with the world in it, which answers at once: calls to it need no event loop."""

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from orchestrator import kinds
from orchestrator.kinds.function import seen as functions
from orchestrator.kinds.function.spec import FUNCTIONS
from orchestrator.model import Call, Declared, Ref, Target, World
from orchestrator.sandbox.cloud import VirtualCloud
from orchestrator.sandbox.foretelling import attachments, keys, tables
from orchestrator.sandbox.foretelling import functions as planting
from orchestrator.sandbox.foretelling.packages import Packages
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Durations, Staleness

T = TypeVar("T")
Reads = Mapping[Ref, frozenset[str]]

REST = 86_400.0
"""Seconds between two calls: whatever one begins is over by then, and no limit on how often something is done is met."""


class Unplantable(Exception):
    """The rules have no form for what was seen of `ref`."""

    def __init__(self, ref: Ref, told: str) -> None:
        self.ref = ref
        super().__init__(f"the sandbox's rules have no form for what {ref} looks like ({told})")


@dataclass
class Still:
    """A clock that goes on only when it is told to."""

    at: float

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        """Be awake at once."""
        self.at += seconds


@dataclass
class Planted:
    """The account, and what is asked of it: `reads` are what is looked at of each root."""

    account: Account
    clock: Still
    packages: Packages
    declared: Mapping[Ref, Declared]
    reads: Reads
    cloud: VirtualCloud = field(init=False)

    def __post_init__(self) -> None:
        self.cloud = VirtualCloud(self.account, self.clock, limited=False)

    async def send(self, call: Call) -> Mapping[str, Any]:
        """See `Cloud`."""
        answer = self.packages.answer(call)
        return await self.cloud.send(call) if answer is None else answer

    def change(self, call: Call) -> None:
        """Let a call take effect, and all that follows from it. Raises Fault where it is refused."""
        keys.register_named(self.account, call)
        at_once(self.send(call))
        self.clock.at += REST
        self.account.advance(self.clock.at)

    def seen(self, ref: Ref, beside: Iterable[str] = ()) -> Any:
        """A root as its kind observes it, with the aspects `beside` those that are looked at anyway. Raises Fault."""
        kind, reads = kinds.ROOTS[ref.section], self.reads[ref] | frozenset(beside)
        return at_once(kind.observe(self, self.declared[ref].name, reads))

    def world(self) -> World:
        """All roots. Raises Fault."""
        return {ref: self.seen(ref) for ref in self.declared}


def planted(world: World, declared: Sequence[Declared], reads: Reads, target: Target, now: float) -> Planted:
    """An account of which observing tells what the world tells: all that is in it must be at rest. Raises Unplantable."""
    packages = Packages.of(world.values())
    durations, staleness = Durations(auto_scaling=0, iam_lag=0, iam_rights_lag=0), Staleness.off()
    account = Account(target.account, target.region, durations, staleness=staleness, sources=packages.sources)
    keys.register(account, world.values(), (read for some in reads.values() for read in some))
    for item in declared:
        try:
            _plant(account, item, world.get(item.ref), now)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            # What was seen is AWS's to say, and a preview must not end at a word that nobody has heard yet.
            raise Unplantable(item.ref, repr(error)) from error
    account.advance(now)
    return Planted(account, Still(now), packages, {item.ref: item for item in declared}, reads)


def _plant(account: Account, item: Declared, seen: Any, now: float) -> None:
    if item.ref.section == FUNCTIONS:
        planting.plant(account, seen, now)
        attachments.plant_mappings(account, functions.mappings(seen).all, now)
    else:
        tables.plant(account, item.name, seen, now)


def at_once(work: Awaitable[T]) -> T:
    """What a coroutine returns that never waits for anything."""
    steps = work.__await__()
    try:
        next(steps)
    except StopIteration as done:
        result: T = done.value
        return result
    raise RuntimeError("it waits for something, and nothing here makes anybody wait")
