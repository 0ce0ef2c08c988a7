"""What a kind does with its rows: rows and a subject enter; changes, findings and calls leave."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, replace
from functools import reduce
from itertools import groupby
from typing import Any

from orchestrator.kinds.comparison import veiled
from orchestrator.kinds.contract import Context, D, L, Move, Setting, Subject
from orchestrator.kinds.fields import OFF
from orchestrator.kinds.merging import Apart, merged
from orchestrator.kinds.request_size import least, likely, of_all
from orchestrator.model import UNREAD, Call, Change, Estimate, Finding, Gate, Ref, Scope

Rows = Mapping[str, Setting[D, L]]
"""The settings of a kind by their names, in the order of the lane."""


def by_name(*rows: Setting[D, L]) -> Rows[D, L]:
    """ValueError where two have one name: the second would hide the first."""
    found: dict[str, Setting[D, L]] = {}
    for row in rows:
        if row.name in found:
            raise ValueError(f"two settings are called {row.name}")
        found[row.name] = row
    return found


def verb(after: Any) -> str:
    """What a step says that it does with a setting which becomes `after`."""
    return "clear" if after == OFF or (isinstance(after, Sized) and not after) else "set"


def stated(rows: Rows[D, L], declared: D, context: Context) -> Iterator[tuple[Setting[D, L], Any]]:
    """The rows that the plan says something about, with what it wants."""
    for row in rows.values():
        if (wanted := context.fill(row.wanted(declared))) is not None:
            yield row, wanted


def reads(rows: Rows[D, L], declared: D, part: str = "") -> frozenset[str]:
    """The aspects that an observation must include for every stated setting to be compared; `part` as in Setting."""
    found = (row.reads(declared, part) for row in rows.values() if row.wanted(declared) is not None)
    return frozenset().union(*found)


def all_reads(rows: Rows[D, L], declared: D, part: str = "") -> frozenset[str]:
    """The same for every setting, stated or not."""
    return frozenset().union(*(row.reads(declared, part) for row in rows.values()))


def differences(rows: Rows[D, L], subject: Subject[D, L], context: Context) -> Iterator[Change]:
    """One Change for each stated setting that a live thing does not show.

    ValueError where the observation left out what the plan states: the caller did not ask `reads`.
    """
    for row, wanted in stated(rows, subject.declared, context):
        compared = row.compared(subject)
        seen = row.live(compared.seen)
        if seen is UNREAD:
            raise ValueError(f"{subject.ref}: {row.name} was not read")
        if not row.same(seen, wanted):
            yield _change(row, seen, wanted, compared)


def _change(row: Setting[D, L], seen: Any, wanted: Any, subject: Subject[D, L]) -> Change:
    """A setting that one of its moves replaces is replaced."""
    before, after = row.part(seen, wanted)
    before = veiled(before, after)
    replaced = any(move.effect == "replace" for move in row.moves(before, after, subject))
    return Change(subject.ref, row.name, before, after, "replace" if replaced else "update")


def values(
    rows: Rows[D, L], subject: Subject[D, L], context: Context, apart: Collection[str] = ()
) -> Mapping[str, Any]:
    """What a thing that is made shall have, by setting: what the plan states, and for the rest what the one had that it takes
    the place of. Of the settings in `apart` nothing is taken over.
    """
    found: dict[str, Any] = {}
    for row in rows.values():
        wanted, kept = context.fill(row.wanted(subject.declared)), None if row.name in apart else _kept(row, subject)
        if wanted is not None:
            found[row.name] = wanted if kept is None else row.completed(kept, wanted)
        elif kept is not None and kept != row.fresh:
            found[row.name] = kept
    return found


def _kept(row: Setting[D, L], subject: Subject[D, L]) -> Any:
    """What the one in whose place the subject is made had of a setting, and this one is given too; None: nothing."""
    if subject.old is None:
        return None
    kept = row.kept(subject.declared, subject.old) if row.kept else row.live(subject.old)
    return None if kept is UNREAD else kept


def afterwards(rows: Rows[D, L], values: Mapping[str, Any], subject: Subject[D, L]) -> Iterator[Change]:
    """One Change for each of `values` that a new thing does not have by itself and that creating can't give it."""
    for row in rows.values():
        if row.create is None and row.name in values and not row.same(row.fresh, values[row.name]):
            yield _change(row, row.fresh, values[row.name], subject)


def createable(rows: Rows[D, L], values: Mapping[str, Any]) -> Mapping[str, Any]:
    """What creating gives a thing of `values`, by setting."""
    return {row.name: values[row.name] for row in rows.values() if row.create and row.name in values}


def created(rows: Rows[D, L], values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters that `values`, by setting, add to the create call."""
    parameters: dict[str, Any] = {}
    for row in rows.values():
        if row.create is not None and row.name in values:
            parameters |= row.create(values[row.name])
    return parameters


def reached(row: Setting[D, L], change: Change, live: L) -> bool:
    """Whether a live thing shows `change` as made; False where that was not read."""
    seen = row.live(live)
    if seen is UNREAD:
        return False
    return not row.same(seen, change.before) if change.effect == "replace" else row.same(seen, change.after)


def hazards(rows: Rows[D, L], changes: Iterable[Change], subject: Subject[D, L], context: Context) -> Iterator[Finding]:
    """What a reviewer should know about `changes` of the subject, placed where the plan states them."""
    for change in changes:
        where = context.where(change.ref, change.field)
        for hazard in rows[change.field].hazards(change, subject):
            yield replace(hazard, ref=change.ref, where=where)


def oversized(
    rows: Rows[D, L], changes: Iterable[Change], subject: Subject[D, L], context: Context
) -> Iterator[Finding]:
    """An error for each of `changes` that no call is large enough for."""
    for one in due(rows, changes, subject):
        if one.row.largest is None or one.move.call is None:
            continue
        if (size := least(one.move.call)) > one.row.largest:
            message = (
                f"To change {one.row.name} takes a request of {size:,} bytes; AWS takes {one.row.largest:,} at most."
            )
            action = f"State less. Where {subject.name} is made anew, its creation takes more."
            yield context.finding("error", "request-too-large", one.ref, one.row.name, message, action)


@dataclass(frozen=True, slots=True)
class Due:
    """One call of `row` that is due, as a part of changing `ref`."""

    row: Setting[Any, Any]
    ref: Ref
    move: Move
    reads: frozenset[str]

    @property
    def order(self) -> int:
        return self.row.order if self.move.order is None else self.move.order

    @property
    def shared(self) -> tuple[object, ...]:
        """Calls that agree in this may be one."""
        call = self.move.call
        return call.api if call else None, self.row.step or (self.ref, self.row.name), self.move.gate, self.move.pause


def due(rows: Rows[D, L], changes: Iterable[Change], subject: Subject[D, L]) -> Iterator[Due]:
    """The calls that make `changes` of the subject."""
    for change in changes:
        row = rows[change.field]
        reads = row.reads(subject.declared, subject.part)
        for move in row.moves(change.before, change.after, subject):
            yield Due(row, change.ref, move, reads if move.reads is None else move.reads)


@dataclass(frozen=True, slots=True)
class Sending:
    """One call that makes several changes, and what its step needs to know; without a call, one wait."""

    call: Call | None
    together: tuple[Due, ...]

    @property
    def shared(self) -> tuple[object, ...]:
        return self.together[0].shared

    @property
    def order(self) -> int:
        return self.together[0].order

    @property
    def name(self) -> str:
        """What names the step: what its first row says."""
        first = self.together[0].row
        return first.step or first.name

    @property
    def summary(self) -> str:
        return "; ".join(one.move.summary for one in self.together)

    @property
    def told(self) -> tuple[tuple[Ref, str], ...]:
        return tuple((one.ref, one.move.summary) for one in self.together)

    @property
    def because(self) -> tuple[Change, ...]:
        return tuple(
            Change(one.ref, one.row.name, one.move.before, one.move.after, one.move.effect) for one in self.together
        )

    @property
    def deadline(self) -> float:
        return max(one.move.deadline for one in self.together)

    @property
    def reads(self) -> frozenset[str]:
        return frozenset().union(*(one.reads for one in self.together))

    @property
    def scope(self) -> Scope:
        return Scope.WHOLE if any(one.row.scope is Scope.WHOLE for one in self.together) else Scope.SELF

    @property
    def gate(self) -> Gate:
        return self.together[0].move.gate

    @property
    def postponable(self) -> bool:
        return all(one.move.postponable for one in self.together)

    @property
    def pause(self) -> float:
        return self.together[0].move.pause

    @property
    def estimate(self) -> Estimate:
        return max((one.move.estimate for one in self.together), key=lambda one: one.likely)

    @property
    def ends(self) -> frozenset[str]:
        return frozenset().union(*(one.move.ends for one in self.together))


def sendings(calls: Iterable[Due]) -> Iterator[Sending]:
    """The calls to send, in the order of the lane.

    Those that may be one are, unless they contradict each other (the same setting of two things that a call names one
    of), or are too much for one. A second call of the same setting of the same thing goes out after the first.
    """
    for _, place in groupby(sorted(calls, key=lambda one: one.order), key=lambda one: one.order):
        found: list[Sending] = []
        for one in place:
            at = next((at for at, sending in reversed([*enumerate(found)]) if sending.shared == one.shared), None)
            joined = None if at is None else _joined(found[at], one)
            if at is None or joined is None:
                found.append(Sending(one.move.call, (one,)))
            else:
                found[at] = joined
        for sending in found:
            yield from _fitting(sending)


def _fitting(sending: Sending) -> Iterator[Sending]:
    """The same in as few calls as it takes: the bulkiest settings go after the others, which rest on each other sooner."""
    together, apart = list(sending.together), list[Due]()
    while len(together) > 1 and _too_large(together):
        bulkiest = max(together, key=lambda one: likely(one.move.call) if one.move.call else 0)
        together.remove(bulkiest)
        apart.append(bulkiest)
    if not apart:
        yield sending
        return
    yield _sending(together)
    yield from _fitting(_sending(apart))


def _too_large(together: Sequence[Due]) -> bool:
    limits = [one.row.largest for one in together if one.row.largest is not None]
    calls = [one.move.call for one in together if one.move.call is not None]
    return bool(limits and calls) and of_all(calls) > min(limits)


def _sending(together: Sequence[Due]) -> Sending:
    calls = [one.move.call for one in together if one.move.call is not None]
    return Sending(reduce(merged, calls) if calls else None, tuple(together))


def _joined(sending: Sending, one: Due) -> Sending | None:
    """The same with `one` going out too; None where that is a second move of one of them, or contradicts what they say."""
    if any((one.row.name, one.ref) == (other.row.name, other.ref) for other in sending.together):
        return None
    call, more = sending.call, one.move.call
    try:
        return Sending(merged(call, more) if call and more else None, (*sending.together, one))
    except Apart:
        return None
