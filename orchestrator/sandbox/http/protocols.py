"""Replies and errors on the wire: JSON 1.0 with a checksum (DynamoDB), JSON 1.1 (Application Auto Scaling), REST-JSON (Lambda),
Query (STS), REST-XML (errors of S3).
"""

import json
import zlib
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from botocore.model import OperationModel
from werkzeug.wrappers import Response

from orchestrator.sandbox import models
from orchestrator.sandbox.http import wire
from orchestrator.sandbox.rules.refusal import Refusal

JSON_1_0, JSON_1_1 = "application/x-amz-json-1.0", "application/x-amz-json-1.1"
_NAMESPACES = {
    # AWS's own framework answers these, not the service.
    "ValidationException": "com.amazon.coral.validate",
    "ThrottlingException": "com.amazon.coral.availability",
    "UnknownOperationException": "com.amazon.coral.service",
    "ExpiredTokenException": "com.amazon.coral.service",
    "SerializationException": "com.amazon.coral.service",
}


# ----------------------------------------------------------------------------------------------------- JSON 1.0, DynamoDB


def json_reply(operation: OperationModel, reply: Mapping[str, Any], request_id: str) -> Response:
    """A DynamoDB reply. Clients check x-amz-crc32, and retry for seconds where it is wrong."""
    shape = operation.output_shape
    return _json_1_0({} if shape is None else wire.encode(shape, reply), 200, request_id)


def json_error(refusal: Refusal, request_id: str) -> Response:
    """A DynamoDB error: `__type` with the namespace, `message` in lower case."""
    namespace = _NAMESPACES.get(refusal.code, "com.amazonaws.dynamodb.v20120810")
    body = {"__type": f"{namespace}#{refusal.code}", "message": refusal.message, **refusal.fields}
    return _json_1_0(body, refusal.status, request_id)


def _json_1_0(body: Mapping[str, Any], status: int, request_id: str) -> Response:
    data = json.dumps(body).encode()
    headers = {"x-amzn-RequestId": request_id, "x-amz-crc32": str(zlib.crc32(data))}
    return Response(data, status, headers, content_type=JSON_1_0)


# ------------------------------------------------------------------------------------- JSON 1.1, Application Auto Scaling


def json_1_1_reply(operation: OperationModel, reply: Mapping[str, Any], request_id: str) -> Response:
    shape: Any = operation.output_shape
    return _json_1_1(wire.encode(shape, reply), 200, request_id)


def json_1_1_error(refusal: Refusal, request_id: str) -> Response:
    return _json_1_1({"__type": refusal.code, "Message": refusal.message}, refusal.status, request_id)


def _json_1_1(body: Mapping[str, Any], status: int, request_id: str) -> Response:
    return Response(json.dumps(body), status, {"x-amzn-RequestId": request_id}, content_type=JSON_1_1)


# ------------------------------------------------------------------------------------------------------ REST-JSON, Lambda


def rest_reply(operation: OperationModel, reply: Mapping[str, Any], request_id: str) -> Response:
    """A Lambda reply: members go to status, headers, payload or body as the model says."""
    status, headers = int(operation.http.get("responseCode", 200)), {"x-amzn-RequestId": request_id}
    shape: Any = operation.output_shape
    if shape is None:
        return Response(b"", status, headers, content_type="application/json")
    members = {name: shape.members[name] for name in reply if name in shape.members}
    for name, member in members.items():
        match member.serialization.get("location"):
            case "statusCode":
                status = int(reply[name])
            case "header":
                headers[wire.wire_name(name, member)] = str(reply[name])
    payload = shape.serialization.get("payload")
    if payload:
        return Response(reply.get(payload, b""), status, headers, content_type="application/json")
    in_body = {name: reply[name] for name, member in members.items() if "location" not in member.serialization}
    body = b"" if status == 204 else json.dumps(wire.encode(shape, in_body)).encode()
    return Response(body, status, headers, content_type="application/json")


def rest_error(refusal: Refusal, request_id: str) -> Response:
    """A Lambda error: the code in a header; `Message` or `message` as the error's own shape spells it."""
    spelled = "Message" if refusal.code in _capital_messages() else "message"
    headers = {"x-amzn-RequestId": request_id, "x-amzn-ErrorType": refusal.code}
    if refusal.retry_after is not None:
        headers["Retry-After"] = f"{refusal.retry_after:g}"
    body = {"Type": "User", spelled: refusal.message, **refusal.fields}
    return Response(json.dumps(body), refusal.status, headers, content_type="application/json")


def _capital_messages() -> frozenset[str]:
    shapes: Any = models.service("lambda").error_shapes
    return frozenset(shape.name for shape in shapes if "Message" in shape.members)


# ------------------------------------------------------------------------------------------------------------- Query, STS

_STS = "https://sts.amazonaws.com/doc/2011-06-15/"


def query_reply(action: str, members: Mapping[str, str], request_id: str) -> Response:
    """An STS reply with a flat result."""
    result = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in members.items())
    body = (
        f'<{action}Response xmlns="{_STS}"><{action}Result>{result}</{action}Result>'
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{action}Response>"
    )
    return Response(body, 200, {"x-amzn-RequestId": request_id}, content_type="text/xml")


def query_error(refusal: Refusal, request_id: str) -> Response:
    """An error of STS, and of others that are asked by forms."""
    error = f"<Type>Sender</Type><Code>{escape(refusal.code)}</Code><Message>{escape(refusal.message)}</Message>"
    body = f'<ErrorResponse xmlns="{_STS}"><Error>{error}</Error><RequestId>{request_id}</RequestId></ErrorResponse>'
    return Response(body, refusal.status, {"x-amzn-RequestId": request_id}, content_type="text/xml")


# ----------------------------------------------------------------------------------------------------------- REST-XML, S3


def xml_error(refusal: Refusal, request_id: str) -> Response:
    """An S3 error; the answer to HEAD goes without this body."""
    body = f"<Error><Code>{escape(refusal.code)}</Code><Message>{escape(refusal.message)}</Message></Error>"
    return Response(body, refusal.status, {"x-amz-request-id": request_id}, content_type="application/xml")
