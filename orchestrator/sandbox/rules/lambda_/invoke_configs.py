"""Asynchronous invocation of a function, alias or version: retries, age and destinations (fact sheet 11.12)."""

from collections.abc import Mapping
from typing import Any

from orchestrator.sandbox.rules.lambda_.attachments import InvokeConfig, key
from orchestrator.sandbox.rules.lambda_.function import Function, Version
from orchestrator.sandbox.rules.lambda_.names import Named, named, plain
from orchestrator.sandbox.rules.lambda_.paging import page
from orchestrator.sandbox.rules.lambda_.refusals import invalid
from orchestrator.sandbox.rules.lambda_.rights import DESTINATIONS
from orchestrator.sandbox.rules.lambda_.store import Store
from orchestrator.sandbox.rules.plain import copied
from orchestrator.sandbox.rules.refusal import Refusal

SETTINGS = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
SIDES = (("OnSuccess", "onSuccess"), ("OnFailure", "onFailure"))
SERVICES = ("sqs", "sns", "lambda", "events")
"""Those of destinations; S3 takes failures only."""


def put(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """PutFunctionEventInvokeConfig: what is not stated is removed."""
    about, function, version = _target(store, parameters, now)
    stated = _stated(store, function, version, parameters, now)
    return _keep(function, about, stated, now)


def update(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """UpdateFunctionEventInvokeConfig: what is not stated stays; the destinations are replaced together."""
    about, function, version = _target(store, parameters, now)
    known = _existing(store, function, about)
    stated = _stated(store, function, version, parameters, now)
    return _keep(function, about, {**known.settings, **stated}, now)


def get(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    about, function = store.read(parameters, now)
    return _shown(function, key(about.qualifier), _existing(store, function, about))


def delete(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    about, function = store.changeable(parameters, now)
    _existing(store, function, about)
    del function.attachments.invoke_configs[key(about.qualifier)]
    return {}


def list_of_function(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    _, function = store.read(parameters, now)
    found = [_shown(function, *item) for item in sorted(function.attachments.invoke_configs.items())]
    return page("FunctionEventInvokeConfigs", found, parameters)


def _target(store: Store, parameters: Mapping[str, Any], now: float) -> tuple[Named, Function, Version]:
    about = named(store.ground, parameters)
    if store.function(about.name, now):
        _, function = store.changeable(parameters, now)
        if version := function.version(about.qualifier):
            return about, function, version
    raise Refusal("ResourceNotFoundException", "The function doesn't exist.", 404)


def _existing(store: Store, function: Function, about: Named) -> InvokeConfig:
    known = function.attachments.invoke_configs.get(key(about.qualifier))
    if known is None:
        text = f"The function {function.arn}:{key(about.qualifier)} doesn't have an EventInvokeConfig"
        raise Refusal("ResourceNotFoundException", text, 404, fields={"Type": "User"})
    return known


def _stated(
    store: Store, function: Function, version: Version, parameters: Mapping[str, Any], now: float
) -> dict[str, Any]:
    stated = {name: copied(parameters[name]) for name in SETTINGS if parameters.get(name) is not None}
    if not stated:
        raise invalid("You must specify at least one of error handling or destination setting.")
    destinations = stated.get("DestinationConfig", {})
    arns = {side: (destinations.get(side) or {}).get("Destination") for side, _ in SIDES}
    _check_sorts(function, arns)
    for arn in filter(None, arns.values()):
        _check_reach(store, version, arn, now)
    return stated


def _check_sorts(function: Function, arns: Mapping[str, str | None]) -> None:
    """Queues, topics, functions and event buses; buckets for failures; never the function itself."""
    for side, arn in arns.items():
        service = arn.split(":")[2] if arn else None
        if service is None or service in SERVICES or (service == "s3" and side == "OnFailure"):
            continue
        shown = ", ".join(
            f"{spelled}={f'{name}(destination={arns[name]})' if arns[name] else 'null'}" for name, spelled in SIDES
        )
        raise invalid(f"The provided destination config DestinationConfig({shown}) is invalid.")
    if any(arn and (arn == function.arn or arn.startswith(f"{function.arn}:")) for arn in arns.values()):
        raise invalid("You can't specify the function as a destination for itself.")


def _check_reach(store: Store, version: Version, arn: str, now: float) -> None:
    """A destination that is not there, and one that the role may not reach yet, are refused alike (fact sheet 12.3)."""
    text = f"The destination ARN {arn} is invalid."
    gone = arn.split(":")[2] == "lambda" and store.function(plain(arn), now) is None
    if gone or not store.neighbours.there(arn, now):
        raise invalid(text)
    store.must_be_allowed(version.content.settings["Role"], DESTINATIONS[arn.split(":")[2]], now, text)


def _keep(function: Function, about: Named, settings: Mapping[str, Any], now: float) -> dict[str, Any]:
    config = InvokeConfig(settings, now)
    function.attachments.invoke_configs[key(about.qualifier)] = config
    return _shown(function, key(about.qualifier), config)


def _shown(function: Function, qualifier: str, config: InvokeConfig) -> dict[str, Any]:
    settings: dict[str, Any] = copied(config.settings)
    given = settings.get("DestinationConfig", {})
    sides = {side: value if (value := given.get(side) or {}).get("Destination") else {} for side, _ in SIDES}
    settings["DestinationConfig"] = sides
    return {"LastModified": config.modified, "FunctionArn": f"{function.arn}:{qualifier}", **settings}


OPERATIONS = {
    "PutFunctionEventInvokeConfig": put,
    "UpdateFunctionEventInvokeConfig": update,
    "GetFunctionEventInvokeConfig": get,
    "DeleteFunctionEventInvokeConfig": delete,
    "ListFunctionEventInvokeConfigs": list_of_function,
}
