"""Invoke: whether a function could run now. What runs is an echo: the payload comes back as the result."""

from collections.abc import Mapping
from typing import Any

from orchestrator.sandbox.rules.lambda_.function import Function, Version
from orchestrator.sandbox.rules.lambda_.store import Store
from orchestrator.sandbox.rules.refusal import Refusal

_STATUS = {"DryRun": 204, "Event": 202}


def invoke(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Invoke: served while Active, by the old code during an update (fact sheet 11.3).

    The answer has the payload that was sent (`null` for none) and the version that an alias or number names.
    """
    about, function = store.find(parameters, now)
    version = store.version(about, function)
    _must_be_active(store, function, version, now)
    status = _STATUS.get(parameters.get("InvocationType") or "RequestResponse", 200)
    if status != 200:
        return {"StatusCode": status, "Payload": b""}
    return {"StatusCode": 200, "ExecutedVersion": version.number, "Payload": parameters.get("Payload") or b"null"}


def _must_be_active(store: Store, function: Function, version: Version, now: float) -> None:
    state = version.status.state
    if state == "Active":
        return
    if state == "Inactive":
        # The refused invocation is what wakes it (fact sheet 11.2).
        store.restore(function, version, now)
    raise Refusal(
        "ResourceConflictException",
        f"The operation cannot be performed at this time. The function is currently in the following state: {state}",
        409,
        in_transition=state in ("Pending", "Deleting"),
    )


OPERATIONS = {"Invoke": invoke}
