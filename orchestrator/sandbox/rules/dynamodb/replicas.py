"""Replicas come, change and go: one at a time, listed in every Region (fact sheet section 8; ack-api-quirks, DDB-TABLE-204,
226 to 228 and 294 to 313).
"""

import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from orchestrator.sandbox.rules.dynamodb import budgets, gate, group, overrides, refusals
from orchestrator.sandbox.rules.dynamodb.combination import Request
from orchestrator.sandbox.rules.dynamodb.encryption import AWS_MANAGED
from orchestrator.sandbox.rules.dynamodb.records import Record, Recovery, Turn
from orchestrator.sandbox.rules.dynamodb.region import Copy, Region, copies
from orchestrator.sandbox.rules.dynamodb.replica_request import ReplicaAction
from orchestrator.sandbox.rules.dynamodb.state import Encryption, Overrides, Replica, Table
from orchestrator.sandbox.rules.dynamodb.streams import begun
from orchestrator.sandbox.rules.refusal import Refusal

VIEW = "NEW_AND_OLD_IMAGES"


def change(region: Region, record: Record, request: Request, now: float) -> Table:
    """Accept the action on a replica and return the table as the reply shows it, or raise with nothing changed."""
    action, table = request.replica, record.table
    assert action is not None, "checked by the caller"
    if action.region == region.name:
        raise refusals.invalid(
            "Cannot add, delete, or update the local region through ReplicaUpdates. "
            "Use CreateTable, DeleteTable, or UpdateTable as required."
        )
    if action.action != "Create" and table.replica(action.region) is None:
        raise refusals.replica_unknown()
    others = copies(region, table, now)
    target = next((other for other in others if other.region.name == action.region), None)
    if action.action == "Delete" and target is not None:
        _check_deletable(target, now)
    gate.check(request, table)
    group.check_free(request, table, others)
    _check_places(region, now)
    match action.action:
        case "Create":
            _create(region, record, others, action, now)
        case "Update":
            _update(region, record, others, action, now)
        case "Delete":
            _delete(region, record, others, action, now)
    return record.table


def _check_places(region: Region, now: float) -> None:
    allowed = region.records.ground.limits.tables_in_flight
    if region.records.in_flight(now) >= allowed:
        raise refusals.too_many_moving(allowed)


def _status(status: str) -> Turn:
    return lambda table: replace(table, status=status)


def _listing(table: Table, region: str, status: str, reason: str | None = None) -> Table:
    """The table with that Region's entry changed, where it still is."""
    known = table.replica(region)
    return table if known is None else table.with_replica(replace(known, status=status, reason=reason))


def _listed(region: str, status: str, reason: str | None = None) -> Turn:
    return lambda table: _listing(table, region, status, reason)


def _busy(copy: Copy, what: str, now: float, seconds: float) -> None:
    ground = copy.region.records.ground
    ground.timeline.busy("dynamodb", f"table/{copy.table.name}", what, now, now + seconds)


# -------------------------------------------------------------------------------------------------------------- creation


def _create(region: Region, record: Record, others: list[Copy], action: ReplicaAction, now: float) -> None:
    """The reply tells of no replica yet; it is listed after some seconds, known in its own Region a little later."""
    table, place = record.table, region.near(action.region)
    if place.records.get(table.name, now) is not None or table.replica(action.region) is not None:
        raise refusals.replica_exists(table.name)
    if table.warm.updating or any(index.warm.updating for index in table.indexes):
        # No source tells what becomes of it in the new copy: the stricter reading.
        raise refusals.group_in_use()
    _check_writes(region, table)
    key = _key(region, place, table, action.given)
    overrides.check(table, action.given)
    here = Copy(region, record)
    made = replace(
        _replica(here, place, key, action.given, now),
        replicas=tuple(Replica(copy.region.name, "ACTIVE") for copy in (here, *others)),
    )
    spans = region.records.ground.durations
    ends, failed = now + spans.replica_create, place.records.failing.pop(table.name, None)
    _announce(here, others, action.region, failed, now)
    copy = Record(made, Recovery(available=ends + spans.recovery_unavailable), ttl=record.ttl)
    # Taken from now on, known to reads only later.
    copy.hidden_reads, copy.hidden_until = sys.maxsize, now + min(spans.replica_described, spans.replica_create)
    copy.later(ends, _arrived if failed is None else (lambda _: None))
    place.records.add(copy)
    place.scaling().take_over(region.scaling(), table.name, now)
    _busy(Copy(place, copy), "create", now, spans.replica_create)


def _announce(here: Copy, others: list[Copy], newcomer: str, failed: str | None, now: float) -> None:
    """All copies move, and list the newcomer before it is ACTIVE (or has failed)."""
    spans = here.region.records.ground.durations
    ends, status = now + spans.replica_create, "ACTIVE" if failed is None else "CREATION_FAILED"
    table = here.table
    if table.stream is None:
        table = begun(table, VIEW, now, now + spans.stream)
    table = replace(table, sourced=(*table.sourced, (newcomer, now)))
    for copy, becomes in ((here, table), *((other, other.table) for other in others)):
        copy.record.change(
            replace(becomes, status="UPDATING", is_global=True), copy.table, copy.region.records.ground, now
        )
        copy.record.later(
            now + min(spans.replica_listed, spans.replica_create), lambda later: later.with_replica(Replica(newcomer))
        )
        # While the items are copied the table is ACTIVE, and is UPDATING once more (DDB-TABLE-298).
        copy.record.later(now + spans.replica_create / 3, _status("ACTIVE"))
        copy.record.later(now + spans.replica_create * 2 / 3, _status("UPDATING"))
        copy.record.later(ends, _listed(newcomer, status, failed))
        copy.record.later(ends, _status("ACTIVE"))
        _busy(copy, f"create replica in {newcomer}", now, spans.replica_create)


def _check_writes(region: Region, table: Table) -> None:
    """On demand, or writes that scale by themselves (fact sheet 8.1): a target with a policy (ack-api-quirks, DDB-TABLE-188)."""
    scaled = region.scaling().scaled_writes(table.name)
    if table.on_demand:
        return
    if None not in scaled:
        raise refusals.invalid("Table write capacity should either be Pay-Per-Request or AutoScaled.")
    if any(index.name not in scaled for index in table.indexes):
        raise refusals.invalid("GSI write capacity should either be Pay-Per-Request or AutoScaled.")


def _key(region: Region, place: Region, table: Table, given: Mapping[str, Any]) -> str | None:
    """The ARN of the replica's key. Its type is the table's, the key itself is one of the replica's Region."""
    wanted, customer = given.get("KMSMasterKeyId"), region.customer_key(table.encryption.arn)
    if (customer and wanted is None) or (table.encryption.arn is None and wanted is not None):
        raise refusals.key_for_each_replica()
    if table.encryption.arn is None:
        return None
    try:
        arn = place.resolve_key(wanted or AWS_MANAGED)
    except Refusal as refusal:
        raise refusals.invalid(
            f"KMS validation error for region {place.name}: {refusal.message} "
            f"(Service: AWSKMS; Error Code: {refusal.code})"
        ) from refusal
    if place.customer_key(arn) != customer:
        raise refusals.invalid_values("All replica keys must either be Customer Managed CMK or AWS Managed CMK.")
    return arn


def _replica(here: Copy, place: Region, key: str | None, given: Mapping[str, Any], now: float) -> Table:
    """What the new copy has in common with the others, and its own: no protection, no recovery, no tags (fact sheet 8.2)."""
    table, ground = here.table, place.records.ground
    fresh = replace(
        table,
        arn=ground.arn("dynamodb", f"table/{table.name}"),
        id=place.records.fresh_id(table.name),
        created=now,
        status="CREATING",
        is_global=True,
        streams=(),
        encryption=Encryption(key),
        class_changes=(),
        protected=False,
        protection_changed=None,
        sourced=(),
        overrides=Overrides(),
        indexes=tuple(replace(index, creating=True, overrides=Overrides()) for index in table.indexes),
    )
    fresh = begun(fresh, table.stream or VIEW, now, now + ground.durations.replica_create)
    return overrides.given_to(fresh, given, table)


def _arrived(table: Table) -> Table:
    return replace(table, status="ACTIVE", indexes=tuple(replace(index, creating=False) for index in table.indexes))


# ---------------------------------------------------------------------------------------------------------------- update


def _update(region: Region, record: Record, others: list[Copy], action: ReplicaAction, now: float) -> None:
    """A replica's own settings. Stated as they are already they are accepted, and take as long (DDB-TABLE-294)."""
    overrides.check_update(record.table, action.given)
    target = next((other for other in others if other.region.name == action.region), None)
    if target is None:
        raise refusals.replica_unknown()
    classes, shared = _class_changes(target.table, action.given.get("TableClassOverride"), now), record.table

    def settled(later: Table) -> Table:
        return overrides.given_to(replace(later, status="ACTIVE"), action.given, shared)

    seconds = region.records.ground.durations.replica_update
    for copy in (Copy(region, record), *others):
        changed = replace(copy.table, status="UPDATING")
        if copy is target:
            changed = replace(changed, class_changes=classes)
        copy.record.change(_listing(changed, action.region, "UPDATING"), copy.table, copy.region.records.ground, now)
        copy.record.later(now + seconds, _listed(action.region, "ACTIVE"))
        copy.record.later(now + seconds, settled if copy is target else _status("ACTIVE"))
        _busy(copy, f"update replica in {action.region}", now, seconds)


def _class_changes(table: Table, wanted: str | None, now: float) -> tuple[float, ...]:
    """A new table class counts against the replica's own budget."""
    if wanted in (None, table.table_class or "STANDARD"):
        return table.class_changes
    budgets.check_class(table.class_changes, now)
    return (*table.class_changes, now)


# -------------------------------------------------------------------------------------------------------------- deletion


def _check_deletable(target: Copy, now: float) -> None:
    table = target.table
    if any(now < at + group.DAY and table.replica(place) is not None for place, at in table.sourced):
        raise refusals.source_of_replicas()
    if table.protected:
        raise refusals.replica_protected(table.name, target.region.name)


def _delete(region: Region, record: Record, others: list[Copy], action: ReplicaAction, now: float) -> None:
    """The copy of that Region goes; an entry whose creation failed has none."""
    spans = region.records.ground.durations
    leaving = next((other for other in others if other.region.name == action.region), None)
    if leaving is not None:
        leaving.record.change(
            replace(leaving.table, status="UPDATING"), leaving.table, leaving.region.records.ground, now
        )
        leaving.record.later(now + min(spans.replica_deleting, spans.replica_delete), _status("DELETING"))
        _depart(leaving, now)
    _forget([Copy(region, record), *(other for other in others if other is not leaving)], action.region, now)


def leave(region: Region, record: Record, now: float) -> None:
    """The copy in `region` is DELETING by a DeleteTable of its own: the others stay (fact sheet, section 5)."""
    others = copies(region, record.table, now)
    _depart(Copy(region, record), now)
    _forget(others, region.name, now)


def _depart(copy: Copy, now: float) -> None:
    """It is a replica no more when the others list it no more, and is known a little longer (DDB-TABLE-228, 308)."""
    spans = copy.region.records.ground.durations
    unlisted = now + spans.replica_delete
    copy.record.later(unlisted, lambda table: replace(table, replicas=(), is_global=False))
    copy.record.later(unlisted + spans.replica_gone, lambda _: None)
    _busy(copy, "delete", now, spans.replica_delete + spans.replica_gone)


def _forget(others: list[Copy], leaving: str, now: float) -> None:
    """UPDATING for a while, then ACTIVE although the replica is still DELETING (DDB-TABLE-204)."""
    for copy in others:
        ground = copy.region.records.ground
        deleting = now + min(ground.durations.replica_deleting, ground.durations.replica_delete)
        copy.record.change(replace(copy.table, status="UPDATING"), copy.table, ground, now)
        copy.record.later(deleting, _listed(leaving, "DELETING"))
        copy.record.later(deleting, _status("ACTIVE"))
        copy.record.later(now + ground.durations.replica_delete, lambda table: table.without_replica(leaving))
        _busy(copy, f"delete replica in {leaving}", now, ground.durations.replica_delete)
