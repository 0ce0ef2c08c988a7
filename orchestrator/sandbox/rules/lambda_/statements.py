"""One statement of a function's resource policy, as Lambda writes it from an AddPermission (fact sheet 11.11)."""

import re
from collections.abc import Mapping
from typing import Any

from orchestrator.sandbox.rules.lambda_.store import Store
from orchestrator.sandbox.rules.refusal import Refusal

_ACCOUNT = re.compile(r"\d{12}")
_IDENTITY = re.compile(r"arn:aws[a-zA-Z-]*:(iam|sts)::\d{12}:\S+")
_SERVICE = re.compile(r"[a-z0-9.-]+\.amazon(aws)?\.com(\.cn)?")

_CONDITIONS = (
    ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
    ("InvokedViaFunctionUrl", "Bool", "lambda:InvokedViaFunctionUrl"),
    ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
    ("SourceAccount", "StringEquals", "AWS:SourceAccount"),
    ("EventSourceToken", "StringEquals", "lambda:EventSourceToken"),
    ("SourceArn", "ArnLike", "AWS:SourceArn"),
)
"""Parameter, operator and key of the condition that it makes."""


def statement(store: Store, parameters: Mapping[str, Any], resource: str, now: float) -> dict[str, Any]:
    """The statement about `resource` (an ARN, qualified where the policy is). Raises Refusal."""
    action = parameters["Action"]
    if "FunctionUrlAuthType" in parameters and action != "lambda:InvokeFunctionUrl":
        raise Refusal(
            "InvalidParameterValueException",
            "FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action",
        )
    written = {
        "Sid": parameters["StatementId"],
        "Effect": "Allow",
        "Principal": _principal(store, parameters["Principal"], now),
        "Action": action,
        "Resource": resource,
    }
    return written | ({"Condition": condition} if (condition := _condition(parameters)) else {})


def _principal(store: Store, given: str, now: float) -> str | dict[str, str]:
    """A service by its domain, an account by its root, a user or role by its ARN once IAM's news have spread."""
    if given == "*":
        return given
    if _ACCOUNT.fullmatch(given):
        return {"AWS": f"arn:aws:iam::{given}:root"}
    if _IDENTITY.fullmatch(given) and not store.is_unseen(given, now):
        return {"AWS": given}
    if _SERVICE.fullmatch(given):
        return {"Service": given}
    raise Refusal(
        "InvalidParameterValueException",
        "The provided principal was invalid. Please check the principal and try again.",
    )


def _condition(parameters: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    condition: dict[str, dict[str, str]] = {}
    for name, operator, variable in _CONDITIONS:
        if value := parameters.get(name):
            condition.setdefault(operator, {})[variable] = "true" if value is True else str(value)
    return condition
