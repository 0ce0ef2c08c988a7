"""Adding an index to a live table, and taking one away (fact sheet 1.3, 2.3, 2.4)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from orchestrator.sandbox.rules.durations import Durations
from orchestrator.sandbox.rules.dynamodb import capacity, refusals, schema
from orchestrator.sandbox.rules.dynamodb.combination import IndexAction
from orchestrator.sandbox.rules.dynamodb.moves import Move, of_index
from orchestrator.sandbox.rules.dynamodb.state import Index, Table
from orchestrator.sandbox.rules.ground import Limits


def create(
    move: Move,
    entry: IndexAction,
    definitions: list[Mapping[str, Any]],
    durations: Durations,
    limits: Limits,
    now: float,
) -> None:
    """Phase 1 allocates, phase 2 copies the items; the table is ACTIVE again soon after the start."""
    table, types = move.table, schema.types_of(definitions)
    index = replace(schema.index_of(entry.given), made=now, creating=True, backfilling=False)
    if index.name in table.index_names():
        raise refusals.invalid("Attempting to create an index which already exists")
    if not definitions:
        raise refusals.invalid_values(f"AttributeDefinitions is not specified for index: {index.name}")
    schema.check_index_keys(index.keys, types)
    _check_types(table, index, types)
    schema.check_index_capacity(table.on_demand, index)
    capacity.initial_ceilings(entry.given, on_demand=table.on_demand)
    capacity.check_initial_warmth(f"index {index.name}", entry.given, index.capacity, on_demand=table.on_demand)
    if len(table.indexes) >= limits.indexes:
        raise refusals.limit(
            f"Subscriber limit exceeded: Number of global secondary indexes exceeds per-table limit of {limits.indexes}"
        )
    # A delta is merged: what the new index does not use of it is ignored (fact sheet 2.4).
    used = {attribute: types[attribute] for attribute, _ in index.keys}
    move.table = replace(table, indexes=(*table.indexes, index), types={**table.types, **used})
    schema.check_counts(move.table, limits)

    ends = durations.index_allocate + durations.index_backfill
    move.after(durations.index_allocate, of_index(index, lambda later: replace(later, backfilling=True)))
    move.after(ends, of_index(index, lambda later: replace(later, creating=False, backfilling=None)))
    move.takes(f"create index {index.name}", ends, updating=min(ends, durations.index_start))


def delete(move: Move, entry: IndexAction, durations: Durations) -> None:
    """The index is DELETING, then gone, and with it the attribute types that nothing else uses."""
    table = move.table
    index = table.index(entry.name)
    if index is None:
        if entry.name in table.index_names():
            raise refusals.invalid(f"Cannot delete an index that is not a GlobalSecondaryIndex: {entry.name}")
        raise refusals.index_missing(table.name, entry.name)
    move.table = table.with_index(replace(index, deleting=True, backfilling=None))
    move.after(durations.index_delete, lambda later: later.without_index(entry.name))
    move.takes(
        f"delete index {index.name}",
        durations.index_delete,
        updating=min(durations.index_delete, durations.index_start),
    )


def _check_types(table: Table, index: Index, types: Mapping[str, str]) -> None:
    """An attribute that the new index uses keeps the type it has; others may be misstated (fact sheet 2.4)."""
    for attribute, role in index.keys:
        known = table.types.get(attribute)
        if known is not None and known != types[attribute]:
            raise refusals.invalid_values(
                "Attributes cannot be redefined. Please check that your attribute has the same type as previously defined. "
                f"Existing schema: Schema:[SchemaElement: key{{{attribute}:{known}:{role}}}] "
                f"New schema: Schema:[SchemaElement: key{{{attribute}:{types[attribute]}:{role}}}]"
            )
