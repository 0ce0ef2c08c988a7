"""The course of each plan through its legs: which are done, which comes next, and what has to wait for other plans.

What a leg, a wave and a round are is told in `compile`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestrator.model import Plan
from orchestrator.planning import fingerprint
from orchestrator.planning.past import Past


@dataclass
class Course:
    """How far one plan has come in its `legs`: its stages, whose `digests` tell them, or the plan itself where it has none."""

    plan: Plan
    legs: Sequence[Plan]
    digests: Sequence[str] = ()
    behind: int = 0
    """How many legs are done, or need nothing."""
    stopped: bool = False

    @property
    def next(self) -> Plan | None:
        """The leg that comes next; None where nothing does."""
        return self.legs[self.behind] if self.left and not self.stopped else None

    @property
    def left(self) -> bool:
        """Whether anything of it is not done, even where nothing more is done now."""
        return self.behind < len(self.legs)

    @property
    def last(self) -> bool:
        """Whether nothing comes after what comes next."""
        return not self.stopped and self.behind == len(self.legs) - 1

    @property
    def passed(self) -> tuple[str, ...]:
        """The digests of the stages that are behind it."""
        return tuple(self.digests[: self.behind])

    def pass_on(self) -> None:
        """The next leg is done, or needs nothing."""
        self.behind += 1

    def stop(self) -> None:
        """Nothing more is done of the plan now, whatever is left of it, nor of those that require it."""
        self.stopped = True


def begun(plans: Sequence[Plan], past: Past) -> Mapping[str, Course]:
    """The course of each plan, by its name, as far as it came before."""
    return {plan.name: _course(plan, past) for plan in plans}


def _course(plan: Plan, past: Past) -> Course:
    """A stage recorded as done, for what it says now, is not run again, nor are those before it. Of a plan all of whose stages
    are done the last one is held against live state: it says what the plan means.
    """
    if not plan.stages:
        return Course(plan, [plan])
    done = set(past.stages.get(plan.name, ()))
    digests = [fingerprint.stage(stage, place, past.key) for place, stage in enumerate(plan.stages)]
    behind = max((place + 1 for place, digest in enumerate(digests) if digest in done), default=0)
    return Course(plan, plan.stages, digests, min(behind, len(plan.stages) - 1))


def ready(courses: Mapping[str, Course]) -> Sequence[Plan]:
    """The legs that can be done next: none of a plan whose required plans are not in their last leg, or past it."""
    return [
        course.next
        for course in courses.values()
        if course.next and all(_nearly_done(courses[name]) for name in required(course.plan, courses))
    ]


def _nearly_done(course: Course) -> bool:
    return not course.stopped and (course.next is None or course.last)


def required(plan: Plan, courses: Mapping[str, Course]) -> Sequence[str]:
    """The plans that must be done first, those that these require among them."""
    found: dict[str, None] = {}
    waiting = list(plan.requires)
    while waiting:
        name = waiting.pop()
        if name in courses and name not in found:
            found[name] = None
            waiting += courses[name].plan.requires
    return list(found)
