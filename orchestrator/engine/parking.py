"""What AWS takes only after a known time: until when, and for which goals, so that one run asks for none of them twice."""

from dataclasses import dataclass, field

from orchestrator.engine.ending import NotRun
from orchestrator.model import Change, Step
from orchestrator.planning.reach import same_goals


@dataclass
class Parking:
    """The steps of one run that are left to a later one because their time has not come."""

    _parked: list[tuple[Step, NotRun]] = field(default_factory=list)

    def park(self, step: Step, ending: NotRun) -> None:
        """Remember that `step` ended so."""
        self._parked.append((step, ending))

    def ending(self, step: Step, now: float) -> NotRun | None:
        """How a step ends that wants nothing else than one that is parked already; None where its time has come."""
        return next(
            (
                ending
                for parked, ending in self._parked
                if ending.until is not None and now < ending.until and same_goals(step, parked.because)
            ),
            None,
        )

    @property
    def goals(self) -> tuple[Change, ...]:
        """Everything that is left to a later run for this reason."""
        return tuple(goal for step, _ in self._parked for goal in step.because)
