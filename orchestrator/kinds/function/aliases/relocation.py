"""In which order aliases move that have provisioned concurrency: a version has it through one alias at most (fact sheet 11.4)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.kinds.function.aliases.live import AliasLive


@dataclass(frozen=True, slots=True)
class Relocation:
    """`names` in the order of their moves. `released` must do without provisioned concurrency while they move, for they
    exchange versions with others that have it too.
    """

    names: tuple[str, ...]
    released: tuple[str, ...] = ()


def relocation(
    targets: Mapping[str, Any], there: Mapping[str, AliasLive], kept: Collection[str], stated: Collection[str]
) -> Relocation:
    """How the aliases of `targets` (where each moves to, known or not) get there.

    `kept` are those with provisioned concurrency, before and after; whoever leaves a version goes before whoever comes to
    it. Where they go round in a circle one is released, if possible one of `stated`: a later run would give it back.
    """
    held_by = {there[name].version: name for name in kept if name in there}
    left, released = list(targets), list[str]()
    names: list[str] = []
    while left:
        waits = {name: _holder(name, targets, held_by, left) for name in left}
        free = next((name for name in left if waits[name] is None), None)
        if free is None:
            circle = _circle(left[0], waits)
            given = next((name for name in circle if name in stated), circle[0])
            released.append(given)
            held_by = {version: name for version, name in held_by.items() if name != given}
        else:
            left.remove(free)
            names.append(free)
    return Relocation(tuple(names), tuple(released))


def _holder(name: str, targets: Mapping[str, Any], held_by: Mapping[str, str], left: Collection[str]) -> str | None:
    """Whoever has to leave before `name`, which has provisioned concurrency, can come."""
    target = targets[name]
    if name not in held_by.values() or not isinstance(target, str):
        return None
    holder = held_by.get(target)
    return holder if holder != name and holder in left else None


def _circle(start: str, waits: Mapping[str, str | None]) -> list[str]:
    """Those who wait for each other, found from `start`; each waits for somebody."""
    seen: list[str] = []
    name: str | None = start
    while name is not None and name not in seen:
        seen.append(name)
        name = waits[name]
    return seen[seen.index(name) :] if name is not None else seen
