"""The way of each plan through its stages: which are done, which comes next, and what has to wait for other plans."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from orchestrator.model import Plan
from orchestrator.planning import fingerprint
from orchestrator.planning.past import Past


@dataclass
class Course:
    """What is left of one plan: its stages that are not done yet, or the plan itself where it has none.

    `passed` are the digests of the stages that are behind it.
    """

    plan: Plan
    left: list[Plan]
    passed: list[str] = field(default_factory=list)
    key: bytes = b""

    def pass_on(self) -> None:
        """The next stage is done, or needs nothing."""
        stage, *self.left = self.left
        if stage.stage is not None:
            self.passed.append(fingerprint.plan(stage, self.key))

    @property
    def last(self) -> bool:
        """Whether nothing comes after what comes next."""
        return len(self.left) == 1


def courses(plans: Sequence[Plan], past: Past) -> Mapping[str, Course]:
    """The course of each plan, by its name."""
    return {plan.name: _course(plan, past) for plan in plans}


def _course(plan: Plan, past: Past) -> Course:
    """A stage recorded as done, for what it says now, is not run again, nor are those before it. Of a plan all of whose stages
    are done the last one is held against live state: it says what the plan means.
    """
    if not plan.stages:
        return Course(plan, [plan])
    done = set(past.stages.get(plan.name, ()))
    digests = [fingerprint.plan(stage, past.key) for stage in plan.stages]
    behind = max((place + 1 for place, digest in enumerate(digests) if digest in done), default=0)
    behind = min(behind, len(plan.stages) - 1)
    return Course(plan, list(plan.stages[behind:]), digests[:behind], past.key)


def ready(ways: Mapping[str, Course]) -> Sequence[Plan]:
    """What can be done next of each plan: nothing of one whose required plans are not in their last stage, or past it."""
    return [
        way.left[0]
        for way in ways.values()
        if way.left and all(_nearly_done(ways[name]) for name in required(way.plan, ways))
    ]


def _nearly_done(way: Course) -> bool:
    return not way.left or way.last


def required(plan: Plan, ways: Mapping[str, Course]) -> Sequence[str]:
    """The plans that must be done first, those that these require among them."""
    found: dict[str, None] = {}
    waiting = list(plan.requires)
    while waiting:
        name = waiting.pop()
        if name in ways and name not in found:
            found[name] = None
            waiting += ways[name].plan.requires
    return list(found)
