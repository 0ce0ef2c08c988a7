"""On-demand backups, which outlive their table (fact sheet 1.1, 1.5, section 3 and 5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.sandbox.rules.dynamodb import names, refusals
from orchestrator.sandbox.rules.dynamodb.describe import table_description
from orchestrator.sandbox.rules.dynamodb.records import Records
from orchestrator.sandbox.rules.dynamodb.state import Table
from orchestrator.sandbox.rules.refusal import Refusal

DAY = 86400
SYSTEM_BACKUP_DAYS = 35
PAGE = 100


@dataclass(frozen=True, slots=True)
class Backup:
    """`table` is as it was; `ready` is when the backup is AVAILABLE, `expires` when AWS drops it (its own backups only)."""

    arn: str
    name: str
    table: Table
    created: float
    ready: float
    expires: float | None = None

    @property
    def kind(self) -> str:
        return "USER" if self.expires is None else "SYSTEM"

    def details(self, status: str) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "BackupArn": self.arn,
            "BackupName": self.name,
            "BackupSizeBytes": 0,
            "BackupStatus": status,
            "BackupType": self.kind,
            "BackupCreationDateTime": self.created,
        }
        return shown | ({} if self.expires is None else {"BackupExpiryDateTime": self.expires})

    def summary(self, status: str) -> dict[str, Any]:
        source = {"TableName": self.table.name, "TableId": self.table.id, "TableArn": self.table.arn}
        return source | self.details(status)

    def description(self, status: str) -> dict[str, Any]:
        shown = table_description(self.table, self.created)
        source = {key: shown[key] for key in ("TableName", "TableId", "TableArn", "TableSizeBytes", "KeySchema")}
        source |= {
            "TableCreationDateTime": self.table.created,
            "ProvisionedThroughput": {
                "ReadCapacityUnits": self.table.capacity.read,
                "WriteCapacityUnits": self.table.capacity.write,
            },
            "ItemCount": 0,
            "BillingMode": "PAY_PER_REQUEST" if self.table.on_demand else "PROVISIONED",
        }
        return {"BackupDetails": self.details(status), "SourceTableDetails": source, "SourceTableFeatureDetails": {}}


class Backups:
    """All backups of one account and region."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._backups: dict[str, Backup] = {}
        self._made = 0

    def create(self, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
        """Not before continuous backups are there, some time after the table is (fact sheet, section 3)."""
        name = names.table_name(self._records.ground, parameters)
        names.check_name(parameters["BackupName"], "backupName")
        record = self._records.get(name, now)
        if record is None:
            raise refusals.backup_table_missing(name)
        if record.table.status == "DELETING":
            raise Refusal("TableInUseException", f"Table is being deleted: {name}", in_transition=True)
        if now < record.recovery.available:
            raise refusals.backups_not_ready(name)
        ready = now + self._records.ground.durations.backup
        backup = self._add(parameters["BackupName"], record.table, now, ready)
        return {"BackupDetails": backup.details(self._status(backup, now))}

    def keep_after_deletion(self, table: Table, now: float) -> None:
        """AWS's own backup of a table that had point-in-time recovery, kept for 35 days (fact sheet, section 5)."""
        self._add(f"{table.name}$DeletedTableBackup", table, now, now, now + SYSTEM_BACKUP_DAYS * DAY)

    def describe(self, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
        backup = self._get(parameters, now)
        return {"BackupDescription": backup.description(self._status(backup, now))}

    def delete(self, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
        backup = self._get(parameters, now)
        if now < backup.ready:
            raise Refusal("BackupInUseException", f"Backup is being created: {backup.arn}", in_transition=True)
        del self._backups[backup.arn]
        return {"BackupDescription": backup.description("DELETED")}

    def list(self, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
        """By age; `LastEvaluatedBackupArn` where there are more than `Limit`."""
        found = [backup for backup in self._backups.values() if self._asked(backup, parameters, now)]
        arns = [backup.arn for backup in found]
        start = parameters.get("ExclusiveStartBackupArn")
        if start in arns:
            found = found[arns.index(start) + 1 :]
        page = found[: parameters.get("Limit", PAGE)]
        reply: dict[str, Any] = {"BackupSummaries": [backup.summary(self._status(backup, now)) for backup in page]}
        return reply | ({"LastEvaluatedBackupArn": page[-1].arn} if len(page) < len(found) else {})

    def _asked(self, backup: Backup, parameters: Mapping[str, Any], now: float) -> bool:
        kind, name = parameters.get("BackupType", "USER"), parameters.get("TableName")
        return (
            self._alive(backup, now)
            and kind in ("ALL", backup.kind)
            and name in (None, backup.table.name, backup.table.arn)
            and parameters.get("TimeRangeLowerBound", 0) <= backup.created
            and backup.created < parameters.get("TimeRangeUpperBound", float("inf"))
        )

    def _add(self, name: str, table: Table, now: float, ready: float, expires: float | None = None) -> Backup:
        self._made += 1
        mark = self._records.ground.uuid("backup", self._made)[:8]
        backup = Backup(f"{table.arn}/backup/{int(now * 1000):014d}-{mark}", name, table, now, ready, expires)
        self._backups[backup.arn] = backup
        return backup

    def _get(self, parameters: Mapping[str, Any], now: float) -> Backup:
        arn = parameters["BackupArn"]
        backup = self._backups.get(arn)
        if backup is None or not self._alive(backup, now):
            raise Refusal("BackupNotFoundException", f"Backup not found: {arn}")
        return backup

    @staticmethod
    def _alive(backup: Backup, now: float) -> bool:
        return backup.expires is None or now < backup.expires

    @staticmethod
    def _status(backup: Backup, now: float) -> str:
        return "AVAILABLE" if now >= backup.ready else "CREATING"
