"""What a task's plan knows of the tables and functions that the task names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.kinds.table.spec import TableSpec
from orchestrator.kinds.task.conversion import Keys


@dataclass(frozen=True, slots=True)
class KnownTable:
    """A table's real name; its key attributes, the partition key first, or None where the plan does not declare them."""

    name: str
    keys: Keys | None = None


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
