"""Operations on aliases: metadata that is there at once (fact sheet 11.8)."""

from collections.abc import Mapping
from typing import Any

from orchestrator.sandbox.rules.lambda_ import description, provisioned, versions
from orchestrator.sandbox.rules.lambda_.function import Alias, Function, stale_revision
from orchestrator.sandbox.rules.lambda_.names import LATEST
from orchestrator.sandbox.rules.lambda_.paging import page
from orchestrator.sandbox.rules.lambda_.store import Store
from orchestrator.sandbox.rules.refusal import Refusal


def create(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    _, function = store.changeable(parameters, now)
    name, version = parameters["Name"], parameters["FunctionVersion"]
    if name in function.aliases:
        raise Refusal("ResourceConflictException", f"Alias already exists: {function.arn}:{name}", 409)
    versions.existing(store, function, version)
    weights = _weights(store, function, version, parameters.get("RoutingConfig"))
    alias = Alias(name, version, function.revise(), parameters.get("Description") or "", weights)
    function.aliases[name] = alias
    return description.alias(function, alias)


def get(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    _, function = store.read(parameters, now)
    return description.alias(function, _existing(function, parameters["Name"]))


def update(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """UpdateAlias: what is not stated stays; `RoutingConfig: {}` or empty weights clear them."""
    _, function = store.changeable(parameters, now)
    alias = _existing(function, parameters["Name"])
    if parameters.get("RevisionId") not in (None, alias.revision):
        raise stale_revision()
    version = parameters.get("FunctionVersion") or alias.version
    versions.existing(store, function, version)
    routing = parameters.get("RoutingConfig")
    if routing is None and alias.weights:
        routing = {"AdditionalVersionWeights": alias.weights}
    weights, moved = _weights(store, function, version, routing), version != alias.version
    provisioned.may_move(function, alias.name, version, weights)
    alias.weights, alias.version = weights, version
    if moved:
        provisioned.moved(store, function, alias, now)
    if (text := parameters.get("Description")) is not None:
        alias.description = text
    alias.revision = function.revise()
    return description.alias(function, alias)


def delete(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """DeleteAlias: one that is gone already is no error."""
    _, function = store.changeable(parameters, now)
    if function.aliases.pop(parameters["Name"], None):
        function.attachments.drop(parameters["Name"])
    return {}


def list_of_function(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    _, function = store.read(parameters, now)
    wanted = parameters.get("FunctionVersion")
    found = [
        description.alias(function, alias)
        for _, alias in sorted(function.aliases.items())
        if wanted is None or alias.names(wanted)
    ]
    return page("Aliases", found, parameters)


def _existing(function: Function, name: str) -> Alias:
    alias = function.aliases.get(name)
    if alias is None:
        raise Refusal("ResourceNotFoundException", f"Cannot find alias arn: {function.arn}:{name}", 404)
    return alias


def _weights(store: Store, function: Function, version: str, routing: Mapping[str, Any] | None) -> dict[str, float]:
    """The additional versions with their weights: one at most, both numbered, of one role and dead-letter queue."""
    weights: dict[str, float] = dict((routing or {}).get("AdditionalVersionWeights") or {})
    if not weights:
        return {}
    if len(weights) > 1:
        raise Refusal(
            "InvalidParameterValueException",
            "Number of items in AdditionalVersionWeights cannot be greater than 1",
        )
    if version == LATEST:
        raise Refusal(
            "InvalidParameterValueException", "$LATEST is not supported for an alias pointing to more than 1 version"
        )
    (other,) = weights
    if other == version:
        raise Refusal(
            "InvalidParameterValueException",
            f"Invalid function version {version}. "
            f"Function version {version} is already included in routing configuration.",
        )
    versions.existing(store, function, other)
    one, two = (function.versions[number].content.settings for number in (version, other))
    if any(one[key] != two[key] for key in ("Role", "DeadLetterConfig")):
        raise Refusal(
            "InvalidParameterValueException",
            "Alias cannot point to two versions with different execution roles or dead-letter queues.",
        )
    return weights


OPERATIONS = {
    "CreateAlias": create,
    "GetAlias": get,
    "UpdateAlias": update,
    "DeleteAlias": delete,
    "ListAliases": list_of_function,
}
