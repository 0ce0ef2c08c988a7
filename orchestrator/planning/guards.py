"""What of a task may not be as it was meant: a seed has no items; a backfill that is cut off can't tell which are done."""

from collections.abc import Iterator

from orchestrator.kinds.task.expressions import attributes
from orchestrator.model import Backfill, Finding, Plan, Seed, Task
from orchestrator.model.work import taken


def not_guarded(task: Task, plan: Plan) -> Iterator[Finding]:
    """A warning where what others write to an item after it was done makes it one to be done again.

    That is so where `where` names nothing that the backfill changes. An item that has lost what is taken of it shows that it
    was done; and where attributes are removed only, no condition could tell.
    """
    work = task.work
    if not isinstance(work, Backfill) or not work.set:
        return
    changed = {*work.set, *work.remove}
    moved = {name for template in work.set.values() for name in taken(template)} & set(work.remove)
    if moved or changed & attributes(work.where or "", work.names):
        return
    lacks = "names none of them" if work.where else "is not stated"
    some = " and ".join(f"`{name}`" for name in work.set)
    message = (
        f"{task.ref} sets {some}, and its `where` {lacks}: after a cut, items that are done may be set once more, "
        "over what others wrote to them since."
    )
    action = (
        f'Add to `where` what is no more so once an item is done: `attribute_not_exists(#x)` with `names: {{"#x": '
        f"{next(iter(work.set))}}}`, or a comparison with the old value; or let nobody else write it meanwhile."
    )
    yield Finding("warning", "not-guarded", message, action, task.ref, plan.where(task.ref.path))


def nothing_to_put(task: Task, plan: Plan) -> Iterator[Finding]:
    """A warning where the file of a seed has no items: it would be remembered as done."""
    if not isinstance(task.work, Seed) or not task.work.items.file or task.work.items.number:
        return
    message = f"{task.ref} puts nothing: {task.work.items.file} has no items. It counts as done after that."
    action = "See that it is the right file, and complete."
    yield Finding("warning", "no-items", message, action, task.ref, plan.where((*task.ref.path, "seed", "file")))
