"""A function's settings: what a new one has, how a stated value is kept, and what Lambda refuses about them."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from orchestrator.sandbox import models
from orchestrator.sandbox.rules.ground import Ground
from orchestrator.sandbox.rules.plain import copied
from orchestrator.sandbox.rules.refusal import Refusal

LONGEST, LAYERS, ENVIRONMENT, REQUEST = 900, 5, 4096, 5120
"""Seconds, layers, bytes of variables, bytes of an UpdateFunctionConfiguration request (fact sheet 11.6, 13)."""

_RUNTIME = re.compile(r"(?P<stem>(?P<family>[a-z]+).*?)(?P<number>[0-9]+)(?P<end>\D*)")


@dataclass(frozen=True, slots=True)
class Row:
    """One setting: what a new function has, and how a stated value is kept (None: as if never stated).

    An update replaces the value as a whole (fact sheet 11.6).
    """

    default: Any = None
    keep: Callable[[Any], Any] = copied


def _or_none(value: Any) -> Any:
    return copied(value) or None


def _vpc(value: Mapping[str, Any]) -> dict[str, Any]:
    subnets = list(value.get("SubnetIds") or [])
    return {
        "SubnetIds": subnets,
        "SecurityGroupIds": list(value.get("SecurityGroupIds") or []),
        "VpcId": "vpc-0a1b2c3d4e5f60718" if subnets else "",
        "Ipv6AllowedForDualStack": bool(value.get("Ipv6AllowedForDualStack", False)),
    }


def _logging(value: Mapping[str, Any]) -> dict[str, Any]:
    levels = {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"} if value.get("LogFormat") == "JSON" else {}
    return {"LogFormat": "Text", **levels, **value}


ROWS: Mapping[str, Row] = {
    "Runtime": Row(),
    "Role": Row(),
    "Handler": Row(),
    "Description": Row(""),
    "Timeout": Row(3),
    "MemorySize": Row(128),
    "VpcConfig": Row(None, _vpc),
    "DeadLetterConfig": Row(None, lambda value: copied(value) if value.get("TargetArn") else None),
    "Environment": Row(),
    "KMSKeyArn": Row(None, _or_none),
    "TracingConfig": Row({"Mode": "PassThrough"}),
    "Layers": Row(None, _or_none),
    "FileSystemConfigs": Row(None, _or_none),
    "ImageConfig": Row(None, _or_none),
    "EphemeralStorage": Row({"Size": 512}),
    "SnapStart": Row({"ApplyOn": "None"}),
    "LoggingConfig": Row({"LogFormat": "Text"}, _logging),
}


def fresh() -> dict[str, Any]:
    """The settings of a function of which nothing was stated."""
    return {name: copied(row.default) for name, row in ROWS.items()}


def stated(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that a request states, as they are kept.

    `Environment: {}` alone states nothing: only `{Variables: {}}` clears (fact sheet 11.6).
    """
    return {
        name: row.keep(parameters[name])
        for name, row in ROWS.items()
        if parameters.get(name) is not None and not (name == "Environment" and "Variables" not in parameters[name])
    }


def check(ground: Ground, operation: str, parameters: Mapping[str, Any]) -> None:
    """What Lambda refuses about settings, whatever state the function is in. Raises Refusal."""
    timeout, runtime = parameters.get("Timeout"), parameters.get("Runtime")
    if timeout is not None and timeout > LONGEST:
        raise Refusal(
            "ValidationException",
            f"1 validation error detected: Value '{timeout}' at 'timeout' failed to satisfy constraint: "
            f"Member must have value less than or equal to {LONGEST}",
        )
    if runtime is not None and not _is_runtime(runtime):
        raise Refusal(
            "InvalidParameterValueException",
            f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
            f"[{', '.join(_runtimes())}] or be a valid ARN",
        )
    _check_environment(parameters.get("Environment"))
    _check_layers(ground, parameters.get("Layers") or [])
    if operation == "UpdateFunctionConfiguration" and len(json.dumps(parameters)) > REQUEST:
        raise Refusal(
            "RequestEntityTooLargeException",
            f"Request must be smaller than {REQUEST} bytes for the {operation} operation",
            413,
        )


@cache
def _runtimes() -> tuple[str, ...]:
    """Those that the installed service model knows, deprecated ones among them."""
    return tuple(models.service("lambda").shape_for("Runtime").enum)


def _is_runtime(name: str) -> bool:
    """Whether Lambda may know it: the model does, or its number goes beyond that of the newest of its family.

    AWS adds to them faster than SDKs are released, and a sandbox must not refuse the newest.
    """
    if name in _runtimes():
        return True
    newest: dict[str, re.Match[str]] = {}
    for known in filter(None, map(_RUNTIME.fullmatch, _runtimes())):
        other = newest.setdefault(known["family"], known)
        if _order(known[0]) > _order(other[0]):
            newest[known["family"]] = known
    found = _RUNTIME.fullmatch(name)
    last = newest.get(found["family"]) if found else None
    if found is None or last is None or (found["stem"], found["end"]) != (last["stem"], last["end"]):
        return False
    return int(found["number"]) > int(last["number"])


def _order(name: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall("[0-9]+", name)))


def _check_environment(environment: Mapping[str, Any] | None) -> None:
    written = json.dumps((environment or {}).get("Variables") or {}, separators=(",", ":"), ensure_ascii=False)
    if len(written.encode()) > ENVIRONMENT:
        # AWS quotes the variables here ("String measured: …"); a sandbox need not repeat secrets to make its point.
        raise Refusal(
            "InvalidParameterValueException",
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided exceeded the 4KB limit. String measured: ***",
        )


def _check_layers(ground: Ground, layers: list[str]) -> None:
    if len(layers) > LAYERS:
        raise Refusal("InvalidParameterValueException", f"Cannot reference more than {LAYERS} layers.")
    seen: dict[str, str] = {}
    for arn in layers:
        layer = arn.rpartition(":")[0]
        if arn.split(":")[3] != ground.region:
            raise Refusal(
                "InvalidParameterValueException",
                "Layers are not in the same region as the function. "
                f"Layers are expected to be in region {ground.region}.",
            )
        if layer in seen:
            raise Refusal(
                "InvalidParameterValueException",
                "Two different versions of the same layer are not allowed to be referenced in the same function. "
                f"{seen[layer]} and {arn} are versions of the same layer.",
            )
        seen[layer] = arn
