"""Whom statements let in."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from orchestrator.kinds.comparison import plain
from orchestrator.kinds.contract import Context
from orchestrator.kinds.function.live import FunctionLive
from orchestrator.kinds.function.permissions.difference import there
from orchestrator.kinds.function.permissions.live import ACTION, PRINCIPAL, SOURCE_ACCOUNT, SOURCE_ARN
from orchestrator.kinds.function.spec import PERMISSIONS, FunctionSpec
from orchestrator.kinds.parts import present
from orchestrator.model import Change, Finding

EVERYBODY = "*"
CALL_URL, INVOKE = "lambda:InvokeFunctionUrl", "lambda:InvokeFunction"
ANY_ACTION = ("*", "lambda:*")
CONDITIONS = "FunctionUrlAuthType, InvokedViaFunctionUrl and PrincipalOrgID"
"""What AddPermission takes and the plan language has no word for (botocore's service model)."""


def findings(changes: Iterable[Change], context: Context) -> Iterator[Finding]:
    """Of statements among `changes`, which are those of the function's parts."""
    for change in changes:
        if change.ref.section == PERMISSIONS and change.comes and _public(change.after):
            yield _open(change, context)


def opened(spec: FunctionSpec, live: FunctionLive | None, alias: str) -> frozenset[str]:
    """The actions that everybody may do with the function, or its alias, by what the plan states and what was read."""
    named = spec.permissions or {}
    stated = (one.model_dump() for one in present(named).values() if (one.alias or "") == alias)
    seen = (one.value for place, one in there(live).items() if place[0] == alias and place[1] not in named)
    return frozenset(str(one[ACTION]) for one in (*stated, *seen) if _public(one))


def _public(statement: Mapping[str, Any]) -> bool:
    sources = [statement.get(SOURCE_ARN), statement.get(SOURCE_ACCOUNT)]
    return plain(statement.get(PRINCIPAL)) == EVERYBODY and not any(sources)


def _open(change: Change, context: Context) -> Finding:
    action = change.after[ACTION]
    what = "call the function's URL" if action == CALL_URL else f"do {action} with the function"
    message = f"The statement {change.ref.name} lets everybody {what}: it names neither a principal nor a source."
    advice = (
        f"Name a principal, or a `source_arn` or `source_account`. A plan has no word for {CONDITIONS}: a statement that is "
        "to be narrower by these is added with AWS's own AddPermission, and may then be stated here too, for what is found "
        "as stated is left as it is."
    )
    return context.finding("warning", "permission-public", change.ref, "principal", message, advice)
