"""Orders and cycles of who needs whom."""

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

Thing = TypeVar("Thing")

MAX_CYCLES = 10
"""More are not looked for: each search is one walk through the whole graph."""
_SHOWN = 20


def order(needs: Mapping[Thing, Iterable[Thing]]) -> tuple[list[Thing], list[list[Thing]]]:
    """Everything after what it needs, and the cycles that had to be left out for that.

    A cycle is a list in which each thing needs the next and the last needs the first; it begins with the thing that stands
    first in `needs`. Both lists are the same for the same input. With more than MAX_CYCLES the order is empty.
    """
    left = {thing: list(dict.fromkeys(others)) for thing, others in needs.items()}
    place = {thing: number for number, thing in enumerate(left)}
    cycles: list[list[Thing]] = []
    while len(cycles) < MAX_CYCLES:
        try:
            return list(TopologicalSorter(left).static_order()), cycles
        except CycleError as error:
            cycle = _from_first(error.args[1][:0:-1], place)
            cycles.append(cycle)
            gone = set(cycle)
            left = {
                thing: [other for other in others if other not in gone]
                for thing, others in left.items()
                if thing not in gone
            }
    return [], cycles


def arrows(cycle: Iterable[object]) -> str:
    """`tables.a → functions.b → tables.a`, the middle of a very long one left out."""
    names = [str(thing) for thing in cycle]
    if len(names) > _SHOWN:
        names = [*names[: _SHOWN // 2], "…", *names[-_SHOWN // 2 :]]
    return " → ".join([*names, names[0]])


def _from_first(cycle: list[Thing], place: Mapping[Thing, int]) -> list[Thing]:
    start = min(range(len(cycle)), key=lambda number: place[cycle[number]])
    return cycle[start:] + cycle[:start]
