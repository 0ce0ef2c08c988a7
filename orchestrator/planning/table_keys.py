"""The key of the table that a seed or a backfill works on: as its plan states it, or as live state has it."""

from collections.abc import Sequence

from orchestrator.kinds import is_there
from orchestrator.kinds.task.conversion import Keys
from orchestrator.kinds.task.known import stated_keys
from orchestrator.model import Backfill, Plan, Ref, Seed, Task, World


def table_of(task: Task) -> Ref | None:
    """The table that a task puts items into, or updates those of; None where it does neither."""
    if not isinstance(task.work, Seed | Backfill):
        return None
    (table,) = (ref for ref, name in task.acts_on.items() if name == task.work.table)
    return table


def stated(table: Ref, plan: Plan) -> Keys | None:
    """Its key attributes with their types where the plan states them."""
    return next((stated_keys(item.spec) for item in plan.resources if item.ref == table), None)


def live(table: Ref, world: World) -> Keys | None:
    """The same as it is there; None where it is not."""
    return dict(world[table].keys.attributes) if is_there(table, world[table]) else None


def names(task: Task, plan: Plan, world: World) -> Sequence[str]:
    """The names of the key attributes, the partition key first; none where nobody knows them."""
    table = table_of(task)
    return list((stated(table, plan) or live(table, world) or ()) if table else ())
