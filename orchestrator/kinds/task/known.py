"""What a task's plan knows of the tables and functions that the task names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.kinds.fields import ScalarType
from orchestrator.kinds.table.spec import IndexSpec, TableSpec
from orchestrator.kinds.task.conversion import Keys


@dataclass(frozen=True, slots=True)
class KnownTable:
    """A table's real name; its key attributes, the partition key first, or None where the plan does not declare them; and the
    key attributes of the indexes that the plan declares.
    """

    name: str
    keys: Keys | None = None
    indexed: Keys = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """The tables and functions that a plan declares, by logical id; functions by their real names."""

    tables: Mapping[str, KnownTable] = field(default_factory=dict)
    functions: Mapping[str, str] = field(default_factory=dict)


def stated_keys(spec: Any) -> Keys | None:
    """A table's key attributes as far as the plan states them: a stated key is stated wholly."""
    if not isinstance(spec, TableSpec) or spec.partition_key is None:
        return None
    return {**spec.partition_key, **(spec.sort_key or {})}


def indexed_keys(spec: Any) -> Keys:
    """The key attributes of the indexes that a table shall have, as far as the plan states them."""
    if not isinstance(spec, TableSpec):
        return {}
    found: dict[str, ScalarType] = {}
    for index in (spec.indexes or {}).values():
        if isinstance(index, IndexSpec):
            found |= {**(index.partition_key or {}), **(index.sort_key or {})}
    for local in (spec.local_indexes or {}).values():
        found |= local.sort_key
    return found
