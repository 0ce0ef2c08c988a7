"""What somebody undid of stages that are done: it holds again before a later stage takes anything away.

An alias that was rolled back may be all that works while the index goes that the old code reads. So a plan that has come to a
later stage goes back, as far as that stage itself still wants it, to the earliest one that does not hold.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from orchestrator.model import Plan, Ref, Step, unknown
from orchestrator.planning.courses import Course
from orchestrator.planning.reach import Reach
from orchestrator.planning.shares import behind
from orchestrator.planning.wave import Picture, Wave, compiled

Goals = Mapping[tuple[Ref, str, bool], Sequence[Any]]
"""By what steps are about (a field of a thing, and whether it is taken away) what it is to become; of tasks their work."""


class Undone:
    """Asked once a wave. A leg is gone back to once in a compilation: what can't be foretold must not be tried without end."""

    def __init__(self, courses: Mapping[str, Course], reach: Reach) -> None:
        self._courses = courses
        self._reach = reach
        self._gone_back: set[tuple[str, int]] = set()
        self._goals: Mapping[str, Goals] = {}
        """What the next leg of each plan is about."""

    def of(self, wave: Wave, picture: Picture) -> Mapping[str, Plan]:
        """By plan the leg to go back to before the one in `wave`, where there is one."""
        self._goals = {leg.name: _goals(wave.of(leg.name)) for leg in wave.legs}
        found = {leg.name: self._earliest(leg.name, picture) for leg in wave.legs}
        return {name: leg for name, leg in found.items() if leg is not None}

    def wanted(self, wave: Wave, undone: Mapping[str, Plan]) -> Wave:
        """The wave without what those legs say and the plan's next leg does not want any more, and what comes after that."""
        for name in undone:
            wave = wave.but(self._unwanted(wave.of(name), self._goals[name]))
        return wave

    def _earliest(self, name: str, picture: Picture) -> Plan | None:
        course = self._courses[name]
        if not course.behind or not self._holds_not(course.legs[course.behind - 1], picture):
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
        return any((step.because or step.task) and (step.ref.plan, step.id) not in left for step in steps)

    def _unwanted(self, steps: Sequence[Step], goals: Goals) -> Set[tuple[str, str]]:
        left = {
            (step.ref.plan, step.id)
            for step in steps
            if not _wanted(step, goals) or self._reach.leaves(step) or step.always
        }
        return behind(steps, left)


def _goals(steps: Sequence[Step]) -> Goals:
    found: dict[tuple[Ref, str, bool], list[Any]] = defaultdict(list)
    for step in steps:
        for about, value in _about(step):
            found[about].append(value)
    return found


def _about(step: Step) -> Iterator[tuple[tuple[Ref, str, bool], Any]]:
    if step.task is not None:
        yield (step.ref, "", False), step.task.work.stated
    for change in step.because:
        yield (change.ref, change.field, change.effect == "delete"), change.after


def _wanted(step: Step, goals: Goals) -> bool:
    """Whether all that a step does is to be so for the next leg too: with the very value, or, where that one's is known only
    later (a version that it publishes), with one that was there before.
    """
    return all(
        not unknown(value) and any(value == other or unknown(other) for other in goals.get(about, ()))
        for about, value in _about(step)
    )
