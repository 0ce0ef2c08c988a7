"""What a kind does with its rows: rows, a Spec and a Live enter; changes, findings and calls leave."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from orchestrator.kinds.contract import Context, Move, Setting, veiled
from orchestrator.model import UNREAD, Change, Finding, Ref


def stated(rows: Iterable[Setting], spec: Any, context: Context) -> Iterator[tuple[Setting, Any]]:
    """The rows that the plan says something about, with what it wants."""
    for row in rows:
        if (wanted := context.fill(row.wanted(spec))) is not None:
            yield row, wanted


def differences(rows: Iterable[Setting], spec: Any, live: Any, ref: Ref, context: Context) -> Iterator[Change]:
    """One Change for each stated setting that a live resource does not show.

    ValueError where the observation left out what the plan states: the caller did not ask `reads`.
    """
    for row, wanted in stated(rows, spec, context):
        seen = row.live(live)
        if seen is UNREAD:
            raise ValueError(f"{ref}: {row.name} was not read")
        if not row.same(seen, wanted):
            yield _change(row, seen, wanted, ref)


def _change(row: Setting, seen: Any, wanted: Any, ref: Ref) -> Change:
    """A setting that one of its moves replaces is replaced."""
    before, after = row.part(seen, wanted)
    before = veiled(before, after)
    replaced = any(move.effect == "replace" for move in row.moves(before, after))
    return Change(ref, row.name, before, after, "replace" if replaced else "update")


def afterwards(rows: Iterable[Setting], spec: Any, ref: Ref, context: Context) -> Iterator[Change]:
    """One Change for each stated setting that a new resource does not have by itself and that creating can't give it."""
    for row, wanted in stated(rows, spec, context):
        if row.create is None and not row.same(row.fresh, wanted):
            yield _change(row, row.fresh, wanted, ref)


def created(rows: Iterable[Setting], spec: Any, context: Context) -> Mapping[str, Any]:
    """The parameters that the stated settings add to the create call."""
    parameters: dict[str, Any] = {}
    for row, wanted in stated(rows, spec, context):
        if row.create is not None:
            parameters |= row.create(wanted)
    return parameters


def reached(row: Setting, change: Change, live: Any) -> bool:
    """Whether a live resource shows `change` as made; False where that was not read."""
    seen = row.live(live)
    if seen is UNREAD:
        return False
    return not row.same(seen, change.before) if change.effect == "replace" else row.same(seen, change.after)


def hazards(row: Setting, change: Change, context: Context) -> list[Finding]:
    """What a reviewer should know about `change`, placed where the plan states it."""
    where = context.where(change.ref, row.name)
    return [replace(hazard, ref=change.ref, where=where) for hazard in row.hazards(change.before, change.after)]


@dataclass(frozen=True, slots=True)
class Sending:
    """One call that makes several changes, at its place on the lane: the merged parameters and what the step needs to know."""

    order: int
    operation: str
    parameters: Mapping[str, Any]
    rows: tuple[Setting, ...]
    moves: tuple[Move, ...]
    because: tuple[Change, ...]

    @property
    def name(self) -> str:
        """The setting that names the step: the first."""
        return self.rows[0].name

    @property
    def summary(self) -> str:
        return "; ".join(move.summary for move in self.moves)

    @property
    def deadline(self) -> float:
        return max(move.deadline for move in self.moves)

    @property
    def aspects(self) -> frozenset[str]:
        return frozenset(row.aspect for row in self.rows if row.aspect)


_Placed = tuple[Setting, Ref, Move]


def sendings(changes: Iterable[tuple[Setting, Change]]) -> Iterator[Sending]:
    """The calls that make `changes`, in the order of the lane.

    Moves of equal order and operation are merged; lists among their parameters are joined, mappings are united. A second
    move of the same setting of the same thing gets a call of its own.
    """
    placed = [(row, change.ref, move) for row, change in changes for move in row.moves(change.before, change.after)]
    placed.sort(key=lambda item: item[0].order)
    for _, group in groupby(placed, key=lambda item: (item[0].order, item[2].operation)):
        for together in _batches(group):
            yield _sending(together)


def _batches(group: Iterable[_Placed]) -> Iterator[list[_Placed]]:
    batch: dict[tuple[str, Ref], _Placed] = {}
    for placed in group:
        key = (placed[0].name, placed[1])
        if key in batch:
            yield list(batch.values())
            batch = {}
        batch[key] = placed
    yield list(batch.values())


def _sending(placed: Sequence[_Placed]) -> Sending:
    parameters: dict[str, Any] = {}
    for _, _, move in placed:
        for key, value in move.parameters.items():
            parameters[key] = _joined(parameters[key], value) if key in parameters else value
    return Sending(
        order=placed[0][0].order,
        operation=placed[0][2].operation,
        parameters=parameters,
        rows=tuple(row for row, _, _ in placed),
        moves=tuple(move for _, _, move in placed),
        because=tuple(Change(ref, row.name, move.before, move.after, move.effect) for row, ref, move in placed),
    )


def _joined(one: Any, other: Any) -> Any:
    if isinstance(one, list):
        return [*one, *other]
    if isinstance(one, Mapping):
        return {**one, **other}
    return other
