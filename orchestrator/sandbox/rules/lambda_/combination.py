"""Which settings do not go together: with the package type, and with each other (fact sheet 11.6, 11.12).

Where the fact sheet has no text for a refusal, the words are ours in AWS's manner; the code is always its own.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.sandbox.rules.lambda_.refusals import invalid

SNAP_START = re.compile(r"(?P<family>java|python3\.|dotnet)(?P<number>\d+)(\D.*)?")
OLDEST: Mapping[str, int] = {"java": 11, "python3.": 12, "dotnet": 8}
"""The first runtime of each family that snapshots can be taken of."""
EPHEMERAL = 512
"""MB that a function with SnapStart may have at most."""


def check_stated(package_type: str, parameters: Mapping[str, Any]) -> None:
    """Refuse a request that states what functions of that package type do not have, or one setting in a way that can't be."""
    if package_type == "Zip" and parameters.get("ImageConfig") is not None:
        raise invalid("Please don't provide ImageConfig when the intended function PackageType is Zip.")
    if package_type == "Image" and any(parameters.get(key) for key in ("Runtime", "Handler", "Layers")):
        raise invalid(
            "Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image."
        )
    vpc = parameters.get("VpcConfig") or {}
    if bool(vpc.get("SubnetIds")) != bool(vpc.get("SecurityGroupIds")):
        raise invalid("SubnetIds and SecurityIds must coexist or be both empty list.")
    logging = parameters.get("LoggingConfig") or {}
    levels = [key for key in ("ApplicationLogLevel", "SystemLogLevel") if logging.get(key)]
    # Replaced as a whole: one that states no format has Text.
    if levels and logging.get("LogFormat", "Text") != "JSON":
        raise invalid(f"{' and '.join(levels)} can only be set where LogFormat is JSON.")


def check_whole(package_type: str, settings: Mapping[str, Any]) -> None:
    """Refuse settings, as they would be, of which no snapshot can be taken although SnapStart is on."""
    if settings["SnapStart"].get("ApplyOn") != "PublishedVersions":
        return
    for what in _without_snapshot(package_type, settings):
        raise invalid(f"{what} is not supported for SnapStart enabled functions.")


def _without_snapshot(package_type: str, settings: Mapping[str, Any]) -> Iterator[str]:
    if package_type == "Image":
        yield "ContainerImage"
    elif not _snapped(settings["Runtime"]):
        yield settings["Runtime"]
    if settings["FileSystemConfigs"]:
        yield "EFS"
    if settings["EphemeralStorage"]["Size"] > EPHEMERAL:
        yield f"EphemeralStorage of more than {EPHEMERAL} MB"


def _snapped(runtime: str) -> bool:
    found = SNAP_START.fullmatch(runtime)
    return found is not None and int(found["number"]) >= OLDEST[found["family"]]
