"""Permissions: the resource policy of a function, an alias or a version (fact sheet 11.11).

A change reads the document, edits it and writes it back. Of two that are under way at once the later write wins, and the
earlier one's statement is lost: a change goes by the document as it stood when its request arrived.
"""

import json
from collections.abc import Mapping
from typing import Any

from orchestrator.sandbox.rules.lambda_.attachments import Document, Lag, Policy, key
from orchestrator.sandbox.rules.lambda_.function import Function
from orchestrator.sandbox.rules.lambda_.names import LATEST, Named, is_version
from orchestrator.sandbox.rules.lambda_.refusals import invalid, missing
from orchestrator.sandbox.rules.lambda_.statements import statement
from orchestrator.sandbox.rules.lambda_.store import Store
from orchestrator.sandbox.rules.refusal import Refusal

LONGEST = 20_480
"""Bytes of a policy."""
CHANGES = frozenset({"AddPermission", "RemovePermission"})


def add(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """AddPermission: answers the statement as it is written."""
    about, function = store.find(parameters, now)
    if about.qualifier == LATEST:
        raise invalid("We currently do not support adding policies for $LATEST.")
    _must_be_there(function, about)
    new = statement(store, parameters, function.arn + about.suffix, now)
    base = _base(store, function, about, parameters.get("RevisionId"), now)
    statements = base.statements if base else ()
    name = parameters["StatementId"]
    if any(known["Sid"] == name for known in statements):
        raise Refusal(
            "ResourceConflictException",
            f"The statement id ({name}) provided already exists. "
            "Please provide a new statement id, or remove the existing statement.",
            409,
        )
    size = len(_text((*statements, new)).encode())
    if size > LONGEST:
        text = f"The final policy size ({size}) is bigger than the limit ({LONGEST})."
        raise Refusal("PolicyLengthExceededException", text)
    function.must_not_be_updating()
    _write(store, function, about, (*statements, new), now)
    return {"Statement": json.dumps(new, separators=(",", ":"))}


def remove(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """RemovePermission. With its last statement the policy is gone."""
    about, function = store.find(parameters, now)
    _must_be_there(function, about)
    base = _base(store, function, about, parameters.get("RevisionId"), now)
    if base is None or not base.statements:
        raise missing("No policy is associated with the given resource.")
    name = parameters["StatementId"]
    kept = tuple(known for known in base.statements if known["Sid"] != name)
    if len(kept) == len(base.statements):
        raise missing(f"Statement {name} is not found in resource policy.")
    function.must_not_be_updating()
    _write(store, function, about, kept, now)
    return {}


def get(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """GetPolicy: the first reads after a change may show the document before it."""
    about, function = store.read(parameters, now)
    store.version(about, function)
    policy = function.attachments.policies.get(key(about.qualifier))
    documents = policy.documents if policy else []
    if policy and policy.lag.hides(now):
        documents = documents[:-1]
    if not documents or not documents[-1].statements:
        raise missing("The resource you requested does not exist.")
    return {"Policy": _text(documents[-1].statements), "RevisionId": documents[-1].revision}


def _must_be_there(function: Function, about: Named) -> None:
    if function.version(about.qualifier) is None:
        assert about.qualifier is not None
        what = "Function not found" if is_version(about.qualifier) else "Cannot find alias arn"
        raise missing(f"{what}: {function.arn}:{about.qualifier}")


def _base(store: Store, function: Function, about: Named, guard: str | None, now: float) -> Document | None:
    """The document that a change starts from. One that is guarded by a RevisionId starts from the newest or is refused."""
    policy = function.attachments.policies.get(key(about.qualifier))
    newest = policy.documents[-1] if policy else None
    if guard is None:
        return policy.at(now if store.arrived is None else store.arrived) if policy else None
    if newest is None or guard != newest.revision:
        raise Refusal(
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. "
            "Call the GetPolicy API to retrieve the latest Revision Id",
            412,
        )
    return newest


def _write(
    store: Store, function: Function, about: Named, statements: tuple[Mapping[str, Any], ...], now: float
) -> None:
    policy = function.attachments.policies.setdefault(key(about.qualifier), Policy([]))
    revision = store.ground.uuid("policy", function.arn, function.created, about.suffix, len(policy.documents), now)
    policy.documents.append(Document(now, revision, statements))
    policy.lag = Lag.drawn(store.ground, now, "policy", function.arn, about.suffix, len(policy.documents))


def _text(statements: tuple[Mapping[str, Any], ...]) -> str:
    """The policy as GetPolicy gives it: JSON without a space."""
    document = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
    return json.dumps(document, separators=(",", ":"))


OPERATIONS = {"AddPermission": add, "RemovePermission": remove, "GetPolicy": get}
