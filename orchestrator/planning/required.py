"""`requires`: whole plans one after the other."""

from collections.abc import Iterator, Sequence

from orchestrator.errors import Problem
from orchestrator.model import Plan
from orchestrator.planning.cycles import arrows, order
from orchestrator.planning.problems import at
from orchestrator.planning.suggest import did_you_mean, listed


def required(plans: Sequence[Plan], *, all_known: bool) -> Iterator[Problem]:
    """What is wrong with the plans that these require.

    Where not all that the command names is known, for something is wrong with it, one of the others may be what is missed.
    """
    names = {plan.name for plan in plans}
    for plan in plans:
        for number, name in enumerate(plan.requires):
            if name == plan.name:
                message = f"requires[{number}]: the plan `{name}` requires itself."
                yield _at(plan, number, "cycle", message, "Leave it out.")
            elif name not in names and all_known:
                others = names - {plan.name}
                given = f"Given are {listed(others)}." if others else "This is the only plan that is given."
                message = f"requires[{number}]: there is no plan `{name}` in this command."
                action = did_you_mean(name, sorted(others), f"Name its file in the command too. {given}")
                yield _at(plan, number, "dangling-reference", message, action)
    yield from _circles(plans)


def _circles(plans: Sequence[Plan]) -> Iterator[Problem]:
    by_name = {plan.name: plan for plan in plans}
    needs = {
        plan.name: [name for name in plan.requires if name in by_name and name != plan.name]
        for plan in by_name.values()
    }
    for cycle in order(needs)[1]:
        plan, needed = by_name[cycle[0]], cycle[1]
        message = f"These plans require each other: {arrows(cycle)}."
        action = "Break the circle: take one out of a `requires`."
        yield _at(plan, plan.requires.index(needed), "cycle", message, action)


def _at(plan: Plan, number: int, code: str, message: str, action: str) -> Problem:
    path = ("requires", number)
    return at(plan.where(path), code, message, action, path)
