"""What a run leaves half-way: steps and events enter, sentences for whoever has to finish it leave. Pure."""

from collections.abc import Iterator, Sequence

from orchestrator.model import Event, Ref, Step

GOOD = ("settled", "already_in_place")


def unfinished(steps: Sequence[Step], events: Sequence[Event]) -> Iterator[str]:
    """What a call that took effect, or may have, has begun where the last step of the same thing has not ended well."""
    last: dict[Ref, Step] = {step.ref: step for step in steps}
    for step in steps:
        if step.unfinished and _begun(step, events) and not _well(last[step.ref], events):
            yield step.unfinished


def _begun(step: Step, events: Sequence[Event]) -> bool:
    said = [event.what for event in events if event.step == step.id]
    return "sent" in said or "in_progress" in said


def _well(step: Step, events: Sequence[Event]) -> bool:
    return any(event.step == step.id and event.what in GOOD for event in events)
