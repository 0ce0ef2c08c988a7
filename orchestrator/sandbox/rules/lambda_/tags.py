"""Tags of functions and event source mappings (fact sheet 11.5, 11.12)."""

from collections.abc import Mapping
from typing import Any

from orchestrator.sandbox.rules.lambda_.function import Function
from orchestrator.sandbox.rules.lambda_.mapping import EventSourceMapping
from orchestrator.sandbox.rules.lambda_.names import named
from orchestrator.sandbox.rules.lambda_.store import Store
from orchestrator.sandbox.rules.refusal import Refusal

LIMIT = 50


def checked(tags: Mapping[str, str]) -> dict[str, str]:
    """The same tags; refused where they are more than a resource may have."""
    if len(tags) > LIMIT:
        raise Refusal("InvalidParameterValueException", f"Number of tags exceeds resource tag limit of {LIMIT}.")
    return dict(tags)


def tag(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    if (mapping := _mapping(store, parameters, now)) is not None:
        mapping.tags = checked({**mapping.tags, **parameters["Tags"]})
        return {}
    function = _changeable(store, parameters, now)
    function.tags = checked({**function.tags, **parameters["Tags"]})
    function.latest.revision = function.revise()
    return {}


def untag(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    if (mapping := _mapping(store, parameters, now)) is not None:
        mapping.tags = {key: value for key, value in mapping.tags.items() if key not in parameters["TagKeys"]}
        return {}
    function = _changeable(store, parameters, now)
    function.tags = {key: value for key, value in function.tags.items() if key not in parameters["TagKeys"]}
    function.latest.revision = function.revise()
    return {}


def list_of_resource(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    if (mapping := _mapping(store, parameters, now)) is not None:
        return {"Tags": dict(mapping.tags)}
    _, function = store.read({"FunctionName": _unqualified(store, parameters)}, now)
    return {"Tags": dict(function.tags)}


def _mapping(store: Store, parameters: Mapping[str, Any], now: float) -> EventSourceMapping | None:
    """The event source mapping that the ARN names, None where it names a function. Raises Refusal."""
    prefix = store.ground.arn("lambda", "event-source-mapping:")
    arn: str = parameters["Resource"]
    if not arn.startswith(prefix):
        return None
    mapping = store.mapping(arn.removeprefix(prefix), now)
    if mapping is None:
        raise Refusal("ResourceNotFoundException", "The resource you requested does not exist.", 404)
    return mapping


def _changeable(store: Store, parameters: Mapping[str, Any], now: float) -> Function:
    """Tags are refused beside an update; while Pending the sheet allows either, so these refuse too (fact sheet 11.3)."""
    _, function = store.find({"FunctionName": _unqualified(store, parameters)}, now)
    if function.latest.status.state != "Failed":
        function.must_be_settled()
    return function


def _unqualified(store: Store, parameters: Mapping[str, Any]) -> str:
    about = named(store.ground, parameters, "Resource")
    if about.qualifier is not None:
        raise Refusal(
            "InvalidParameterValueException",
            "Tags on function aliases and versions are not supported. Please specify a function ARN.",
        )
    return about.name


OPERATIONS = {"TagResource": tag, "UntagResource": untag, "ListTags": list_of_resource}
