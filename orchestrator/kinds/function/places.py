"""What stands in the place of what a step makes, where parts don't tell it by their own names, and how it is looked up."""

import re

from orchestrator.kinds.function import url
from orchestrator.kinds.function.aspects import EVENT_SOURCE
from orchestrator.kinds.function.event_sources import difference as event_sources
from orchestrator.kinds.function.seen import Seen, here, mappings
from orchestrator.kinds.function.spec import EVENT_SOURCES
from orchestrator.model import Change

_UUID = re.compile(r"\bUUID ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)


def occupied(change: Change, seen: Seen) -> bool:
    """Whether there is a mapping of the same source and alias, or a URL of the same alias. Total."""
    if change.ref.section == EVENT_SOURCES:
        return change.comes and event_sources.occupied(change.after, mappings(seen))
    live = here(seen)
    return live is not None and change.field == url.FIELD and url.occupied(change, live)


def pointers(refusal: str) -> frozenset[str]:
    """The mappings that a refusal names by their UUIDs: lists may show them only later (fact sheet 11.4)."""
    return frozenset(f"{EVENT_SOURCE}:{uuid}" for uuid in _UUID.findall(refusal))
