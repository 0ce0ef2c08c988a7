"""What a function's declaration must hold in itself, beyond the types of its fields. Each rule is one row of RULES."""

from collections.abc import Callable, Iterator

from orchestrator.kinds.function.spec import AliasSpec, FunctionSpec
from orchestrator.model import Text
from orchestrator.planning.complaint import Complaint
from orchestrator.planning.naming import ENVIRONMENT, tags
from orchestrator.planning.table_rules import prune_stated

_ENVIRONMENT_BYTES = 4096
_PRUNABLE = ("tags", "aliases", "event_sources", "permissions")


def check(function: FunctionSpec) -> Iterator[Complaint]:
    """Everything that is wrong with a function that shall exist, without looking at live state."""
    for rule in RULES:
        yield from rule(function)


def _environment_names(function: FunctionSpec) -> Iterator[Complaint]:
    for name in function.environment or {}:
        yield from ENVIRONMENT.check(name, ("environment", name))


def _environment_size(function: FunctionSpec) -> Iterator[Complaint]:
    """All names and values together have at most 4 KB (fact sheet 11.6); what is known only later is not counted."""
    size = sum(_bytes(name) + _bytes(value) for name, value in (function.environment or {}).items())
    if size > _ENVIRONMENT_BYTES:
        message = f"<path> has {size:,} bytes; Lambda takes {_ENVIRONMENT_BYTES:,}."
        action = "Keep large values elsewhere, such as Parameter Store."
        yield Complaint(("environment",), "environment-too-large", message, action)


def _bytes(value: str | Text) -> int:
    parts = (value,) if isinstance(value, str) else value.parts
    return sum(len(part.encode()) for part in parts if isinstance(part, str))


def _weighted_versions(function: FunctionSpec) -> Iterator[Complaint]:
    """An alias with weights points to two numbered versions (fact sheet 11.8)."""
    for name, alias in (function.aliases or {}).items():
        if isinstance(alias, AliasSpec) and alias.weights and alias.version == "$LATEST":
            message = "<path>: an alias with weights can't point to $LATEST."
            yield Complaint(("aliases", name), "weighted-latest", message, "Name `published` or a version number.")


def _prune_stated(function: FunctionSpec) -> Iterator[Complaint]:
    yield from prune_stated(function.prune, {sort: getattr(function, sort) is not None for sort in _PRUNABLE})


def _tags(function: FunctionSpec) -> Iterator[Complaint]:
    yield from tags(function.tags)


RULES: tuple[Callable[[FunctionSpec], Iterator[Complaint]], ...] = (
    _environment_names,
    _environment_size,
    _weighted_versions,
    _prune_stated,
    _tags,
)
