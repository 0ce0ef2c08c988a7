"""The simulated S3, ECR and KMS: what a planner can learn of objects, images and keys, and what it is refused."""

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrator.errors import Fault
from orchestrator.model import Call
from orchestrator.sandbox.clock import EPOCH, VirtualClock
from orchestrator.sandbox.cloud import VirtualCloud
from orchestrator.sandbox.rules.account import Account

DATA = b"not only bytes, but these"
SHA256 = base64.b64encode(hashlib.sha256(DATA).digest()).decode()
OBJECT = {"Bucket": "artifacts", "Key": "fn.zip"}
CHECKSUM = {**OBJECT, "ObjectAttributes": ["Checksum", "ObjectSize"]}
REPOSITORY = {"repositoryName": "order-events"}


class World:
    def __init__(self, clock: VirtualClock) -> None:
        self.account = Account()
        self.cloud = VirtualCloud(self.account, clock)

    async def send(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        return dict(await self.cloud.send(Call(service, operation, parameters)))

    async def fault(self, service: str, operation: str, **parameters: Any) -> Fault:
        with pytest.raises(Fault) as caught:
            await self.send(service, operation, **parameters)
        return caught.value


@pytest.fixture
def world(clock: VirtualClock) -> World:
    return World(clock)


# -------------------------------------------------------------------------------------------------------------------- S3


async def test_an_object_with_a_checksum_tells_it_of_its_bytes(world: World) -> None:
    world.account.s3.put(**_put(), checksum=True)
    attributes = await world.send("s3", "GetObjectAttributes", **CHECKSUM)
    assert attributes["Checksum"] == {"ChecksumSHA256": SHA256, "ChecksumType": "FULL_OBJECT"}
    assert attributes["ObjectSize"] == len(DATA)
    assert attributes["LastModified"] == datetime.fromtimestamp(EPOCH, UTC)
    head = await world.send("s3", "HeadObject", **OBJECT, ChecksumMode="ENABLED")
    assert (head["ChecksumSHA256"], head["ChecksumType"], head["ContentLength"]) == (SHA256, "FULL_OBJECT", len(DATA))
    assert "Body" not in head
    assert "ChecksumSHA256" not in await world.send("s3", "HeadObject", **OBJECT)


async def test_an_object_without_a_checksum_has_only_its_bytes(world: World) -> None:
    world.account.s3.put(**_put())
    assert "Checksum" not in await world.send("s3", "GetObjectAttributes", **CHECKSUM)
    reply = await world.send("s3", "GetObject", **OBJECT, ChecksumMode="ENABLED")
    assert reply["Body"] == DATA
    assert "ChecksumSHA256" not in reply


async def test_the_checksum_of_parts_is_not_that_of_the_bytes(world: World) -> None:
    world.account.s3.put(**_put(), checksum=True, parts=2)
    attributes = await world.send("s3", "GetObjectAttributes", **CHECKSUM)
    assert attributes["Checksum"]["ChecksumType"] == "COMPOSITE"
    assert attributes["Checksum"]["ChecksumSHA256"] != SHA256
    head = await world.send("s3", "HeadObject", **OBJECT, ChecksumMode="ENABLED")
    assert head["ChecksumSHA256"] == attributes["Checksum"]["ChecksumSHA256"] + "-2"
    assert head["ETag"].endswith('-2"')


async def test_versions_are_kept_apart(world: World) -> None:
    world.account.s3.put("artifacts", "fn.zip", b"unversioned", EPOCH)
    world.account.s3.version("artifacts")
    first = world.account.s3.put(**_put(), checksum=True)
    world.account.s3.put("artifacts", "fn.zip", b"newest", EPOCH)
    assert (await world.send("s3", "GetObject", **OBJECT))["Body"] == b"newest"
    reply = await world.send("s3", "GetObject", **OBJECT, VersionId=first)
    assert (reply["Body"], reply["VersionId"]) == (DATA, first)
    assert (await world.send("s3", "GetObject", **OBJECT, VersionId="null"))["Body"] == b"unversioned"
    assert (await world.send("s3", "GetObjectAttributes", **CHECKSUM, VersionId=first))["Checksum"]


@pytest.mark.parametrize(
    ("more", "code"),
    [({"Key": "no.zip"}, "NoSuchKey"), ({"Bucket": "none"}, "NoSuchBucket"), ({"VersionId": "9"}, "NoSuchVersion")],
)
async def test_what_is_not_there_is_said_except_to_head(world: World, more: dict[str, str], code: str) -> None:
    world.account.s3.put(**_put())
    for operation, parameters in (("GetObject", OBJECT), ("GetObjectAttributes", CHECKSUM)):
        fault = await world.fault("s3", operation, **{**parameters, **more})
        assert (fault.code, fault.status) == (code, 404)
    fault = await world.fault("s3", "HeadObject", **{**OBJECT, **more})
    assert (fault.code, fault.message, fault.status) == ("404", "Not Found", 404)
    world.account.s3.delete("artifacts", "fn.zip")
    assert (await world.fault("s3", "GetObject", **OBJECT)).code == "NoSuchKey"
    assert (await world.fault("s3", "GetObject", Bucket="artifacts", Key="")).code == "InvalidArgument"


def _put() -> dict[str, Any]:
    return {"bucket": "artifacts", "key": "fn.zip", "data": DATA, "now": EPOCH}


# ------------------------------------------------------------------------------------------------------------------- ECR


async def test_a_tag_names_a_digest(world: World) -> None:
    first = world.account.ecr.push("order-events", "1", "first", EPOCH)
    assert world.account.ecr.push("order-events", "latest", "first", EPOCH) == first
    for identifier in ({"imageTag": "1"}, {"imageDigest": first}, {"imageTag": "1", "imageDigest": first}):
        described = await world.send("ecr", "DescribeImages", **REPOSITORY, imageIds=[identifier])
        (detail,) = described["imageDetails"]
        assert (detail["imageDigest"], detail["imageTags"]) == (first, ["1", "latest"])
        assert detail["imagePushedAt"] == datetime.fromtimestamp(EPOCH, UTC)
        (image,) = (await world.send("ecr", "BatchGetImage", **REPOSITORY, imageIds=[identifier]))["images"]
        assert image["imageId"] == {**identifier, "imageDigest": first}
    moved = world.account.ecr.push("order-events", "1", "second", EPOCH)
    described = await world.send("ecr", "DescribeImages", **REPOSITORY)
    tags = {detail["imageDigest"]: detail["imageTags"] for detail in described["imageDetails"]}
    assert tags == {first: ["latest"], moved: ["1"]}


async def test_an_image_that_is_not_there_fails_one_read_and_is_a_failure_of_the_other(world: World) -> None:
    known = world.account.ecr.push("order-events", "1", "first", EPOCH)
    other = world.account.ecr.push("order-events", "2", "second", EPOCH)
    for missing in ({"imageTag": "3"}, {"imageTag": "1", "imageDigest": other}):
        asked: list[dict[str, str]] = [{"imageTag": "1"}, missing]
        assert (
            await world.fault("ecr", "DescribeImages", **REPOSITORY, imageIds=asked)
        ).code == "ImageNotFoundException"
        reply = await world.send("ecr", "BatchGetImage", **REPOSITORY, imageIds=asked)
        assert [image["imageId"]["imageDigest"] for image in reply["images"]] == [known]
        assert [(one["imageId"], one["failureCode"]) for one in reply["failures"]] == [(missing, "ImageNotFound")]
    fault = await world.fault("ecr", "BatchGetImage", repositoryName="none", imageIds=[{"imageTag": "1"}])
    assert (fault.code, fault.status) == ("RepositoryNotFoundException", 400)
    fault = await world.fault("ecr", "DescribeImages", **REPOSITORY, registryId="210987654321")
    assert fault.code == "RepositoryNotFoundException"
    fault = await world.fault("ecr", "DescribeImages", repositoryName="No Such")
    assert fault.code == "InvalidParameterException"


# ------------------------------------------------------------------------------------------------------- keys, permissions


async def test_a_key_is_found_by_every_name_that_it_has(world: World) -> None:
    arn = world.account.kms.register("alias/orders")
    for name in (arn, arn.rpartition("/")[2], "alias/orders", arn.replace(arn.rpartition(":")[2], "alias/orders")):
        metadata = (await world.send("kms", "DescribeKey", KeyId=name))["KeyMetadata"]
        assert (metadata["Arn"], metadata["KeyManager"], metadata["KeyState"]) == (arn, "CUSTOMER", "Enabled")
    assert (await world.send("kms", "DescribeKey", KeyId="alias/aws/lambda"))["KeyMetadata"]["KeyManager"] == "AWS"
    fault = await world.fault("kms", "DescribeKey", KeyId="alias/none")
    assert (fault.code, fault.status) == ("NotFoundException", 400)


@pytest.mark.parametrize(
    ("permission", "operation", "parameters", "code", "status"),
    [
        ("kms:DescribeKey", "kms:DescribeKey", {"KeyId": "alias/orders"}, "AccessDeniedException", 400),
        ("ecr:DescribeImages", "ecr:DescribeImages", REPOSITORY, "AccessDeniedException", 400),
        ("ecr:BatchGetImage", "ecr:BatchGetImage", {**REPOSITORY, "imageIds": []}, "AccessDeniedException", 400),
        ("s3:GetObject", "s3:GetObject", OBJECT, "AccessDenied", 403),
        ("s3:GetObject", "s3:HeadObject", OBJECT, "403", 403),
        ("s3:GetObjectAttributes", "s3:GetObjectAttributes", CHECKSUM, "AccessDenied", 403),
        ("lambda:GetFunction", "lambda:GetFunction", {"FunctionName": "fn"}, "AccessDeniedException", 403),
    ],
)
async def test_a_permission_can_be_taken(
    world: World, permission: str, operation: str, parameters: dict[str, Any], code: str, status: int
) -> None:
    world.account.kms.register("alias/orders")
    world.account.s3.put(**_put())
    world.account.ecr.push("order-events", "1", "first", EPOCH)
    world.account.deny(permission)
    service, _, name = operation.partition(":")
    fault = await world.fault(service, name, **parameters)
    assert (fault.code, fault.status) == (code, status)
    if code == "AccessDeniedException":
        assert fault.message.endswith(f"is not authorized to perform: {permission}")
    other = {"s3": ("kms", "DescribeKey", {"KeyId": "alias/orders"})}.get(service, ("s3", "GetObject", OBJECT))
    await world.send(other[0], other[1], **other[2])
