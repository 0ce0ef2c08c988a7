"""Reading live state: all that the plans name before a run, and one resource at a time, each once, while it runs."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any

import anyio

from orchestrator import credentials, kinds
from orchestrator.engine.faults import classify
from orchestrator.engine.limits import Limited, Limits
from orchestrator.engine.pacing import CHANCE, Draw
from orchestrator.engine.persistence import BEFORE_A_RUN, Noted, Persistence, Persistent, persistently, unnoted
from orchestrator.engine.race import side_by_side
from orchestrator.engine.sharing import Shared
from orchestrator.engine.treatment import READING
from orchestrator.errors import Fault, Problem, Unreachable
from orchestrator.kinds.fields import Absent
from orchestrator.model import Declared, Plan, Ref, World
from orchestrator.planning import invoked
from orchestrator.ports import Clock, Cloud

# -------------------------------------------------------------------------------------------------------- one resource


@dataclass
class _Reading:
    """A read on its way; `landed` is set when it is over, whether or not it brought an answer."""

    reads: AbstractSet[str]
    landed: anyio.Event = field(default_factory=anyio.Event)
    answered: bool = False
    live: Any = None
    fault: Fault | None = None


class Observer:
    """Reads declared roots and remembers what it saw last. Who asks while a read is on its way gets that one's answer."""

    def __init__(self, cloud: Cloud, clock: Clock, draw: Draw, plans: Sequence[Plan], world: World) -> None:
        self.declared: Mapping[Ref, Declared] = {item.ref: item for plan in plans for item in plan.resources}
        self.stated = stated(plans)
        self._cloud = cloud
        self._clock = clock
        self._draw = draw
        self.world: dict[Ref, Any] = dict(world)
        """What was seen last."""
        self._readings: dict[Ref, _Reading] = {}

    def latest(self, root: Ref) -> Any:
        """The last live state seen; None where it was absent or never read."""
        return self.world.get(root)

    async def read(self, root: Ref, reads: AbstractSet[str], persistence: Persistence, noted: Noted = unnoted) -> Any:
        """Live state now, with the aspects `reads`. Raises the Fault with which persistence ends."""
        while (reading := self._readings.get(root)) and reads <= reading.reads:
            await reading.landed.wait()
            if reading.fault:
                raise reading.fault
            if reading.answered:
                return reading.live
        return await self._read(root, _Reading(frozenset(reads)), persistence, noted)

    async def _read(self, root: Ref, reading: _Reading, persistence: Persistence, noted: Noted) -> Any:
        cloud = Persistent(self._cloud, self._clock, self._draw, persistence.of_each_call, noted)

        async def read() -> Any:
            kind, name = kinds.ROOTS[root.section], self.declared[root].name
            return await kind.observe(cloud, name, frozenset(reading.reads), side_by_side)

        self._readings[root] = reading
        try:
            reading.live = await persistently(read, self._clock, self._draw, persistence.of_the_whole, noted)
            reading.answered = True
        except Fault as fault:
            reading.fault = fault
            raise
        finally:
            # Where it was cancelled there is no answer: one of those who wait reads in its place.
            if self._readings.get(root) is reading:
                del self._readings[root]
            reading.landed.set()
        self.world[root] = reading.live
        return reading.live


# ----------------------------------------------------------------------------------------------------- the whole world

NotedOf = Callable[[Ref], Noted]
"""Who is told of failed reads of one resource."""


async def observe(
    plans: Sequence[Plan],
    cloud: Cloud,
    clock: Clock,
    *,
    limits: Limits | None = None,
    only: Collection[Ref] | None = None,
    hazards: bool = False,
    draw: Draw = CHANCE,
    persistence: Persistence = BEFORE_A_RUN,
    noted: NotedOf = lambda ref: unnoted,
) -> World:
    """Live state of every declared table and function, with the aspects that the plans state.

    `only` of these, where given; `hazards`: also what only a preview's warnings need. Reads go out side by side within
    `limits`, what is common to all of them once; failing ones are tried again by `persistence`, jittered by `draw`, and
    `noted` is told.

    Raises Unreachable, naming the resource and the API call, for the first one that can't be read.
    """
    limited = Limited.over(cloud, clock, limits)
    declared = [item for plan in plans for item in plan.resources]
    reads_by_ref = reads_of(plans)
    looked_at = [item for item in declared if only is None or item.ref in only]
    world: dict[Ref, Any] = {item.ref: None for item in looked_at}
    observer = Observer(Shared(limited), clock, draw, plans, {})
    budget = anyio.CapacityLimiter(limited.limits.reads_in_flight)
    failures: list[Unreachable] = []

    async def look(item: Declared) -> None:
        reads = reads_by_ref[item.ref]
        if hazards and not isinstance(item.spec, Absent):
            reads |= kinds.ROOTS[item.ref.section].HAZARD_READS
        async with budget:
            try:
                world[item.ref] = await observer.read(item.ref, reads, persistence, noted(item.ref))
            except Fault as fault:
                failures.append(_unreachable(item, fault))
                group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for item in looked_at:
            group.start_soon(look, item)
    if failures:
        raise failures[0]
    return world


def stated(plans: Sequence[Plan]) -> Mapping[Ref, Sequence[Declared]]:
    """What is declared of each table and function, by every stage of its plan."""
    found: dict[Ref, list[Declared]] = defaultdict(list)
    for plan in plans:
        for part in (plan, *plan.stages):
            for item in part.resources:
                found[item.ref].append(item)
    return found


def reads_of(plans: Sequence[Plan]) -> Mapping[Ref, frozenset[str]]:
    """The aspects that an observation reads of each table and function."""
    needed, named = _needed(plans), invoked.reads(plans)
    return {
        ref: aspects(*items, referred=ref in needed) | named.get(ref, frozenset())
        for ref, items in stated(plans).items()
    }


def _needed(plans: Sequence[Plan]) -> AbstractSet[Ref]:
    """The tables and functions that others refer to, or work on."""
    parts = [part for plan in plans for part in (plan, *plan.stages)]
    return {need.root for part in parts for item in part.items for need in item.needs}


def aspects(*items: Declared, referred: bool) -> frozenset[str]:
    """What to read of a table or function: what its declarations state, and where others refer to it what its attributes take."""
    kind = kinds.ROOTS[items[0].ref.section]
    attributes = (one.reads for one in kind.ATTRIBUTES.values()) if referred else ()
    return frozenset().union(*(kind.reads(item.spec) for item in items), *attributes)


def _unreachable(item: Declared, fault: Fault) -> Unreachable:
    where = f"{item.ref} ({fault.title})"
    if problem := credentials.told(fault):
        return Unreachable(replace(problem, subject=where))
    rule = classify(fault, READING)
    return Unreachable(
        Problem(
            fault.code,
            f"{item.ref} ({item.name}) can't be read: {fault.message.rstrip('.') or fault.code}.",
            rule.advice or "Try again in a while.",
            subject=where,
        )
    )
