"""The DynamoDB control plane (fact sheet, sections 1 to 5, 7 and 15)."""

from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.sandbox.rules import constraints
from orchestrator.sandbox.rules.dynamodb import creation, data, group, refusals, settings, tags
from orchestrator.sandbox.rules.dynamodb.backups import Backups
from orchestrator.sandbox.rules.dynamodb.data import DATA_PLANE
from orchestrator.sandbox.rules.dynamodb.describe import table_description
from orchestrator.sandbox.rules.dynamodb.destinations import Destinations
from orchestrator.sandbox.rules.dynamodb.insights import ContributorInsights
from orchestrator.sandbox.rules.dynamodb.items.calls import handlers
from orchestrator.sandbox.rules.dynamodb.items.tokens import Tokens
from orchestrator.sandbox.rules.dynamodb.names import of_table_or_stream, table_name
from orchestrator.sandbox.rules.dynamodb.policies import ResourcePolicies
from orchestrator.sandbox.rules.dynamodb.records import Records
from orchestrator.sandbox.rules.dynamodb.region import Region, Scaling
from orchestrator.sandbox.rules.dynamodb.state import Table
from orchestrator.sandbox.rules.dynamodb.streams import StreamRules
from orchestrator.sandbox.rules.dynamodb.update import update
from orchestrator.sandbox.rules.ground import Ground
from orchestrator.sandbox.rules.refusal import Refusal

__all__ = ["DATA_PLANE", "DynamoDBRules"]

NEWER = frozenset({"KeySchema"})
"""An index has up to eight key attributes by now (fact sheet 4.2); not every botocore knows it."""

Reply = dict[str, Any]
Handler = Callable[[Mapping[str, Any], float], Reply]


class DynamoDBRules:
    """Tables, indexes and settings of one account and region. `resolve_key` is KMS: id, ARN or alias to a key's ARN.

    `near` finds the rules of another Region, with which global tables are shared; `scaling` is Application Auto Scaling.
    `handle` keeps the items of its tables. A front may keep them elsewhere: `admit` says for all calls of the data plane
    whether the state of table and index lets one through, and `tokens` knows the transactions that have happened.
    """

    def __init__(
        self,
        ground: Ground,
        resolve_key: Callable[[str], str],
        *,
        near: "Callable[[str], DynamoDBRules]",
        scaling: Callable[[], Scaling],
    ) -> None:
        self._ground = ground
        self._resolve_key = resolve_key
        self._records = records = Records(ground)
        self.region = Region(records, resolve_key, scaling, lambda name: near(name).region)
        self._backups = backups = Backups(records)
        self.tokens = Tokens()
        self.destinations, self.insights = Destinations(records), ContributorInsights(records)
        policies, self.streams = ResourcePolicies(records), StreamRules(records)
        self._handlers: Mapping[str, Handler] = {
            "CreateTable": self._create_table,
            "DescribeTable": self._describe_table,
            "UpdateTable": self._update_table,
            "DeleteTable": self._delete_table,
            "ListTables": self._list_tables,
            "UpdateTimeToLive": self._update_ttl,
            "DescribeTimeToLive": lambda given, now: settings.describe_ttl(records, given, now),
            "UpdateContinuousBackups": lambda given, now: settings.update_recovery(records, given, now),
            "DescribeContinuousBackups": lambda given, now: settings.describe_recovery(records, given, now),
            "TagResource": lambda given, now: tags.tag(records, given, now),
            "UntagResource": lambda given, now: tags.untag(records, given, now),
            "ListTagsOfResource": lambda given, now: tags.listed(records, given, now),
            "EnableKinesisStreamingDestination": self.destinations.enable,
            "DisableKinesisStreamingDestination": self.destinations.disable,
            "UpdateKinesisStreamingDestination": self.destinations.update,
            "DescribeKinesisStreamingDestination": self.destinations.describe,
            "UpdateContributorInsights": self.insights.update,
            "DescribeContributorInsights": self.insights.describe,
            "ListContributorInsights": self.insights.list,
            "PutResourcePolicy": policies.put,
            "GetResourcePolicy": policies.get,
            "DeleteResourcePolicy": policies.delete,
            "CreateBackup": backups.create,
            "DescribeBackup": backups.describe,
            "ListBackups": backups.list,
            "DeleteBackup": backups.delete,
            "DescribeLimits": self._describe_limits,
            "DescribeEndpoints": self._describe_endpoints,
            **handlers(records, self.tokens),
        }

    def handles(self, operation: str) -> bool:
        return operation in self._handlers

    def handle(self, operation: str, parameters: Mapping[str, Any], now: float) -> Reply:
        """See `service.Rules`."""
        if wrong := constraints.complaint("dynamodb", operation, parameters, NEWER):
            raise refusals.invalid(wrong)
        return self._handlers[operation](parameters, now)

    def admit(self, operation: str, parameters: Mapping[str, Any], now: float) -> None:
        """Raise Refusal where the state of a table or index refuses this call of the data plane (`DATA_PLANE`)."""
        data.admit(self._records, operation, parameters, now)

    def fail_next_replica(self, name: str, reason: str) -> None:
        """Let the next replica of the table `name` in this Region end in CREATION_FAILED, described by `reason`."""
        self._records.failing[name] = reason

    def table(self, name: str, now: float) -> Table | None:
        """The table as it is, whatever stale reads still show: for a front that keeps its items elsewhere."""
        record = self._records.get(name, now)
        return record.table if record else None

    def has_stream(self, arn: str, now: float) -> bool:
        """Whether this is the ARN of a table's open stream: not of one switched off, or of a table before it."""
        table = self.table(arn.partition("/stream/")[0].rpartition("/")[2], now)
        return table is not None and table.stream is not None and arn == f"{table.arn}/stream/{table.stream_label}"

    def tables(self, now: float) -> list[Table]:
        """All of them, by name."""
        return [record.table for record in self._records.all(now)]

    def resource(self, operation: str, parameters: Mapping[str, Any]) -> str:
        """`table/NAME`, also where the request names an ARN."""
        named = str(parameters.get("TableName") or parameters.get("ResourceArn") or "")
        if not named.startswith("arn:"):
            return f"table/{named}" if named else ""
        try:
            return f"table/{of_table_or_stream(self._ground, named)[0]}"
        except Refusal:
            return ""

    # ---------------------------------------------------------------------------------------------------------- tables

    def _create_table(self, parameters: Mapping[str, Any], now: float) -> Reply:
        name = table_name(self._ground, parameters)
        record = creation.create(self._records, self._resolve_key, name, parameters, now)
        return {"TableDescription": self._described(record.table, now)}

    def _described(self, table: Table, now: float) -> Reply:
        record = self._records.get(table.name, now)
        described = table_description(table, now, group.descriptions(self.region, table, now))
        if record is None or record.table.id != table.id:
            return described
        return described | {"ItemCount": len(record.items), "TableSizeBytes": record.items.size}

    def _describe_table(self, parameters: Mapping[str, Any], now: float) -> Reply:
        name = table_name(self._ground, parameters)
        record = self._records.get(name, now)
        table = record.seen(now) if record else None
        if table is None:
            raise refusals.table_missing(name)
        return {"Table": self._described(table, now)}

    def _update_table(self, parameters: Mapping[str, Any], now: float) -> Reply:
        name = table_name(self._ground, parameters)
        table = update(self.region, name, parameters, now)
        return {"TableDescription": self._described(table, now)}

    def _delete_table(self, parameters: Mapping[str, Any], now: float) -> Reply:
        name = table_name(self._ground, parameters)
        before = self._records.get(name, now)
        started = before is not None and before.table.status != "DELETING"
        record = creation.delete(self.region, name, now)
        if started and record.recovery.enabled:
            self._backups.keep_after_deletion(record.table, now)
        return {"TableDescription": self._described(record.table, now)}

    def _update_ttl(self, parameters: Mapping[str, Any], now: float) -> Reply:
        reply = settings.update_ttl(self._records, parameters, now)
        group.share_ttl(self.region, table_name(self._ground, parameters), now)
        return reply

    def _list_tables(self, parameters: Mapping[str, Any], now: float) -> Reply:
        """A page of names; a table just made may be missing (fact sheet, section 7)."""
        start, size = parameters.get("ExclusiveStartTableName", ""), parameters.get("Limit", 100)
        found = [record.table.name for record in self._records.all(now) if record.listed(now)]
        after = [name for name in found if name > start]
        reply: Reply = {"TableNames": after[:size]}
        return reply | ({"LastEvaluatedTableName": after[size - 1]} if len(after) > size else {})

    # --------------------------------------------------------------------------------------------------------- account

    def _describe_limits(self, parameters: Mapping[str, Any], now: float) -> Reply:
        """The default quotas (fact sheet 4.2)."""
        return {
            "AccountMaxReadCapacityUnits": 80000,
            "AccountMaxWriteCapacityUnits": 80000,
            "TableMaxReadCapacityUnits": 40000,
            "TableMaxWriteCapacityUnits": 40000,
        }

    def _describe_endpoints(self, parameters: Mapping[str, Any], now: float) -> Reply:
        address = f"dynamodb.{self._ground.region}.amazonaws.com"
        return {"Endpoints": [{"Address": address, "CachePeriodInMinutes": 1440}]}
