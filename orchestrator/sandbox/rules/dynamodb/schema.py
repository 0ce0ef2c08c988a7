"""Keys, attribute definitions, projections: what makes a schema a legal one (fact sheet 2.4, 4.2)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from orchestrator.sandbox.rules.dynamodb import names, refusals
from orchestrator.sandbox.rules.dynamodb.state import (
    Capacity,
    Index,
    Keys,
    LocalIndex,
    OnDemandLimits,
    Projection,
    Table,
    WarmThroughput,
)
from orchestrator.sandbox.rules.ground import Limits

NEITHER_UNITS = "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"

MOST_KEYS = 4
"""Partition keys, and sort keys, of a global secondary index."""

# ------------------------------------------------------------------------------------------------------------- reading


def keys_of(schema: Iterable[Mapping[str, str]]) -> Keys:
    return tuple((element["AttributeName"], element["KeyType"]) for element in schema)


def types_of(definitions: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Attribute types by name. Raises where a name is defined twice."""
    listed = [(definition["AttributeName"], definition["AttributeType"]) for definition in definitions]
    twice = [name for name, count in Counter(name for name, _ in listed).items() if count > 1]
    if twice:
        raise refusals.invalid(f"Attribute Name is duplicated: {twice[0]}")
    return dict(listed)


def capacity_of(throughput: Mapping[str, int] | None) -> Capacity:
    if not throughput:
        return Capacity()
    return Capacity(throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"])


def limits_of(given: Mapping[str, int] | None) -> OnDemandLimits:
    given = given or {}
    return OnDemandLimits(given.get("MaxReadRequestUnits"), given.get("MaxWriteRequestUnits"))


def warm_of(given: Mapping[str, int] | None) -> WarmThroughput:
    given = given or {}
    return WarmThroughput(given.get("ReadUnitsPerSecond", 0), given.get("WriteUnitsPerSecond", 0))


def projection_of(given: Mapping[str, Any]) -> Projection:
    """Raises where type and attributes don't fit together."""
    kind, attributes = given.get("ProjectionType"), tuple(given.get("NonKeyAttributes") or ())
    if kind is None:
        raise refusals.invalid_values("Unknown ProjectionType: null")
    if attributes and kind != "INCLUDE":
        raise refusals.invalid_values(f"ProjectionType is {kind}, but NonKeyAttributes is specified")
    if not attributes and kind == "INCLUDE":
        raise refusals.invalid_values("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
    if len(set(attributes)) < len(attributes):
        raise refusals.invalid_values("Duplicate attribute name in NonKeyAttributes")
    return Projection(kind, attributes)


def index_of(given: Mapping[str, Any]) -> Index:
    """A global secondary index as CreateTable or UpdateTable's Create describes it; its name is checked."""
    names.check_name(given["IndexName"], "indexName")
    return Index(
        given["IndexName"],
        keys_of(given["KeySchema"]),
        projection_of(given["Projection"]),
        capacity=capacity_of(given.get("ProvisionedThroughput")),
        limits=limits_of(given.get("OnDemandThroughput")).settled(),
        warm=warm_of(given.get("WarmThroughput")),
    )


def local_index_of(given: Mapping[str, Any]) -> LocalIndex:
    names.check_name(given["IndexName"], "indexName")
    return LocalIndex(given["IndexName"], keys_of(given["KeySchema"]), projection_of(given["Projection"]))


# ------------------------------------------------------------------------------------------------------------ checking


def check_keys(keys: Keys, types: Mapping[str, str], at: str = "keySchema") -> None:
    """The key schema of a table or local index, `at` some place of the request: one partition key, at most one sort key."""
    if len(keys) > 2:
        raise refusals.invalid(
            f"1 validation error detected: Value '{_shown(keys)}' at '{at}' failed to satisfy constraint: "
            "Member must have length less than or equal to 2"
        )
    _check_attributes(keys, types)
    if len(keys) == 2 and keys[1][1] != "RANGE":
        raise refusals.invalid("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")


def check_index_keys(keys: Keys, types: Mapping[str, str]) -> None:
    """The key schema of a global index: one to four partition keys, then none to four sort keys (fact sheet 4.2)."""
    _check_attributes(keys, types)
    roles = [role for _, role in keys]
    if sorted(roles) != roles:  # HASH comes before RANGE by the alphabet, too
        raise refusals.invalid("Invalid KeySchema: All HASH key elements must precede the RANGE key elements")
    for role in ("HASH", "RANGE"):
        if roles.count(role) > MOST_KEYS:
            raise refusals.invalid_values(
                f"Number of {role} key elements in the KeySchema of a GlobalSecondaryIndex exceeds the limit of {MOST_KEYS}"
            )


def _check_attributes(keys: Keys, types: Mapping[str, str]) -> None:
    """Every attribute defined, no name twice, a partition key first."""
    attributes = [attribute for attribute, _ in keys]
    if len(attributes) > len(types):
        raise refusals.invalid("Invalid KeySchema: Some index key attribute have no definition")
    check_defined(attributes, types)
    if len(set(attributes)) < len(attributes):
        raise refusals.invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name")
    if keys[0][1] != "HASH":
        raise refusals.invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")


def _shown(keys: Keys) -> str:
    elements = (f"KeySchemaElement(attributeName={name}, keyType={role})" for name, role in keys)
    return f"[{', '.join(elements)}]"


def check_defined(attributes: Sequence[str], types: Mapping[str, str]) -> None:
    if any(attribute not in types for attribute in attributes):
        raise refusals.invalid_values(
            "Some index key attributes are not defined in AttributeDefinitions. "
            f"Keys: [{', '.join(attributes)}], AttributeDefinitions: [{', '.join(types)}]"
        )


def check_exactness(table: Table) -> None:
    """CreateTable must define exactly what its keys use."""
    used = table.key_attributes()
    if used == set(table.types):
        return
    if not table.index_names():
        raise refusals.invalid_values(
            "Number of attributes in KeySchema does not exactly match number of attributes defined in "
            "AttributeDefinitions"
        )
    raise refusals.invalid_values(
        "Some AttributeDefinitions are not used. "
        f"AttributeDefinitions: [{', '.join(table.types)}], keys used: [{', '.join(sorted(used))}]"
    )


def check_local_index(table: Table, index: LocalIndex) -> None:
    """Only beside a sort key, and under the table's own partition key."""
    if len(table.keys) != 2:
        raise refusals.invalid_values(
            "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"
        )
    check_keys(index.keys, table.types, "localSecondaryIndexes.member.keySchema")
    if len(index.keys) != 2:
        raise refusals.invalid_values(f"Index KeySchema does not have a range key for index: {index.name}")
    if index.keys[0] != table.keys[0]:
        raise refusals.invalid_values(
            f"Index KeySchema does not have the same leading hash key as table KeySchema for index: {index.name}. "
            f"index hash key: {index.keys[0][0]}, table hash key: {table.keys[0][0]}"
        )


def check_index_capacity(on_demand: bool, index: Index, missing: str = "must be") -> None:
    """An index states provisioned capacity where its table is provisioned, and only there."""
    capacity, limits, name = index.capacity, index.limits, index.name
    if on_demand and capacity != Capacity():
        raise refusals.invalid_values(
            f"ProvisionedThroughput should not be specified for index: {name} when BillingMode is PAY_PER_REQUEST"
        )
    if not on_demand and capacity == Capacity():
        raise refusals.invalid_values(f"ProvisionedThroughput {missing} specified for index: {name}")
    if not on_demand and limits != OnDemandLimits():
        raise no_ceilings_when_provisioned(limits)


def no_ceilings_when_provisioned(limits: OnDemandLimits) -> Exception:
    which = "MaxReadRequestUnits" if limits.read is not None else "MaxWriteRequestUnits"
    return refusals.invalid_values(
        f"{which} for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED"
    )


def check_counts(table: Table, limits: Limits) -> None:
    """Indexes per table, distinct names, and projected attributes of all indexes together."""
    if len(table.local_indexes) > limits.local_indexes:
        raise refusals.invalid_values(
            f"Number of LocalSecondaryIndexes exceeds per-table limit of {limits.local_indexes}"
        )
    if len(table.indexes) > limits.indexes:
        raise refusals.invalid_values(f"GlobalSecondaryIndex count exceeds the per-table limit of {limits.indexes}")
    counts = Counter(index.name for index in table.all_indexes())
    for name, count in counts.items():
        if count > 1:
            raise refusals.invalid_values(f"Duplicate index name: {name}")
    # The same attribute in two indexes counts twice (fact sheet 4.2).
    projected = sum(len(index.projection.attributes) for index in table.all_indexes())
    if projected > limits.projected_attributes:
        raise refusals.invalid_values(
            f"Number of NonKeyAttributes over all indexes exceeds the limit of {limits.projected_attributes}: {projected}"
        )
