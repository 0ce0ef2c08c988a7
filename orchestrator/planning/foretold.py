"""The world as it will be once some steps have run: what later stages are compiled against."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from orchestrator.model import Change, FromLive, Graph, Plan, Ref, Step, Target, Text, World


@dataclass(frozen=True)
class Foretold:
    """`made_up` are the values in `world` that AWS will choose otherwise: of what, and what stands for them here."""

    world: World
    made_up: Mapping[FromLive, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Unforetold:
    """What can't be foretold, and why: `reason` is a sentence without its full stop."""

    ref: Ref
    reason: str


Foretell = Callable[[Foretold, Sequence[Plan], Graph, Target, float], Foretold | Unforetold]
"""What a world, the present one or itself foretold, will be after these steps of these plans, from a time (epoch) on."""
SHORTEST_INSIDE = 16
"""Characters: what stands for a shorter value (a version's number) may stand inside another string by chance."""


def open_again(step: Step, made_up: Mapping[FromLive, str]) -> Step:
    """The step with what stands for values that AWS will choose as values known later: nobody is shown a made-up one."""

    def opened(value: Any) -> Any:
        match value:
            case str():
                return _opened(value, made_up)
            case Mapping():
                return {key: opened(inner) for key, inner in value.items()}
            case list() | tuple():
                return type(value)(opened(inner) for inner in value)
            case _:
                return value

    def told(change: Change) -> Change:
        return replace(change, before=opened(change.before), after=opened(change.after))

    call = replace(step.call, parameters=opened(step.call.parameters)) if step.call else None
    work = step.work.filled(opened) if step.work else None
    because, given = tuple(map(told, step.because)), tuple(map(told, step.given))
    return replace(step, call=call, because=because, given=given, work=work)


def _opened(text: str, made_up: Mapping[FromLive, str]) -> str | Text:
    for late, stand_in in made_up.items():
        if text == stand_in:
            return Text((late,))
        if len(stand_in) >= SHORTEST_INSIDE and stand_in in text:
            before, after = text.split(stand_in, 1)
            return Text(tuple(part for part in (before, late, after) if part))
    return text
