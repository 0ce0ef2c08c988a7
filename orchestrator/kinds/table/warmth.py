"""Warm throughput of a table or an index: what it can take at once.

It only ever goes up, by itself too, so more than is wanted is no difference. A raise takes its time beside everything else:
one step asks for it early on the lane, and one at the end sees to it, so that nothing waits in between (fact sheet 3, 14.3).
In the plan's words: `{read, write}`, of a change only the sides that are still too low.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from orchestrator.kinds.contract import About, Context, Move, Setting
from orchestrator.kinds.table import billing, estimates, lanes
from orchestrator.kinds.table.lanes import Place
from orchestrator.kinds.table.live import TableLive, Warmth
from orchestrator.kinds.table.shapes import Shape
from orchestrator.kinds.table.spec import IndexSpec, TableSpec, WarmThroughput
from orchestrator.kinds.table.subjects import Index, IndexSeen, Table
from orchestrator.model import Call, Change, Finding, Pending, Ref, Settled, Verdict

FIELD = "warm_throughput"
ASKED = "asked_for"
"""The key of what shows once AWS has taken the request."""

UNITS: Mapping[str, str] = {"read": "ReadUnitsPerSecond", "write": "WriteUnitsPerSecond"}
ON_DEMAND: Mapping[str, int] = {"read": 12_000, "write": 4_000}
"""What a table or index that is billed on demand has from the start (fact sheet, section 3)."""


def _wanted(stated: WarmThroughput | None) -> Any:
    sides = {} if stated is None else {"read": stated.read, "write": stated.write}
    return {side: units for side, units in sides.items() if units is not None} or None


def _lacking(seen: Warmth, wanted: Mapping[str, int]) -> Mapping[str, int]:
    """The sides that are below what is wanted, with what they are."""
    return {side: getattr(seen, side) for side, units in wanted.items() if getattr(seen, side) < units}


def _same(seen: Warmth, wanted: Any) -> bool:
    """A raise that is asked for shows as one under way, or by its result; what another one asked for does not show."""
    if ASKED in wanted:
        return seen.raising or not _lacking(seen, wanted[ASKED])
    return not _lacking(seen, wanted)


def _part(seen: Warmth, wanted: Any) -> tuple[Any, Any]:
    lacking = _lacking(seen, wanted)
    return lacking, {side: wanted[side] for side in lacking}


def parameters(wanted: Mapping[str, int]) -> Mapping[str, Any]:
    return {"WarmThroughput": {UNITS[side]: units for side, units in wanted.items()}} if wanted else {}


def _beyond(wanted: Mapping[str, int], billed: Any) -> Mapping[str, int]:
    """The sides that a table or index of this billing does not have by itself; AWS refuses to be asked for less than it has."""
    least = ON_DEMAND if billing.on_demand(billed) else billed[billing.PROVISIONED]
    return {side: units for side, units in wanted.items() if units > least[side]}


def initial(shape: Shape, billed: Any) -> Shape:
    """What creating is asked for."""
    asked = _beyond(shape.get(FIELD, {}), billed)
    return {key: value for key, value in shape.items() if key != FIELD} | ({FIELD: asked} if asked else {})


def lasting(changes: Sequence[Change]) -> Iterator[Change]:
    """The changes of a table and its indexes without a raise that another billing brings by itself: that comes first.

    On-demand is the billing of every index too.
    """
    billed = {change.ref: change.after for change in changes if change.field == billing.FIELD}
    for change in changes:
        of_table = billed.get(change.ref.root)
        own = billed.get(change.ref, of_table if billing.on_demand(of_table) else None)
        if change.field != FIELD or own is None:
            yield change
        elif after := _beyond(change.after, own):
            yield replace(change, before={side: change.before[side] for side in after}, after=after)


def _moves(before: Any, after: Any, what: str, call: Call, *, raising: bool) -> Sequence[Move]:
    """Where a raise is under way it may be this one (asked for by a run that ended), so it is seen through first."""
    units = " and ".join(f"{number} {side}" for side, number in after.items())
    asked = {ASKED: after}
    seen = Move(
        f"wait until warm throughput of {what} has reached {units} units a second",
        None,
        before if raising else asked,
        after,
        deadline=lanes.WARM,
        order=Place.WARMED,
        estimate=estimates.WARMING,
    )
    if raising:
        return [seen]
    return [Move(f"raise warm throughput of {what} to {units} units a second", call, before, asked), seen]


def _table_moves(before: Any, after: Any, subject: Table) -> Sequence[Move]:
    call = lanes.call(subject.name, "UpdateTable", **parameters(after))
    return _moves(before, after, "the table", call, raising=subject.seen.warm.raising)


def _index_moves(before: Any, after: Any, subject: Index) -> Sequence[Move]:
    """Alone in its call (fact sheet 2.2)."""
    name = subject.ref.name
    update = {"Update": {"IndexName": name, **parameters(after)}}
    call = lanes.call(subject.name, "UpdateTable", GlobalSecondaryIndexUpdates=[update])
    return _moves(before, after, f"index {name}", call, raising=subject.seen.index.warm.raising)


def lost(ref: Ref, old: Warmth, billed: Any, context: Context) -> Iterator[Finding]:
    """What a table or index in the place of an `old` one is not asked to have again, where the plan states nothing of it."""
    beyond = _beyond({"read": old.read, "write": old.write}, billed)
    if not beyond:
        return
    units = " and ".join(f"{number:,} {side} units" for side, number in beyond.items())
    stated = ", ".join(f"{side}: {number}" for side, number in beyond.items())
    message = f"{ref} is made anew without its warm throughput ({units} a second), but with what its billing gives."
    action = f"To have it at once, which is paid for, state `warm_throughput: {{{stated}}}`."
    yield context.finding("warning", "warm-throughput-lost", ref, "", message, action)


def _motion(change: Change, warm: Warmth, what: str) -> Verdict:
    """Who has only asked for it does not wait for it."""
    wanted = change.after
    waits = isinstance(wanted, Mapping) and ASKED not in wanted and bool(_lacking(warm, wanted))
    return Pending(f"warm throughput of {what} {warm.status}") if waits and warm.raising else Settled()


def raise_of(table: TableLive) -> Verdict:
    """Pending while the warm throughput of the table or of one of its indexes is being raised, by whomever."""
    seen = [("the table", table.warm), *((f"index {name}", index.warm) for name, index in table.indexes.items())]
    raising = [f"warm throughput of {what} {warm.status}" for what, warm in seen if warm.raising]
    return Pending("; ".join(raising)) if raising else Settled()


ABOUT = About(
    ("dynamodb:CreateTable", "dynamodb:UpdateTable"),
    "Its status is ACTIVE and it is at least what is stated; everything else goes on meanwhile.",
    "What is beyond the account's quota of throughput, by AWS. That it goes down is never asked for.",
)

ROW: Setting[TableSpec, TableLive] = Setting(
    FIELD,
    Place.WARMING,
    wanted=lambda spec: _wanted(spec.warm_throughput),
    live=lambda table: table.warm,
    moves=_table_moves,
    create=parameters,
    kept=lambda *_: None,  # a table grows into it, and a raise is paid for: none that is not asked for
    equal=_same,
    part=_part,
    motion=lambda change, table: _motion(change, table.warm, "the table"),
    about=ABOUT,
)

OF_INDEX: Setting[IndexSpec, IndexSeen] = Setting(
    FIELD,
    Place.WARMING,
    wanted=lambda spec: _wanted(spec.warm_throughput),
    live=lambda seen: seen.index.warm,
    moves=_index_moves,
    create=parameters,
    kept=lambda *_: None,
    equal=_same,
    part=_part,
    motion=lambda change, seen: _motion(change, seen.index.warm, f"index {seen.index.name}"),
    about=ABOUT,
)
