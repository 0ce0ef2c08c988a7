"""What one replica has of its own: read capacity, ceiling of reads, table class (fact sheet 8.2; ack-api-quirks, DDB-TABLE-250,
252 and 294).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from orchestrator.sandbox.rules.dynamodb import refusals, schema
from orchestrator.sandbox.rules.dynamodb.capacity import BLOCKED
from orchestrator.sandbox.rules.dynamodb.state import Index, Table
from orchestrator.sandbox.rules.refusal import Refusal

CAPACITY, CEILING, CLASS = "ProvisionedThroughputOverride", "OnDemandThroughputOverride", "TableClassOverride"

Part = TypeVar("Part", Table, Index)
Given = Mapping[str, Any]


def given_to(copy: Table, given: Given, shared: Table) -> Table:
    """The copy with what is stated of it and its indexes; a name that no index has is let pass (DDB-TABLE-307)."""
    copy = _own(copy, given, shared)
    for entry in _indexes(given):
        index, its = copy.index(entry["IndexName"]), shared.index(entry["IndexName"])
        if index is not None and its is not None:
            copy = copy.with_index(_own(index, entry, its))
    return replace(copy, table_class=given.get(CLASS) or copy.table_class)


def check(table: Table, given: Given) -> None:
    """Each billing mode has its own kind. An empty one is answered as an empty ceiling is (fact sheet 2.3)."""
    for part in (given, *_indexes(given)):
        for member, stated in ((CAPACITY, _read(part)), (CEILING, _ceiling(part))):
            if part.get(member) is not None and stated is None:
                raise Refusal("InternalFailure", "The request processing has failed because of an unknown error.", 500)
        if table.on_demand and _read(part) is not None:
            raise refusals.invalid_values(schema.NEITHER_UNITS)
        if not table.on_demand and _ceiling(part) is not None:
            raise schema.no_ceilings_when_provisioned(schema.limits_of(part[CEILING]))


def check_update(table: Table, given: Given) -> None:
    """Raises where an Update states nothing, or what none may: a replica's key is changed in its own Region alone."""
    if given.get("KMSMasterKeyId") is not None:
        raise refusals.key_for_each_replica()
    stated = [part.get(member) for part in (given, *_indexes(given)) for member in (CAPACITY, CEILING, CLASS)]
    if all(value is None for value in stated):
        raise refusals.invalid("There are no actions specified in the Replica Update Action of the request.")
    check(table, given)
    if any(table.index(entry["IndexName"]) is None for entry in _indexes(given)):
        raise refusals.invalid(BLOCKED)


def _own(part: Part, given: Given, shared: Table | Index) -> Part:
    """With what is stated of it. What all have anyway is no override: stating it takes one away."""
    own, read, ceiling = part.overrides, _read(given), _ceiling(given)
    if read is not None:
        own = replace(own, read=None if read == shared.capacity.read else read)
        part = replace(part, capacity=replace(part.capacity, read=read))
    if ceiling is not None:
        own = replace(own, ceiling=None if ceiling == shared.limits.read else ceiling)
        part = replace(part, limits=replace(part.limits, read=ceiling))
    return replace(part, overrides=own)


def _indexes(given: Given) -> list[Given]:
    return list(given.get("GlobalSecondaryIndexes") or ())


def _read(given: Given) -> int | None:
    stated: int | None = (given.get(CAPACITY) or {}).get("ReadCapacityUnits")
    return stated


def _ceiling(given: Given) -> int | None:
    stated: int | None = (given.get(CEILING) or {}).get("MaxReadRequestUnits")
    return stated
