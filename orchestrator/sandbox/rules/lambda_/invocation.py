"""Invoke: whether a function could run now, and what comes of it.

No code is run. A function is an echo, the payload comes back as the result, unless a test says what it answers.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any

from orchestrator.sandbox.rules.lambda_.answers import Answer, Context, FunctionFailed
from orchestrator.sandbox.rules.lambda_.function import Function, Version
from orchestrator.sandbox.rules.lambda_.store import Store
from orchestrator.sandbox.rules.refusal import Refusal

_LARGEST = {"RequestResponse": 6 * 1024 * 1024, "Event": 1024 * 1024}
_LOG = 4096
"""How many bytes of its end a log tail has."""


def invoke(store: Store, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Invoke: served while Active, by the old code during an update (fact sheet 11.3)."""
    about, function = store.find(parameters, now)
    version = store.version(about, function)
    kind = parameters.get("InvocationType") or "RequestResponse"
    given = parameters.get("Payload") or b""
    raw = given.encode() if isinstance(given, str) else bytes(given)  # as the SDK does
    payload, client = _read(raw, kind), _client(parameters.get("ClientContext"))
    _must_be_active(store, function, version, now)
    if kind == "DryRun":
        return {"StatusCode": 204, "Payload": b""}
    name, answers = function.name, store.answers
    answers.ran[name] += 1
    arn = store.ground.arn("lambda", f"function:{name}{about.suffix}")
    request = store.ground.uuid("invocation", name, answers.ran[name])
    context = Context(name, version.number, arn, request, kind == "Event", client)
    answer = answers.known.get(name)
    result, log, failed = (raw or b"null", "", {}) if answer is None else _run(answer, payload, context)
    if context.asynchronous:
        return {"StatusCode": 202, "Payload": b""}
    tail = {"LogResult": _tail(context, log)} if parameters.get("LogType") == "Tail" else {}
    return {"StatusCode": 200, "ExecutedVersion": version.number, "Payload": result, **failed, **tail}


def _run(answer: Answer, payload: Any, context: Context) -> tuple[bytes, str, dict[str, str]]:
    """Result and log of one run, and FunctionError where it failed."""
    try:
        return json.dumps(answer(payload, context)).encode(), "", {}
    except Exception as raised:  # noqa: BLE001 - whatever a function raises is its error, not ours
        kind = raised.kind if isinstance(raised, FunctionFailed) else type(raised).__name__
        told = {"errorMessage": str(raised), "errorType": kind, "requestId": context.request, "stackTrace": []}
        return json.dumps(told).encode(), f"[ERROR] {kind}: {raised}\n", {"FunctionError": "Unhandled"}


def _tail(context: Context, log: str) -> str:
    text = (
        f"START RequestId: {context.request} Version: {context.version}\n{log}END RequestId: {context.request}\n"
        f"REPORT RequestId: {context.request}\tDuration: 1.00 ms\tBilled Duration: 1 ms\n"
    )
    return base64.b64encode(text.encode()[-_LOG:]).decode()


def _read(raw: bytes, kind: str) -> Any:
    """The payload. Raises Refusal where it is too large, or no JSON."""
    most = _LARGEST.get(kind)
    if most is not None and len(raw) > most:
        text = f"{len(raw)} byte payload is too large for the {kind} invocation type (limit {most} bytes)"
        raise Refusal("RequestTooLargeException", text, 413, fields={"Type": "User"})
    try:
        return json.loads(raw) if raw else None
    except ValueError as wrong:
        text = f"Could not parse request body into json: {wrong}"
        raise Refusal("InvalidRequestContentException", text, fields={"Type": "User"}) from None


def _client(given: str | None) -> Any:
    """The ClientContext that a caller gave in base64."""
    if not given:
        return None
    try:
        return json.loads(base64.b64decode(given, validate=True))
    except ValueError:
        text = "Client context must be a valid Base64-encoded JSON object."
        raise Refusal("InvalidRequestContentException", text, fields={"Type": "User"}) from None


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
