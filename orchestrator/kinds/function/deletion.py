"""Taking a function away: first the event source mappings that invoke it, for they would outlive it (fact sheet 11.10)."""

from collections.abc import Iterator

from orchestrator.kinds.contract import Context, Diff
from orchestrator.kinds.function.event_sources import difference as event_sources
from orchestrator.kinds.function.event_sources.live import DELETING
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.model import Change, Declared, Finding


def diff(declared: Declared, live: FunctionLive | None, context: Context) -> Diff:
    """Nothing where it is gone."""
    if live is None:
        return Diff()
    sources = tuple(event_sources.all_of(live.attached.event_sources.all, declared.ref))
    gone = Change(declared.ref, "", declared.name, None, "delete")
    return Diff((*sources, gone), findings=tuple(_told(declared, live, context)))


def _told(declared: Declared, live: FunctionLive, context: Context) -> Iterator[Finding]:
    """What goes along (fact sheet 11.12)."""
    there = [one for one in live.attached.event_sources.all if one.state != DELETING]
    mappings = [f"{one.uuid} ({one.source})" for one in there]
    first = f" Its event source mappings are deleted first: {', '.join(mappings)}." if mappings else ""
    message = (
        f"With {declared.name} go its versions, aliases, permissions, function URLs, provisioned concurrency and "
        f"configuration of asynchronous invocation.{first} Its log group and layers stay."
    )
    yield context.finding("warning", "function-delete", declared.ref, "", message)
