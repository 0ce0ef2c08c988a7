"""UpdateTable: read the request, ask the gate, set things going."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from orchestrator.sandbox.rules.durations import Durations
from orchestrator.sandbox.rules.dynamodb import budgets, capacity, combination, gate, indexing, refusals
from orchestrator.sandbox.rules.dynamodb.combination import Request
from orchestrator.sandbox.rules.dynamodb.encryption import wanted_key
from orchestrator.sandbox.rules.dynamodb.moves import Move
from orchestrator.sandbox.rules.dynamodb.records import Record, Records
from orchestrator.sandbox.rules.dynamodb.state import Encryption, Table
from orchestrator.sandbox.rules.dynamodb.streams import begun, ended, label_at, wanted_view
from orchestrator.sandbox.rules.refusal import Refusal

_CAPACITY = frozenset({"throughput", "billing", "index update", "ceilings"})


def update(
    records: Records, resolve_key: Callable[[str], str], name: str, parameters: Mapping[str, Any], now: float
) -> Table:
    """Accept an UpdateTable and return the table as the reply shows it, or raise with nothing changed."""
    request = combination.read(name, parameters)
    record = records.get(name, now)
    if record is None:
        raise refusals.table_missing(name)
    gate.check(request, record.table)
    move = _move(records, resolve_key, request, record.table, now).begun()
    if move.moves and records.in_flight(now) >= records.ground.limits.tables_in_flight:
        raise refusals.too_many_moving(records.ground.limits.tables_in_flight)
    _commit(records, record, request, move, now)
    return move.table


def _move(records: Records, resolve_key: Callable[[str], str], request: Request, table: Table, now: float) -> Move:
    ground, move = records.ground, Move(table)
    durations = ground.durations
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
        _encrypt(move, request, wanted_key(request.given("SSESpecification"), resolve_key), durations, now)
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
