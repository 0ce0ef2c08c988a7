"""What a table's declaration must hold in itself, beyond the types of its fields. Each rule is one row of RULES."""

from collections.abc import Callable, Iterator, Mapping

from orchestrator.kinds.table.spec import IndexSpec, Projection, TableSpec
from orchestrator.planning.complaint import Complaint
from orchestrator.planning.naming import INDEX, tags
from orchestrator.planning.problems import Path

_MOST_INCLUDED = 100
Key = Mapping[str, str]


def check(table: TableSpec) -> Iterator[Complaint]:
    """Everything that is wrong with a table that shall exist, without looking at live state."""
    for rule in RULES:
        yield from rule(table)


def _indexes(table: TableSpec) -> Iterator[tuple[str, IndexSpec]]:
    for name, index in (table.indexes or {}).items():
        if isinstance(index, IndexSpec):
            yield name, index


def _keys(table: TableSpec) -> Iterator[tuple[Path, Key]]:
    """Every stated key with its path."""
    for field in ("partition_key", "sort_key"):
        if key := getattr(table, field):
            yield (field,), key
    for name, index in _indexes(table):
        for field in ("partition_key", "sort_key"):
            if key := getattr(index, field):
                yield ("indexes", name, field), key
    for name, local in (table.local_indexes or {}).items():
        yield ("local_indexes", name, "sort_key"), local.sort_key


def _projections(table: TableSpec) -> Iterator[Projection]:
    for _, index in _indexes(table):
        if index.projection:
            yield index.projection
    for local in (table.local_indexes or {}).values():
        yield local.projection


# ---------------------------------------------------------------------------------------------------------------- rules


def _index_names(table: TableSpec) -> Iterator[Complaint]:
    for section in ("indexes", "local_indexes"):
        for name in getattr(table, section) or {}:
            yield from INDEX.check(name, (section, name))
    for name in (table.local_indexes or {}).keys() & (table.indexes or {}).keys():
        message = f"<path>: `{name}` is the name of a global index of this table too."
        yield Complaint(("local_indexes", name), "bad-name", message, "Rename one of them.")


def _whole_keys(table: TableSpec) -> Iterator[Complaint]:
    """A key is one value: a sort key alone says half of it."""
    places: list[tuple[Path, TableSpec | IndexSpec]] = [((), table)]
    places += [(("indexes", name), index) for name, index in _indexes(table)]
    for path, place in places:
        if place.sort_key and not place.partition_key:
            message = "<path> stands without a `partition_key`; a key is stated wholly."
            action = "State `partition_key` too."
            yield Complaint((*path, "sort_key"), "half-key", message, action, "" if path else "partition_key")


def _distinct_attributes(table: TableSpec) -> Iterator[Complaint]:
    """No attribute stands twice in one key."""
    pairs: list[tuple[Path, Key, Key]] = [(("sort_key",), table.partition_key or {}, table.sort_key or {})]
    pairs += [
        (("indexes", name, "sort_key"), index.partition_key or {}, index.sort_key or {})
        for name, index in _indexes(table)
    ]
    pairs += [
        (("local_indexes", name, "sort_key"), table.partition_key or {}, local.sort_key)
        for name, local in (table.local_indexes or {}).items()
    ]
    for path, partition, sort in pairs:
        for attribute in partition.keys() & sort.keys():
            message = f"<path>: `{attribute}` is the partition key already."
            yield Complaint(path, "repeated-attribute", message, "Use another attribute, or leave the sort key out.")


def _one_type_each(table: TableSpec) -> Iterator[Complaint]:
    """An attribute has one type in all keys of a table (fact sheet 2.4)."""
    first: dict[str, tuple[str, Path]] = {}
    for path, key in _keys(table):
        for attribute, type_ in key.items():
            known, where = first.setdefault(attribute, (type_, path))
            if known != type_:
                message = f"<path>: `{attribute}` is {type_} here but {known} in {'.'.join(map(str, where))} of the same table."
                yield Complaint((*path, attribute), "two-types", message, "Give the attribute one type.")


def _local_indexes_need_sort_key(table: TableSpec) -> Iterator[Complaint]:
    """Local indexes are for tables with a composite key only (fact sheet 4.2)."""
    if table.local_indexes and table.partition_key and not table.sort_key:
        message = "<path>: local indexes need a table with a sort key."
        action = "Give the table a `sort_key`, or use `indexes`."
        yield Complaint(("local_indexes",), "local-index", message, action, "sort_key")


def _included_attributes(table: TableSpec) -> Iterator[Complaint]:
    """All INCLUDE lists of a table together name at most 100 attributes, repetitions counted (fact sheet 4.2)."""
    total = sum(len(projection.include) for projection in _projections(table))
    if total > _MOST_INCLUDED:
        message = f"<path>: its projections list {total} attributes in all; {_MOST_INCLUDED} are the most."
        yield Complaint(("indexes",), "too-many-attributes", message, "Use `projection: all` for some indexes.")


def _index_billing(table: TableSpec) -> Iterator[Complaint]:
    """An index has capacity of its own only where the table is provisioned."""
    if table.billing is None or table.billing.provisioned:
        return
    for name, index in _indexes(table):
        if index.billing:
            message = "<path>: the table is on demand, so its indexes are too."
            yield Complaint(
                ("indexes", name, "billing"), "index-billing", message, "Leave it out, or provision the table."
            )


def _prune_stated(table: TableSpec) -> Iterator[Complaint]:
    yield from prune_stated(table.prune, {sort: getattr(table, sort) is not None for sort in table.PRUNABLE})


def _tags(table: TableSpec) -> Iterator[Complaint]:
    yield from tags(table.tags)


def prune_stated(prune: tuple[str, ...], stated: Mapping[str, bool]) -> Iterator[Complaint]:
    """A sort that is not stated can't be pruned: nobody said what shall stay."""
    for number, sort in enumerate(prune):
        if not stated.get(sort):
            message = f"<path>: `{sort}` can't be pruned, because the plan does not state `{sort}` here."
            action = f"State `{sort}`, or `{sort}: {{}}` to remove all."
            yield Complaint(("prune", number), "prune-unstated", message, action, sort)


RULES: tuple[Callable[[TableSpec], Iterator[Complaint]], ...] = (
    _index_names,
    _whole_keys,
    _distinct_attributes,
    _one_type_each,
    _local_indexes_need_sort_key,
    _included_attributes,
    _index_billing,
    _prune_stated,
    _tags,
)
