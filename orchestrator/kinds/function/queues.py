"""A function that reads queues: how long it may take is a matter of them too (fact sheet 11.10)."""

from collections.abc import Sequence

from orchestrator.kinds.function.event_sources.sources import sort
from orchestrator.kinds.function.subjects import Function
from orchestrator.kinds.parts import present
from orchestrator.model import Change, Finding, known_text


def hazards(change: Change, subject: Function) -> Sequence[Finding]:
    """A longer `timeout` than a queue's visibility timeout; that nobody reads, for it is the queue's own."""
    queues = _queues(subject)
    if not queues or not isinstance(change.before, int) or change.after <= change.before:
        return ()
    message = (
        f"{subject.name} may run for {change.after} seconds then, and it reads {', '.join(queues)}. A queue whose visibility "
        "timeout is shorter shows a message again while the function still has it, and Lambda refuses every change of its "
        "event source mapping."
    )
    action = (
        f"See to it before this runs that the visibility timeout of each queue is {change.after} seconds at least (AWS "
        "advises six times that)."
    )
    return (Finding("warning", "queue-visibility", message, action),)


def _queues(subject: Function) -> list[str]:
    """The queues of the plan's event sources and of those that were seen, by their ARNs."""
    stated = [known_text(one.source) for one in present(subject.declared.spec.event_sources).values()]
    seen = [one.source for one in subject.seen.attached.event_sources.all]
    found = {source: sort(source) for source in (*stated, *seen)}
    return sorted(source for source, of in found.items() if of is not None and of.queue)
