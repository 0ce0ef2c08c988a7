"""What a table is at one moment: frozen values, replaced as time passes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

Keys = tuple[tuple[str, str], ...]
"""(attribute, HASH or RANGE), in the order of the key schema."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """Provisioned units a second; 0/0 while billed on demand (fact sheet 2.5)."""

    read: int = 0
    write: int = 0

    def lower_than(self, other: "Capacity") -> bool:
        """Whether going from `other` to this is a decrease: either number drops."""
        return self.read < other.read or self.write < other.write

    def higher_than(self, other: "Capacity") -> bool:
        return self.read > other.read or self.write > other.write


@dataclass(frozen=True, slots=True)
class Changes:
    """When provisioned capacity went up last and when it went down, every time (epoch seconds)."""

    increased: float | None = None
    decreases: tuple[float, ...] = ()

    def noted(self, before: Capacity, after: Capacity, now: float) -> Self:
        return replace(
            self,
            increased=now if after.higher_than(before) else self.increased,
            decreases=(*self.decreases, now) if after.lower_than(before) else self.decreases,
        )


@dataclass(frozen=True, slots=True)
class OnDemandLimits:
    """Ceilings in request units a second; None for none, -1 only in the reply to the call that removed one."""

    read: int | None = None
    write: int | None = None

    def merged(self, other: "OnDemandLimits") -> "OnDemandLimits":
        """Partial updates merge (fact sheet 2.3)."""
        return OnDemandLimits(
            self.read if other.read is None else other.read, self.write if other.write is None else other.write
        )

    def settled(self) -> "OnDemandLimits":
        """-1 removes a ceiling."""
        return OnDemandLimits(*(None if limit == -1 else limit for limit in (self.read, self.write)))


@dataclass(frozen=True, slots=True)
class WarmThroughput:
    """What was asked for beyond the default: it only goes up, out of band (fact sheet, section 3)."""

    read: int = 0
    write: int = 0
    raises: int = 0
    """How many raises are under way."""

    @property
    def updating(self) -> bool:
        return self.raises > 0

    def raising(self) -> Self:
        """With one raise more under way."""
        return replace(self, raises=self.raises + 1)

    def raised(self, units: Capacity) -> Self:
        """With one raise done, which takes back none that reached higher."""
        return replace(self.at_least(units), raises=self.raises - 1)

    def at_least(self, units: Capacity) -> Self:
        return replace(self, read=max(self.read, units.read), write=max(self.write, units.write))


@dataclass(frozen=True, slots=True)
class Projection:
    kind: str
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LocalIndex:
    name: str
    keys: Keys
    projection: Projection


@dataclass(frozen=True, slots=True)
class Overrides:
    """What one replica has of its own instead of what all share: read capacity, ceiling of reads (fact sheet 8.2)."""

    read: int | None = None
    ceiling: int | None = None


@dataclass(frozen=True, slots=True)
class Index:
    """A global secondary index, `made` at some time (which tells it from an earlier one of its name).

    `backfilling` is None unless it is being added to a live table (fact sheet 1.3).
    """

    name: str
    keys: Keys
    projection: Projection
    made: float = 0
    capacity: Capacity = Capacity()
    changes: Changes = Changes()
    limits: OnDemandLimits = OnDemandLimits()
    warm: WarmThroughput = WarmThroughput()
    overrides: Overrides = Overrides()
    creating: bool = False
    backfilling: bool | None = None
    updating: bool = False
    deleting: bool = False

    @property
    def status(self) -> str:
        if self.deleting:
            return "DELETING"
        if self.updating:
            return "UPDATING"
        return "CREATING" if self.creating else "ACTIVE"

    @property
    def allocating(self) -> bool:
        """Phase 1 of being added to a live table."""
        return self.creating and not self.backfilling


@dataclass(frozen=True, slots=True)
class Encryption:
    """With a KMS key: `arn` None stands for the AWS-owned key, which DescribeTable shows by leaving everything out."""

    arn: str | None = None
    updating: bool = False
    changed: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Replica:
    """Another Region's copy, as this Region lists it."""

    region: str
    status: str = "CREATING"
    reason: str | None = None

    @property
    def moving(self) -> bool:
        return self.status in ("CREATING", "UPDATING", "DELETING")


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream of a table, which is ENABLING until `settles`, and is switched off at `ended`, if it is."""

    label: str
    view: str
    made: float
    settles: float
    ended: float | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Everything that DescribeTable tells, and the history that budgets are counted from.

    `status` is the TableStatus; `iops` says that it is UPDATING because capacity changes. `on_demand_since` is when it was
    last switched to (or created with) on-demand billing, None for never. `stream_label` outlives the stream.
    `is_global`: it is one of several copies, or about to be; `replicas` are the others, as far as they are listed.
    `sourced` are the Regions that got their copy from here, and when (epoch seconds).
    """

    name: str
    arn: str
    id: str
    created: float
    keys: Keys
    types: Mapping[str, str]
    status: str = "CREATING"
    iops: bool = False
    on_demand: bool = False
    on_demand_since: float | None = None
    flips: tuple[float, ...] = ()
    capacity: Capacity = Capacity()
    changes: Changes = Changes()
    limits: OnDemandLimits = OnDemandLimits()
    warm: WarmThroughput = WarmThroughput()
    indexes: tuple[Index, ...] = ()
    local_indexes: tuple[LocalIndex, ...] = ()
    stream: str | None = None
    stream_label: str | None = None
    streams: tuple[Stream, ...] = ()
    """Every one that there was, the latest last."""
    encryption: Encryption = field(default_factory=Encryption)
    table_class: str | None = None
    class_changes: tuple[float, ...] = ()
    protected: bool = False
    protection_changed: float | None = None
    is_global: bool = False
    replicas: tuple[Replica, ...] = ()
    overrides: Overrides = Overrides()
    sourced: tuple[tuple[str, float], ...] = ()

    def replica(self, region: str) -> Replica | None:
        return next((replica for replica in self.replicas if replica.region == region), None)

    def with_replica(self, changed: Replica) -> "Table":
        """The same table with that replica in place of the one of its Region, or as the last one."""
        if self.replica(changed.region) is None:
            return replace(self, replicas=(*self.replicas, changed))
        return replace(self, replicas=tuple(changed if old.region == changed.region else old for old in self.replicas))

    def without_replica(self, region: str) -> "Table":
        """The same table; without its last replica it is a plain table again (fact sheet 8.3)."""
        rest = tuple(replica for replica in self.replicas if replica.region != region)
        return replace(
            self,
            replicas=rest,
            is_global=bool(rest),
            overrides=self.overrides if rest else Overrides(),
            sourced=tuple((place, at) for place, at in self.sourced if place != region),
        )

    def index(self, name: str) -> Index | None:
        return next((index for index in self.indexes if index.name == name), None)

    def without_removed_ceilings(self) -> "Table":
        """What describes show after a reply that still echoed -1 (fact sheet 2.3)."""
        indexes = tuple(replace(index, limits=index.limits.settled()) for index in self.indexes)
        return replace(self, limits=self.limits.settled(), indexes=indexes)

    def with_index(self, changed: Index) -> "Table":
        """The same table with that index in place of its namesake."""
        return replace(self, indexes=tuple(changed if i.name == changed.name else i for i in self.indexes))

    def without_index(self, name: str) -> "Table":
        """The same table without that index, and without attribute types that nothing uses now (fact sheet 2.4)."""
        rest = replace(self, indexes=tuple(i for i in self.indexes if i.name != name))
        used = rest.key_attributes()
        return replace(rest, types={attribute: kind for attribute, kind in self.types.items() if attribute in used})

    def key_attributes(self) -> set[str]:
        schemas = [self.keys, *(index.keys for index in self.all_indexes())]
        return {attribute for keys in schemas for attribute, _ in keys}

    def all_indexes(self) -> tuple[Index | LocalIndex, ...]:
        return (*self.indexes, *self.local_indexes)

    def index_names(self) -> set[str]:
        return {index.name for index in self.all_indexes()}

    @property
    def in_flight(self) -> int:
        """How many of the account's places for tables and indexes on the move it takes (fact sheet 4.1)."""
        return (self.status != "ACTIVE") + sum(index.status != "ACTIVE" for index in self.indexes)
