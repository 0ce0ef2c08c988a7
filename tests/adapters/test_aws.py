"""The AWS adapter before servers that answer badly: what is certain never to have been sent is told from what is not."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import aioboto3
import anyio
import pytest

from orchestrator.adapters.connection import connect
from orchestrator.engine.faults import classify
from orchestrator.engine.treatment import Situation, Treatment
from orchestrator.errors import Fault, Unreachable
from orchestrator.model import Call

pytestmark = pytest.mark.http

CREATE = Call(
    "dynamodb",
    "CreateTable",
    {
        "TableName": "orders",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    },
)
ACCOUNT = (
    b"<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult>"
    b"</GetCallerIdentityResponse>"
)
Behaviour = Callable[[socket.socket], None]


def reset(connection: socket.socket) -> None:
    """A TCP reset instead of an answer."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def close(connection: socket.socket) -> None:
    """The end of the stream instead of an answer."""


def cut_short(connection: socket.socket) -> None:
    """Fewer bytes than were promised."""
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{")


def reply(body: bytes, headers: bytes = b"", status: int = 200) -> Behaviour:
    """A 200, or another, with `body`."""
    head = b"HTTP/1.1 %d Said\r\nconnection: close\r\ncontent-length: %d\r\n%b\r\n" % (status, len(body), headers)
    return lambda connection: connection.sendall(head + body)


KNOWN = reply(ACCOUNT, b"content-type: text/xml\r\n")


class Server:
    """Answers STS as `sts` does, in turn and then with the last, and whatever else it has read to the end as it is told.

    `read` holds those operations, `signed` the Regions that they were signed for.
    """

    def __init__(self, behaviour: Behaviour, *sts: Behaviour) -> None:
        self.read: list[str] = []
        self.signed: list[str] = []
        self.asked = 0
        """How often STS was."""
        self._behaviour = behaviour
        self._sts = sts or (KNOWN,)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as lines:
            headers = dict(self._headers(lines.readline, connection))
            lines.read(int(headers.get("content-length", 0)))
        if "/sts/" in headers["authorization"]:
            self.asked += 1
            self._sts[min(self.asked, len(self._sts)) - 1](connection)
            return
        self.read.append(headers.get("x-amz-target", "").partition(".")[2])
        self.signed.append(headers["authorization"].split("/")[2])
        self._behaviour(connection)

    @staticmethod
    def _headers(readline: Callable[[], bytes], connection: socket.socket) -> Iterator[tuple[str, str]]:
        readline()
        while line := readline().strip():
            name, _, value = line.decode().partition(":")
            yield name.lower(), value.strip()

    def close(self) -> None:
        with suppress(OSError):  # it is closed already
            self._listener.shutdown(socket.SHUT_RDWR)  # what ends the accept that is under way
        self._listener.close()


@contextmanager
def serving(behaviour: Behaviour, *sts: Behaviour) -> Iterator[Server]:
    server = Server(behaviour, *sts)
    try:
        yield server
    finally:
        server.close()


def session() -> aioboto3.Session:
    return aioboto3.Session(aws_access_key_id="a", aws_secret_access_key="b", region_name="eu-west-1")


async def answer(server: Server, *, gone: bool = False) -> Fault:
    """What CreateTable is answered with; `gone`: nobody listens any more."""
    async with connect(endpoint_url=server.endpoint, session=session()) as (cloud, _):
        if gone:
            server.close()
        with pytest.raises(Fault) as caught:
            await cloud.send(CREATE)
    return caught.value


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(reset, id="reset"),
        pytest.param(close, id="closed"),
        pytest.param(cut_short, id="cut short"),
        pytest.param(reply(b"\xff\xfe\x9c\x00"), id="not text"),
        pytest.param(reply(b'{"TableDescription": {"CreationDateTime": "zzz"}}'), id="not a time"),
        pytest.param(reply(b"{}", b"x-junk: \xff\xfe\r\n"), id="not a header"),
    ],
)
async def test_what_the_service_has_read_may_have_taken_effect(behaviour: Behaviour) -> None:
    """Architecture, rule 7: an unknown outcome is looked up, never resent blindly."""
    with serving(behaviour) as server:
        fault = await answer(server)
        assert server.read == ["CreateTable"]
    assert (fault.sent, fault.status) == (True, None)
    assert classify(fault, Situation("create")).treatment is Treatment.VERIFY


async def test_a_cancelled_transaction_has_a_reason_for_each_action() -> None:
    body = (
        b'{"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "Message": "Transaction cancelled", '
        b'"CancellationReasons": [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Item": {"id": {"S": "a"}}}]}'
    )
    action = {"Put": {"TableName": "orders", "Item": {"id": {"S": "a"}}}}
    sent = Call("dynamodb", "TransactWriteItems", {"TransactItems": [action, action], "ClientRequestToken": "t"})
    with serving(reply(body, b"content-type: application/x-amz-json-1.0\r\n", 400)) as server:
        async with connect(endpoint_url=server.endpoint, session=session()) as (cloud, _):
            with pytest.raises(Fault) as caught:
                await cloud.send(sent)
    fault = caught.value
    assert fault.code == "TransactionCanceledException"
    assert fault.reasons == ({"Code": "None"}, {"Code": "ConditionalCheckFailed", "Item": {"id": {"S": "a"}}})


async def test_what_found_nobody_to_connect_to_was_never_sent() -> None:
    with serving(close) as server:
        fault = await answer(server, gone=True)
        assert server.read == []
    assert (fault.code, fault.sent) == ("EndpointUnreachable", False)


@pytest.mark.parametrize(
    ("variables", "region", "expected"),
    [
        ({"AWS_REGION": "eu-west-2"}, None, "eu-west-2"),
        ({"AWS_REGION": "eu-west-2", "AWS_DEFAULT_REGION": "eu-west-3"}, None, "eu-west-2"),
        ({"AWS_DEFAULT_REGION": "eu-west-3"}, None, "eu-west-3"),
        ({"AWS_REGION": "eu-west-2"}, "eu-north-1", "eu-north-1"),
    ],
)
async def test_the_region_is_looked_for_where_every_sdk_looks(
    variables: dict[str, str], region: str | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
    with serving(close) as server:
        async with connect(region=region, endpoint_url=server.endpoint, credentials=keys) as (_, target):
            assert target.region == expected


async def test_the_region_of_a_callers_own_session_is_not_overruled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-2")
    with serving(close) as server:
        async with connect(endpoint_url=server.endpoint, session=session()) as (_, target):
            assert target.region == "eu-west-1"


@pytest.mark.parametrize(
    ("region", "signed", "named"), [(None, "eu-west-1", None), ("eu-west-1", "eu-west-1", None), ("us-west-2",) * 3]
)
async def test_a_call_is_signed_for_its_region_whatever_the_endpoint(
    region: str | None, signed: str, named: str | None
) -> None:
    """A fault names the Region only where it is another than the run's own."""
    with serving(reset) as server:
        async with connect(endpoint_url=server.endpoint, session=session()) as (cloud, target):
            assert (target.region, target.endpoint) == ("eu-west-1", server.endpoint)
            with pytest.raises(Fault) as caught:
                await cloud.send(replace(CREATE, region=region))
        assert server.signed == [signed]
    assert caught.value.region == named
    assert caught.value.title == "dynamodb:CreateTable" + (f" in {named}" if named else "")


async def test_a_refusal_in_another_region_and_one_never_sent_name_it_too() -> None:
    def deny(connection: socket.socket) -> None:
        body = b'{"__type": "AccessDeniedException", "message": "no"}'
        connection.sendall(b"HTTP/1.1 400 Bad\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))

    with serving(deny) as server:
        async with connect(endpoint_url=server.endpoint, session=session()) as (cloud, _):
            for code in ("AccessDeniedException", "EndpointUnreachable"):
                with pytest.raises(Fault) as caught:
                    await cloud.send(replace(CREATE, region="us-west-2"))
                assert (caught.value.code, caught.value.region) == (code, "us-west-2")
                assert str(caught.value).startswith(f"dynamodb:CreateTable in us-west-2 answered {code}")
                server.close()


async def test_one_region_has_one_client_however_many_ask_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[str, str]] = []
    ours = session()
    client = ours.client

    def counted(service: str, *, region_name: str, **options: Any) -> Any:
        made.append((service, region_name))
        return client(service, region_name=region_name, **options)

    monkeypatch.setattr(ours, "client", counted)
    answer = reply(b'{"TableNames": []}', b"content-type: application/x-amz-json-1.0\r\n")
    with serving(answer) as server:
        async with (
            connect(endpoint_url=server.endpoint, session=ours) as (cloud, _),
            anyio.create_task_group() as group,
        ):
            for region in (None, "eu-west-1", "us-west-2", "us-west-2"):
                group.start_soon(cloud.send, Call("dynamodb", "ListTables", region=region))
    assert sorted(made) == [("dynamodb", "eu-west-1"), ("dynamodb", "us-west-2"), ("sts", "eu-west-1")]


@pytest.mark.parametrize("endpoint", ["localhost:1", "http://no-such-host.invalid:80", "http://127.0.0.1:1"])
async def test_an_endpoint_that_can_not_be_is_unreachable(endpoint: str) -> None:
    with pytest.raises(Unreachable):
        async with connect(endpoint_url=endpoint, session=session()):
            pass


async def test_only_an_invocation_may_take_a_quarter_of_an_hour_to_answer() -> None:
    patience: dict[str, float] = {}

    class Session(aioboto3.Session):  # type: ignore[misc]  # aioboto3 has no types
        def client(self, service: str, *args: Any, config: Any = None, **more: Any) -> Any:
            patience[f"{service} {len(patience)}"] = config.read_timeout if config else 0
            return super().client(service, *args, config=config, **more)

    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "eu-west-1"}
    with serving(reply(b"{}")) as server:
        async with connect(endpoint_url=server.endpoint, session=Session(**keys)) as (cloud, _):
            patience.clear()
            for call in (
                Call("lambda", "Invoke", {"FunctionName": "fn"}),
                Call("lambda", "GetFunction", {"FunctionName": "fn"}),
                Call("lambda", "Invoke", {"FunctionName": "other"}),
            ):
                await cloud.send(call)
    assert list(patience.items()) == [("lambda 0", 930), ("lambda 1", 120)]
