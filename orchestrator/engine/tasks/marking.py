"""The marker of a transaction: an item that it writes with all else that it does, so that it can be seen to be done.

Who wants to be sure that an earlier transaction never takes effect any more writes the marker first: either may, not both.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Any

from orchestrator.engine.faults import CONDITION_FAILED
from orchestrator.engine.tasks.calls import Calls
from orchestrator.errors import Fault
from orchestrator.model import Call
from orchestrator.ports import Marks

FENCE = "fenced"
"""The attribute that tells a fence from what a transaction wrote."""


class Mark(Enum):
    """What a marker says of its transaction."""

    ABSENT = "it has not been applied"
    THERE = "it was applied"
    FENCED = "it was not applied, and never will be"


async def look(calls: Calls, marks: Marks, name: str) -> Mark:
    """Raises Fault where it can't be read."""
    item = (await calls.read(marks.get(name))).get("Item")
    if not item:
        return Mark.ABSENT
    return Mark.FENCED if FENCE in item else Mark.THERE


async def fence(calls: Calls, marks: Marks, name: str) -> Mark:
    """Write the marker unless the transaction did: THERE or FENCED. Raises Fault."""
    put: Mapping[str, Any] = marks.put(name)["Put"]
    try:
        await calls.write(
            Call("dynamodb", "PutItem", {**put, "Item": {**put["Item"], FENCE: {"BOOL": True}}}), harmless=True
        )
    except Fault as fault:
        if fault.code != CONDITION_FAILED:
            raise
        return await look(calls, marks, name)  # it may be our own, whose answer was lost
    return Mark.FENCED
