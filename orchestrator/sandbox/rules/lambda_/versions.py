"""Operations on numbered versions (fact sheet 11.7)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from orchestrator.sandbox.rules.lambda_ import description
from orchestrator.sandbox.rules.lambda_.function import CREATING, Function, Version
from orchestrator.sandbox.rules.lambda_.names import is_version
from orchestrator.sandbox.rules.lambda_.paging import page
from orchestrator.sandbox.rules.lambda_.store import Store
from orchestrator.sandbox.rules.refusal import Refusal


def publish(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """PublishVersion: the newest version itself where nothing changed since, its Description then unheeded."""
    _, function = store.find(parameters, now)
    function.must_be_settled()
    function.must_match(parameters.get("RevisionId"))
    current = function.latest.content.package.sha256
    wanted = parameters.get("CodeSha256")
    if wanted and wanted != current:
        raise Refusal(
            "InvalidParameterValueException",
            f"CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST ({current}). "
            "Please try again with the CodeSHA256 in $LATEST.",
        )
    version = publish_now(store, function, 0, now, parameters.get("Description"))
    return description.configuration(function, version, version.number)


def publish_now(store: Store, function: Function, after: float, now: float, text: str | None = None) -> Version:
    """The newest version if $LATEST is still what it was made of, else a new one, Active some time after `after` seconds."""
    content = function.latest.content
    if function.published is not None:
        newest, published = function.published
        if published == content and newest in function.versions:
            return function.versions[newest]
    number = store.number(function.name)
    frozen = content if text is None else replace(content, settings={**content.settings, "Description": text})
    version = Version(number, frozen, CREATING, function.revise(), now)
    function.versions[number] = version
    function.published = (number, content)
    function.latest.revision = function.revise()
    store.begin(function, version, "publish", after + _publishing(store, version), now)
    return version


def list_of_function(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """ListVersionsByFunction: $LATEST first, each under its own ARN."""
    _, function = store.read(parameters, now)
    found = [
        description.summary(function, version, version.number)
        for version in (function.latest, *function.versions.values())
    ]
    return page("Versions", found, parameters)


def existing(store: Store, function: Function, number: str) -> None:
    """Refuse a version number that the function does not have."""
    if not is_version(number) or function.version(number) is None:
        raise Refusal("ResourceNotFoundException", f"Function not found: {function.arn}:{number}", 404)


def _publishing(store: Store, version: Version) -> float:
    durations = store.ground.durations
    snapped = version.content.settings["SnapStart"]["ApplyOn"] == "PublishedVersions"
    return durations.version_publish + (durations.snap_start if snapped else 0)


OPERATIONS = {"PublishVersion": publish, "ListVersionsByFunction": list_of_function}
