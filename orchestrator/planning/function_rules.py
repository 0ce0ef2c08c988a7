"""What a function's declaration must hold in itself, beyond the types of its fields. Each rule is one row of RULES."""

import json
from collections.abc import Callable, Iterator

from orchestrator.kinds.function.spec import AliasSpec, FunctionSpec
from orchestrator.model import Text
from orchestrator.planning.complaint import Complaint
from orchestrator.planning.naming import ENVIRONMENT, tags
from orchestrator.planning.table_rules import prune_stated

_ENVIRONMENT_BYTES = 4096
RESERVED = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_MAX_CONCURRENCY",
        "AWS_LAMBDA_METADATA_API",
        "AWS_LAMBDA_METADATA_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)
"""Names that no function's environment can have (Lambda developer guide, "Defined runtime environment variables").

Others of the same look may be set, and some are meant to be: AWS_LAMBDA_EXEC_WRAPPER, AWS_XRAY_CONTEXT_MISSING, TZ.
"""
_PRUNABLE = ("tags", "aliases", "event_sources", "permissions")


def check(function: FunctionSpec) -> Iterator[Complaint]:
    """Everything that is wrong with a function that shall exist, without looking at live state."""
    for rule in RULES:
        yield from rule(function)


def _environment_names(function: FunctionSpec) -> Iterator[Complaint]:
    for name in function.environment or {}:
        path = ("environment", name)
        if name in RESERVED:
            message = f"<path>: Lambda sets `{name}` itself and refuses it in a function's environment."
            yield Complaint(path, "reserved-name", message, "Leave it out, or give yours another name.")
        else:
            yield from ENVIRONMENT.check(name, path)


def _environment_size(function: FunctionSpec) -> Iterator[Complaint]:
    """All names and values together have at most 4 KB, measured as Lambda does: as JSON, bytes not characters.

    A part that is known later counts nothing, so that this errs on the lenient side (fact sheet, 11.6 and 13).
    """
    known = {name: _known_part(value) for name, value in (function.environment or {}).items()}
    size = len(json.dumps(known, separators=(",", ":"), ensure_ascii=False).encode(errors="surrogatepass"))
    if size > _ENVIRONMENT_BYTES:
        message = f"<path> has {size:,} bytes as JSON; Lambda takes {_ENVIRONMENT_BYTES:,} at most."
        action = "Keep large values in Parameter Store, Secrets Manager or a file of the code."
        yield Complaint(("environment",), "environment-too-large", message, action)


def _known_part(value: str | Text) -> str:
    return value if isinstance(value, str) else "".join(part for part in value.parts if isinstance(part, str))


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
