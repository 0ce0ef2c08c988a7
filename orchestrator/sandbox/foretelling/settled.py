"""What was seen, once all that moves has settled in the way it goes: what is being made is there, what goes is gone."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from orchestrator.kinds.function import seen as functions
from orchestrator.kinds.function.attached import Attached, ProvisionedLive
from orchestrator.kinds.function.event_sources.live import DELETING, MappingLive
from orchestrator.kinds.function.live import FunctionLive, Status, VersionLive
from orchestrator.kinds.table import seen as tables
from orchestrator.kinds.table.live import (
    Destination,
    Encryption,
    IndexLive,
    Insights,
    ReplicaLive,
    TableLive,
    TimeToLive,
    Warmth,
)

T = TypeVar("T")

_TABLE = ("CREATING", "UPDATING")
"""The statuses of tables, indexes and replicas that end in ACTIVE; the stuck ones stay what they are."""
_STREAMED = {"ENABLING": "ACTIVE", "UPDATING": "ACTIVE", "DISABLING": "DISABLED"}
_SWITCHED = {"ENABLING": "ENABLED", "DISABLING": "DISABLED"}
_MAPPED = {"Creating": "Enabled", "Enabling": "Enabled", "Updating": "Enabled", "Disabling": "Disabled"}
"""The state that a change of a mapping was made in does not show while it is Updating: most are enabled."""


def settled(seen: Any) -> Any:
    """A root as its kind observed it, at rest."""
    match seen:
        case TableLive():
            return _table(seen)
        case tables.Elsewhere():
            return tables.Elsewhere(_tables(seen.tables), seen.left)
        case FunctionLive():
            return _function(seen)
        case functions.Remains():
            sources = seen.event_sources
            kept = replace(sources, listed=_listed(sources.listed), asked=_asked(sources.asked))
            return replace(seen, event_sources=kept)
    return seen


# --------------------------------------------------------------------------------------------------------------- tables


def _table(table: TableLive) -> TableLive | tables.Elsewhere | None:
    """One that goes leaves what stands under its name in other Regions, its replicas among it, and its targets."""
    if table.status == "DELETING":
        elsewhere = {**{region: one.own for region, one in table.replicas.items()}, **_tables(table.elsewhere)}
        there = {region: one for region, one in elsewhere.items() if one is not None}
        return tables.Elsewhere(there, table.left) if there or table.left else None
    return replace(
        table,
        status=_active(table.status),
        warm=_warm(table.warm),
        indexes=_kept(table.indexes, _index),
        replicas=_kept(table.replicas, _replica),
        elsewhere={**_left_by(table.replicas), **_tables(table.elsewhere)},
        encryption=_encryption(table.encryption),
        restoring=False,
        ttl=_ttl(table.ttl) if isinstance(table.ttl, TimeToLive) else table.ttl,
        insights={name: _insights(one) for name, one in table.insights.items()},
        kinesis=_destinations(table.kinesis) if isinstance(table.kinesis, Mapping) else table.kinesis,
    )


def _tables(seen: Mapping[str, Any]) -> Mapping[str, Any]:
    """Those of other Regions: one that goes is looked for, and absent."""
    found = {region: _table(one) if isinstance(one, TableLive) else one for region, one in seen.items()}
    return {region: None if isinstance(one, tables.Elsewhere) else one for region, one in found.items()}


def _kept(parts: Mapping[str, T], one: Callable[[T], T | None]) -> Mapping[str, T]:
    there = {name: one(part) for name, part in parts.items()}
    return {name: part for name, part in there.items() if part is not None}


def _active(status: str) -> str:
    return "ACTIVE" if status in _TABLE else status


def _warm(warm: Warmth) -> Warmth:
    return replace(warm, status="ACTIVE")


def _index(index: IndexLive) -> IndexLive | None:
    if index.status == "DELETING":
        return None
    return replace(index, status=_active(index.status), backfilling=False, warm=_warm(index.warm))


def _replica(replica: ReplicaLive) -> ReplicaLive | None:
    """One that goes may be listed as if it did not."""
    own = replica.own
    if replica.status == "DELETING" or (isinstance(own, TableLive) and own.status == "DELETING"):
        return None
    rested = _table(own) if isinstance(own, TableLive) else own
    kept = own if isinstance(rested, tables.Elsewhere) else rested
    return replace(replica, status=_active(replica.status), description="", progress=None, own=kept)


def _left_by(replicas: Mapping[str, ReplicaLive]) -> Mapping[str, None]:
    """Nothing, in the Regions of those that go."""
    return {region: None for region, one in replicas.items() if _replica(one) is None}


def _encryption(encryption: Encryption) -> Encryption:
    if encryption.status in ("ENABLING", "UPDATING"):
        return replace(encryption, status="ENABLED")
    return Encryption() if encryption.status in ("DISABLING", "DISABLED") else encryption


def _ttl(ttl: TimeToLive) -> TimeToLive:
    return replace(ttl, status="ENABLED") if ttl.on else TimeToLive()


def _insights(insights: Insights) -> Insights:
    return replace(insights, status=_SWITCHED.get(insights.status, insights.status))


def _destinations(destinations: Mapping[str, Destination]) -> Mapping[str, Destination]:
    return {arn: replace(one, status=_STREAMED.get(one.status, one.status)) for arn, one in destinations.items()}


# ------------------------------------------------------------------------------------------------------------ functions


def _function(function: FunctionLive) -> FunctionLive | functions.Remains | None:
    """One that goes leaves its mappings (fact sheet 11.10)."""
    sources = function.attached.event_sources
    kept = replace(sources, listed=_listed(sources.listed), asked=_asked(sources.asked))
    if function.deleting:
        return functions.Remains(function.arn, kept, function.account) if kept.all else None
    return replace(
        function,
        status=_status(function.status),
        newest=_version(function.newest),
        named={number: _version(one) for number, one in function.named.items()},
        attached=_attached(replace(function.attached, event_sources=kept)),
    )


def _status(status: Status) -> Status:
    """What failed stays so."""
    if status.state == "Pending":
        return Status("Active", update="Successful")
    if status.update in (None, "InProgress") and status.state == "Active":
        return Status("Active", update="Successful")
    return status


def _version(version: T) -> T:
    return replace(version, status=_status(version.status)) if isinstance(version, VersionLive) else version


def _attached(attached: Attached) -> Attached:
    return replace(attached, provisioned={name: _ready(one) for name, one in attached.provisioned.items()})


def _ready(provisioned: ProvisionedLive | None) -> ProvisionedLive | None:
    if provisioned is None or provisioned.status == "FAILED":
        return provisioned
    return replace(provisioned, status="READY")


def _mapping(mapping: MappingLive) -> MappingLive:
    return replace(mapping, state=_MAPPED.get(mapping.state, mapping.state))


def _listed(listed: Mapping[str, tuple[MappingLive, ...]]) -> Mapping[str, tuple[MappingLive, ...]]:
    return {
        alias: tuple(_mapping(one) for one in mappings if one.state != DELETING) for alias, mappings in listed.items()
    }


def _asked(asked: Mapping[str, MappingLive | None]) -> Mapping[str, MappingLive | None]:
    return {uuid: None if one is None or one.state == DELETING else _mapping(one) for uuid, one in asked.items()}
