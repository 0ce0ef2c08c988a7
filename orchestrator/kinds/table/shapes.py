"""What can't be changed in place, in the plan's words: keys and projections, declared and live.

A shape is `{partition_key: {a: S}, sort_key: {b: N}, projection: all | keys_only | [attributes]}`; of a declared one only
what the plan states. Keys count in the order written, projected attributes do not (fact sheet 14.2, rule 11).
"""

from collections.abc import Mapping, Set
from typing import Any

from orchestrator.kinds.fields import stated
from orchestrator.kinds.table.live import IndexLive, KeySchema, LocalIndexLive
from orchestrator.kinds.table.spec import IndexSpec, LocalIndexSpec, TableSpec
from orchestrator.kinds.table.spec import Projection as StatedProjection

Shape = Mapping[str, Any]

PARTITION, SORT, PROJECTION = "partition_key", "sort_key", "projection"
KEYS = (PARTITION, SORT)
DEFAULT_PROJECTION: Shape = {PROJECTION: "all"}


def of_keys(keys: KeySchema) -> Shape:
    sort = {SORT: dict(keys.sort)} if keys.sort else {}
    return {PARTITION: dict(keys.partition), **sort}


def of_index(index: IndexLive | LocalIndexLive) -> Shape:
    return {**of_keys(index.keys), PROJECTION: _projection(index.projection.kind, index.projection.include)}


def _projection(kind: str, include: Any) -> Any:
    return sorted(include) if kind == "INCLUDE" else kind.lower()


def stated_keys(spec: TableSpec | IndexSpec) -> Shape:
    """Partition and sort key together are one value."""
    return {role: dict(key) for role, key in ((PARTITION, spec.partition_key), (SORT, spec.sort_key)) if key}


def stated_index(spec: IndexSpec) -> Shape:
    return {**stated_keys(spec), **_stated_projection(spec.projection)}


def stated_local_index(spec: LocalIndexSpec, table_keys: Shape) -> Shape:
    """A local index has the table's partition key."""
    projection = _stated_projection(spec.projection if stated(spec, PROJECTION) else None)
    own = {role: key for role, key in table_keys.items() if role == PARTITION}
    return {**own, SORT: dict(spec.sort_key), **projection}


def _stated_projection(projection: StatedProjection | None) -> Shape:
    return {PROJECTION: _projection(projection.kind, projection.include)} if projection else {}


def same(live: Shape, declared: Shape, table: KeySchema | None = None) -> bool:
    """Whether a live shape is what the plan states of it: the key as a whole if any of it, the projection if written.

    `table` is the key of the table that an index is of: every index holds it and its own key anyway, listed or not.
    """
    roles = KEYS if any(role in declared for role in KEYS) else ()
    keys = {*attributes(live), *(attributes(of_keys(table)) if table else ())}
    return all(_ordered(live.get(role)) == _ordered(declared.get(role)) for role in roles) and (
        PROJECTION not in declared or _beyond(live[PROJECTION], keys) == _beyond(declared[PROJECTION], keys)
    )


def _beyond(projection: Any, keys: Set[str]) -> Any:
    """What a projection adds to the keys. AWS takes key attributes in its list, where they have no effect (fact sheet 4.2)."""
    return (sorted({*projection} - keys) or "keys_only") if isinstance(projection, list) else projection


def _ordered(value: Any) -> Any:
    return list(value.items()) if isinstance(value, Mapping) else value


def attributes(shape: Shape) -> Mapping[str, str]:
    """The key attributes with their types."""
    return {attribute: kind for role in KEYS for attribute, kind in shape.get(role, {}).items()}
