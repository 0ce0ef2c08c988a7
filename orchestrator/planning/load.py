"""From plan files to Plans: `read` takes in the files, `load` fills in variables and references, validates and checks.

Enters: paths, values of variables, the target as far as it is known. Leaves: frozen Plans, or InvalidPlan with every
problem of every file, each with its place, what was expected and the nearest legal spelling. Nothing else is raised for
anything that a file may hold.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from orchestrator.errors import InvalidPlan, Problem
from orchestrator.model import Path, Plan, dotted
from orchestrator.planning.fill import MAX_PROBLEMS
from orchestrator.planning.given import Inputs, Said, given, unknown
from orchestrator.planning.plan_file import Claim, Outside, PlanFile
from orchestrator.planning.problems import at, in_order
from orchestrator.planning.required import required
from orchestrator.planning.sources import Source, Sources, read
from orchestrator.planning.staged import load_file

__all__ = ["Inputs", "Said", "Source", "Sources", "load", "read"]


def load(
    sources: Sources, inputs: Inputs | None = None, *, account: str | None = None, region: str | None = None
) -> tuple[Plan, ...]:
    """The plans of `sources`, in the order given. Raises InvalidPlan with all problems, also those of `read`.

    `account` and `region` are the target's. Without them the plan's own serve, else placeholders: enough to check a plan
    offline, not to run it.
    """
    inputs = inputs or Inputs()
    values, problems = given(inputs, sources.values)
    problems += sources.problems
    outside = Outside(values, inputs, account, region)
    files = [load_file(source, sources, outside) for source in sources.files]
    for file in files:
        problems += file.problems
    if len(sources.files) == len(sources.names):
        problems += unknown(values, sorted(_declared(files)))
    plans = tuple(file.plan for file in files if file.plan)
    problems += islice(_same_resources(files), MAX_PROBLEMS)
    problems += islice(_across(plans, region), MAX_PROBLEMS)
    problems += islice(required(plans, all_known=len(plans) == len(sources.names)), MAX_PROBLEMS)
    if problems:
        raise InvalidPlan(in_order(problems, sources.names))
    return plans


def _declared(files: Iterable[PlanFile]) -> set[str]:
    return {name for file in files for name in file.declared}


# ------------------------------------------------------------------------------------------------ several plans at once


def _across(plans: Sequence[Plan], region: str | None) -> Iterator[Problem]:
    """What one plan can't know of the others."""
    yield from _same_names(plans)
    yield from _one_value(plans, "account", lambda plan: plan.account)
    if region is None:
        yield from _one_value(plans, "region", lambda plan: plan.region)


def _same_names(plans: Sequence[Plan]) -> Iterator[Problem]:
    first: dict[str, Plan] = {}
    for plan in plans:
        other = first.setdefault(plan.name, plan)
        if other is not plan:
            message = f"The plan's name `{plan.name}` is also that of {other.file}."
            yield _at(plan, ("plan",), "same-plan", message, "Rename one of them.")


def _same_resources(files: Iterable[PlanFile]) -> Iterator[Problem]:
    """One real table or function is declared once (plan language, "Several plans at once")."""
    first: dict[tuple[str | int, str], Claim] = {}
    for claim in (claim for file in files for claim in file.claims):
        other = first.setdefault((claim.path[0], claim.name), claim)
        if other is not claim:
            known = f"{dotted(other.path)} at {other.position}"
            message = f"{dotted(claim.path)} is the same real resource as {known}: `{claim.name}`."
            action = "Declare it once, or give one of them another name."
            yield at(claim.position, "same-resource", message, action, claim.path)


def _one_value(plans: Sequence[Plan], key: str, of: Callable[[Plan], str | None]) -> Iterator[Problem]:
    """All plans of a command share one account and region."""
    stated = [plan for plan in plans if of(plan) is not None]
    for plan in stated[1:]:
        if of(plan) != of(stated[0]):
            message = f"`{key}` is {of(plan)} here and {of(stated[0])} in {stated[0].file}."
            yield _at(
                plan, (key,), f"several-{key}s", message, f"Plans of one command share one {key}; run them apart."
            )


def _at(plan: Plan, path: Path, code: str, message: str, action: str) -> Problem:
    return at(plan.where(path), code, message, action, path)
