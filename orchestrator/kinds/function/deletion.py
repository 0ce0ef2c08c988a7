"""Taking a function away: first the event source mappings that invoke it, for they would outlive it (fact sheet 11.10)."""

from collections.abc import Iterator

from orchestrator.kinds.contract import Context, Diff
from orchestrator.kinds.function.event_sources import difference as event_sources
from orchestrator.kinds.function.event_sources.difference import SOURCE
from orchestrator.kinds.function.seen import Seen, here, mappings
from orchestrator.model import Change, Declared, Finding


def diff(declared: Declared, seen: Seen, context: Context) -> Diff:
    """Nothing where it is gone, and has left nothing behind."""
    sources = tuple(event_sources.all_of(mappings(seen).all, declared.ref))
    going = ", ".join(f"{one.identity} ({one.before[SOURCE]})" for one in sources)
    if here(seen) is None:
        return Diff(sources, findings=tuple(_left(declared, going, context)))
    gone = Change(declared.ref, "", declared.name, None, "delete")
    return Diff((*sources, gone), findings=tuple(_told(declared, going, context)))


def _left(declared: Declared, going: str, context: Context) -> Iterator[Finding]:
    if going:
        message = f"{declared.name} is gone already, and its event source mappings are not: {going}. They are deleted."
        yield context.finding("warning", "function-left", declared.ref, "", message)


def _told(declared: Declared, going: str, context: Context) -> Iterator[Finding]:
    """What goes along (fact sheet 11.12)."""
    first = f" Its event source mappings are deleted first: {going}." if going else ""
    message = (
        f"With {declared.name} go its versions, aliases, permissions, function URLs, provisioned concurrency and "
        f"configuration of asynchronous invocation.{first} Its log group and layers stay."
    )
    yield context.finding("warning", "function-delete", declared.ref, "", message)
