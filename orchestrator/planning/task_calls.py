"""The request that a task is shown by: one that it sends, built as the engine builds it.

Of a seed that is the first, of a backfill what it sends for each item that it changes. What only the task itself will know, its
tokens and what it reads of items, is shown as known later.
"""

from collections.abc import Sequence

from orchestrator.kinds.task import invoke, put, transact, update
from orchestrator.model import Backfill, Call, FromRun, Invocation, Seed, Text, Transaction, Work
from orchestrator.ports import Marks

LATER = "the task's start"


def shown(work: Work, keys: Sequence[str], marks: Marks | None) -> Call | None:
    """None where nothing is sent, and where nobody knows the `keys` (attributes) of the table that its requests name.

    `marks` is where a transaction writes that it was done, if it can.
    """
    match work:
        case Seed():
            return _seed(work, keys)
        case Transaction():
            marker = _later("marker") if transact.is_marked(work, marks) else None
            return transact.request(transact.actions(work, marks, marker), _later("token"))
        case Invocation():
            return invoke.request(work, _later("context"))
        case Backfill():
            return Call("dynamodb", "UpdateItem", update.pattern(work, keys)) if keys else None


def _seed(seed: Seed, keys: Sequence[str]) -> Call | None:
    first = seed.items.head
    if not first:
        return None
    if seed.if_exists == "overwrite":
        return put.batch(seed.table, first)
    return put.put(seed.table, keys, first[0]) if keys else None


def _later(field: str) -> Text:
    return Text((FromRun(field, LATER),))
