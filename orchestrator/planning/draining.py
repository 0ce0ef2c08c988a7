"""A stream goes after the event source mappings on it that the same plan replaces or takes away (fact sheet 14.3, rule 21).

Which steps end what and let go of what the kinds say (`Step.ends`, `Step.releases`). Steps that let go of what ends come
first on their lanes and wait for nothing there: whatever else a function waits for, no circle can be made of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from orchestrator.model import Step

Key = tuple[str, str]
"""A step: its plan and its id."""
Thing = tuple[str, str]
"""What ends, and the plan that ends it: plans side by side wait for their own steps alone."""


@dataclass(frozen=True, slots=True)
class Drained:
    """Which steps end something, and after which others of their plan they may do so.

    `waited_for` are those that let go before something that a start-up waits for, `needless` those that would do nothing but
    let go of what nothing ends: it has ended before.
    """

    after: Mapping[Key, tuple[str, ...]] = field(default_factory=dict)
    letting_go: frozenset[Key] = frozenset()
    waited_for: frozenset[Key] = frozenset()
    needless: frozenset[Key] = frozenset()

    def readers(self, step: Step) -> tuple[str, ...]:
        """The steps that let go of what `step` ends."""
        return self.after.get(_key(step), ())

    def early(self, step: Step) -> bool:
        """Whether `step` lets go of something that ends."""
        return _key(step) in self.letting_go

    def ordered(self, lane: Iterable[Step]) -> tuple[Step, ...]:
        """The steps of one lane, those first that let go: in the background only where what waits for them is there too."""
        left = (step for step in lane if _key(step) not in self.needless)
        kept = [replace(step, gate="start") if _key(step) in self.waited_for else step for step in left]
        return tuple(sorted(kept, key=lambda step: not self.early(step)))


def drained(lanes: Iterable[Iterable[Step]]) -> Drained:
    """What the steps of all lanes have to do with each other's ends."""
    steps = [step for lane in lanes for step in lane]
    ends = {_key(step): _things(step, step.ends) for step in steps if step.ends}
    releases = {_key(step): _things(step, step.releases) for step in steps if step.releases}
    ended = frozenset[Thing]().union(*ends.values())
    started = frozenset[Thing]().union(*(_things(step, step.ends) for step in steps if step.gate == "start"))
    letting_go = frozenset(key for key, things in releases.items() if things & ended)
    return Drained(
        after={end: tuple(key[1] for key, some in releases.items() if some & things) for end, things in ends.items()},
        letting_go=letting_go,
        waited_for=frozenset(key for key, things in releases.items() if things & started),
        needless=frozenset(_key(step) for step in steps if step.only_releases) - letting_go,
    )


def _key(step: Step) -> Key:
    return step.ref.plan, step.id


def _things(step: Step, names: Iterable[str]) -> frozenset[Thing]:
    return frozenset((step.ref.plan, name) for name in names)
