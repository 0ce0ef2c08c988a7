"""Which step of a lane rests on which: what has to wait with one whose time has not come, and what goes ahead of it. Pure."""

from typing import Any

from orchestrator import kinds
from orchestrator.model import Change, Step


def alike(step: Step, other: Step) -> bool:
    """Whether both change the same setting of the same thing: then their order is not free."""
    return not _changed(step).isdisjoint(_changed(other))


def rests_on(step: Step, other: Step, live: Any) -> bool:
    """Whether `step` must not be sent before `other`, which comes earlier on the lane and is not done. `live` is their root's.

    It changes the same, or what the other one makes or takes away, or something that is given only once the other is done.
    """
    lacking = [change for change in step.given if not _made(change, live)]
    return (
        alike(step, other)
        or any((change.ref, change.field) in _changed(other) for change in lacking)
        or any(_within(change, whole) for whole in other.because if whole.whole for change in step.because)
    )


def _changed(step: Step) -> set[tuple[object, str]]:
    return {(change.ref, change.field) for change in step.because}


def _within(change: Change, whole: Change) -> bool:
    """Whether the change is of a thing, or of a part of it, that another one makes or takes away."""
    return change.ref.path[: len(whole.ref.path)] == whole.ref.path


def _made(change: Change, live: Any) -> bool:
    return kinds.KINDS[change.ref.section].reached(change, live)
