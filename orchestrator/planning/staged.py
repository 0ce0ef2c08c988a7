"""One plan file with all its stages: each is loaded as a plan of its own, with what those before it say."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from orchestrator.errors import Problem
from orchestrator.kinds.task.spec import TASKS
from orchestrator.model import Declared, Plan, Ref
from orchestrator.planning.declarations import Around
from orchestrator.planning.fill import MAX_PROBLEMS
from orchestrator.planning.plan_file import Outside, PlanFile, load_plan
from orchestrator.planning.problems import at
from orchestrator.planning.sources import Source, Sources
from orchestrator.planning.stages import MAX_VALUES, Stage, TooLarge, in_stages, outline, stages


def load_file(source: Source, sources: Sources, outside: Outside) -> PlanFile:
    """Check and build one plan, with a plan for each of its stages if it has any. What is wrong in several is told once."""
    if not in_stages(source.root):
        return load_plan(source, sources, outside)
    whole = load_plan(replace(source, root=outline(source.root)), sources, outside)
    files: list[PlanFile] = []
    problems = dict.fromkeys(whole.problems)
    try:
        for stage in stages(source.root):
            around = Around(_later(stage, whole.stages), frozenset((TASKS, name) for name in stage.done))
            root = replace(source, root=stage.root)
            files.append(load_plan(root, sources, outside, around, another=not stage.last))
            problems.update(dict.fromkeys(files[-1].problems))
            if len(problems) >= MAX_PROBLEMS:
                break
    except TooLarge:
        problems[_too_large(source)] = None
    problems.update(dict.fromkeys(_renamed([file.plan for file in files if file.plan])))
    claims = {(claim.path, claim.name): claim for file in (whole, *files) for claim in file.claims}
    plan = _plan(whole.plan, [file.plan for file in files], whole.stages)
    return replace(whole, plan=plan, claims=tuple(claims.values()), problems=tuple(problems))


def _renamed(plans: Sequence[Plan]) -> Iterator[Problem]:
    """Stages are about the same things: another real name would be another table."""
    first: dict[Ref, Declared] = {}
    for plan in plans:
        for item in plan.resources:
            known = first.setdefault(item.ref, item)
            if item.name != known.name:
                path = (*item.ref.path, "name")
                message = (
                    f"{item.ref}: an earlier stage calls it `{known.name}`, this one `{item.name}`: two real things."
                )
                action = "Give one of them a logical id of its own."
                yield at(plan.where(path), "renamed", message, action, path)


def _later(stage: Stage, names: Sequence[str]) -> Mapping[tuple[str, ...], str]:
    """What only later stages declare, by path, with the names of these stages (their numbers, while those are wrong)."""
    return {path: names[number] if number < len(names) else str(number + 1) for path, number in stage.later.items()}


def _plan(whole: Plan | None, plans: Sequence[Plan | None], names: Sequence[str]) -> Plan | None:
    """The plan that says what its last stage does, with all of them; where one is wrong, what is known of it."""
    found = [plan for plan in plans if plan is not None]
    if whole is None or not found or len(found) != len(names):
        return whole
    last = found[-1]
    named = tuple(replace(plan, stage=name) for plan, name in zip(found, names, strict=True))
    return replace(last, positions={**whole.positions, **last.positions}, stages=named)


def _too_large(source: Source) -> Problem:
    message = f"The stages, each with all that those before it say, have more than {MAX_VALUES:,} values together."
    return at(source.root.position, "too-large", message, "Use fewer stages, or several plans with `requires`.")
