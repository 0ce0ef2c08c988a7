"""What AWS takes only so often (fact sheet 14.1, rule 7), counted when live state was looked at, before the first call.

What is certainly spent refuses the plan and says when it can be applied again; what may be spent is a warning, and where AWS
refuses it in the run it is left to a later one. DescribeTable tells of the last change of class and the last switch to on-demand
alone, and nothing of changes of the key, so those are never certain.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from orchestrator.kinds.contract import Context
from orchestrator.kinds.table import billing, encryption, replicas, table_class
from orchestrator.kinds.table.live import Capacity, TableLive
from orchestrator.model import Change, Finding, Ref, coming_minute, past_minute

BANKED_DECREASES, DECREASES_A_DAY = 4, 27
"""Four decreases at the start of a UTC day, one more each hour and never more than four banked, for the table and for each
index by itself (fact sheet, section 3)."""

FLIPS_A_DAY, CLASSES_A_MONTH, KEYS_A_DAY = 4, 2, 4
HOUR, DAY, MONTH = timedelta(hours=1), timedelta(days=1), timedelta(days=30)

_REST = "Then it is left to a later run, and all that does not rest on it is done."
"""Of a refusal in the middle: what is only possibly spent refuses nothing before the first call."""
_HIGHER = "Apply later, or keep the higher numbers."


def findings(table: TableLive, changes: Sequence[Change], ref: Ref, context: Context) -> Iterator[Finding]:
    """Those of the changes of a live table and its indexes."""
    now = datetime.fromtimestamp(context.now, UTC)
    for change in changes:
        of_table = change.ref == ref
        if change.field == table_class.FIELD and of_table:
            yield from _class(change, table.class_changed, now, context)
        elif change.field == encryption.FIELD and of_table:
            yield _key(change, context)
        elif change.field == billing.FIELD and of_table and _flips(change):
            yield from _flip(change, table.flipped, now, context)
        elif change.field == billing.FIELD and _decreases(change):
            index = table.indexes.get(change.ref.name)
            capacity = table.capacity if of_table else index.capacity if index else None
            yield from _decrease(change, capacity, now, context) if capacity else ()


# ------------------------------------------------------------------------------------------------------------- decreases


def _decreases(change: Change) -> bool:
    if any(billing.on_demand(side) for side in (change.before, change.after)):
        return False
    before, after = change.before[billing.PROVISIONED], change.after[billing.PROVISIONED]
    return bool(after["read"] < before["read"] or after["write"] < before["write"])


def _decrease(change: Change, capacity: Capacity, now: datetime, context: Context) -> Iterator[Finding]:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if capacity.decreased is not None and capacity.decreased < midnight:
        return  # what was counted is yesterday's
    used, granted = capacity.decreases_today, BANKED_DECREASES + now.hour
    if used >= min(granted, DECREASES_A_DAY):
        again = midnight + (DAY if used >= DECREASES_A_DAY else HOUR * (used - BANKED_DECREASES + 1))
        yield _spent(change, used, min(again, midnight + DAY), context)
    elif used >= BANKED_DECREASES and (capacity.decreased is None or now - capacity.decreased < HOUR):
        yield context.finding(
            "warning",
            "decrease-budget",
            change.ref,
            change.field,
            f"Throughput of {change.ref} was decreased {used} times today; AWS allows {BANKED_DECREASES} and one more each "
            f"hour, {DECREASES_A_DAY} a UTC day, so the budget may be spent and the call may be refused.",
            _HIGHER,
        )


def _spent(change: Change, used: int, again: datetime, context: Context) -> Finding:
    message = (
        f"Throughput of {change.ref} was decreased {used} times today (UTC), and AWS allows no other decrease before "
        f"{coming_minute(again.timestamp())}, so apply refuses the whole plan until then."
    )
    return context.refusal("decrease-budget", change.ref, change.field, message, _HIGHER)


# ---------------------------------------------------------------------------------------------------------------- others


def _flips(change: Change) -> bool:
    """To on-demand: the other way is not rationed (fact sheet 2.5)."""
    return billing.on_demand(change.after) and not billing.on_demand(change.before)


def _flip(change: Change, last: datetime | None, now: datetime, context: Context) -> Iterator[Finding]:
    if last is None or now - last >= DAY:
        return
    message = (
        f"The table was switched to on-demand, or made so, last at {past_minute(last.timestamp())}; AWS allows {FLIPS_A_DAY} "
        f"switches in 24 hours, so this one may be refused. {_REST}"
    )
    action = f"To be sure, apply after {coming_minute((last + DAY).timestamp())}, when none of them counts any more."
    yield context.finding("warning", "flip-budget", change.ref, change.field, message, action)


def _class(change: Change, last: datetime | None, now: datetime, context: Context) -> Iterator[Finding]:
    if last is None or now - last >= MONTH:
        return
    message = (
        f"The table class was changed last on {last:%Y-%m-%d}; AWS allows {CLASSES_A_MONTH} changes in 30 days, so this one "
        f"may be refused. {_REST}"
    )
    action = f"If it is refused, change it after {last + MONTH:%Y-%m-%d}, when none of them counts any more."
    yield context.finding("warning", "class-budget", change.ref, change.field, message, action)


def _key(change: Change, context: Context) -> Finding:
    message = (
        f"AWS allows {KEYS_A_DAY} changes of the key in 24 hours, and nothing tells how many were made, so this one may be "
        f"refused. {_REST}"
    )
    action = "If it is refused, the report says when it is taken."
    return context.finding("warning", "key-budget", change.ref, change.field, message, action)


# --------------------------------------------------------------------------------------------------- sources of replicas


def sources(table: TableLive | None, changes: Sequence[Change], context: Context) -> Iterator[Finding]:
    """Where younger copies came from can't go for a day (fact sheet 8.3).

    AWS does not tell which one that was. Of two it is the older: a third one that was it could not have gone since.
    """
    going = {change.ref.name: change for change in changes if change.whole and change.effect == "delete"}
    there = replicas.present(table)
    staying = [table, *(replica.seen for region, replica in there.items() if region not in going)]
    for region, change in going.items():
        leaving = there[region].seen if region in there else None
        young = [copy for copy in staying if copy and _came_later(copy, leaving, context.now)]
        if young:
            certain = len(there) == 1 and leaving is not None and leaving.created is not None
            yield _source(change, young, context, certain=certain)


def _came_later(copy: TableLive, leaving: TableLive | None, now: float) -> bool:
    """Less than a day ago, and not before what is leaving; of one that can't be seen nobody can tell."""
    if copy.created is None or now - copy.created.timestamp() >= DAY.total_seconds():
        return False
    return leaving is None or leaving.created is None or leaving.created < copy.created


def _source(change: Change, young: Sequence[TableLive], context: Context, *, certain: bool) -> Finding:
    regions = ", ".join(copy.region for copy in young)
    until = coming_minute(max(copy.created.timestamp() for copy in young if copy.created) + DAY.total_seconds())
    if certain:
        message = (
            f"The table in {regions} came from {change.ref} less than a day ago, and AWS does not let that go before {until}, "
            "so apply refuses the whole plan until then."
        )
        return context.refusal("replica-source", change.ref, "", message, "Apply later, or keep the replica.")
    message = (
        f"{regions} came less than a day ago; where it came from {change.ref.name}, AWS does not let {change.ref} go until a "
        f"day has passed. {_REST}"
    )
    return context.finding("warning", "replica-source", change.ref, "", message, f"To be sure, apply after {until}.")
