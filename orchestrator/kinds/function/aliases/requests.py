"""The calls that make, change and take away an alias. UpdateAlias takes it as a whole."""

from collections.abc import Mapping
from typing import Any

from orchestrator.model import Call


def call(function: str, name: str, value: Mapping[str, Any], effect: str) -> Call:
    """The request that makes alias `name` of `function` what `value` says; `effect` is create, update or delete.

    UpdateAlias leaves alone what it is not told, so weights are always told: empty ones clear them.
    """
    parameters: dict[str, Any] = {"FunctionName": function, "Name": name}
    if effect == "delete":
        return Call("lambda", "DeleteAlias", parameters)
    parameters["FunctionVersion"] = value["version"]
    if value["weights"] or effect == "update":
        parameters["RoutingConfig"] = {"AdditionalVersionWeights": value["weights"]}
    if "description" in value:
        parameters["Description"] = value["description"]
    return Call("lambda", "CreateAlias" if effect == "create" else "UpdateAlias", parameters)
