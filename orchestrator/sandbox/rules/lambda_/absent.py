"""Reads of what no function here has: code signing, runtime management, recursion, layers; answered as for none.

Clients such as Terraform's AWS provider read them for every function.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from orchestrator.sandbox.rules.lambda_.function import Function
from orchestrator.sandbox.rules.lambda_.names import LATEST, Named
from orchestrator.sandbox.rules.lambda_.store import Store

Answer = Callable[[Named, Function], dict[str, Any]]


def _of_function(answer: Answer, store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Look the function up, then give the one answer."""
    about, function = store.read(parameters, now)
    store.version(about, function)
    return answer(about, function)


def _nothing(key: str, store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """An empty list, of one function or of the account."""
    if "FunctionName" in parameters:
        store.read(parameters, now)
    return {key: []}


_ANSWERS: Mapping[str, Answer] = {
    "GetFunctionCodeSigningConfig": lambda about, function: {"FunctionName": function.name},
    "GetRuntimeManagementConfig": lambda about, function: {
        "UpdateRuntimeOn": "Auto",
        "FunctionArn": f"{function.arn}:{about.qualifier or LATEST}",
    },
    "GetFunctionRecursionConfig": lambda about, function: {"RecursiveLoop": "Terminate"},
}
_LISTS: Mapping[str, str] = {
    "ListLayers": "Layers",
}

OPERATIONS = {
    **{operation: partial(_of_function, answer) for operation, answer in _ANSWERS.items()},
    **{operation: partial(_nothing, key) for operation, key in _LISTS.items()},
}
