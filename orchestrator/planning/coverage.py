"""Whether what would run now was in what somebody was shown before: then nobody has to be asked once more."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from orchestrator.model import Call, Ref, Step, Text


def covers(shown: Iterable[Step], now: Iterable[Step]) -> bool:
    """Whether every step that would run now was shown: its call, and all that a task does, of which its call is only a part."""
    before: dict[Ref, list[Step]] = defaultdict(list)
    for step in shown:
        before[step.ref].append(step)
    return all(step.call is None or any(_same(other, step) for other in before[step.ref]) for step in now)


def _same(shown: Step, now: Step) -> bool:
    return alike(shown.call, now.call) and alike(_stated(shown), _stated(now))


def _stated(step: Step) -> Any:
    return None if step.work is None else step.work.stated


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
