"""CreateTable and DeleteTable: how a table comes and goes (fact sheet 1.2, 1.4, 2.4, 2.6, section 5)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from orchestrator.sandbox.rules.dynamodb import (
    capacity,
    group,
    policies,
    policy_document,
    refusals,
    replicas,
    schema,
    tags,
)
from orchestrator.sandbox.rules.dynamodb.encryption import wanted_key
from orchestrator.sandbox.rules.dynamodb.records import Record, Records, Recovery
from orchestrator.sandbox.rules.dynamodb.region import Region
from orchestrator.sandbox.rules.dynamodb.state import Capacity, Encryption, Index, Table
from orchestrator.sandbox.rules.dynamodb.streams import begun, wanted_view
from orchestrator.sandbox.rules.ground import Ground

UNMODELLED = frozenset({"VectorIndexes", "GlobalTableSettingsReplicationMode"})


def create(
    records: Records, resolve_key: Callable[[str], str], name: str, parameters: Mapping[str, Any], now: float
) -> Record:
    """Accept a CreateTable, or raise. All indexes come up together with the table (fact sheet 2.6)."""
    ground = records.ground
    if beyond := UNMODELLED & parameters.keys():
        raise refusals.not_modelled(f"CreateTable with {', '.join(sorted(beyond))}")
    table = _table(ground, resolve_key, name, parameters, now)
    wanted_tags = tags.checked(parameters.get("Tags") or ())
    policy = policy_document.checked(parameters["ResourcePolicy"]) if parameters.get("ResourcePolicy") else None
    if existing := records.get(name, now):
        raise refusals.already_exists(name, in_transition=existing.table.status == "DELETING")
    _check_places(records, table, now)

    table = replace(table, id=records.fresh_id(name))
    seconds = ground.durations.table_create_with_indexes if table.indexes else ground.durations.table_create
    if table.stream:
        table = begun(table, table.stream, now, now + seconds)
    record = Record(table, Recovery(available=now + seconds + ground.durations.recovery_unavailable))
    if wanted_tags:
        record.tags.change(wanted_tags, now)  # given in CreateTable they are there with the table
    if policy:
        policies.attach(record, policy, now)
    record.change(table, None, ground, now)
    record.later(now + seconds, _active)
    records.add(record)
    ground.timeline.busy("dynamodb", f"table/{name}", "create", now, now + seconds)
    return record


def delete(region: Region, name: str, now: float) -> Record:
    """Accept a DeleteTable, or raise. Repeated while DELETING it is accepted and does nothing (fact sheet, section 5).

    Of a global table it takes the copy of this Region alone.
    """
    records, ground = region.records, region.records.ground
    record = records.get(name, now)
    if record is None:
        raise refusals.table_missing(name)
    table = record.table
    if table.status == "DELETING":
        return record
    if table.is_global:
        group.check_leaving(region, table, now)
    if table.status != "ACTIVE":
        raise refusals.table_moving(name, table.status)
    if table.encryption.updating:
        raise refusals.table_moving(name, "UPDATING")
    if any(index.status != "ACTIVE" for index in table.indexes):
        raise refusals.in_use("Cannot delete table while indexes are being created, updated, or deleted.")
    if table.protected:
        raise refusals.invalid(
            "Resource cannot be deleted as it is currently protected against deletion. "
            "Disable deletion protection first."
        )
    policies.check_deletable(record, ground, now)
    if records.in_flight(now) >= ground.limits.tables_in_flight:
        raise refusals.too_many_moving(ground.limits.tables_in_flight)
    ends = now + ground.durations.table_delete
    # What else was to come (warm throughput) goes with the table. DELETING shows at once: no source tells of a lag.
    record.due.clear()
    record.table = replace(table, status="DELETING")
    record.hidden_reads = 0
    if table.is_global:
        replicas.leave(region, record, now)
        return record
    record.later(ends, lambda _: None)
    ground.timeline.busy("dynamodb", f"table/{name}", "delete", now, ends)
    return record


def _active(table: Table) -> Table:
    return replace(table, status="ACTIVE", indexes=tuple(replace(i, creating=False) for i in table.indexes))


def _check_places(records: Records, table: Table, now: float) -> None:
    limits = records.ground.limits
    if records.in_flight(now) + table.in_flight > limits.tables_in_flight:
        raise refusals.too_many_moving(limits.tables_in_flight)
    if table.indexes and records.indexed_creating(now) >= limits.indexed_tables_creating:
        raise refusals.too_many_indexed(limits.indexed_tables_creating)


def _table(
    ground: Ground, resolve_key: Callable[[str], str], name: str, parameters: Mapping[str, Any], now: float
) -> Table:
    """The table that the request describes, checked; its id is still to be given."""
    on_demand = parameters.get("BillingMode") == "PAY_PER_REQUEST"
    units = _capacity(on_demand, parameters)
    view = wanted_view(parameters.get("StreamSpecification"), "Table is being created with a stream")
    indexes = tuple(_creating(given) for given in parameters.get("GlobalSecondaryIndexes") or ())
    limits = capacity.initial_ceilings(parameters, on_demand=on_demand)
    table = Table(
        name=name,
        arn=ground.arn("dynamodb", f"table/{name}"),
        id="",
        created=now,
        keys=schema.keys_of(parameters["KeySchema"]),
        types=schema.types_of(parameters["AttributeDefinitions"]),
        on_demand=on_demand,
        on_demand_since=now if on_demand else None,
        capacity=units,
        limits=limits,
        warm=schema.warm_of(parameters.get("WarmThroughput")),
        indexes=indexes,
        local_indexes=tuple(schema.local_index_of(given) for given in parameters.get("LocalSecondaryIndexes") or ()),
        stream=view,
        encryption=Encryption(wanted_key(parameters.get("SSESpecification"), resolve_key)),
        table_class=parameters.get("TableClass"),
        protected=bool(parameters.get("DeletionProtectionEnabled", False)),
    )
    _check(ground, table, parameters)
    return table


def _creating(given: Mapping[str, Any]) -> Index:
    return replace(schema.index_of(given), creating=True)


def _capacity(on_demand: bool, parameters: Mapping[str, Any]) -> Capacity:
    given = parameters.get("ProvisionedThroughput")
    if on_demand and given:
        raise refusals.invalid_values(schema.NEITHER_UNITS)
    if not on_demand and not given:
        raise refusals.invalid_values(
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
        )
    return schema.capacity_of(given)


def _check(ground: Ground, table: Table, parameters: Mapping[str, Any]) -> None:
    for member in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        if parameters.get(member) == []:
            raise refusals.invalid_values(f"List of {member} is empty")
    schema.check_keys(table.keys, table.types)
    for local in table.local_indexes:
        schema.check_local_index(table, local)
    for index in table.indexes:
        schema.check_index_keys(index.keys, table.types)
        schema.check_index_capacity(table.on_demand, index, "is not")
    _check_numbers(table, parameters)
    schema.check_counts(table, ground.limits)
    schema.check_exactness(table)


def _check_numbers(table: Table, parameters: Mapping[str, Any]) -> None:
    on_demand = table.on_demand
    capacity.check_initial_warmth("table", parameters, table.capacity, on_demand=on_demand)
    for index, given in zip(table.indexes, parameters.get("GlobalSecondaryIndexes") or (), strict=True):
        capacity.initial_ceilings(given, on_demand=on_demand)
        capacity.check_initial_warmth(f"index {index.name}", given, index.capacity, on_demand=on_demand)
