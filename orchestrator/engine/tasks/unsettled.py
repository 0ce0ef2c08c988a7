"""What is said of a transaction of which nobody knows whether it was applied."""

from collections.abc import Sequence
from datetime import UTC, datetime

from orchestrator.engine.tasks.transaction import Record
from orchestrator.model import Ref

MOST_SHOWN = 5
"""How many of its actions are named: one suffices to see whether all of them were applied."""
WHY = "AWS tells one that is sent again from a new one for ten minutes only, and it has no marker that would tell."
NEXT = "The next run goes on from there: it sends it again only where that can't apply it twice."


def sentence(ref: Ref, record: Record) -> str:
    """When it was sent, by which run, under which token."""
    times = f"{record.sends} times" if record.sends > 1 else "once"
    return (
        f"Whether the transaction of {ref} was applied is not known: it was sent {times}, from {_second(record.first)} to "
        f"{_second(record.last)}, at last by run {record.run} (token {record.token}), without an answer that tells."
    )


def standing(ref: Ref, record: Record) -> tuple[str, str]:
    """The same of one that is still to be seen through, and what to do."""
    if record.marker is not None:
        return sentence(ref, record), f"Run again. {NEXT}"
    until = f"Run again before {_second(record.latest)}: until then the same token tells, and after that a person has to look."
    return sentence(ref, record), until


def action(told: Sequence[str]) -> str:
    """What to look at, and how to go on. `told` are its actions."""
    more = f"; and {len(told) - MOST_SHOWN} more" if len(told) > MOST_SHOWN else ""
    return (
        f"Look at the items, all of which it changed or none: {'; '.join(told[:MOST_SHOWN])}{more}. If it was not applied, give "
        "the task another id, which makes another transaction of it; if it was, take the task out of the plan. Then run again. "
        "With the state in a DynamoDB table of the same account and Region a marker tells, and nobody has to look."
    )


def _second(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%SZ}"
