"""UpdateTable: read the request, ask the gate, set things going."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from orchestrator.sandbox.rules.durations import Durations
from orchestrator.sandbox.rules.dynamodb import (
    budgets,
    capacity,
    combination,
    gate,
    group,
    indexing,
    refusals,
    replicas,
)
from orchestrator.sandbox.rules.dynamodb.combination import Request
from orchestrator.sandbox.rules.dynamodb.encryption import wanted_key
from orchestrator.sandbox.rules.dynamodb.moves import Move
from orchestrator.sandbox.rules.dynamodb.records import Record, Records
from orchestrator.sandbox.rules.dynamodb.region import Copy, Region, copies
from orchestrator.sandbox.rules.dynamodb.state import Encryption, Table
from orchestrator.sandbox.rules.dynamodb.streams import begun, ended, label_at, wanted_view
from orchestrator.sandbox.rules.refusal import Refusal

_CAPACITY = frozenset({"throughput", "billing", "index update", "ceilings"})


@dataclass(frozen=True, slots=True)
class _Change:
    """What one Region's copy goes through. `request` is what it was told of the original one."""

    copy: Copy
    request: Request
    move: Move


def update(region: Region, name: str, parameters: Mapping[str, Any], now: float) -> Table:
    """Accept an UpdateTable and return the table as the reply shows it, or raise with nothing changed.

    What the copies of a global table share is changed in all of their Regions.
    """
    request = combination.read(name, parameters)
    records = region.records
    record = records.get(name, now)
    if record is None:
        raise refusals.table_missing(name)
    if request.replica is not None:
        return replicas.change(region, record, request, now)
    group.check_at_once(region, request, record.table)
    gate.check(request, record.table)
    others = copies(region, record.table, now)
    group.check_free(request, record.table, others)
    changes = _changes(Copy(region, record), others, request, now)
    if changes[0].move.moves and records.in_flight(now) >= records.ground.limits.tables_in_flight:
        raise refusals.too_many_moving(records.ground.limits.tables_in_flight)
    for change in changes:
        _commit(change.copy.region.records, change.copy.record, change.request, change.move, now)
    return changes[0].move.table


def _changes(here: Copy, others: list[Copy], request: Request, now: float) -> list[_Change]:
    """What becomes of this Region's copy, first, and of every other one."""
    table = group.own(request, here.table) if others else here.table
    move = _move(here.region, request, table, here.region.records.ground.durations, now)
    changes = [_Change(here, request, move)]
    for other in others:
        spans = other.region.records.ground.durations
        told = group.shared(request, here.table, other.table)
        if told is None:
            changes.append(_Change(other, request, Move(other.table)))
            continue
        later = replace(spans, index_backfill=spans.index_backfill + spans.index_elsewhere)
        its = group.own(told, other.table) if told.given("BillingMode") else other.table
        changes.append(_Change(other, told, _move(other.region, told, its, later, now)))
    if others and move.moves:
        # Whatever one copy goes through holds up all of them (ack-api-quirks, DDB-TABLE-230, 297).
        for change in changes:
            _hold_up(change.move, here.region.records.ground.durations.replica_update)
    return [replace(change, move=change.move.begun()) for change in changes]


def _hold_up(move: Move, seconds: float) -> None:
    """TableStatus is UPDATING for so long at least."""
    if all(lasts < seconds for _, lasts, _ in move.work):
        move.work.insert(0, ("wait for all replicas", seconds, True))
    move.moves, move.updating = True, max(move.updating, seconds)


def _move(region: Region, request: Request, table: Table, durations: Durations, now: float) -> Move:
    ground, move = region.records.ground, Move(table)
    if request.topics & _CAPACITY:
        capacity.change(move, request, durations, now)
    if "warm" in request.topics:
        capacity.raise_warmth(move, request, durations)
    for entry in request.of("Create"):
        definitions = request.given("AttributeDefinitions") or []
        indexing.create(move, entry, definitions, durations, ground.limits, now)
    for entry in request.of("Delete"):
        indexing.delete(move, entry, durations)
    if "stream" in request.topics:
        _stream(move, request, durations, now)
    if "encryption" in request.topics:
        _encrypt(move, request, wanted_key(request.given("SSESpecification"), region.resolve_key), durations, now)
    if "class" in request.topics:
        _change_class(move, request.given("TableClass"), durations, now)
    if "protection" in request.topics:
        _protect(move, request.given("DeletionProtectionEnabled"), durations, now)
    return move


def _commit(records: Records, record: Record, request: Request, move: Move, now: float) -> None:
    ground, resource = records.ground, f"table/{request.name}"
    record.change(move.table.without_removed_ceilings(), record.table, ground, now)
    for seconds, turn in move.turns:
        record.later(now + seconds, turn)
    for entry in request.of("Delete"):
        if work := record.index_work.pop(entry.name, None):
            ground.timeline.cut(work, min(work.end, now))
    for what, seconds, exclusive in move.work:
        interval = ground.timeline.busy("dynamodb", resource, what, now, now + seconds, exclusive=exclusive)
        for entry in request.of("Create"):
            record.index_work[entry.name] = interval


def _stream(move: Move, request: Request, durations: Durations, now: float) -> None:
    """On, or off; the view type is not changed in place. The new stream is named at once."""
    given, table = request.given("StreamSpecification"), move.table
    view = wanted_view(given)
    if view and table.stream:
        raise refusals.invalid(f"Table already has an enabled stream: TableName: {table.name}")
    if not view and not table.stream:
        raise refusals.invalid(f"Table has no stream to disable: TableName: {table.name}")
    move.table = begun(table, view, now, now + durations.stream) if view else ended(table, now)
    move.takes("enable stream" if view else "disable stream", durations.stream)


def _encrypt(move: Move, request: Request, key: str | None, durations: Durations, now: float) -> None:
    """The new key shows at once, as UPDATING; going back to the AWS-owned key shows when it is done.

    Only the key's own ARN is known again as no change: by alias or id, or with none, the table is encrypted anew.
    """
    current = move.table.encryption
    if key is None and current.arn is None:
        raise refusals.invalid_values("Table is already encrypted by default")
    if current.arn is not None and current.arn == request.given("SSESpecification").get("KMSMasterKeyId"):
        raise refusals.invalid_values(
            "Table is already encrypted with given KMSMasterKeyId. "
            "Use KMSMasterKeyId parameter if you want to change Master Key"
        )
    budgets.check_key_switch(current.changed, now)
    changed = (*current.changed, now)
    move.table = replace(move.table, encryption=Encryption(key or current.arn, updating=True, changed=changed))
    move.after(durations.encryption, lambda later: replace(later, encryption=Encryption(key, changed=changed)))
    move.takes("update encryption", durations.encryption, updating=durations.encryption / 2)


def _change_class(move: Move, wanted: str, durations: Durations, now: float) -> None:
    table = move.table
    if wanted == (table.table_class or "STANDARD"):
        raise refusals.invalid_values(f"The table is already of table class {wanted}")
    budgets.check_class(table.class_changes, now)
    changes = (*table.class_changes, now)
    move.table = replace(table, class_changes=changes)
    move.after(durations.table_class, lambda later: replace(later, table_class=wanted))
    move.takes("update table class", durations.table_class)


def _protect(move: Move, wanted: bool, durations: Durations, now: float) -> None:
    """Shown at once. AWS takes one change in 15 s (nubo-db/dynamodb-conformance)."""
    table = move.table
    if wanted == table.protected:
        return
    unlocked = (table.protection_changed or float("-inf")) + durations.protection_lock
    if now < unlocked:
        raise Refusal(
            "ThrottlingException",
            f"Deletion protection setting for table {table.name} modified within the previous "
            f"{durations.protection_lock * 1000:.0f} milliseconds. Please try again after {label_at(unlocked)}.",
        )
    move.table = replace(table, protected=wanted, protection_changed=now)
    move.takes("update deletion protection", durations.protection)
