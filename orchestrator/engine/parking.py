"""What AWS takes only after a known time: until when, and for which goals, so that one run asks for none of them twice."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from orchestrator.engine.ending import NotRun
from orchestrator.model import Change, Step

MINUTE = 60


def moment(at: float) -> str:
    """`2026-11-26 14:05Z`, the first full minute that is not before `at` (seconds since the epoch)."""
    return f"{datetime.fromtimestamp(math.ceil(at / MINUTE) * MINUTE, UTC):%Y-%m-%d %H:%MZ}"


@dataclass(frozen=True, slots=True)
class _Parked:
    goals: tuple[Change, ...]
    until: float
    ending: NotRun


@dataclass
class Parking:
    """The steps of one run that are left to a later one because their time has not come."""

    _parked: list[_Parked] = field(default_factory=list)

    def park(self, step: Step, until: float, ending: NotRun) -> NotRun:
        """Remember that `step` ended so; `until` is in seconds since the epoch."""
        self._parked.append(_Parked(step.because, until, ending))
        return ending

    def ending(self, step: Step, now: float) -> NotRun | None:
        """How a step ends that wants nothing else than one that is parked already; None where its time has come."""
        return next((one.ending for one in self._parked if now < one.until and same_goals(step, one.goals)), None)

    @property
    def goals(self) -> tuple[Change, ...]:
        """Everything that is left to a later run for this reason."""
        return tuple(goal for one in self._parked for goal in one.goals)


def same_goals(step: Step, goals: Iterable[Change]) -> bool:
    """Whether each goal of the step is among `goals`, from whatever it starts."""
    wanted = [(change.ref, change.field, change.after) for change in goals]
    return bool(step.because) and all((one.ref, one.field, one.after) in wanted for one in step.because)
