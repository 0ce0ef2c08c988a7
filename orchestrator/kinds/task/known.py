"""What a task's plan knows of the tables and functions that the task names."""

from collections.abc import Mapping
from dataclasses import dataclass, field

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
