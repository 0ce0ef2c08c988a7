"""A stream goes after the event source mappings on it that the same plan takes away (fact sheet 14.3, rule 21)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from orchestrator.kinds.function.event_sources import sources
from orchestrator.kinds.function.event_sources.difference import SOURCE
from orchestrator.model import Step, Target


def drained(steps: Sequence[Step], target: Target) -> list[Step]:
    """The steps, each that ends a stream with a need of the deletions of mappings that read it, where those are no replacement.

    None is added where the deletion itself waits for the table: what a function refers to is settled before its lane begins.
    """
    needs = {step.id: step.needs for step in steps}
    deletions = {step.id: (step.ref.plan, table) for step in steps if (table := _read(step))}
    for step in steps:
        ended = _ended(step, target)
        there = [one for one, read in deletions.items() if read == (step.ref.plan, ended)]
        first = [one for one in there if step.id not in _behind(one, needs)]
        needs[step.id] = tuple(dict.fromkeys((*step.needs, *first)))
    return [replace(step, needs=needs[step.id]) for step in steps]


Table = tuple[str, ...]
"""Region, account and `table/NAME`."""


def _read(step: Step) -> Table:
    """The table whose stream the mapping reads that the step deletes; else empty."""
    if step.call is None or step.call.operation != "DeleteEventSourceMapping":
        return ()
    gone = [change for change in step.because if change.effect == "delete"]
    return tuple(sources.table(str(gone[0].before[SOURCE])).split(":")[3:]) if gone else ()


def _ended(step: Step, target: Target) -> Table | None:
    """The table whose stream the step ends; None where it ends none."""
    call = step.call
    if call is None or call.region is not None:
        return None
    off = call.operation == "UpdateTable" and call.parameters.get("StreamSpecification") == {"StreamEnabled": False}
    if not off and call.operation != "DeleteTable":
        return None
    return target.region, target.account, f"table/{call.parameters['TableName']}"


def _behind(step: str, needs: Mapping[str, Sequence[str]]) -> set[str]:
    """All that a step needs, whatever lies between."""
    seen, stack = set[str](), list(needs[step])
    while stack:
        one = stack.pop()
        if one not in seen:
            seen.add(one)
            stack += needs[one]
    return seen
