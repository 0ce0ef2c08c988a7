"""Whether a task is to be done: what is remembered of it says so, and how it may be done again."""

from collections.abc import Callable, Mapping, Set
from dataclasses import replace
from functools import partial

from orchestrator.model import (
    Backfill,
    Call,
    Finding,
    FromLive,
    FromRun,
    Plan,
    Ref,
    Step,
    Task,
    Transaction,
    Work,
    World,
    bind,
    past_minute,
    unknown,
)
from orchestrator.planning import fingerprint, table_keys
from orchestrator.planning.done_before import CHANGED, Changed, Due, Stands, changed, identities, said, standing
from orchestrator.planning.guards import not_guarded, nothing_to_put
from orchestrator.planning.live_keys import misplaced
from orchestrator.planning.past import Past
from orchestrator.planning.task_calls import shown
from orchestrator.planning.task_steps import step

Lookup = Callable[[FromLive | FromRun], str | None]
Findings = tuple[Finding, ...]


def due(
    task: Task, plan: Plan, world: World, past: Past, anew: Set[Ref], lookup: Lookup
) -> tuple[Step | None, Findings]:
    """The step of a task, None where it is not to be done, and what to say of it.

    `anew` are the tables and functions that the plan makes, or makes anew: what was done on them before is gone.
    """
    made, findings = _due(task, plan, world, past, anew, lookup)
    if made is None:
        return None, findings
    wrong = (*misplaced(task, plan, world),)
    return made, (*findings, *(wrong or (*not_guarded(task, plan), *nothing_to_put(task, plan))))


def _due(
    task: Task, plan: Plan, world: World, past: Past, anew: Set[Ref], lookup: Lookup
) -> tuple[Step | None, Findings]:
    """The same, but for what is said of a task that is to be done."""
    if not past.kept and task.run != "always":
        message = (
            f"{task.ref} has `run: {task.run}`, and nobody would remember that it was done: there is no state store."
        )
        return None, (
            _error(task, plan, "no-memory", message, "Name a state store (--state), or state `run: always`."),
        )
    if isinstance(task.work, Transaction) and task.work.marker and not past.marks:
        message = f"{task.ref} asks for a marker, and the state store is no table in which one could be written."
        action = "Name a table as the state store (--state dynamodb://TABLE), or state `marker: false`."
        return None, (_error(task, plan, "no-marker", message, action),)
    bound = replace(task, work=task.work.filled(lambda value: bind(value, lookup)))
    call = shown(bound.work, table_keys.names(task, plan, world), past.marks)
    made = partial(_made, task, bound, call, _items(task, world, anew))
    own = past.at_once.get(task.ref)
    if own is not None and not task.shared and anew.isdisjoint(task.acts_on):
        return _once_more(task, plan, own, made)
    before = past.tasks.get(task.ref)
    says = said(task, bound.work)
    # Of one that is done on every change it can be seen only then whether what is known later is new.
    digest = None if task.run == "on_change" and unknown(bound.work.stated) else fingerprint.digest(says, past.key)
    found = standing(task, digest, _things(task, world, anew), before)
    done = f"done by run {before.run} ({past_minute(before.at)})" if before else ""
    match found:
        case Due(again):
            return made(f"{done}, and due again: {again}" if again else ""), ()
        case Stands():
            return None, ()
        case Changed():
            return None, (_error(task, plan, "task-changed", changed(task.ref, done), CHANGED),)


def _once_more(task: Task, plan: Plan, own: Work, made: Callable[[str], Step]) -> tuple[Step | None, Findings]:
    """The same for a task that an earlier stage of this very run has done, where it said what is `own`."""
    if task.work.stated == own.stated:
        return None, ()
    if task.run != "once":
        return made("done by an earlier stage, and due again: it says something else now"), ()
    message = f"{task.ref} says something else than in an earlier stage, which does it; it is to be done once."
    return None, (_error(task, plan, "task-changed", message, CHANGED),)


def _made(task: Task, bound: Task, call: Call | None, items: int, again: str = "") -> Step:
    """Its step, shown with what is known by now; what it says is bound once more while it runs."""
    return replace(step(bound, call, again, items), task=task)


def _items(task: Task, world: World, anew: Set[Ref]) -> int:
    """How many items the table of a backfill has, as AWS says; 0 where nobody knows."""
    if not isinstance(task.work, Backfill) or not anew.isdisjoint(task.acts_on):
        return 0
    return sum(getattr(world[ref], "item_count", 0) for ref in task.acts_on)


def _things(task: Task, world: World, anew: Set[Ref]) -> Mapping[str, str] | None:
    """The identities of what it works on; None where the plan makes one of them, or makes it anew."""
    there = anew.isdisjoint(task.acts_on) and all(world[ref] is not None for ref in task.acts_on)
    return identities(task, world) if there else None


def _error(task: Task, plan: Plan, code: str, message: str, action: str) -> Finding:
    return Finding("error", code, message, action, task.ref, plan.where(task.ref.path))
