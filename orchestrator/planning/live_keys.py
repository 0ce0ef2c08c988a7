"""What is wrong with a task by the key of its table, where only live state tells that key: the plan names the table and no more.

Where the plan declares the key the loader has said all of it, with the same words. A seed's file that is still as the loader read
it is gone through once more for that, once in a process; one that is another by now the seed itself refuses.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from orchestrator.errors import InvalidPlan, Problem
from orchestrator.kinds.complaint import Complaint
from orchestrator.kinds.fields import ScalarType
from orchestrator.kinds.task import conversion
from orchestrator.kinds.task.complaints import NotConverted
from orchestrator.kinds.task.conversion import Keys
from orchestrator.model import Backfill, Finding, Listed, Plan, Position, Seed, Task, World, dotted
from orchestrator.model.work import Item
from orchestrator.planning import table_keys
from orchestrator.planning.seeds import SeedFile, check

CHECKED = 64
"""Files of which it is remembered what is wrong with them: a run plans several times, and a file may have a million items."""


def misplaced(task: Task, plan: Plan, world: World) -> Iterator[Finding]:
    """An error for each key attribute that a backfill would change, and each item of a seed that does not go with the key."""
    keys = _live_only(task, plan, world)
    if not keys:
        return
    if isinstance(task.work, Backfill):
        yield from _changed(task, task.work, plan, keys)
    elif isinstance(task.work, Seed) and isinstance(task.work.items, Listed):
        yield from _listed(task, task.work.items, plan, keys)
    elif isinstance(task.work, Seed) and isinstance(task.work.items, SeedFile):
        file = task.work.items
        for problem in _of_file(file.path, file.stamp, tuple(keys.items())) if file.unchanged else ():
            place = Position(problem.file or file.file, problem.line or 1, problem.column or 1)
            yield Finding("error", problem.code, problem.message, problem.action, task.ref, place)


def _live_only(task: Task, plan: Plan, world: World) -> Keys | None:
    """The key of the table, None where the plan declares it, or where the table is not there."""
    table = table_keys.table_of(task)
    return None if table is None or table_keys.stated(table, plan) else table_keys.live(table, world)


def _changed(task: Task, work: Backfill, plan: Plan, keys: Keys) -> Iterator[Finding]:
    for part, names in (("set", work.set), ("remove", work.remove)):
        for name in names:
            if name in keys:
                message = f"{task.ref}: `{name}` is part of the key of {work.table}, which no update changes."
                action = "Take it out. Items get another key by a seed or a transaction that puts them under it."
                where = plan.where((*task.ref.path, "backfill", part, name))
                yield Finding("error", "key-changed", message, action, task.ref, where)


def _listed(task: Task, items: Listed, plan: Plan, keys: Keys) -> Iterator[Finding]:
    first: dict[object, int] = {}
    for number, item in enumerate(items.items, 1):
        where = plan.where((*task.ref.path, "seed", "items", number - 1))
        wrong = _unlike(item, keys)
        for one in wrong:
            said = one.said_of(f", {dotted(one.path)}" if one.path else "")
            yield Finding("error", one.code, f"{task.ref}: item {number}{said}", one.action, task.ref, where)
        key = None if wrong else conversion.identity(item, keys)
        if key is not None and first.setdefault(key, number) != number:
            message = f"{task.ref}: item {number} has the same key as item {first[key]}."
            yield Finding("error", "same-key", message, "Leave one of them out.", task.ref, where)


def _unlike(item: Item, keys: Keys) -> Sequence[Complaint]:
    """How an item has not the key of its table."""
    try:
        conversion.item(conversion.plain_item(item), keys)
    except NotConverted as error:
        return error.complaints
    return ()


@lru_cache(CHECKED)
def _of_file(path: Path, stamp: tuple[int, int], keys: tuple[tuple[str, ScalarType], ...]) -> tuple[Problem, ...]:
    """`stamp` tells the file that was read from one of the same name."""
    try:
        check(path, dict(keys))
    except InvalidPlan as error:
        return error.problems
    return ()
