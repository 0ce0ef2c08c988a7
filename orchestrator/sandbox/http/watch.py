"""What our rules must know of calls that moto has served (roles, queues, streams, names of keys), and what it leaves out."""

import json
import re
from collections.abc import Callable, Mapping

from werkzeug.wrappers import Request, Response

from orchestrator.sandbox.http.accounts import Accounts
from orchestrator.sandbox.http.scope import Scope
from orchestrator.sandbox.rules.refusal import Refusal

KMS, KINESIS, SQS = "TrentService.", "Kinesis_20131202.", "AmazonSQS."

Watcher = Callable[[Accounts, Scope, Request, Response, float], Response]


def seen(accounts: Accounts, scope: Scope, request: Request, response: Response, now: float) -> Response:
    """Take note of what moto has answered, and return the answer, in two cases a better one."""
    target = request.headers.get("X-Amz-Target") or ""
    action = target.rpartition(".")[2] if target.startswith((KMS, KINESIS, SQS)) else request.form.get("Action", "")
    if scope.service == "s3":
        action = request.method
    watcher = _WATCHERS.get((scope.service, action))
    return watcher(accounts, scope, request, response, now) if watcher else response


def _role(accounts: Accounts, scope: Scope, request: Request, response: Response, now: float) -> Response:
    """A new role can't be assumed by Lambda for a while, counted from here (fact sheet 12.3)."""
    arn = re.search(r"<Arn>([^<]+)</Arn>", response.get_data(as_text=True))
    if response.status_code == 200 and arn:
        accounts.role_created(arn[1], now)
    return response


def _rights(accounts: Accounts, scope: Scope, request: Request, response: Response, now: float) -> Response:
    """What a role may do is not seen by Lambda for a while, counted from here (fact sheet 12.3)."""
    if response.status_code == 200:
        accounts.rights_changed(scope.account, request.form.get("RoleName", ""), now)
    return response


def _queue(accounts: Accounts, scope: Scope, request: Request, response: Response, now: float) -> Response:
    """How long a queue hides messages bounds the timeout of the functions that read it (fact sheet 11.10)."""
    if response.status_code == 200 and (request.headers.get("X-Amz-Target") or "").startswith(SQS):
        given = json.loads(request.get_data() or b"{}")
        name = given.get("QueueName") or str(given.get("QueueUrl", "")).rpartition("/")[2]
        account = accounts.of(scope.account, scope.region)
        arn, neighbours = account.ground.arn("sqs", name), account.lambda_.neighbours
        if (request.headers.get("X-Amz-Target") or "").endswith("DeleteQueue"):
            neighbours.exist(arn, there=False)
        else:
            stated = (given.get("Attributes") or {}).get("VisibilityTimeout")
            neighbours.queue(arn, neighbours.visibility(arn) if stated is None else float(stated))
    return response


def _alias(accounts: Accounts, scope: Scope, request: Request, response: Response, now: float) -> Response:
    """A key's new name can be used for tables."""
    given = json.loads(request.get_data() or b"{}")
    if response.status_code == 200 and given.get("AliasName"):
        key = str(given.get("TargetKeyId", "")).rpartition("/")[2]
        accounts.of(scope.account, scope.region).kms.register(given["AliasName"], key)
    return response


def _key(accounts: Accounts, scope: Scope, request: Request, response: Response, now: float) -> Response:
    """A key that moto does not know may be one of ours: AWS's own, or any id that a table was given."""
    if response.status_code == 200 and "alias/aws/" not in request.get_data(as_text=True):
        return response
    account = accounts.of(scope.account, scope.region)
    try:
        reply = account.handle("kms", "DescribeKey", json.loads(request.get_data() or b"{}"), now)
    except Refusal:
        return response
    return Response(json.dumps(reply), 200, content_type="application/x-amz-json-1.1")


def _checksum(accounts: Accounts, scope: Scope, request: Request, response: Response, now: float) -> Response:
    """S3 says of a checksum whether it is of the whole object; moto of parts only, and HEAD not even that."""
    if response.status_code != 200:
        return response
    if "attributes" in request.args:
        told = response.get_data(as_text=True)
        if "<ChecksumType>" not in told:
            whole = "</ChecksumSHA256><ChecksumType>FULL_OBJECT</ChecksumType>"
            response.set_data(told.replace("</ChecksumSHA256>", whole))
    elif checksum := response.headers.get("x-amz-checksum-sha256"):
        parts = re.search(r'-\d+(?="?$)', response.headers.get("ETag", ""))
        response.headers["x-amz-checksum-type"] = "COMPOSITE" if parts else "FULL_OBJECT"
        if parts and not checksum.endswith(parts[0]):
            response.headers["x-amz-checksum-sha256"] = checksum + parts[0]
    return response


def _stream(*, exists: bool) -> Watcher:
    """A Kinesis stream comes or goes: every one that was not seen to go is taken for one that is there."""

    def watcher(accounts: Accounts, scope: Scope, request: Request, response: Response, now: float) -> Response:
        given = json.loads(request.get_data() or b"{}")
        account = accounts.of(scope.account, scope.region)
        arn = given.get("StreamARN") or account.ground.arn("kinesis", f"stream/{given.get('StreamName')}")
        if response.status_code == 200:
            account.dynamodb.destinations.stream_exists(arn, exists=exists)
            account.lambda_.neighbours.exist(arn, there=exists)
        return response

    return watcher


_WATCHERS: Mapping[tuple[str, str], Watcher] = {
    ("iam", "CreateRole"): _role,
    ("iam", "PutRolePolicy"): _rights,
    ("iam", "AttachRolePolicy"): _rights,
    ("sqs", "CreateQueue"): _queue,
    ("sqs", "SetQueueAttributes"): _queue,
    ("sqs", "DeleteQueue"): _queue,
    ("kms", "CreateAlias"): _alias,
    ("kms", "DescribeKey"): _key,
    ("s3", "GET"): _checksum,
    ("s3", "HEAD"): _checksum,
    ("kinesis", "CreateStream"): _stream(exists=True),
    ("kinesis", "DeleteStream"): _stream(exists=False),
}
