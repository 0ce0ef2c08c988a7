"""`prune` of any resource: the sorts whose unmanaged entries the plan takes away."""

from collections.abc import Iterator
from typing import Any

from orchestrator.kinds.complaint import Complaint


def complaints(spec: Any) -> Iterator[Complaint]:
    """A sort that is not stated can't be pruned: nobody said what shall stay."""
    for number, sort in enumerate(spec.prune):
        if getattr(spec, sort) is None:
            message = f"<path>: `{sort}` can't be pruned, because the plan does not state `{sort}` here."
            action = f"State `{sort}`, or `{sort}: {{}}` to remove all."
            yield Complaint(("prune", number), "prune-unstated", message, action, (sort,))
