"""What somebody undid of stages that are done: it holds again before a later stage takes anything away.

An alias that was rolled back may be all that works while the index goes that the old code reads. So a plan that has come to a
later stage goes back, as far as that stage itself still wants it, to the earliest one that does not hold.
"""

from collections.abc import Mapping, Sequence, Set

from orchestrator.model import Plan, Ref, Step
from orchestrator.planning.courses import Course
from orchestrator.planning.reach import Reach
from orchestrator.planning.shares import behind
from orchestrator.planning.wave import Picture, Wave, compiled

Goal = tuple[Ref, str, bool]
"""What a step is about, and whether it takes that away."""


class Undone:
    """Asked once a wave. A leg is gone back to once in a compilation: what can't be foretold must not be tried without end."""

    def __init__(self, courses: Mapping[str, Course], reach: Reach) -> None:
        self._courses = courses
        self._reach = reach
        self._gone_back: set[tuple[str, int]] = set()
        self._goals: dict[str, Set[Goal]] = {}
        """What the next leg of each plan is about."""

    def of(self, legs: Sequence[Plan], picture: Picture) -> Mapping[str, Plan]:
        """By plan the leg to go back to, where there is one."""
        found = {leg.name: self._earliest(leg, picture) for leg in legs if self._courses[leg.name].behind}
        return {name: leg for name, leg in found.items() if leg is not None}

    def wanted(self, wave: Wave, undone: Mapping[str, Plan]) -> Wave:
        """The wave without what those legs say and the plan's next leg does not want any more, and what comes after that."""
        for name in undone:
            wave = wave.but(self._unwanted(wave.of(name), self._goals[name]))
        return wave

    def _earliest(self, leg: Plan, picture: Picture) -> Plan | None:
        course, name = self._courses[leg.name], leg.name
        self._goals[name] = {goal for step in compiled([leg], picture).of(name) for goal in _goals(step)}
        if not self._holds_not(course.legs[course.behind - 1], picture):
            return None
        for place in range(course.behind):
            if (name, place) not in self._gone_back and self._holds_not(course.legs[place], picture):
                self._gone_back.add((name, place))
                return course.legs[place]
        return None

    def _holds_not(self, leg: Plan, picture: Picture) -> bool:
        """Whether something of a leg is not so that the next one wants to be so."""
        steps = compiled([leg], picture).of(leg.name)
        left = self._unwanted(steps, self._goals[leg.name])
        return any(_goals(step) and (step.ref.plan, step.id) not in left for step in steps)

    def _unwanted(self, steps: Sequence[Step], goals: Set[Goal]) -> Set[tuple[str, str]]:
        left = {
            (step.ref.plan, step.id)
            for step in steps
            if not _goals(step) <= goals or self._reach.leaves(step) or _always(step)
        }
        return behind(steps, left)


def _goals(step: Step) -> Set[Goal]:
    if step.task is not None:
        return {(step.ref, "", False)}
    return {(change.ref, change.field, change.effect == "delete") for change in step.because}


def _always(step: Step) -> bool:
    """A task that every run does is no sign of anything."""
    return step.task is not None and step.task.run == "always"
