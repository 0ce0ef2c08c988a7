"""How much of a resource is looked at, and what is seen of it."""

from dataclasses import dataclass
from enum import Enum


class Scope(Enum):
    """How much of a resource must be settled before and after a step (architecture, rule 4).

    WHOLE: a table with every index and replica, a function with its newest version, and neither of them failed.
    SELF: TableStatus alone, for operations other than UpdateTable and DeleteTable. For a function: that nothing moves; a
    failed one is settled too, for operations that neither mend nor mind that (deletion, tags, concurrency, fixed aliases).
    PART: only what hangs on a function and outlives it (its event source mappings), whatever the function itself does.
    """

    WHOLE = "whole"
    SELF = "self"
    PART = "part"


@dataclass(frozen=True, slots=True)
class Settled:
    """Nothing moves."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Something moves: `status` in AWS's words (`index by_day CREATING, backfilling`), progress in percent."""

    status: str
    progress: float | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """It will not settle by itself: AWS's reason and code, and what to do about them where that is known.

    `recoverable` says that the next update overwrites this (a function whose last update failed, fact sheet 11.2): found
    before a call it does not stand in the way and ends a wait, found after a call it is that call's failure.
    """

    reason: str
    code: str = ""
    recoverable: bool = False
    action: str = ""


Verdict = Settled | Pending | Broken
