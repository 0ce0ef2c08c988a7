"""What a function's declaration must hold in itself, beyond the types of its fields. Each rule is one row of RULES."""

import json
from collections.abc import Callable, Iterator

from orchestrator.kinds import absence, alias, pruning, tags
from orchestrator.kinds.complaint import Complaint
from orchestrator.kinds.fields import Absent
from orchestrator.kinds.function import async_invoke, provisioning, url, uses
from orchestrator.kinds.function.event_sources import rules as event_sources
from orchestrator.kinds.function.spec import FunctionSpec
from orchestrator.kinds.names import ENVIRONMENT
from orchestrator.model import known_text

ABSENT_KEYS = ("ensure", "name", "after")

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


def complaints(spec: FunctionSpec | Absent) -> Iterator[Complaint]:
    """Everything that is wrong with a declaration, without looking at live state."""
    yield from absence.complaints(spec, ABSENT_KEYS)
    if isinstance(spec, FunctionSpec):
        for rule in RULES:
            yield from rule(spec)


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
    known = {name: known_text(value) for name, value in (function.environment or {}).items()}
    size = len(json.dumps(known, separators=(",", ":"), ensure_ascii=False).encode(errors="surrogatepass"))
    if size > _ENVIRONMENT_BYTES:
        message = f"<path> has {size:,} bytes as JSON; Lambda takes {_ENVIRONMENT_BYTES:,} at most."
        action = "Keep large values in Parameter Store, Secrets Manager or a file of the code."
        yield Complaint(("environment",), "environment-too-large", message, action)


def _one_version_of_a_layer(function: FunctionSpec) -> Iterator[Complaint]:
    """Two versions of one layer are refused (fact sheet 11.12)."""
    seen: set[str] = set()
    for number, version in enumerate(function.layers or ()):
        layer = version.rpartition(":")[0] if isinstance(version, str) else None
        if layer in seen:
            message = f"<path>: the layer {layer} is in this list already."
            yield Complaint(("layers", number), "layer-twice", message, "Keep one version of it.")
        seen |= {layer} if layer else set()


def _aliases(function: FunctionSpec) -> Iterator[Complaint]:
    for name, one in alias.named(function.aliases):
        for complaint in alias.complaints(one.version, one.weights):
            yield complaint.under(alias.SECTION, name)


def _tags(function: FunctionSpec) -> Iterator[Complaint]:
    yield from tags.complaints(function.tags)


RULES: tuple[Callable[[FunctionSpec], Iterator[Complaint]], ...] = (
    _environment_names,
    _environment_size,
    _one_version_of_a_layer,
    _aliases,
    uses.complaints,
    provisioning.complaints,
    event_sources.complaints,
    async_invoke.complaints,
    url.complaints,
    pruning.complaints,
    _tags,
)
