"""Whether what would run now was in what somebody was shown before: then nobody has to be asked once more."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from orchestrator.model import Call, Ref, Step, Text


def covers(shown: Iterable[Step], now: Iterable[Step]) -> bool:
    """Whether every step that would run now was shown: its call, and all that a task does, of which a call is only a part."""
    before: dict[Ref, list[Step]] = defaultdict(list)
    for step in shown:
        before[step.ref].append(step)
    return all(_only_waits(step) or any(_same(other, step) for other in before[step.ref]) for step in now)


def _only_waits(step: Step) -> bool:
    return step.call is None and step.work is None


def _same(shown: Step, now: Step) -> bool:
    if shown.work is None or now.work is None:
        return shown.work is now.work and alike(shown.call, now.call)
    # Of a task without a call all is told in words: the keys of its table were not known yet, or nothing is sent.
    return alike(shown.work.stated, now.work.stated) and (shown.call is None or alike(shown.call, now.call))


def alike(shown: Any, now: Any) -> bool:
    """Whether what was shown is so now: what was known only later may have become known."""
    if isinstance(shown, Text) and shown.unknown:
        return isinstance(now, str | Text)
    if isinstance(shown, Call):
        same = isinstance(now, Call) and (shown.api, shown.region) == (now.api, now.region)
        return same and alike(shown.parameters, now.parameters)
    if isinstance(shown, Mapping):
        return (
            isinstance(now, Mapping) and shown.keys() == now.keys() and all(alike(shown[key], now[key]) for key in now)
        )
    if isinstance(shown, list | tuple):
        return isinstance(now, list | tuple) and len(shown) == len(now) and all(map(alike, shown, now))
    return bool(shown == now)
