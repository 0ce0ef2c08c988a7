"""What a table's declaration must hold in itself, beyond the types of its fields. Each rule is one row of RULES."""

from collections.abc import Callable, Iterator, Mapping

from orchestrator.kinds import pruning, tags
from orchestrator.kinds.complaint import Complaint
from orchestrator.kinds.names import INDEX, REGION
from orchestrator.kinds.parts import present
from orchestrator.kinds.table import conflicts, policy
from orchestrator.kinds.table.keys import LOCAL
from orchestrator.kinds.table.spec import INDEXES, REPLICAS, AbsentTable, IndexSpec, TableSpec
from orchestrator.model import Path

Key = Mapping[str, str]


def complaints(spec: TableSpec | AbsentTable) -> Iterator[Complaint]:
    """Everything that is wrong with a declaration, without looking at live state."""
    for region in spec.replicas or {}:
        yield from REGION.check(region, (REPLICAS, region))
    if isinstance(spec, TableSpec):
        for rule in RULES:
            yield from rule(spec)


def _indexes(table: TableSpec) -> Iterator[tuple[str, IndexSpec]]:
    for name, index in (table.indexes or {}).items():
        if isinstance(index, IndexSpec):
            yield name, index


def _index_names(table: TableSpec) -> Iterator[Complaint]:
    for section in (INDEXES, LOCAL):
        for name in getattr(table, section) or {}:
            yield from INDEX.check(name, (section, name))


def _whole_keys(table: TableSpec) -> Iterator[Complaint]:
    """A key is one value: a sort key alone says half of it."""
    places: list[tuple[Path, TableSpec | IndexSpec]] = [((), table)]
    places += [((INDEXES, name), index) for name, index in _indexes(table)]
    for path, place in places:
        if place.sort_key and not place.partition_key:
            message = "<path> stands without a `partition_key`; a key is stated wholly."
            action = "State `partition_key` too."
            yield Complaint((*path, "sort_key"), "half-key", message, action, (*path, "partition_key"))


def _distinct_attributes(table: TableSpec) -> Iterator[Complaint]:
    """No attribute stands twice in one key."""
    own: Key = table.partition_key or {}
    pairs: list[tuple[Path, Key, Key]] = [(("sort_key",), own, table.sort_key or {})]
    pairs += [
        ((INDEXES, name, "sort_key"), index.partition_key or {}, index.sort_key or {})
        for name, index in _indexes(table)
    ]
    pairs += [
        (("local_indexes", name, "sort_key"), own, local.sort_key)
        for name, local in (table.local_indexes or {}).items()
    ]
    for path, partition, sort in pairs:
        for attribute in partition.keys() & sort.keys():
            message = f"<path>: `{attribute}` is the partition key already."
            yield Complaint(path, "repeated-attribute", message, "Use another attribute, or leave the sort key out.")


def _local_indexes_need_sort_key(table: TableSpec) -> Iterator[Complaint]:
    """Local indexes are for tables with a composite key only (fact sheet 4.2)."""
    if table.local_indexes and table.partition_key and not table.sort_key:
        message = "<path>: local indexes need a table with a sort key."
        action = "Give the table a `sort_key`, or use `indexes`."
        yield Complaint(("local_indexes",), "local-index", message, action, ("sort_key",))


def _together(table: TableSpec) -> Iterator[Complaint]:
    yield from conflicts.complaints(table, conflicts.declared(table))


def _tags(table: TableSpec) -> Iterator[Complaint]:
    yield from tags.complaints(table.tags)
    for region, replica in present(table.replicas).items():
        yield from (complaint.under(REPLICAS, region) for complaint in tags.complaints(replica.tags))


RULES: tuple[Callable[[TableSpec], Iterator[Complaint]], ...] = (
    _index_names,
    _whole_keys,
    _distinct_attributes,
    _local_indexes_need_sort_key,
    _together,
    pruning.complaints,
    policy.complaints,
    _tags,
)
