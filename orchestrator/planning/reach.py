"""How far one compilation goes: what of all that is declared a run may change now, and what it leaves."""

from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass, field

from orchestrator.model import Change, Ref, Step, Work


@dataclass(frozen=True, slots=True)
class Reach:
    """What a run that is under way, or kept to something, has to say of itself.

    `lanes` are those on which it may change something; None: all. Of the plans that it goes on `without` nothing is done.
    `later` are goals that AWS takes only after a known time: no later stage waits for these. `done` is the work of the tasks
    that the run has done itself.
    """

    lanes: Set[str] | None = None
    without: Collection[str] = ()
    later: Collection[Change] = ()
    done: Mapping[Ref, Work] = field(default_factory=dict)

    def leaves(self, step: Step) -> bool:
        """Whether the step wants nothing but what comes later."""
        return same_goals(step, self.later)


ALL = Reach()
"""That of a run which begins, and is kept to nothing."""


def same_goals(step: Step, goals: Iterable[Change]) -> bool:
    """Whether each goal of the step is among `goals`, from whatever it starts."""
    wanted = [(change.ref, change.field, change.after) for change in goals]
    return bool(step.because) and all((one.ref, one.field, one.after) in wanted for one in step.because)
