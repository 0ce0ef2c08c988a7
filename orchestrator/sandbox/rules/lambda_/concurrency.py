"""Reserved concurrency, and the account's settings that bound it (fact sheet 11.9)."""

from collections.abc import Mapping
from typing import Any

from orchestrator.sandbox.rules.lambda_.function import Function
from orchestrator.sandbox.rules.lambda_.package import UNZIPPED, ZIPPED
from orchestrator.sandbox.rules.lambda_.store import Store
from orchestrator.sandbox.rules.refusal import Refusal

CONCURRENCY, UNRESERVED, STORAGE = 1000, 100, 80_530_636_800
"""Executions of an account, those that must stay unreserved, and bytes of code."""


def put(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """PutFunctionConcurrency: taken while Pending too, not beside an update (fact sheet 11.3)."""
    _, function = store.find(parameters, now)
    wanted = parameters["ReservedConcurrentExecutions"]
    provisioned = sum(one.wanted for one in function.attachments.provisioned.values())
    if wanted < provisioned:
        # The two spaces are AWS's own (fact sheet 11.9).
        raise Refusal(
            "InvalidParameterValueException",
            f"ReservedConcurrentExecutions  {wanted} should not be lower than function's total provisioned concurrency "
            f"[{provisioned}].",
        )
    if CONCURRENCY - taken(store, now, apart=function) - wanted < UNRESERVED:
        raise Refusal(
            "InvalidParameterValueException",
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
            f"below its minimum value of [{UNRESERVED}].",
        )
    function.must_not_be_updating()
    function.reserved = wanted
    return {"ReservedConcurrentExecutions": wanted}


def get(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    _, function = store.read(parameters, now)
    return {} if function.reserved is None else {"ReservedConcurrentExecutions": function.reserved}


def delete(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    _, function = store.find(parameters, now)
    function.must_not_be_updating()
    function.reserved = None
    return {}


def account_settings(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    functions = [*store.all(now)]
    sizes = [v.content.package.size for f in functions for v in (f.latest, *f.versions.values())]
    return {
        "AccountLimit": {
            "TotalCodeSize": STORAGE,
            "CodeSizeUnzipped": UNZIPPED,
            "CodeSizeZipped": ZIPPED,
            "ConcurrentExecutions": CONCURRENCY,
            "UnreservedConcurrentExecutions": CONCURRENCY - taken(store, now),
        },
        "AccountUsage": {"TotalCodeSize": sum(sizes), "FunctionCount": len(functions)},
    }


def taken(store: Store, now: float, apart: Function | None = None) -> int:
    """Executions that functions other than `apart` hold: what they reserve, or else what they have provisioned."""
    return sum(
        sum(one.wanted for one in function.attachments.provisioned.values())
        if function.reserved is None
        else function.reserved
        for function in store.all(now)
        if function is not apart
    )


OPERATIONS = {
    "PutFunctionConcurrency": put,
    "GetFunctionConcurrency": get,
    "DeleteFunctionConcurrency": delete,
    "GetAccountSettings": account_settings,
}
