"""A stream goes after the event source mappings on it that the same plan replaces or takes away (fact sheet 14.3, rule 21).

Those that are replaced are disabled first, those that go are deleted first. Such steps come first on their lanes and wait for
nothing there: whatever else a function waits for, no circle can be made of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from orchestrator.kinds.function.event_sources import sources
from orchestrator.kinds.function.event_sources.difference import SOURCE
from orchestrator.kinds.function.event_sources.steps import disables
from orchestrator.model import Change, Step, Target

Table = tuple[str, ...]
"""The plan, and of the table Region, account and `table/NAME`."""
Key = tuple[str, str]
"""A step: its plan and its id."""


@dataclass(frozen=True, slots=True)
class Drained:
    """Which steps end streams, and after which others of their plan they may do so.

    `waited_for` are those that let go before something that a start-up waits for, `needless` those that would disable a mapping
    whose stream nothing ends: it has ended before.
    """

    after: Mapping[Key, tuple[str, ...]] = field(default_factory=dict)
    letting_go: frozenset[Key] = frozenset()
    waited_for: frozenset[Key] = frozenset()
    needless: frozenset[Key] = frozenset()

    def readers(self, step: Step) -> tuple[str, ...]:
        """The steps that let go of the stream that `step` ends."""
        return self.after.get(_key(step), ())

    def early(self, step: Step) -> bool:
        """Whether `step` lets go of a stream that ends."""
        return _key(step) in self.letting_go

    def ordered(self, lane: Iterable[Step]) -> tuple[Step, ...]:
        """The steps of one lane, those first that let go: in the background only where what waits for them is there too."""
        left = (step for step in lane if _key(step) not in self.needless)
        kept = [replace(step, gate="start") if _key(step) in self.waited_for else step for step in left]
        return tuple(sorted(kept, key=lambda step: not self.early(step)))


def drained(lanes: Iterable[Iterable[Step]], target: Target) -> Drained:
    """What the steps of all lanes have to do with each other's streams."""
    disabled, deleted, ends = dict[Key, Table](), dict[Key, Table](), dict[Key, Table]()
    started = set[Table]()
    for steps in map(tuple, lanes):
        gone = {change.ref: change for step in steps if _deletes(step) for change in step.because if change.goes}
        for step in steps:
            if ended := _ended(step, target):
                ends[_key(step)] = ended
                started |= {ended} if step.gate == "start" else set()
            change = gone.get(step.ref)
            if change is None or not (table := _read(change)):
                continue
            if change.effect == "replace" and disables(step):
                disabled[_key(step)] = table
            if change.effect == "delete" and _deletes(step):
                deleted[_key(step)] = table
    reads = {**disabled, **deleted}
    after = {end: tuple(step for (_, step), read in reads.items() if read == table) for end, table in ends.items()}
    letting_go = frozenset(reader for reader, read in reads.items() if read in ends.values())
    waited_for = frozenset(reader for reader, read in reads.items() if read in started)
    return Drained(after, letting_go, waited_for, frozenset(disabled) - letting_go)


def _key(step: Step) -> Key:
    return step.ref.plan, step.id


def _read(change: Change) -> Table:
    """The table whose stream the mapping reads that goes; empty where it reads none."""
    table = sources.table(str(change.before[SOURCE]))
    return (change.ref.plan, *table.split(":")[3:]) if table else ()


def _deletes(step: Step) -> bool:
    return step.call is not None and step.call.operation == "DeleteEventSourceMapping"


def _ended(step: Step, target: Target) -> Table | None:
    """The table whose stream the step ends; None where it ends none."""
    call = step.call
    if call is None or call.region is not None:
        return None
    off = call.operation == "UpdateTable" and call.parameters.get("StreamSpecification") == {"StreamEnabled": False}
    if not off and call.operation != "DeleteTable":
        return None
    return step.ref.plan, target.region, target.account, f"table/{call.parameters['TableName']}"
