"""The AWS adapter before S3, ECR and KMS: objects come as bytes, whole or not at all."""

import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import aioboto3
import pytest

from orchestrator.adapters.aws import AwsCloud
from orchestrator.adapters.connection import connect
from orchestrator.errors import Fault
from orchestrator.model import Call
from tests.adapters.test_aws import serving
from tests.sandbox.lambda_world import archive
from tests.sandbox.served import REGION, Served, served

pytestmark = pytest.mark.http

OBJECT = {"Bucket": "artifacts", "Key": "builds/fn 1.zip"}
GET = Call("s3", "GetObject", OBJECT)
MANIFEST = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
    "config": {"size": 1, "digest": "sha256:" + "a" * 64},
    "layers": [{"size": 1, "digest": "sha256:" + "b" * 64}],
}


@pytest.fixture
def sandbox() -> Iterator[Served]:
    with served() as running:
        yield running


@asynccontextmanager
async def cloud_at(endpoint: str) -> AsyncIterator[AwsCloud]:
    session = aioboto3.Session(aws_access_key_id="a", aws_secret_access_key="b", region_name=REGION)
    async with connect(endpoint_url=endpoint, session=session) as (cloud, _):
        yield cloud


async def test_an_object_comes_as_bytes(sandbox: Served) -> None:
    s3 = sandbox.client("s3")
    s3.create_bucket(Bucket="artifacts", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(**OBJECT, Body=archive(), ChecksumAlgorithm="SHA256")
    async with cloud_at(sandbox.server.endpoint) as cloud:
        assert (await cloud.send(GET))["Body"] == archive()
        # A second one: the connection of the first was given back.
        assert (await cloud.send(GET))["ContentLength"] == len(archive())
        with pytest.raises(Fault) as caught:
            await cloud.send(Call("s3", "GetObject", {**OBJECT, "Key": "no.zip"}))
    assert (caught.value.code, caught.value.status) == ("NoSuchKey", 404)


async def test_what_a_function_answers_comes_as_bytes_too(sandbox: Served) -> None:
    async with cloud_at(sandbox.server.endpoint) as cloud:
        code = {"Runtime": "python3.13", "Handler": "app.handler", "Code": {"ZipFile": archive()}}
        role = "arn:aws:iam::123456789012:role/order-events"
        await cloud.send(Call("lambda", "CreateFunction", {"FunctionName": "fn", "Role": role, **code}))

        async def state() -> str:
            reply = await cloud.send(Call("lambda", "GetFunction", {"FunctionName": "fn"}))
            return str(reply["Configuration"]["State"])

        while await state() != "Active":
            pass  # every look moves the server's time
        reply = await cloud.send(Call("lambda", "Invoke", {"FunctionName": "fn", "Payload": b'{"a": 1}'}))
        assert reply["Payload"] == b'{"a": 1}'


async def test_images_and_keys_can_be_asked_for(sandbox: Served) -> None:
    ecr = sandbox.client("ecr")
    ecr.create_repository(repositoryName="order-events")
    digest = ecr.put_image(repositoryName="order-events", imageManifest=json.dumps(MANIFEST), imageTag="1")["image"][
        "imageId"
    ]
    asked = {"repositoryName": "order-events", "imageIds": [{"imageTag": "1"}]}
    async with cloud_at(sandbox.server.endpoint) as cloud:
        details = (await cloud.send(Call("ecr", "DescribeImages", asked)))["imageDetails"]
        assert details[0]["imageDigest"] == digest["imageDigest"]
        assert (await cloud.send(Call("ecr", "BatchGetImage", asked)))["images"][0]["imageId"] == digest
        key = (await cloud.send(Call("kms", "DescribeKey", {"KeyId": "alias/aws/lambda"})))["KeyMetadata"]
        assert key["KeyManager"] == "AWS"


@pytest.mark.parametrize(
    ("length", "checksum"),
    [
        pytest.param(100, b"", id="cut short"),
        pytest.param(5, b"x-amz-checksum-crc32: AAAAAA==\r\n", id="another checksum"),
    ],
)
async def test_an_object_that_did_not_come_whole_is_no_object(length: int, checksum: bytes) -> None:
    def answer(connection: socket.socket) -> None:
        head = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n%b\r\n"
        connection.sendall(head % (length, checksum) + b"bytes")

    with serving(answer) as server:
        async with cloud_at(server.endpoint) as cloud:
            with pytest.raises(Fault) as caught:
                await cloud.send(GET)
    assert (caught.value.code, caught.value.status) == ("NoAnswer", None)
