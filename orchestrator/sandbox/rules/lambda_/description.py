"""Functions, versions and aliases as Lambda's replies show them."""

import datetime
import hashlib
from collections.abc import Mapping
from typing import Any

from orchestrator.sandbox.rules.lambda_.function import Alias, Function, Version
from orchestrator.sandbox.rules.lambda_.names import LATEST
from orchestrator.sandbox.rules.plain import copied

_STATUS = (
    ("State", "state"),
    ("StateReason", "reason"),
    ("StateReasonCode", "code"),
    ("LastUpdateStatus", "update"),
    ("LastUpdateStatusReason", "update_reason"),
    ("LastUpdateStatusReasonCode", "update_code"),
)


def configuration(function: Function, version: Version, qualifier: str | None = None) -> dict[str, Any]:
    """FunctionConfiguration. The ARN carries `qualifier` where the caller named one."""
    status = {key: getattr(version.status, name) for key, name in _STATUS}
    shown = {**summary(function, version, qualifier), **_runtime_version(function, version), **status}
    return {key: value for key, value in shown.items() if value is not None}


def summary(function: Function, version: Version, qualifier: str | None = None) -> dict[str, Any]:
    """What lists show: the configuration without any state."""
    content = version.content
    shown = {
        "FunctionName": function.name,
        "FunctionArn": f"{function.arn}:{qualifier}" if qualifier else function.arn,
        "CodeSize": content.package.size,
        "CodeSha256": content.package.sha256,
        "LastModified": _date(version.modified),
        "Version": version.number,
        "RevisionId": version.revision,
        "PackageType": function.package_type,
        "Architectures": list(content.architectures),
        **_settings(function, version),
    }
    return {key: value for key, value in shown.items() if value is not None}


def code(function: Function, version: Version) -> dict[str, Any]:
    """FunctionCodeLocation. A real one is a presigned URL, so this one looks like it: it has to be kept out of logs too."""
    package = version.content.package
    if package.image is not None:
        return {"RepositoryType": "ECR", "ImageUri": package.image, "ResolvedImageUri": package.resolved}
    region, account = function.ground.region, function.ground.account
    signature = hashlib.sha256(version.revision.encode()).hexdigest()
    return {
        "RepositoryType": "S3",
        "Location": f"https://awslambda-{region}-tasks.s3.{region}.amazonaws.com/snapshots/{account}/{function.name}"
        f"?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=600&X-Amz-Signature={signature}",
    }


def alias(function: Function, one: Alias) -> dict[str, Any]:
    """AliasConfiguration."""
    routing = {"RoutingConfig": {"AdditionalVersionWeights": dict(one.weights)}} if one.weights else {}
    return {
        "AliasArn": f"{function.arn}:{one.name}",
        "Name": one.name,
        "FunctionVersion": one.version,
        "Description": one.description,
        **routing,
        "RevisionId": one.revision,
    }


def _settings(function: Function, version: Version) -> dict[str, Any]:
    settings: dict[str, Any] = copied(version.content.settings)
    if layers := settings["Layers"]:
        settings["Layers"] = [{"Arn": arn, "CodeSize": 1024} for arn in layers]
    if image := settings.pop("ImageConfig"):
        settings["ImageConfigResponse"] = {"ImageConfig": image}
    settings["LoggingConfig"].setdefault("LogGroup", f"/aws/lambda/{function.name}")
    settings["SnapStart"]["OptimizationStatus"] = _optimization(settings["SnapStart"], version)
    return settings


def _optimization(snap_start: Mapping[str, Any], version: Version) -> str:
    """Only a published version is ever optimized (fact sheet 11.12)."""
    ready = version.number != LATEST and version.status.state == "Active"
    return "On" if snap_start["ApplyOn"] == "PublishedVersions" and ready else "Off"


def _runtime_version(function: Function, version: Version) -> dict[str, Any]:
    runtime = version.content.settings["Runtime"]
    if runtime is None:
        return {}
    digest = hashlib.sha256(runtime.encode()).hexdigest()
    return {"RuntimeVersionConfig": {"RuntimeVersionArn": f"arn:aws:lambda:{function.ground.region}::runtime:{digest}"}}


def _date(at: float) -> str:
    """Lambda's LastModified is text: `2026-11-23T09:14:35.000+0000`."""
    moment = datetime.datetime.fromtimestamp(at, tz=datetime.UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"
