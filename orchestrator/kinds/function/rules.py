"""What a function's declaration must hold in itself, beyond the types of its fields. Each rule is one row of RULES."""

import json
from collections.abc import Callable, Iterator

from orchestrator.kinds import pruning, tags
from orchestrator.kinds.complaint import Complaint
from orchestrator.kinds.fields import OFF, Absent
from orchestrator.kinds.function import async_invoke, images, package_type, provisioning, snapshots, url
from orchestrator.kinds.function.aliases import rules as aliases
from orchestrator.kinds.function.aliases import uses
from orchestrator.kinds.function.event_sources import rules as event_sources
from orchestrator.kinds.function.package_type import EPHEMERAL
from orchestrator.kinds.function.spec import ALIASES, FunctionSpec, VpcSpec
from orchestrator.kinds.names import ENVIRONMENT
from orchestrator.kinds.parts import present
from orchestrator.model import known_text

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


def _network(function: FunctionSpec) -> Iterator[Complaint]:
    """Subnets and security groups come together or not at all (Lambda API reference, VpcConfig)."""
    vpc = function.vpc
    if isinstance(vpc, VpcSpec) and bool(vpc.subnets) != bool(vpc.security_groups):
        there, lacking = ("subnets", "security groups") if vpc.subnets else ("security groups", "subnets")
        message = f"<path>: {there} without {lacking}; Lambda takes both, or none."
        yield Complaint(("vpc",), "half-a-network", message, f"Name {lacking} too, or say `vpc: off`.")


def _logs(function: FunctionSpec) -> Iterator[Complaint]:
    """Only JSON has levels (Lambda API reference, LoggingConfig)."""
    logs = function.logging
    for name in ("level", "system_level") if logs is not None and logs.format != "json" else ():
        if getattr(logs, name) is not None:
            message = "<path>: logs have a level only with `format: json`."
            action = "Say `format: json` beside it, or leave it out."
            yield Complaint(("logging", name), "level-of-text", message, action, ("logging", "format"))


def _image_uri(function: FunctionSpec) -> Iterator[Complaint]:
    uri = function.code.image if function.code is not None else None
    if isinstance(uri, str) and images.parse(uri) is None:
        message = f"<path>: `{uri}` is no image of ECR's, with its tag or digest."
        action = "Write `ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG`, or `@sha256:DIGEST` in place of the tag."
        yield Complaint(("code", "image"), "image-uri", message, action)


def _package_type(function: FunctionSpec) -> Iterator[Complaint]:
    """What functions made of the other sort of code have (fact sheet 11.6)."""
    code = function.code
    if code is None:
        if function.image is not None:
            for name in package_type.of_zips(function):
                yield _misplaced(name, "a container image, whose `image` stands here too,")
        return
    found = package_type.of_zips(function) if code.image is not None else package_type.of_images(function)
    for name in found:
        yield _misplaced(name, "a container image" if code.image is not None else "a zip")


def _misplaced(name: str, made: str) -> Complaint:
    message = f"<path>: a function that is made of {made} has none."
    return Complaint((name,), "package-type", message, "Take it away.")


def _snapshots(function: FunctionSpec) -> Iterator[Complaint]:
    """What SnapStart does not go with (fact sheet 11.12). That images are among it was so once and may be over: the
    cautious reading.
    """
    if function.snap_start in (None, OFF):
        return
    beside = {
        "a container image": function.code is not None and function.code.image is not None,
        "provisioned concurrency": any(count != OFF for count in (function.provisioned_concurrency or {}).values()),
        f"more than {EPHEMERAL} MB of ephemeral storage": (function.ephemeral_storage or 0) > EPHEMERAL,
        f"{function.runtime}; it does of {snapshots.WORDS}": function.runtime
        and not snapshots.taken_of(function.runtime),
    }
    for what in (what for what, there in beside.items() if there):
        message = f"<path>: Lambda takes no snapshots of a function with {what}."
        yield Complaint(("snap_start",), "snap-start", message, "Take one of the two away.")


def _aliases(function: FunctionSpec) -> Iterator[Complaint]:
    for name, one in present(function.aliases).items():
        for complaint in aliases.complaints(one.version, one.weights):
            yield complaint.under(ALIASES, name)


def _tags(function: FunctionSpec) -> Iterator[Complaint]:
    yield from tags.complaints(function.tags)


RULES: tuple[Callable[[FunctionSpec], Iterator[Complaint]], ...] = (
    _environment_names,
    _environment_size,
    _one_version_of_a_layer,
    _network,
    _logs,
    _image_uri,
    _package_type,
    _snapshots,
    _aliases,
    uses.complaints,
    provisioning.complaints,
    event_sources.complaints,
    async_invoke.complaints,
    url.complaints,
    pruning.complaints,
    _tags,
)
