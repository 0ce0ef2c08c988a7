"""Plants tables in the rules: the states of which the rules tell what was seen. Nothing of them has a history.

What the rules do not know of (item counts, the backups that are there) is left out: see `likeness`.
"""

import json
from collections.abc import Iterator, Mapping

from orchestrator.kinds.table.live import (
    Encryption,
    IndexLive,
    KeySchema,
    LocalIndexLive,
    PointInTimeRecovery,
    ReplicaLive,
    ResourcePolicy,
    TableLive,
    TimeToLive,
)
from orchestrator.kinds.table.live import Projection as ProjectionSeen
from orchestrator.kinds.table.seen import Elsewhere, Seen
from orchestrator.model import UNREAD, Unread
from orchestrator.sandbox.foretelling import scaling
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.dynamodb import state
from orchestrator.sandbox.rules.dynamodb.insights import MODE
from orchestrator.sandbox.rules.dynamodb.records import Destination, Insights, Passage, Policy, Record, Recovery
from orchestrator.sandbox.rules.dynamodb.records import TimeToLive as TtlKept
from orchestrator.sandbox.rules.lagging import Lagging

DAYS = 35
"""How far back a recovery goes of which nothing else is said (fact sheet, section 3)."""


def plant(account: Account, name: str, seen: Seen, now: float) -> None:
    """Let the account have the table, with its replicas, and what stands under its name in other Regions."""
    match seen:
        case TableLive():
            _plant_group(account, seen, now)
        case Elsewhere():
            _plant_elsewhere(account, seen.tables, now)
            scaling.plant_left(account, name, seen.left, now)


def _plant_group(account: Account, table: TableLive, now: float) -> None:
    _plant_one(account, table, None, table.replicas, now)
    scaling.plant_left(account, table.name, table.left, now)
    for region, replica in table.replicas.items():
        others = {table.region: ReplicaLive(table.region, "ACTIVE")} | {
            name: one for name, one in table.replicas.items() if name != region
        }
        own = replica.seen or _likely(table, region)
        _plant_one(account.elsewhere(region), own, table, others, now)
    _plant_elsewhere(account, table.elsewhere, now)
    for region, left in table.leftovers.items():
        if left is not UNREAD and region not in table.replicas:
            scaling.plant_left(account.elsewhere(region), table.name, left, now)


def _plant_elsewhere(account: Account, tables: Mapping[str, TableLive | Unread | None], now: float) -> None:
    for region, table in tables.items():
        if isinstance(table, TableLive):
            _plant_one(account.elsewhere(region), table, None, table.replicas, now)


def _likely(table: TableLive, region: str) -> TableLive:
    """A replica where nobody may look: all share what it has (fact sheet 8.2)."""
    arn = table.arn.replace(f":{table.region}:", f":{region}:")
    return TableLive(
        name=table.name,
        arn=arn,
        id=None,
        status="ACTIVE",
        keys=table.keys,
        on_demand=table.on_demand,
        capacity=table.capacity,
        ceilings=table.ceilings,
        indexes=table.indexes,
        local_indexes=table.local_indexes,
        stream=table.stream,
        stream_arn=table.stream_arn and table.stream_arn.replace(f":{table.region}:", f":{region}:"),
        table_class=table.table_class,
        ttl=table.ttl,
    )


def _plant_one(
    account: Account, table: TableLive, shared: TableLive | None, replicas: Mapping[str, ReplicaLive], now: float
) -> None:
    """`shared` is the table that this is a replica of: what it has otherwise is its own."""
    record = Record(_state(account, table, shared, replicas, now), _recovery(table, now))
    if isinstance(table.ttl, TimeToLive) and table.ttl.on:
        record.ttl = TtlKept(table.ttl.attribute)
    if isinstance(table.tags, Mapping):
        record.tags = Lagging(dict(table.tags))
    if isinstance(table.kinesis, Mapping):
        for arn, one in table.kinesis.items():
            failure = one.description or None if one.status == "ENABLE_FAILED" else None
            record.destinations[arn] = Destination(arn, _at_rest(one.status, now), failure=failure)
    for name, insights in table.insights.items():
        exception, _, description = insights.failure.partition(": ")
        failed = (exception, description) if insights.failure else None
        record.insights[name or None] = Insights(0, MODE, _at_rest(insights.status, now), now, failed)
    if isinstance(table.resource_policy, ResourcePolicy):
        policy = table.resource_policy
        kept = Policy(json.dumps(policy.document), policy.revision, float("-inf"))
        record.policies[table.arn] = Lagging(kept)
    account.dynamodb.region.records.add(record)
    scaling.plant(account, table, now)


def _at_rest(status: str, now: float) -> Passage:
    return Passage(status, status, now)


def _recovery(table: TableLive, now: float) -> Recovery:
    seen = table.pitr if isinstance(table.pitr, PointInTimeRecovery) else PointInTimeRecovery()
    return Recovery(now, seen.enabled, seen.days or DAYS, now)


# ---------------------------------------------------------------------------------------------------------------- state


def _state(
    account: Account, table: TableLive, shared: TableLive | None, replicas: Mapping[str, ReplicaLive], now: float
) -> state.Table:
    billed = table.flipped.timestamp() if table.flipped else (now if table.on_demand else None)
    changed = table.class_changed.timestamp() if table.class_changed else None
    label = table.stream_arn.partition("/stream/")[2] if table.stream_arn else None
    stream = state.Stream(label, table.stream, now, now) if label and table.stream else None
    return state.Table(
        name=table.name,
        arn=table.arn,
        id=table.id or account.dynamodb.region.records.fresh_id(table.name),
        created=table.created.timestamp() if table.created else now,
        keys=_keys(table.keys),
        types=table.types,
        status=table.status,
        on_demand=table.on_demand,
        on_demand_since=billed,
        capacity=state.Capacity(table.capacity.read, table.capacity.write),
        limits=state.OnDemandLimits(table.ceilings.get("max_read"), table.ceilings.get("max_write")),
        warm=state.WarmThroughput(table.warm.read, table.warm.write),
        indexes=tuple(_index(one, shared) for one in table.indexes.values()),
        local_indexes=tuple(_local(one) for one in table.local_indexes.values()),
        stream=table.stream if stream else None,
        stream_label=label,
        streams=(stream,) if stream else (),
        encryption=_encryption(table.encryption),
        table_class=table.table_class if changed or _class_told(table, shared) else None,
        protected=table.deletion_protection,
        is_global=bool(replicas),
        replicas=tuple(_replicas(replicas)),
        overrides=_overrides(table, shared),
    )


def _class_told(table: TableLive, shared: TableLive | None) -> bool:
    """Whether the class was ever stated: the usual one is else told of no table, nor in the lists of other Regions."""
    told = {own.replicas[table.region].table_class for own in _others(table, shared) if table.region in own.replicas}
    return table.table_class != "STANDARD" or bool(told - {None})


def _others(table: TableLive, shared: TableLive | None) -> Iterator[TableLive]:
    """The tables that list it as a replica."""
    copies = [] if shared is None else [shared, *(one.seen for one in shared.replicas.values())]
    copies += [one.seen for one in table.replicas.values()]
    yield from (one for one in copies if one is not None)


def _keys(keys: KeySchema) -> state.Keys:
    return (
        *((attribute, "HASH") for attribute, _ in keys.partition),
        *((attribute, "RANGE") for attribute, _ in keys.sort),
    )


def _projection(projection: ProjectionSeen) -> state.Projection:
    return state.Projection(projection.kind, tuple(sorted(projection.include)))


def _index(index: IndexLive, shared: TableLive | None) -> state.Index:
    its = shared.indexes.get(index.name) if shared else None
    read = index.capacity.read if its is not None and its.capacity.read != index.capacity.read else None
    return state.Index(
        name=index.name,
        keys=_keys(index.keys),
        projection=_projection(index.projection),
        capacity=state.Capacity(index.capacity.read, index.capacity.write),
        warm=state.WarmThroughput(index.warm.read, index.warm.write),
        overrides=state.Overrides(read=read),
    )


def _local(index: LocalIndexLive) -> state.LocalIndex:
    return state.LocalIndex(index.name, _keys(index.keys), _projection(index.projection))


def _encryption(encryption: Encryption) -> state.Encryption:
    return state.Encryption(encryption.key)


def _replicas(replicas: Mapping[str, ReplicaLive]) -> Iterator[state.Replica]:
    for region, one in replicas.items():
        yield state.Replica(region, one.status, one.description or None)


def _overrides(table: TableLive, shared: TableLive | None) -> state.Overrides:
    """Reads alone can be a replica's own (fact sheet 8.2)."""
    if shared is None:
        return state.Overrides()
    units, ceiling = table.capacity.read, table.ceilings.get("max_read")
    return state.Overrides(
        read=units if units != shared.capacity.read else None,
        ceiling=ceiling if ceiling != shared.ceilings.get("max_read") else None,
    )
