"""Calls that moto would serve although a permission for them was taken away."""

from werkzeug.wrappers import Request, Response

from orchestrator.sandbox.http import protocols
from orchestrator.sandbox.http.accounts import Accounts
from orchestrator.sandbox.http.scope import Scope
from orchestrator.sandbox.rules.denial import not_authorized


def denied(accounts: Accounts, scope: Scope, request: Request, request_id: str) -> Response | None:
    """The service's answer to a caller who may not do what `request` asks; None for one who may."""
    operation = _object_operation(request) if scope.service == "s3" else _target_operation(request)
    versioned = scope.service == "s3" and "versionId" in request.args
    refusal = not_authorized(accounts.denied, scope.account, scope.service, operation, versioned=versioned)
    if refusal is None:
        return None
    if scope.service == "s3":
        return protocols.xml_error(refusal, request_id)
    return protocols.json_1_1_error(refusal, request_id)


def _target_operation(request: Request) -> str:
    return (request.headers.get("X-Amz-Target") or "").rpartition(".")[2]


def _object_operation(request: Request) -> str:
    """One of the reads of an object; empty for everything else, lists of a bucket too."""
    if len(request.path.strip("/").split("/")) < 2:
        return ""
    if request.method == "HEAD":
        return "HeadObject"
    if request.method != "GET":
        return ""
    return "GetObjectAttributes" if "attributes" in request.args else "GetObject"
