"""Where things stand in the account."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from orchestrator.model.event import Outcome
from orchestrator.model.origin import Inquiry, Sighting
from orchestrator.model.place import Ref
from orchestrator.model.preview import Target
from orchestrator.model.runs import KnownRun
from orchestrator.model.step import Gate

State = Literal["in_place", "pending_change", "in_transition", "broken"]


@dataclass(frozen=True, slots=True)
class StatusLine:
    """Where one table, index, function or alias stands; `parts` are what it holds.

    `detail` says it in AWS's words (`index by_day CREATING, backfilling`) or names what is to change. `sighting` is of a
    table or function in transition: since when, and who began it, as far as that was looked for; `inquiry` is what to ask about
    that. `facts` are what AWS chose and people ask for, under the names that references have for it: `url`.
    """

    ref: Ref
    state: State
    detail: str = ""
    parts: tuple["StatusLine", ...] = ()
    gate: Gate = "start"
    facts: Mapping[str, str] = field(default_factory=dict)
    holder: KnownRun | None = None
    """The run that holds its lock."""
    sighting: Sighting | None = None
    inquiry: Inquiry | None = None

    @property
    def since(self) -> float | None:
        """The earliest moment of which it is known to be in transition, in seconds since the epoch."""
        return self.sighting.since if self.sighting else None


@dataclass(frozen=True, slots=True)
class Status:
    """Where everything stands that the plans name, `at` that moment (epoch).

    `locks_unknown` is why nobody can tell who holds what, empty where that can be told.
    """

    target: Target
    lines: tuple[StatusLine, ...] = ()
    at: float = 0.0
    locks_unknown: str = ""


@dataclass(frozen=True, slots=True)
class Waited:
    """How waiting ended, and where everything stood at the last look (nothing, where it was cut off before)."""

    exit_code: int
    outcome: Outcome
    target: Target
    lines: tuple[StatusLine, ...] = ()

    @property
    def pending(self) -> tuple[StatusLine, ...]:
        """What does not satisfy its plan yet, or is not settled; background work too, which need not have been waited for."""
        return tuple(line for line in self.lines if line.state != "in_place")
