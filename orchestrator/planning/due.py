"""Whether a task is to be done: what is remembered of it says so, and how it may be done again."""

from collections.abc import Callable, Set
from itertools import islice
from typing import Any

from orchestrator.kinds import ROOTS
from orchestrator.model import (
    Backfill,
    Call,
    Estimate,
    Finding,
    FromLive,
    FromRun,
    Invocation,
    Plan,
    Ref,
    Remembered,
    Seed,
    Step,
    Task,
    Text,
    Transaction,
    Work,
    World,
    bind,
    moment,
    walk,
)
from orchestrator.planning import fingerprint
from orchestrator.planning.past import Past
from orchestrator.planning.suggest import counted

Lookup = Callable[[FromLive | FromRun], str | None]
Findings = tuple[Finding, ...]

CHANGED = (
    "Take the change back; or state `run: on_change`, which does it again whenever it says something else; or give it another "
    "id, which makes another task of it."
)
"""What to do where a task that is done once says something else than what was done."""
SHOWN_ITEMS = 25
"""As many as one request can hold."""


def due(
    task: Task, plan: Plan, world: World, past: Past, anew: Set[Ref], lookup: Lookup
) -> tuple[Step | None, Findings]:
    """The step of a task, None where it is not to be done, and what to say of it.

    `anew` are the tables and functions that the plan makes, or makes anew: what was done on them before is gone.
    """
    if not past.kept and task.run != "always":
        message = (
            f"{task.ref} has `run: {task.run}`, and nobody would remember that it was done: there is no state store."
        )
        return None, (
            _error(task, plan, "no-memory", message, "Name a state store (--state), or state `run: always`."),
        )
    own = past.at_once.get(task.ref)
    if own is not None and not is_shared(task) and anew.isdisjoint(task.acts_on):
        return _once_more(task, plan, own, lookup)
    work = _bound(task, lookup)
    before = past.tasks.get(task.ref)
    if task.run == "always" or before is None or not _the_same(task, before, world, anew) or _unknown(work):
        return step(task, work), ()
    if before.digest == fingerprint.digest(work.stated, past.key):
        return None, ()
    if task.run == "on_change":
        return step(task, work), ()
    when = moment(before.at)
    message = f"{task.ref} was done by run {before.run} ({when}) and says something else by now; it is to be done once."
    return None, (_error(task, plan, "task-changed", message, CHANGED),)


def _once_more(task: Task, plan: Plan, own: Work, lookup: Lookup) -> tuple[Step | None, Findings]:
    """The same for a task that an earlier stage of this very run has done, where it said what is `own`."""
    if task.work.stated == own.stated:
        return None, ()
    if task.run != "once":
        return step(task, _bound(task, lookup)), ()
    message = f"{task.ref} says something else than in an earlier stage, which does it; it is to be done once."
    return None, (_error(task, plan, "task-changed", message, CHANGED),)


def _bound(task: Task, lookup: Lookup) -> Work:
    """What it does, as far as that is known by now."""
    return task.work.filled(lambda value: bind(value, lookup))


def _the_same(task: Task, before: Remembered, world: World, anew: Set[Ref]) -> bool:
    """Whether it was done on the very things that it works on now: a table made anew makes it due again."""
    if not anew.isdisjoint(task.acts_on):
        return False
    now = {name: ROOTS[ref.section].identity(world[ref]) or "" for ref, name in task.acts_on.items()}
    return now == dict(before.identities) and all(world[ref] is not None for ref in task.acts_on)


def is_shared(task: Task) -> bool:
    """Whether other jobs may still be at their shares of it: what comes after it waits for them."""
    return isinstance(task.work, Backfill) and task.work.share.of > 1


def _unknown(work: Work) -> bool:
    """Whether it says something that is known only while running: only then it can be seen whether that is new."""
    return any(isinstance(leaf, Text) and leaf.unknown for leaf in walk(work.stated))


def _error(task: Task, plan: Plan, code: str, message: str, action: str) -> Finding:
    return Finding("error", code, message, action, task.ref, plan.where(task.ref.path))


# ------------------------------------------------------------------------------------------------------------- the step


def step(task: Task, work: Work) -> Step:
    """What a task is shown as, by the `work` that is known of it, and done by."""
    summary, call, estimate = _shown(work)
    return Step(
        id=f"{task.ref}:run",
        ref=task.ref,
        lane=task.lane,
        action="run",
        summary=summary,
        call=call,
        because=(),
        deadline=task.timeout,
        estimate=estimate,
        task=task,
    )


def _shown(work: Work) -> tuple[str, Call, Estimate]:
    match work:
        case Seed():
            return _seed(work)
        case Transaction(actions):
            tables = dict.fromkeys(str(body["TableName"]) for action in actions for body in action.values())
            summary = f"make {counted(len(actions), 'change')} in {' and '.join(tables)}, all or none, exactly once"
            call = Call("dynamodb", "TransactWriteItems", {"TransactItems": list(actions)})
            return summary, call, Estimate(0.1, 1, 30)
        case Invocation(call):
            qualifier = call.parameters.get("Qualifier")
            name = f"{call.parameters['FunctionName']}{f':{qualifier}' if qualifier else ''}"
            return f"invoke {name}", call, Estimate(0.1, 3, 900)
        case Backfill():
            return _backfill(work)


def _seed(seed: Seed) -> tuple[str, Call, Estimate]:
    first = list(islice(seed.items, SHOWN_ITEMS))
    number = seed.items.number
    what = {
        "keep": "that are not there yet",
        "overwrite": "in place of those that are there",
        "fail": "if none is there",
    }
    summary = f"put {counted(number, 'item')} into {seed.table}, {what[seed.if_exists]}"
    if seed.if_exists == "overwrite":
        requests = [{"PutRequest": {"Item": dict(item)}} for item in first]
        call = Call("dynamodb", "BatchWriteItem", {"RequestItems": {seed.table: requests}})
    else:
        call = Call("dynamodb", "PutItem", {"TableName": seed.table, "Item": dict(first[0]) if first else {}})
    return summary, call, Estimate(0.1, 1 + number / 500, 10 + number / 50)


def _backfill(backfill: Backfill) -> tuple[str, Call, Estimate]:
    verbs = [f"set {', '.join(backfill.set)}"] if backfill.set else []
    verbs += [f"remove {', '.join(backfill.remove)}"] if backfill.remove else []
    which = f"where {backfill.where}" if backfill.where else "of every item"
    summary = f"{' and '.join(verbs)} in {backfill.table} {which}"
    parameters: dict[str, Any] = {"TableName": backfill.table, "TotalSegments": backfill.segments}
    if backfill.where:
        parameters["FilterExpression"] = backfill.where
    if backfill.names:
        parameters["ExpressionAttributeNames"] = dict(backfill.names)
    if backfill.values:
        parameters["ExpressionAttributeValues"] = dict(backfill.values)
    return summary, Call("dynamodb", "Scan", parameters), Estimate(5, 300, 86_400)
