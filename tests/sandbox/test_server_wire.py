"""The sandbox server on the wire: requests as any client writes them, replies that any client can read."""

import json
import socket
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import pytest
from werkzeug.datastructures import Headers

from orchestrator.errors import OrchestratorError
from orchestrator.sandbox.http import routes, wire
from orchestrator.sandbox.models import service
from orchestrator.sandbox.server import SandboxServer
from tests.sandbox.dynamodb_world import attributes, keys
from tests.sandbox.lambda_world import archive, function
from tests.sandbox.served import REGION, Served, refused, served

ARN = f"arn:aws:lambda:{REGION}:123456789012:function:fn"


@pytest.fixture
def sandbox() -> Iterator[Served]:
    with served() as running:
        yield running


def _post(
    sandbox: Served, body: bytes, headers: Mapping[str, str], path: str = "/"
) -> tuple[int, Mapping[str, str], bytes]:
    request = urllib.request.Request(sandbox.server.endpoint + path, body, dict(headers))
    try:
        with urllib.request.urlopen(request) as reply:
            return reply.status, dict(reply.headers), reply.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), error.read()


def _dynamodb(operation: str) -> dict[str, str]:
    return {"X-Amz-Target": f"DynamoDB_20120810.{operation}", "Content-Type": "application/x-amz-json-1.0"}


@pytest.mark.http
def test_dynamodb_replies_carry_a_checksum_that_is_right(sandbox: Served) -> None:
    status, headers, body = _post(sandbox, b"{}", _dynamodb("ListTables"))
    assert (status, json.loads(body)) == (200, {"TableNames": []})
    assert int(headers["x-amz-crc32"]) == zlib.crc32(body)
    assert int(headers["Content-Length"]) == len(body)
    assert headers["Content-Type"] == "application/x-amz-json-1.0"


@pytest.mark.http
@pytest.mark.parametrize(
    ("operation", "body", "status", "kind"),
    [
        ("DescribeTable", b'{"TableName": "none"}', 400, "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"),
        ("DescribeTable", b'{"TableName": "!"}', 400, "com.amazon.coral.validate#ValidationException"),
        ("DescribeTable", b"{", 400, "com.amazon.coral.service#SerializationException"),
        ("DescribeTable", b'{"TableName": 7}', 400, "com.amazon.coral.service#SerializationException"),
        ("DescribeTable", b"[]", 400, "com.amazon.coral.service#SerializationException"),
        ("TransactWriteItems", b'{"TransactItems": [7]}', 400, "com.amazon.coral.service#SerializationException"),
        ("PutItem", b'{"TableName": 7}', 400, "com.amazon.coral.service#SerializationException"),
        ("NoSuchThing", b"{}", 400, "com.amazon.coral.service#UnknownOperationException"),
        ("RestoreTableFromBackup", b"{}", 400, "com.amazon.coral.service#UnknownOperationException"),
    ],
)
def test_dynamodb_errors_have_the_shape_that_clients_expect(
    sandbox: Served, operation: str, body: bytes, status: int, kind: str
) -> None:
    got, headers, answer = _post(sandbox, body, _dynamodb(operation))
    assert (got, json.loads(answer)["__type"]) == (status, kind)
    assert "message" in json.loads(answer)
    assert int(headers["x-amz-crc32"]) == zlib.crc32(answer)


@pytest.mark.http
def test_a_request_without_a_signature_is_of_the_server_s_region(sandbox: Served) -> None:
    table = {"TableName": "orders", "BillingMode": "PAY_PER_REQUEST", "KeySchema": keys("id")}
    made = _post(
        sandbox, json.dumps({**table, "AttributeDefinitions": attributes(id="S")}).encode(), _dynamodb("CreateTable")
    )
    assert json.loads(made[2])["TableDescription"]["TableArn"].split(":")[3] == REGION
    client = sandbox.client("dynamodb")
    sandbox.until(lambda: client.describe_table(TableName="orders")["Table"]["TableStatus"] == "ACTIVE")
    item = {"TableName": "orders", "Item": {"id": {"S": "1"}}}
    assert _post(sandbox, json.dumps(item).encode(), _dynamodb("PutItem"))[0] == 200
    assert client.scan(TableName="orders")["Items"] == [item["Item"]]


@pytest.mark.http
def test_lambda_errors_have_their_code_in_a_header(sandbox: Served) -> None:
    path = "/2015-03-31/functions"
    status, headers, body = _post(sandbox, b'{"FunctionName": "fn"}', {}, path)
    assert (status, headers["x-amzn-ErrorType"]) == (400, "ValidationException")
    assert "at 'role' failed to satisfy constraint" in json.loads(body)["message"]
    assert _post(sandbox, b'{"FunctionName"', {}, path)[0] == 400
    status, headers, _ = _post(sandbox, b"{}", {}, "/2015-03-31/functions/fn/nothing-there")
    assert (status, headers["x-amzn-ErrorType"]) == (404, "UnknownOperationException")


@pytest.mark.http
@pytest.mark.parametrize("name", ["fn", ARN, f"{ARN}:$LATEST", "123456789012:function:fn", "fn:$LATEST"])
def test_a_function_is_found_by_every_form_of_its_name(sandbox: Served, name: str) -> None:
    client = sandbox.client("lambda")
    client.create_function(**function())
    assert client.get_function(FunctionName=name)["Configuration"]["FunctionName"] == "fn"
    path = f"/2015-03-31/functions/{quote(name, safe='')}/configuration"
    credential = f"AWS4-HMAC-SHA256 Credential=a/20260101/{REGION}/lambda/aws4_request, SignedHeaders=host, Signature=0"
    request = urllib.request.Request(sandbox.server.endpoint + path, headers={"Authorization": credential})
    with urllib.request.urlopen(request) as reply:
        assert json.load(reply)["FunctionName"] == "fn"


@pytest.mark.http
def test_lists_of_tag_keys_travel_in_the_query(sandbox: Served) -> None:
    client = sandbox.client("lambda")
    client.create_function(**function(Tags={"one": "1", "two": "2", "three": "3"}))
    sandbox_wait_active(sandbox)
    client.untag_resource(Resource=ARN, TagKeys=["one", "two"])
    assert client.list_tags(Resource=ARN)["Tags"] == {"three": "3"}


def sandbox_wait_active(sandbox: Served) -> None:
    sandbox.client("lambda").get_waiter("function_active_v2").wait(
        FunctionName="fn", WaiterConfig={"Delay": 0, "MaxAttempts": 100}
    )


@pytest.mark.http
def test_an_invocation_has_its_parts_in_status_header_and_body(sandbox: Served) -> None:
    client = sandbox.client("lambda")
    client.create_function(**function())
    sandbox_wait_active(sandbox)
    reply = client.invoke(FunctionName="fn", Payload=b'{"order": 1}')
    assert (reply["StatusCode"], reply["ExecutedVersion"]) == (200, "$LATEST")
    assert reply["Payload"].read() == b'{"order": 1}'
    assert client.invoke(FunctionName="fn", InvocationType="DryRun")["StatusCode"] == 204


@pytest.mark.http
def test_regions_are_told_apart_by_the_signature(sandbox: Served) -> None:
    sandbox.client("lambda", "us-west-2").create_function(**function())
    assert (
        sandbox.client("lambda", "us-west-2").list_functions()["Functions"][0]["FunctionArn"].split(":")[3]
        == "us-west-2"
    )
    assert sandbox.client("lambda").list_functions()["Functions"] == []


@pytest.mark.http
def test_a_stalled_upload_holds_up_nobody(sandbox: Served) -> None:
    host, port = sandbox.server.endpoint.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as stalled:
        stalled.sendall(b"POST /2015-03-31/functions HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
        assert sandbox.client("dynamodb", read_timeout=5).list_tables()["TableNames"] == []


@pytest.mark.http
def test_who_am_i(sandbox: Served) -> None:
    assert sandbox.client("sts").get_caller_identity()["Account"] == "123456789012"


@pytest.mark.http
def test_the_environment_is_all_that_a_client_needs(sandbox: Served) -> None:
    environment = sandbox.server.environment()
    assert environment["AWS_ENDPOINT_URL"] == sandbox.server.endpoint
    assert sandbox.server.endpoint.startswith("http://127.0.0.1:")
    assert environment["AWS_REGION"] == environment["AWS_DEFAULT_REGION"] == REGION
    assert environment.keys() >= {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}


@pytest.mark.http
def test_a_taken_port_is_an_error_with_a_way_out(sandbox: Served) -> None:
    port = int(sandbox.server.endpoint.rpartition(":")[2])
    with pytest.raises(OrchestratorError) as caught:
        SandboxServer(port=port).start()
    (problem,) = caught.value.problems
    assert problem.code == "sandbox-port"
    assert f"127.0.0.1:{port}" in problem.message
    assert "another" in problem.action


@pytest.mark.http
def test_a_stopped_server_leaves_its_port_free() -> None:
    server = SandboxServer()
    with pytest.raises(RuntimeError, match="not been started"):
        _ = server.endpoint
    server.start()
    port = int(server.endpoint.rpartition(":")[2])
    server.stop()
    server.stop()
    with SandboxServer(port=port) as again, socket.create_connection(("127.0.0.1", port)):
        assert again.endpoint.endswith(f":{port}")


def test_a_missing_extra_is_an_error_that_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(OrchestratorError) as caught:
        SandboxServer().start()
    assert caught.value.problems[0].action == "Install them from a checkout of this project: pip install '.[sandbox]'"


# ------------------------------------------------------------------------------------------- routes and bodies, unserved


def test_every_operation_of_lambda_is_found_by_its_own_path() -> None:
    model = service("lambda")
    for name in model.operation_names:
        http = model.operation_model(name).http
        path, _, query = http["requestUri"].partition("?")
        for label in ("FunctionName", "Name", "Resource", "LayerName", "VersionNumber", "UUID", "StatementId"):
            path = path.replace(f"{{{label}}}", "x")
        path = path.replace("{CodeSigningConfigArn}", "x")
        found = routes.find("lambda", http["method"], path, query)
        assert found is not None
        assert found.operation.name == name


def test_parameters_come_from_path_query_header_and_body() -> None:
    found = routes.find("lambda", "POST", "/2015-03-31/functions/fn%3Alive/invocations", "Qualifier=live")
    assert found is not None
    given = routes.parameters(found, Headers({"X-Amz-Invocation-Type": "Event"}), b"raw")
    assert given == {"FunctionName": "fn:live", "Qualifier": "live", "InvocationType": "Event", "Payload": b"raw"}


def test_a_zip_travels_as_base64() -> None:
    shape: Any = service("lambda").operation_model("UpdateFunctionCode").input_shape
    body = wire.encode(shape, {"ZipFile": archive(), "FunctionName": "fn"})
    assert wire.decode(shape, body) == {"ZipFile": archive(), "FunctionName": "fn"}
    with pytest.raises(wire.Malformed, match="ZipFile"):
        wire.decode(shape, {"ZipFile": "not base64!"})


def test_what_the_model_does_not_know_is_dropped() -> None:
    shape: Any = service("lambda").operation_model("CreateFunction").input_shape
    assert wire.decode(shape, {"FunctionName": "fn", "FromTheFuture": 1, "Timeout": None}) == {"FunctionName": "fn"}
    with pytest.raises(wire.Malformed, match="Timeout: expected integer"):
        wire.decode(shape, {"Timeout": "soon"})
    with pytest.raises(wire.Malformed, match="Layers: expected list"):
        wire.decode(shape, {"Layers": "one"})
    with pytest.raises(wire.Malformed, match="Publish: expected boolean"):
        wire.decode(shape, {"Publish": "yes"})
    with pytest.raises(wire.Malformed, match="Variables: expected map"):
        wire.decode(shape, {"Environment": {"Variables": [1]}})


@pytest.mark.http
def test_refused_gives_what_the_service_said(sandbox: Served) -> None:
    assert refused(sandbox.client("lambda").get_policy, FunctionName="none")[:2] == (404, "ResourceNotFoundException")
