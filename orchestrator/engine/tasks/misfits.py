"""An item that AWS does not take as it is: which one that is, and what to do about it.

An index refuses a write whose key attribute is of another type or empty (fact sheet 6.1), and an item may grow too large: the
plan may be right for all others. Such an item ends the task, since it would be left undone without a word else, and the next
run goes on from there.
"""

from collections.abc import Sequence
from typing import Any

from orchestrator.engine.tasks.doing import Job, Undone
from orchestrator.engine.tasks.keys import in_words
from orchestrator.errors import Fault
from orchestrator.model.work import Item

REFUSED = frozenset({"ValidationException", "ItemCollectionSizeLimitExceededException"})
"""What is said of an item, or of the request: none of it was applied (fact sheet 6.4)."""


def misfit(job: Job[Any], fault: Fault, item: str, action: str) -> Undone:
    """That `item`, in words, was not taken."""
    return job.failed(fault.code, f"{item} was refused: {fault.message or fault.code}", action, fault)


def named(item: Item, keys: Sequence[str]) -> str:
    """Its key in words, as far as it has one."""
    return in_words({name: item[name] for name in keys if name in item})
