"""Provisioned concurrency of aliases and versions (fact sheet 11.9)."""

import datetime
from collections.abc import Mapping
from typing import Any

from orchestrator.sandbox.rules.lambda_.attachments import Provisioned
from orchestrator.sandbox.rules.lambda_.concurrency import CONCURRENCY, UNRESERVED, taken
from orchestrator.sandbox.rules.lambda_.function import Alias, Function, Version
from orchestrator.sandbox.rules.lambda_.names import LATEST, Named
from orchestrator.sandbox.rules.lambda_.paging import page
from orchestrator.sandbox.rules.lambda_.refusals import conflict, invalid
from orchestrator.sandbox.rules.lambda_.store import Store
from orchestrator.sandbox.rules.refusal import Refusal

INIT_FAILED = "FUNCTION_ERROR_INIT_FAILURE"
"""StatusReason where the version itself can't start."""


def put(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """PutProvisionedConcurrencyConfig: IN_PROGRESS, also where the same number stands already."""
    about, function = store.changeable(parameters, now)
    version = store.version(about, function)
    _must_be_published(version)
    assert about.qualifier is not None
    _must_not_share(function.aliases[about.qualifier].weights if about.qualifier in function.aliases else {})
    _must_be_alone(function, about.qualifier, version)
    wanted = parameters["ProvisionedConcurrentExecutions"]
    _must_fit(store, function, about.qualifier, wanted, now)
    known = function.attachments.provisioned.get(about.qualifier)
    had = min(wanted, _available(known, settled=now >= known.due)) if known else 0
    config = _begun(store, function, version, wanted, had, now)
    function.attachments.provisioned[about.qualifier] = config
    return _shown(config, settled=False)


def get(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    about, function = store.read(parameters, now)
    store.version(about, function)
    _must_be_qualified(about)
    config = function.attachments.provisioned.get(about.qualifier or LATEST)
    if config is None:
        raise Refusal(
            "ProvisionedConcurrencyConfigNotFoundException",
            "No Provisioned Concurrency Config found for this function",
            404,
        )
    return _shown(config, settled=now >= config.due)


def delete(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """DeleteProvisionedConcurrencyConfig: what is gone already is no error."""
    about, function = store.changeable(parameters, now)
    store.version(about, function)
    _must_be_qualified(about)
    function.attachments.provisioned.pop(about.qualifier or LATEST, None)
    return {}


def list_of_function(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    _, function = store.read(parameters, now)
    found = [
        {"FunctionArn": f"{function.arn}:{qualifier}", **_shown(config, settled=now >= config.due)}
        for qualifier, config in sorted(function.attachments.provisioned.items())
    ]
    return page("ProvisionedConcurrencyConfigs", found, parameters)


def may_move(function: Function, alias: str, version: str, weights: Mapping[str, float]) -> None:
    """Refuse to point an alias that has provisioned concurrency where it can have none."""
    if alias in function.attachments.provisioned:
        _must_not_share(weights)
        target = function.version(version)
        assert target is not None
        _must_be_published(target)
        _must_be_alone(function, alias, target)


def moved(store: Store, function: Function, alias: Alias, now: float) -> None:
    """An alias was pointed elsewhere: allocation starts again, on the new version (fact sheet 11.8)."""
    known, version = function.attachments.provisioned.get(alias.name), function.version(alias.version)
    if known is not None and version is not None:
        config = _begun(store, function, version, known.wanted, 0, now)
        function.attachments.provisioned[alias.name] = config


def _available(config: Provisioned, *, settled: bool) -> int:
    """How many environments are ready, while allocation is under way or when it is over."""
    if not settled:
        return config.had
    return 0 if config.failure else config.wanted


def _begun(store: Store, function: Function, version: Version, wanted: int, had: int, now: float) -> Provisioned:
    """Allocation under way: it waits for a version that is still Pending, and fails with one that is Failed."""
    scripted = store.allocation_failures[function.name]
    failure = scripted.pop(0) if scripted else None
    end = version.move.status if version.move else version.status
    if end.state == "Failed":
        failure = INIT_FAILED
    due = max(now, version.move.due if version.move else now) + store.ground.durations.provisioned_concurrency
    resource = f"function/{function.name}"
    store.ground.timeline.busy("lambda", resource, "provision", now, due, exclusive=False)
    return Provisioned(wanted, due, now, had, failure)


def _must_be_published(version: Version) -> None:
    if version.number == LATEST:
        raise invalid("Provisioned Concurrency Configs cannot be applied to unpublished function versions.")
    if version.content.settings["SnapStart"]["ApplyOn"] == "PublishedVersions":
        # That they exclude each other is AWS's (fact sheet 11.12); the wording is ours.
        raise invalid("Provisioned Concurrency is not supported for functions with SnapStart enabled.")


def _must_be_qualified(about: Named) -> None:
    if about.qualifier in (None, LATEST):
        raise invalid("The function resource provided must be an alias or a published version.")


def _must_not_share(weights: Mapping[str, float]) -> None:
    """That an alias with weights can't have it is AWS's (fact sheet 14.6: the alias is not routing); the wording is ours."""
    if weights:
        raise invalid("Alias with weights can not be used with Provisioned Concurrency.")


def _must_be_alone(function: Function, qualifier: str, version: Version) -> None:
    """A version has provisioned concurrency of its own or through one alias, not twice.

    That a second alias counts as the version itself does is the cautious reading of the fact sheet's 11.4.
    """
    provisioned = function.attachments.provisioned
    others = (alias for name, alias in function.aliases.items() if name in provisioned and name != qualifier)
    taken_by_other = version.number in provisioned or any(alias.version == version.number for alias in others)
    if qualifier in function.aliases and taken_by_other:
        raise conflict(
            "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
        )
    pointing = (name for name, alias in function.aliases.items() if alias.version == qualifier)
    if any(name in provisioned for name in pointing):
        raise conflict("Version is pointed by a Provisioned Concurrency alias")


def _must_fit(store: Store, function: Function, qualifier: str, wanted: int, now: float) -> None:
    """All of a function's provisioned concurrency stays inside what it reserves, or leaves the account its minimum."""
    provisioned = function.attachments.provisioned
    total = wanted + sum(config.wanted for name, config in provisioned.items() if name != qualifier)
    if function.reserved is not None:
        if total > function.reserved:
            raise invalid(
                "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"
            )
        return
    left = CONCURRENCY - taken(store, now, apart=function)
    if total > left:
        raise invalid(
            f"Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [{left}]."
        )
    if left - total < UNRESERVED:
        raise invalid(
            "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
            f"below its minimum value of [{UNRESERVED}]."
        )


def _shown(config: Provisioned, *, settled: bool) -> dict[str, Any]:
    ready = _available(config, settled=settled)
    end = "FAILED" if config.failure else "READY"
    reason = {"StatusReason": config.failure} if config.failure and settled else {}
    return {
        "RequestedProvisionedConcurrentExecutions": config.wanted,
        "AvailableProvisionedConcurrentExecutions": ready,
        "AllocatedProvisionedConcurrentExecutions": ready,
        "Status": end if settled else "IN_PROGRESS",
        **reason,
        "LastModified": f"{datetime.datetime.fromtimestamp(config.modified, datetime.UTC):%Y-%m-%dT%H:%M:%S}+0000",
    }


OPERATIONS = {
    "PutProvisionedConcurrencyConfig": put,
    "GetProvisionedConcurrencyConfig": get,
    "DeleteProvisionedConcurrencyConfig": delete,
    "ListProvisionedConcurrencyConfigs": list_of_function,
}
