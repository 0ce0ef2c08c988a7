"""Function URLs: one of a function and one of each of its aliases (fact sheet 11.12)."""

import datetime
from collections.abc import Mapping
from typing import Any

from orchestrator.sandbox.rules.lambda_.attachments import Lag, Url, key
from orchestrator.sandbox.rules.lambda_.function import Function
from orchestrator.sandbox.rules.lambda_.names import LATEST, Named, is_version, named
from orchestrator.sandbox.rules.lambda_.paging import page
from orchestrator.sandbox.rules.lambda_.refusals import missing
from orchestrator.sandbox.rules.lambda_.store import Store
from orchestrator.sandbox.rules.plain import copied
from orchestrator.sandbox.rules.refusal import Refusal

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def create(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """CreateFunctionUrlConfig: taken while the function is Pending too; a URL made anew has a new address."""
    about = _about(store, parameters)
    if store.function(about.name, now) is None:
        raise missing("Function does not exist")
    _, function = store.find(parameters, now)
    if about.qualifier is not None and about.qualifier not in function.aliases:
        raise missing("Function does not exist")
    urls, arn = function.attachments.urls, function.arn + about.suffix
    if key(about.qualifier) in urls:
        # The two spaces are AWS's own (fact sheet 11.4).
        raise Refusal(
            "ResourceConflictException",
            f"Failed to create function url config for [functionArn = {arn}]. "
            "Error message:  FunctionUrlConfig exists for this Lambda function",
            409,
        )
    function.must_not_be_updating()
    settings = _merged({"InvokeMode": "BUFFERED"}, parameters)
    url = Url(_address(store, arn, now), settings, now, now, Lag.drawn(store.ground, now, "url", arn))
    urls[key(about.qualifier)] = url
    shown = _shown(function, key(about.qualifier), url)
    del shown["LastModifiedTime"]
    return shown


def get(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    about, function, url = _existing(store, parameters, now)
    if url.lag.hides(now):
        raise missing()
    return _shown(function, key(about.qualifier), url)


def update(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """UpdateFunctionUrlConfig: what is not stated stays; Cors is replaced as a whole, and `{}` clears it."""
    about, function, url = _existing(store, parameters, now)
    function.must_not_be_updating()
    url.settings = _merged(url.settings, parameters)
    url.modified = now
    return _shown(function, key(about.qualifier), url)


def delete(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    about, function, _ = _existing(store, parameters, now)
    function.must_not_be_updating()
    del function.attachments.urls[key(about.qualifier)]
    return {}


def list_of_function(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """ListFunctionUrlConfigs: the function's own and its aliases'."""
    _, function = store.read(parameters, now)
    found = [_shown(function, qualifier, url) for qualifier, url in sorted(function.attachments.urls.items())]
    return page("FunctionUrlConfigs", found, parameters)


def _about(store: Store, parameters: Mapping[str, Any]) -> Named:
    """The function or alias. The model lets `$LATEST` through; the service takes aliases alone (fact sheet 11.12)."""
    about = named(store.ground, parameters)
    if about.qualifier is not None and is_version(about.qualifier):
        raise Refusal(
            "ValidationException",
            f"1 validation error detected: Value '{about.qualifier}' at 'qualifier' failed to satisfy constraint: "
            r"Member must satisfy regular expression pattern: ((?!^\d+$)^[0-9a-zA-Z-_]+$)",
        )
    return about


def _existing(store: Store, parameters: Mapping[str, Any], now: float) -> tuple[Named, Function, Url]:
    about = _about(store, parameters)
    if store.function(about.name, now) is None:
        raise missing()
    _, function = store.find(parameters, now)
    url = function.attachments.urls.get(key(about.qualifier))
    if url is None:
        raise missing()
    return about, function, url


def _merged(before: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The settings after a request that states some of them."""
    stated = {name: parameters[name] for name in ("AuthType", "InvokeMode", "Cors") if parameters.get(name) is not None}
    merged = copied({**before, **stated})
    return merged if merged.get("Cors") else {name: value for name, value in merged.items() if name != "Cors"}


def _address(store: Store, arn: str, now: float) -> str:
    chance = store.ground.draws("url", arn, now)
    return f"https://{''.join(chance.choices(_LETTERS, k=32))}.lambda-url.{store.ground.region}.on.aws/"


def _shown(function: Function, qualifier: str, url: Url) -> dict[str, Any]:
    return {
        "FunctionUrl": url.address,
        "FunctionArn": function.arn if qualifier == LATEST else f"{function.arn}:{qualifier}",
        **copied(url.settings),
        "CreationTime": _time(url.created),
        "LastModifiedTime": _time(url.modified),
    }


def _time(at: float) -> str:
    """ISO 8601 as text: `2026-11-23T09:14:35.123Z`."""
    return datetime.datetime.fromtimestamp(at, datetime.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


OPERATIONS = {
    "CreateFunctionUrlConfig": create,
    "GetFunctionUrlConfig": get,
    "UpdateFunctionUrlConfig": update,
    "DeleteFunctionUrlConfig": delete,
    "ListFunctionUrlConfigs": list_of_function,
}
