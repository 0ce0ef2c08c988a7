"""What a function is attached to, and how it is run: network, dead-letter target, logs, snapshots, an image's entry point.

`vpc`, `logging` and `image` are one value each, replaced as a whole (fact sheet 11.6): what the plan leaves out of one has
its default, in the form that is compared too.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.kinds.fields import OFF
from orchestrator.kinds.function import configuration, encryption, snapshots
from orchestrator.kinds.function.live import (
    IMAGE_MEMBERS,
    LEVEL,
    LOG_FORMATS,
    SNAPSHOTS,
    FunctionLive,
    default_group,
)
from orchestrator.kinds.function.spec import VpcSpec
from orchestrator.kinds.function.subjects import Body
from orchestrator.kinds.settings import Rows, by_name
from orchestrator.model import Text, known_text

# ----------------------------------------------------------------------------------------------------------------- vpc


def wanted_vpc(body: Body) -> Any:
    """The ids in one order, for they are sets; none of both is no VPC."""
    vpc = body.spec.vpc
    if not isinstance(vpc, VpcSpec):
        return vpc
    if not vpc.subnets and not vpc.security_groups:
        return OFF
    return {"subnets": _sorted(vpc.subnets), "security_groups": _sorted(vpc.security_groups)}


def _sorted(ids: Sequence[str | Text]) -> list[str | Text]:
    return sorted(ids, key=known_text)


def _vpc(value: Any) -> Mapping[str, Any]:
    """The empty lists detach (fact sheet 11.6)."""
    if value == OFF:
        return {"SubnetIds": [], "SecurityGroupIds": []}
    return {"SubnetIds": value["subnets"], "SecurityGroupIds": value["security_groups"]}


def _dual_stack(live: FunctionLive, after: Any) -> Mapping[str, Any]:
    """A plan can't say it, so that what others set stays while there is a network."""
    return {"Ipv6AllowedForDualStack": True} if after != OFF and live.content.dual_stack else {}


# --------------------------------------------------------------------------------------------------------- dead letters


def _dead_letter(value: str) -> Mapping[str, str]:
    return {"TargetArn": "" if value == OFF else value}


# ----------------------------------------------------------------------------------------------------------------- logs


def wanted_logging(body: Body) -> Mapping[str, Any] | None:
    """All of it: text and the function's own group where nothing is said, levels only in JSON."""
    stated = body.spec.logging
    if stated is None:
        return None
    levels = {"level": stated.level or LEVEL, "system_level": stated.system_level or LEVEL}
    return {
        "format": stated.format or "text",
        **(levels if stated.format == "json" else {}),
        "group": stated.group or default_group(body.name),
    }


def _logging(value: Mapping[str, Any]) -> Mapping[str, Any]:
    members = {"level": "ApplicationLogLevel", "system_level": "SystemLogLevel", "group": "LogGroup"}
    api = next(api for api, word in LOG_FORMATS.items() if word == value["format"])
    return {"LogFormat": api, **{members[name]: inner for name, inner in value.items() if name in members}}


# ------------------------------------------------------------------------------------------------- snapshots and images


def _snap_start(value: str) -> Mapping[str, str]:
    return {"ApplyOn": next(api for api, word in SNAPSHOTS.items() if word == value)}


def wanted_image(body: Body) -> Mapping[str, Any] | None:
    """What is stated of it; nothing clears it, and so does an empty list."""
    stated = body.spec.image
    if stated is None:
        return None
    found = {
        "command": stated.command,
        "entry_point": stated.entry_point,
        "working_directory": stated.working_directory,
    }
    return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items() if value}


def _image(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return {IMAGE_MEMBERS[name]: inner for name, inner in value.items()}


# ----------------------------------------------------------------------------------------------------------------- rows

ROWS: Rows[Body, FunctionLive] = by_name(
    configuration.row(
        "vpc",
        "VpcConfig",
        _vpc,
        wanted=wanted_vpc,
        fresh=OFF,
        beside=_dual_stack,
        refused="Subnets without security groups and the other way round; a role that may not create network interfaces.",
    ),
    configuration.row(
        "dead_letter",
        "DeadLetterConfig",
        _dead_letter,
        fresh=OFF,
        refused="A role that may not send to the queue or publish to the topic.",
    ),
    encryption.ROW,
    configuration.row(
        "logging",
        "LoggingConfig",
        _logging,
        wanted=wanted_logging,
        refused="Levels of logs that are not JSON.",
    ),
    configuration.row(
        "snap_start",
        "SnapStart",
        _snap_start,
        fresh=OFF,
        refused="With an image, a file system, provisioned concurrency or more than 512 MB of ephemeral storage; of runtimes "
        f"other than {snapshots.WORDS}.",
    ),
    configuration.row(
        "image",
        "ImageConfig",
        _image,
        wanted=wanted_image,
        fresh={},
        refused="A function that is not made of a container image has none.",
    ),
)
