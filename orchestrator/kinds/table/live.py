"""What is seen of a table: frozen values, parsed from DescribeTable and what else was asked.

Absences mean what the fact sheet's 14.2 says: no BillingModeSummary is provisioned, no SSEDescription the AWS-owned key,
no StreamSpecification off, no TableClassSummary standard, no DeletionProtectionEnabled false. AttributeDefinitions serve
only to tell the types of key attributes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from orchestrator.kinds.arns import region_of
from orchestrator.kinds.kms import Keys
from orchestrator.model import UNREAD, Unread

Reply = Mapping[str, Any]
Key = tuple[tuple[str, str], ...]
"""Attributes with their types, in the order of the key schema."""


@dataclass(frozen=True, slots=True)
class KeySchema:
    """Partition and sort attributes: one of each in a table's own key, up to four of each in an index's (fact sheet 4.2)."""

    partition: Key
    sort: Key = ()

    @property
    def attributes(self) -> Key:
        return self.partition + self.sort


@dataclass(frozen=True, slots=True)
class Projection:
    """`kind` is ALL, KEYS_ONLY or INCLUDE; the attributes' order does not count (14.2, rule 11)."""

    kind: str
    include: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Capacity:
    """Provisioned units; how often they were decreased on the current UTC day (at most 27, fact sheet 3), and when last."""

    read: int
    write: int
    decreases_today: int = field(default=0, compare=False)
    decreased: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Warmth:
    """Warm throughput: what a table or index can take at once. It rises by itself too, and never falls (fact sheet 3)."""

    read: int = 0
    write: int = 0
    status: str = "ACTIVE"

    @property
    def raising(self) -> bool:
        """An unknown status is one in transition (fact sheet 0.2)."""
        return self.status != "ACTIVE"


@dataclass(frozen=True, slots=True)
class Insights:
    """Contributor Insights of a table or index; `failure` says why where `status` is FAILED."""

    status: str = "DISABLED"
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Destination:
    """A Kinesis stream that the table's changes go to, or went: the status and what AWS says of it."""

    status: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class ResourcePolicy:
    """The document attached to a table, parsed, and its revision."""

    document: Mapping[str, Any]
    revision: str


@dataclass(frozen=True, slots=True)
class IndexLive:
    """A global secondary index. `capacity` is 0/0 while the table is on demand."""

    name: str
    status: str
    backfilling: bool
    keys: KeySchema
    projection: Projection
    capacity: Capacity
    arn: str | None = None
    warm: Warmth = Warmth()


@dataclass(frozen=True, slots=True)
class LocalIndexLive:
    name: str
    keys: KeySchema
    projection: Projection


@dataclass(frozen=True, slots=True)
class ReplicaLive:
    """A replica as this Region lists it, and the table that it is in its own Region.

    `progress` is in percent. `table_class` is None where the list does not tell. `own` is None where its Region does not know
    it (yet), UNREAD where nobody may look there.
    """

    region: str
    status: str
    description: str = ""
    progress: float | None = None
    table_class: str | None = None
    own: "TableLive | Unread | None" = UNREAD

    @property
    def seen(self) -> "TableLive | None":
        """The table there, as far as it was read."""
        return self.own if isinstance(self.own, TableLive) else None


@dataclass(frozen=True, slots=True)
class Encryption:
    """`key` is the KMS key's ARN, None for the AWS-owned key; `status` is SSEDescription's, None where that is absent."""

    key: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class TimeToLive:
    """`status` is ENABLING, ENABLED, DISABLING or DISABLED; on while it is or becomes enabled (14.2, rule 14)."""

    status: str = "DISABLED"
    attribute: str | None = None

    @property
    def on(self) -> bool:
        return self.status in ("ENABLED", "ENABLING")


@dataclass(frozen=True, slots=True)
class PointInTimeRecovery:
    """`days` is how far back, None where the service does not say."""

    enabled: bool = False
    days: int | None = None


@dataclass(frozen=True, slots=True)
class ScalableTarget:
    """The range in which auto scaling moves one side's units."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Policy:
    """A target-tracking policy of a scalable target. `configuration` is the API's, cooldowns among it."""

    name: str
    target: float
    configuration: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reader:
    """An event source mapping on the table's stream: the name of its function, with an alias or version, and its UUID."""

    function: str
    uuid: str


@dataclass(frozen=True, slots=True)
class TableLive:
    """A table as an observation saw it. Sizes are up to six hours old (fact sheet 0.2).

    `targets` are by index (empty: the table itself) and side, `policies` by index, then side, `insights` by index, as far as
    they were read. `readers` are the mappings on the stream. `restoring` tells of a restore
    that is not over, `archive` is the ARN of the backup that AWS made of an archived table. `ceilings` are the most that an
    on-demand table takes, by side, without those that are not set; `flipped` is when it was last switched to on-demand.
    `kinesis` is by the stream's ARN. `replicas` are by Region, this one left out; `elsewhere` is what stands under this name
    in other Regions that were looked at and have no replica, `leftovers` the targets of a Region, `left` those here of indexes
    that are not there.
    """

    name: str
    arn: str
    id: str | None
    status: str
    keys: KeySchema
    on_demand: bool
    capacity: Capacity
    ceilings: Mapping[str, int] = field(default_factory=dict)
    flipped: datetime | None = None
    warm: Warmth = Warmth()
    indexes: Mapping[str, IndexLive] = field(default_factory=dict)
    local_indexes: Mapping[str, LocalIndexLive] = field(default_factory=dict)
    created: datetime | None = None
    replicas: Mapping[str, ReplicaLive] = field(default_factory=dict)
    elsewhere: "Mapping[str, TableLive | Unread | None]" = field(default_factory=dict)
    leftovers: Mapping[str, Mapping[tuple[str, str], ScalableTarget] | Unread] = field(default_factory=dict)
    left: Mapping[tuple[str, str], ScalableTarget] = field(default_factory=dict)
    strong: bool = False
    others: tuple[tuple[str, str], ...] = ()
    stream: str | None = None
    stream_arn: str | None = None
    encryption: Encryption = Encryption()
    table_class: str = "STANDARD"
    class_changed: datetime | None = None
    deletion_protection: bool = False
    restoring: bool = False
    archive: str | None = None
    item_count: int = 0
    size_bytes: int = 0
    ttl: TimeToLive | Unread = UNREAD
    pitr: PointInTimeRecovery | Unread = UNREAD
    tags: Mapping[str, str] | Unread = UNREAD
    backups: Mapping[str, str] | Unread = UNREAD
    kms_keys: Keys = field(default_factory=dict)
    targets: Mapping[tuple[str, str], ScalableTarget] | Unread = UNREAD
    policies: Mapping[str, Mapping[str, Policy] | Unread] = field(default_factory=dict)
    insights: Mapping[str, Insights] = field(default_factory=dict)
    kinesis: Mapping[str, Destination] | Unread = UNREAD
    resource_policy: ResourcePolicy | Unread | None = UNREAD
    readers: tuple[Reader, ...] | Unread = UNREAD

    @property
    def types(self) -> Mapping[str, str]:
        """The type of every attribute that a key uses."""
        indexes: list[IndexLive | LocalIndexLive] = [*self.local_indexes.values(), *self.indexes.values()]
        schemas = [self.keys, *(index.keys for index in indexes)]
        return {attribute: kind for keys in schemas for attribute, kind in keys.attributes}

    @property
    def region(self) -> str:
        """The Region that its ARN names."""
        return region_of(self.arn)


def billed_on_demand(table: Reply) -> bool:
    """By DescribeTable's `Table`; one that says nothing is provisioned (14.2, rule 8)."""
    return bool(table.get("BillingModeSummary", {}).get("BillingMode") == "PAY_PER_REQUEST")


def parsed(table: Reply, aspects: Mapping[str, Any]) -> TableLive:
    """A TableLive from DescribeTable's `Table` and the aspects that were read, by the fields that hold them.

    A table being deleted comes without its key schema and indexes (fact sheet 5).
    """
    types = {item["AttributeName"]: item["AttributeType"] for item in table.get("AttributeDefinitions", ())}
    stream = table.get("StreamSpecification", {})
    table_class, billing = table.get("TableClassSummary", {}), table.get("BillingModeSummary", {})
    return TableLive(
        name=table["TableName"],
        arn=table.get("TableArn", ""),
        id=table.get("TableId"),
        status=table.get("TableStatus", ""),
        keys=_keys(table.get("KeySchema", ()), types),
        on_demand=billed_on_demand(table),
        capacity=_capacity(table),
        ceilings=_ceilings(table.get("OnDemandThroughput", {})),
        flipped=billing.get("LastUpdateToPayPerRequestDateTime"),
        warm=_warmth(table.get("WarmThroughput", {})),
        indexes={item["IndexName"]: _index(item, types) for item in table.get("GlobalSecondaryIndexes", ())},
        local_indexes={item["IndexName"]: _local_index(item, types) for item in table.get("LocalSecondaryIndexes", ())},
        created=table.get("CreationDateTime"),
        replicas=_replicas(table),
        strong=table.get("MultiRegionConsistency") == "STRONG",
        others=_others(table),
        stream=stream.get("StreamViewType") if stream.get("StreamEnabled") else None,
        stream_arn=table.get("LatestStreamArn") if stream.get("StreamEnabled") else None,
        encryption=_encryption(table.get("SSEDescription", {})),
        table_class=table_class.get("TableClass", "STANDARD"),
        class_changed=table_class.get("LastUpdateDateTime"),
        deletion_protection=bool(table.get("DeletionProtectionEnabled")),
        restoring=bool(table.get("RestoreSummary", {}).get("RestoreInProgress")),
        archive=table.get("ArchivalSummary", {}).get("ArchivalBackupArn"),
        item_count=table.get("ItemCount", 0),
        size_bytes=table.get("TableSizeBytes", 0),
        **aspects,
    )


def _keys(schema: Iterable[Reply], types: Mapping[str, str]) -> KeySchema:
    by_role = [(item["KeyType"], (item["AttributeName"], types.get(item["AttributeName"], ""))) for item in schema]
    return KeySchema(
        tuple(attribute for role, attribute in by_role if role == "HASH"),
        tuple(attribute for role, attribute in by_role if role == "RANGE"),
    )


def _projection(item: Reply) -> Projection:
    projection = item.get("Projection", {})
    return Projection(projection.get("ProjectionType", "ALL"), frozenset(projection.get("NonKeyAttributes", ())))


def _capacity(item: Reply) -> Capacity:
    units = item.get("ProvisionedThroughput", {})
    return Capacity(
        units.get("ReadCapacityUnits", 0),
        units.get("WriteCapacityUnits", 0),
        units.get("NumberOfDecreasesToday", 0),
        units.get("LastDecreaseDateTime"),
    )


def _ceilings(units: Reply) -> Mapping[str, int]:
    """-1 is none, as is one that is left out (14.2, rule 10)."""
    named = {"max_read": units.get("MaxReadRequestUnits"), "max_write": units.get("MaxWriteRequestUnits")}
    return {side: most for side, most in named.items() if most is not None and most > 0}


def _warmth(units: Reply) -> Warmth:
    return Warmth(
        units.get("ReadUnitsPerSecond", 0), units.get("WriteUnitsPerSecond", 0), units.get("Status", "ACTIVE")
    )


def _index(item: Reply, types: Mapping[str, str]) -> IndexLive:
    return IndexLive(
        name=item["IndexName"],
        status=item.get("IndexStatus", ""),
        backfilling=bool(item.get("Backfilling")),
        keys=_keys(item.get("KeySchema", ()), types),
        projection=_projection(item),
        capacity=_capacity(item),
        arn=item.get("IndexArn"),
        warm=_warmth(item.get("WarmThroughput", {})),
    )


def _local_index(item: Reply, types: Mapping[str, str]) -> LocalIndexLive:
    return LocalIndexLive(item["IndexName"], _keys(item.get("KeySchema", ()), types), _projection(item))


def _replicas(table: Reply) -> Mapping[str, ReplicaLive]:
    """The other Regions'; its own too stands in some lists (fact sheet 1.1)."""
    own, found = region_of(table.get("TableArn", "")), [*map(_replica, table.get("Replicas", ()))]
    return {replica.region: replica for replica in found if replica.region != own}


def _replica(item: Reply) -> ReplicaLive:
    return ReplicaLive(
        region=item.get("RegionName", ""),
        status=item.get("ReplicaStatus", "ACTIVE"),
        description=item.get("ReplicaStatusDescription", ""),
        progress=_percent(item.get("ReplicaStatusPercentProgress")),
        table_class=item.get("ReplicaTableClassSummary", {}).get("TableClass"),
    )


def _percent(told: str | None) -> float | None:
    """The API has it as a text."""
    number = (told or "").strip().rstrip("%")
    return float(number) if number.replace(".", "", 1).isdigit() else None


def _others(table: Reply) -> tuple[tuple[str, str], ...]:
    """Vector indexes and witnesses: not managed here, but a table is not settled while one of them moves."""
    vectors = [(f"vector index {item.get('IndexName')}", item) for item in table.get("VectorIndexes", ())]
    witnesses = [(f"witness {item.get('RegionName')}", item) for item in table.get("GlobalTableWitnesses", ())]
    return tuple(
        [(what, item.get("IndexStatus", "ACTIVE")) for what, item in vectors]
        + [(what, item.get("WitnessStatus", "ACTIVE")) for what, item in witnesses]
    )


def _encryption(description: Reply) -> Encryption:
    status = description.get("Status")
    off = status in (None, "DISABLED", "DISABLING")
    return Encryption(None if off else description.get("KMSMasterKeyArn"), status)
