"""Where things stand in the account."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from orchestrator.model.event import Outcome
from orchestrator.model.place import Ref
from orchestrator.model.preview import Target
from orchestrator.model.runs import KnownRun
from orchestrator.model.step import Gate

State = Literal["in_place", "pending_change", "in_transition", "broken"]


@dataclass(frozen=True, slots=True)
class StatusLine:
    """Where one table, index, function or alias stands; `parts` are what it holds.

    `detail` says it in AWS's words (`index by_day CREATING, backfilling`) or names what is to change. `since` is in seconds
    since the epoch: when it was first seen in transition, None where that is not known. `facts` are what AWS chose and people
    ask for, under the names that references have for it: `url`.
    """

    ref: Ref
    state: State
    detail: str = ""
    since: float | None = None
    parts: tuple["StatusLine", ...] = ()
    gate: Gate = "start"
    facts: Mapping[str, str] = field(default_factory=dict)
    holder: KnownRun | None = None
    """The run that holds its lock."""


@dataclass(frozen=True, slots=True)
class Status:
    """Where everything stands that the plans name."""

    target: Target
    lines: tuple[StatusLine, ...] = ()


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
