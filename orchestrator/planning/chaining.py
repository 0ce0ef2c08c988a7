"""Who waits for whom: each step for the one before it on its lane, and for what its own declaration refers to.

What only a part refers to (an event source its stream) only the steps about that part wait for, and of those that follow
them on the lane. The rest of the lane goes on beside it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from orchestrator.kinds import gates
from orchestrator.kinds.contract import Diff
from orchestrator.model import Declared, Ref, Step
from orchestrator.planning.draining import Drained


@dataclass(frozen=True, slots=True)
class Compiled:
    """One root: its declaration, what differs, and its lane's steps."""

    declared: Declared
    diff: Diff
    steps: tuple[Step, ...]


def chained(compiled: Mapping[Ref, Compiled], roots: Sequence[Compiled], drained: Drained) -> list[Step]:
    """The steps of `roots` with their needs. `compiled` is in order of need and holds the same roots.

    Steps that let go of a stream which ends wait for nothing but their like: no circle can be made of that.
    """
    behind = _Behind(compiled)
    return [step for root in roots for step in _lane(root, behind, drained)]


def _lane(root: Compiled, behind: "_Behind", drained: Drained) -> Iterator[Step]:
    """Of another lane only the last step is named, for it comes after the others, and none that was waited for before."""
    before: tuple[str, ...] = ()
    waited: dict[Ref, int] = {}
    for step in root.steps:
        needs = before
        if not drained.early(step):
            later = {
                lane: place for lane, place in behind.last(root.declared, step).items() if place > waited.get(lane, -1)
            }
            waited |= later
            needs += tuple(sorted(behind.compiled[lane].steps[place].id for lane, place in later.items()))
        yield replace(step, needs=tuple(dict.fromkeys((*needs, *drained.readers(step)))))
        before = (step.id,)


class _Behind:
    """The steps after which what is referred to is settled."""

    def __init__(self, compiled: Mapping[Ref, Compiled]) -> None:
        self.compiled = compiled
        self._of: dict[Ref, frozenset[tuple[Ref, int]]] = {}
        for ref, root in compiled.items():
            self._of[ref] = self._all(root.declared.needs)

    def last(self, declared: Declared, step: Step) -> Mapping[Ref, int]:
        """The last step of each other lane that `step` has to wait for, by its place there."""
        about = {step.ref, *(change.ref for change in step.because)}
        needs = [need for need in declared.needs if declared.waits(about, need)]
        found: dict[Ref, int] = {}
        for lane, place in self._all(needs):
            found[lane] = max(place, found.get(lane, place))
        return found

    def _all(self, needs: Iterable[Ref]) -> frozenset[tuple[Ref, int]]:
        return frozenset(place for need in needs for place in self._settling(need))

    def _settling(self, ref: Ref) -> Iterable[tuple[Ref, int]]:
        """The steps after which `ref` is settled, without its parts in the background unless it is in the background itself.

        Where its own lane has none, what it refers to itself must be settled.
        """
        root = self.compiled.get(ref.root)
        if root is None:
            return ()
        lane = [
            (place, step)
            for place, step in enumerate(root.steps)
            if step.gate == "start" or gates.background(root.declared, ref)
        ]
        found = lane
        if ref != ref.root:
            found = [one for one in lane if one[1].ref == ref or any(change.ref == ref for change in one[1].because)]
            found = found or [one for one in lane if one[1].call is None]
        return [(ref.root, place) for place, _ in found[-1:]] or self._of[ref.root]
