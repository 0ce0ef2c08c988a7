"""The statements of a resource policy, as GetPolicy shows them, in the forms of AddPermission."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_ROOT = re.compile(r"arn:[^:]+:iam::(\d{12}):root")

PRINCIPAL, ACTION, SOURCE_ARN, SOURCE_ACCOUNT, ALIAS = "principal", "action", "source_arn", "source_account", "alias"

_CONDITIONS = {
    ("arnlike", "aws:sourcearn"): SOURCE_ARN,
    ("stringequals", "aws:sourceaccount"): SOURCE_ACCOUNT,
    ("stringequals", "lambda:functionurlauthtype"): "FunctionUrlAuthType",
    ("stringequals", "aws:principalorgid"): "PrincipalOrgID",
    ("stringequals", "lambda:eventsourcetoken"): "EventSourceToken",
    ("bool", "lambda:invokedviafunctionurl"): "InvokedViaFunctionUrl",
}
"""The conditions that AddPermission writes: operator and key (in small letters) to the plan's word or the API's parameter."""


@dataclass(frozen=True, slots=True)
class Statement:
    """`value` is what the plan language can say, `beyond` names the parameters of AddPermission that it has no word for.

    `foreign`: it holds what AddPermission can't write, so that no call of that makes it anew. `allows`: it permits what it
    names; PutResourcePolicy writes statements that deny too, and such that name what they are not about.
    """

    id: str
    value: Mapping[str, Any]
    beyond: tuple[str, ...] = ()
    foreign: bool = False
    allows: bool = True


def principal(text: str) -> str:
    """An account is written as its root user by Lambda: the number is the same."""
    found = _ROOT.fullmatch(text)
    return found[1] if found else text


def parsed(policy: str) -> Mapping[str, Statement]:
    """The statements of a policy document by their ids; those without one can't be named by anybody."""
    statements = json.loads(policy).get("Statement") or []
    some = statements if isinstance(statements, list) else [statements]
    return {one["Sid"]: _statement(one) for one in some if one.get("Sid")}


def _statement(document: Mapping[str, Any]) -> Statement:
    who, action = _principal(document.get("Principal")), document.get("Action")
    value: dict[str, Any] = {PRINCIPAL: who, ACTION: action}
    beyond, foreign = list[str](), not isinstance(who, str) or not isinstance(action, str)
    for name, operand in _conditions(document.get("Condition") or {}):
        if name is None or not isinstance(operand, str):
            foreign = True
        elif name in (SOURCE_ARN, SOURCE_ACCOUNT):
            value[name] = operand
        else:
            beyond.append(name)
    allows = document.get("Effect") == "Allow" and not document.keys() & {"NotAction", "NotPrincipal"}
    return Statement(document["Sid"], value, tuple(beyond), foreign or not allows, allows)


def _principal(written: Any) -> Any:
    """`{Service: s3.amazonaws.com}`, `{AWS: ARN}` or `*` as AddPermission takes it; anything else as it stands."""
    if isinstance(written, Mapping) and len(written) == 1:
        (inner,) = written.values()
        return principal(inner) if isinstance(inner, str) else written
    return written


def _conditions(condition: Mapping[str, Any]) -> Iterator[tuple[str | None, Any]]:
    for operator, operands in condition.items():
        for key, operand in operands.items():
            yield _CONDITIONS.get((operator.lower(), key.lower())), operand
