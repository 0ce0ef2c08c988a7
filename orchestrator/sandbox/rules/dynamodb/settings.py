"""The settings of a table that have an API of their own: TTL and point-in-time recovery (fact sheet 1.4, 1.6, section 3)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from orchestrator.sandbox.rules.dynamodb import names, refusals
from orchestrator.sandbox.rules.dynamodb.records import Record, Records, TimeToLive

# ----------------------------------------------------------------------------------------------------------------- TTL


def update_ttl(records: Records, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """UpdateTimeToLive: accepted once an hour at most."""
    record = names.existing(records, parameters, now)
    table, durations = record.table, records.ground.durations
    if table.status != "ACTIVE":
        # UPDATING is "ok or ResourceInUse" in fact sheet 1.4: the stricter reading.
        raise refusals.table_moving(table.name, table.status)
    if records.in_flight(now) >= records.ground.limits.tables_in_flight:
        raise refusals.too_many_moving(records.ground.limits.tables_in_flight)
    if now < record.recovery.disturbs:
        raise refusals.backups_not_ready(table.name, "ValidationException")
    wanted = parameters["TimeToLiveSpecification"]
    _check_ttl(record.ttl, wanted["Enabled"], wanted["AttributeName"])
    if record.ttl.changed is not None and now < record.ttl.changed + durations.ttl_lock:
        raise refusals.invalid("Time to live has been modified multiple times within a fixed interval")
    record.ttl = TimeToLive(wanted["AttributeName"] if wanted["Enabled"] else None, now, now + durations.ttl)
    # Settings don't bar other changes of the table.
    records.ground.timeline.busy("dynamodb", f"table/{table.name}", "ttl", now, now + durations.ttl, exclusive=False)
    return {"TimeToLiveSpecification": {"Enabled": wanted["Enabled"], "AttributeName": wanted["AttributeName"]}}


def describe_ttl(records: Records, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Of a table that comes or goes it can't be told (ack-api-quirks, DDB-TABLE-118 and 442)."""
    record = names.existing(records, parameters, now)
    ttl, state = record.ttl, record.table.status
    if state in ("CREATING", "DELETING"):
        raise refusals.invalid(
            f"Cannot describe time to live while table is in {state} state: Current table state is {state}"
        )
    moving = ttl.changed is not None and now < ttl.settles
    if ttl.attribute is None:
        return {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLING" if moving else "DISABLED"}}
    status = "ENABLING" if moving else "ENABLED"
    return {"TimeToLiveDescription": {"TimeToLiveStatus": status, "AttributeName": ttl.attribute}}


def _check_ttl(ttl: TimeToLive, enable: bool, attribute: str) -> None:
    if enable and ttl.attribute == attribute:
        raise refusals.invalid("TimeToLive is already enabled")
    if not enable and ttl.attribute is None:
        raise refusals.invalid("TimeToLive is already disabled")
    if ttl.attribute is not None and ttl.attribute != attribute:
        raise refusals.invalid(
            f"TimeToLive is active on a different AttributeName: current AttributeName is {ttl.attribute}"
        )


# --------------------------------------------------------------------------------------------- point-in-time recovery


def update_recovery(records: Records, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """UpdateContinuousBackups: at once, but not right after the table was made."""
    record = _backed_up(records, parameters, now)
    if now < record.recovery.available:
        raise refusals.backups_not_ready(record.table.name)
    if record.table.status != "ACTIVE":
        raise refusals.table_moving(record.table.name, record.table.status)
    wanted = parameters["PointInTimeRecoverySpecification"]
    enabled, days = wanted["PointInTimeRecoveryEnabled"], wanted.get("RecoveryPeriodInDays")
    if days is not None and not enabled:
        raise refusals.invalid(
            "Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery."
        )
    if days is not None and not 1 <= days <= 35:
        raise refusals.invalid_values("RecoveryPeriodInDays must be between 1 and 35")
    before = record.recovery
    record.recovery = replace(
        before,
        enabled=enabled,
        days=days or (before.days if before.enabled else 35),
        # Enabled anew after a pause, the restore window starts over (fact sheet, section 3).
        since=before.since if before.enabled else now,
        disturbs=now + records.ground.durations.recovery_enabling,
    )
    return _recovery(record, now)


def describe_recovery(records: Records, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    return _recovery(_backed_up(records, parameters, now), now)


def _recovery(record: Record, now: float) -> dict[str, Any]:
    """ContinuousBackups are always ENABLED, recovery is what is switched."""
    recovery = record.recovery
    shown: dict[str, Any] = {"PointInTimeRecoveryStatus": "ENABLED" if recovery.enabled else "DISABLED"}
    if recovery.enabled:
        shown |= {
            "RecoveryPeriodInDays": recovery.days,
            "EarliestRestorableDateTime": max(recovery.since, now - recovery.days * 86400),
            "LatestRestorableDateTime": max(recovery.since, now - 300),
        }
    return {
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": shown,
        }
    }


def _backed_up(records: Records, parameters: Mapping[str, Any], now: float) -> Record:
    """The same for the backup operations, to which a DELETING table is gone already (fact sheet 1.4)."""
    name = names.table_name(records.ground, parameters)
    record = records.get(name, now)
    if record is None or record.table.status == "DELETING":
        raise refusals.backup_table_missing(name)
    return record
