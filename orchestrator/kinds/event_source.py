"""Event sources of a function: parts of it, seen inside its live state and changed on its lane.

How they are matched, compared and changed is in `kinds/function/event_sources`.
"""

from collections.abc import Mapping

from orchestrator.kinds.contract import About, Attribute
from orchestrator.kinds.defaults import no_motion
from orchestrator.kinds.function.event_sources.difference import reached
from orchestrator.kinds.function.event_sources.settings import ROWS
from orchestrator.kinds.function.spec import EVENT_SOURCES as SECTION

ATTRIBUTES: Mapping[str, Attribute] = {}
"""References name none: AWS gives a mapping a UUID, which nothing else asks for."""

ABOUT = About(
    ("lambda:CreateEventSourceMapping", "lambda:DeleteEventSourceMapping"),
    "The mapping is Enabled or Disabled and shows what it was given; gone: ListEventSourceMappings shows it no more. A "
    "problem that Lambda tells of it is told in Lambda's words.",
    "Another starting position of a live mapping without `replace: recreate`.",
)

motion = no_motion

__all__ = ["ABOUT", "ATTRIBUTES", "ROWS", "SECTION", "motion", "reached"]
