"""What a plan may say about a table and its indexes: the whole of the plan language, version 1."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from orchestrator.kinds.arns import KinesisStreamArn, KmsKey
from orchestrator.kinds.fields import (
    ABSENT_TAG,
    MERGED,
    PRESENT_TAG,
    Absent,
    AbsentRoot,
    Distinct,
    Gate,
    Names,
    Node,
    Off,
    OrAbsent,
    Replace,
    ScalarType,
    Shape,
    Span,
    StringMap,
    Switch,
    Tag,
    Unprotected,
)

TABLES, INDEXES, REPLICAS = "tables", "indexes", "replicas"
"""The sections of the plan language that the kinds of this package stand in."""

AttributeName = Annotated[str, Shape(r"[\s\S]{1,255}", "the name of an attribute (1 to 255 characters)", "status")]
TimeAttribute = Annotated[
    str, Shape(r"[\s\S]{1,255}", "the name of the attribute that holds the time (1 to 255 characters)", "expires_at")
]
OneKey = Annotated[dict[AttributeName, ScalarType], Field(min_length=1, max_length=1)]
IndexKey = Annotated[dict[AttributeName, ScalarType], Field(min_length=1, max_length=4)]
Units = Annotated[int, Field(ge=1)]


class Capacity(Node):
    """Provisioned read and write capacity units."""

    read: Units
    write: Units


class OnDemandLimits(Node):
    """Ceilings of an on-demand table, in request units a second; `off` removes one."""

    max_read: Units | Off | None = None
    max_write: Units | Off | None = None


class Billing(Node):
    """`on_demand`, `{on_demand: {max_read, max_write}}` or `{provisioned: {read, write}}`."""

    WORDS = (("on_demand", {"on_demand": {}}),)
    EXAMPLE = "{provisioned: {read: 5, write: 5}}"

    on_demand: OnDemandLimits | None = None
    provisioned: Capacity | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.on_demand is None) == (self.provisioned is None):
            raise PydanticCustomError(
                "expected", "expected {expected}", {"expected": "on_demand or provisioned, one of them"}
            )
        return self


class IndexBilling(Node):
    provisioned: Capacity


class ScalingRange(Node):
    min: Units
    max: Units
    target: Annotated[int, Field(ge=20, le=90)]

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.min > self.max:
            raise PydanticCustomError("expected", "expected {expected}", {"expected": "a min that is no more than max"})
        return self


class Autoscaling(Node):
    read: ScalingRange | Off | None = None
    write: ScalingRange | Off | None = None


class WarmThroughput(Node):
    read: Units | None = None
    write: Units | None = None


class Projection(Node):
    """`all`, `keys_only`, or a list of attributes."""

    WORDS = (("all", {"kind": "ALL"}), ("keys_only", {"kind": "KEYS_ONLY"}))
    ITEMS = "include"
    INTERNAL = ("kind", "include")

    kind: Literal["ALL", "KEYS_ONLY", "INCLUDE"] = "INCLUDE"
    include: Annotated[tuple[AttributeName, ...], Field(strict=False), Distinct()] = ()

    @model_validator(mode="after")
    def _has_attributes(self) -> Self:
        if self.kind == "INCLUDE" and not self.include:
            raise PydanticCustomError(
                "expected", "expected {expected}", {"expected": "at least one attribute, or keys_only"}
            )
        return self

    @classmethod
    def expected(cls) -> str:
        return "all, keys_only or a list of attributes"


class IndexSpec(Node):
    """A global secondary index."""

    partition_key: IndexKey | None = None
    sort_key: IndexKey | None = None
    projection: Projection | None = None
    billing: IndexBilling | None = None
    autoscaling: Annotated[Autoscaling | Off | None, MERGED] = None
    warm_throughput: Annotated[WarmThroughput | None, MERGED] = None
    contributor_insights: Switch | None = None
    replace: Replace = "refuse"
    gate: Gate | None = None


class LocalIndexSpec(Node):
    sort_key: OneKey
    projection: Projection = Projection(kind="ALL")


class PointInTimeRecovery(Node):
    """`true`, `false` (or off), or `{days: 7}`."""

    WORDS = ((True, {"enabled": True}), (False, {"enabled": False}), ("off", {"enabled": False}))
    INTERNAL = ("enabled",)

    enabled: bool = True
    days: Annotated[int, Field(ge=1, le=35)] | None = None


class Encryption(Node):
    """`aws_owned`, `aws_managed`, or `{kms_key: ARN or alias}`."""

    WORDS = (("aws_owned", {"kind": "aws_owned"}), ("aws_managed", {"kind": "aws_managed"}))
    INTERNAL = ("kind",)

    kind: Literal["aws_owned", "aws_managed", "kms"] = "kms"
    kms_key: KmsKey | None = None

    @model_validator(mode="after")
    def _has_key(self) -> Self:
        if self.kind == "kms" and self.kms_key is None:
            raise PydanticCustomError("expected", "expected {expected}", {"expected": self.expected()})
        return self

    @classmethod
    def expected(cls) -> str:
        return "aws_owned, aws_managed or {kms_key: ARN or alias}"


class ReplicaSpec(Node):
    """The table in another Region: what it has of its own (fact sheet 8.2)."""

    table_class: Literal["standard", "infrequent_access"] | None = None
    point_in_time_recovery: PointInTimeRecovery | None = None
    deletion_protection: Switch | None = None
    tags: Annotated[StringMap | None, MERGED] = None
    encryption: Encryption | None = None
    contributor_insights: Switch | None = None


class TableTimeouts(Node):
    create: Span | None = None
    update: Span | None = None
    delete: Span | None = None
    index: Span | None = None


Stream = Literal["new_image", "old_image", "new_and_old_images", "keys_only"]
PresentIndex = Annotated[IndexSpec, Tag(PRESENT_TAG)] | Annotated[Absent, Tag(ABSENT_TAG)]


class AbsentReplica(Absent):
    """A replica that shall not exist, and may lose its protection first."""

    deletion_protection: Unprotected | None = None


class AbsentTable(AbsentRoot):
    """A table that shall not exist, and may lose its protection and its replicas first."""

    deletion_protection: Unprotected | None = None
    replicas: dict[str, AbsentReplica] | None = None


PresentReplica = Annotated[ReplicaSpec, Tag(PRESENT_TAG)] | Annotated[AbsentReplica, Tag(ABSENT_TAG)]


class TableSpec(Node):
    """A table. What is not stated is left alone."""

    name: str | None = None
    partition_key: OneKey | None = None
    sort_key: OneKey | None = None
    billing: Billing | None = None
    autoscaling: Annotated[Autoscaling | Off | None, MERGED] = None
    indexes: Annotated[dict[str, Annotated[PresentIndex, OrAbsent, MERGED]] | None, MERGED] = None
    local_indexes: Annotated[Annotated[dict[str, LocalIndexSpec], Field(max_length=5)] | None, MERGED] = None
    stream: Stream | Off | None = None
    ttl: TimeAttribute | Off | None = None
    point_in_time_recovery: PointInTimeRecovery | None = None
    encryption: Encryption | None = None
    table_class: Literal["standard", "infrequent_access"] | None = None
    deletion_protection: Switch | None = None
    warm_throughput: Annotated[WarmThroughput | None, MERGED] = None
    contributor_insights: Switch | None = None
    kinesis_stream: KinesisStreamArn | Off | None = None
    resource_policy: dict[str, Any] | Off | None = None
    replicas: Annotated[dict[str, Annotated[PresentReplica, OrAbsent, MERGED]] | None, MERGED] = None
    tags: Annotated[StringMap | None, MERGED] = None
    prune: Annotated[tuple[Literal["indexes", "tags"], ...], Field(strict=False), Distinct()] = ()
    replace: Replace = "refuse"
    timeouts: Annotated[TableTimeouts, MERGED] = TableTimeouts()
    gate: Gate | None = None
    after: Names = ()
