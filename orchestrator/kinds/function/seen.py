"""What an observation of a function brings: the function, nothing, or what was read without one:
mappings that outlived it, and what its creation rests on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.kinds.function.account import Account
from orchestrator.kinds.function.event_sources.live import EventSources
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.kinds.observation import Unreadable
from orchestrator.model import UNREAD, Unread


@dataclass(frozen=True, slots=True)
class Remains:
    """No function, but mappings that invoke one of its name as soon as there is one (fact sheet 11.10), or what else was read.

    `arn` is that one's, empty where no mapping tells it. `packages` says of objects that the plan names why they can't be had.
    """

    arn: str
    event_sources: EventSources
    account: Account | None = None
    packages: Mapping[str, Unreadable] = field(default_factory=dict)

    @property
    def aliases(self) -> Mapping[str, Any] | Unread:
        """As of a function of which nothing was read: they go with it, and parts ask for them whatever was seen."""
        return UNREAD


Seen = FunctionLive | Remains | None
"""What an observation brings of a function."""


def here(seen: Seen) -> FunctionLive | None:
    """The function, also one on its way out."""
    return None if isinstance(seen, Remains) else seen


def staying(seen: Seen) -> FunctionLive | None:
    """The function, unless it is on its way out."""
    live = here(seen)
    return None if live is None or live.deleting else live


def mappings(seen: Seen) -> EventSources:
    """The event source mappings that invoke the function, or would."""
    if seen is None:
        return EventSources()
    return seen.event_sources if isinstance(seen, Remains) else seen.attached.event_sources
