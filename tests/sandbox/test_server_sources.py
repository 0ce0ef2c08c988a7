"""The sandbox server: functions out of moto's S3 and ECR, what their reads tell, and what a test may bring about."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.sandbox.lambda_world import ROLE, archive, function
from tests.sandbox.served import REGION, Served, refused, served

pytestmark = pytest.mark.http

OBJECT = {"Bucket": "artifacts", "Key": "builds/fn 1.zip"}
CODE = {"S3Bucket": OBJECT["Bucket"], "S3Key": OBJECT["Key"]}
SHA256 = base64.b64encode(hashlib.sha256(archive()).digest()).decode()
REPOSITORY = {"repositoryName": "order-events"}


@pytest.fixture
def sandbox() -> Iterator[Served]:
    with served() as running:
        yield running


def _s3(sandbox: Served) -> Any:
    client = sandbox.client("s3")
    client.create_bucket(Bucket="artifacts", CreateBucketConfiguration={"LocationConstraint": REGION})
    return client


def _push(sandbox: Served, tag: str, content: str) -> str:
    """An image's digest."""
    layer = f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"
    media = "application/vnd.docker.distribution.manifest.v2+json"
    parts = {"config": {"size": 1, "digest": layer}, "layers": [{"size": 1, "digest": layer}]}
    manifest = json.dumps({"schemaVersion": 2, "mediaType": media, **parts})
    pushed = sandbox.client("ecr").put_image(**REPOSITORY, imageManifest=manifest, imageTag=tag)
    return str(pushed["image"]["imageId"]["imageDigest"])


def _state(sandbox: Served, key: str = "State") -> Callable[[], str | None]:
    client = sandbox.client("lambda")
    return lambda: client.get_function(FunctionName="fn")["Configuration"].get(key)


def _active(sandbox: Served) -> None:
    look = _state(sandbox)
    sandbox.until(lambda: look() == "Active")


# -------------------------------------------------------------------------------------------------------------------- S3


def test_every_read_says_whether_a_checksum_is_of_the_whole_object(sandbox: Served) -> None:
    s3 = _s3(sandbox)
    s3.put_object(**OBJECT, Body=archive(), ChecksumAlgorithm="SHA256")
    attributes = s3.get_object_attributes(**OBJECT, ObjectAttributes=["Checksum", "ObjectSize"])
    assert attributes["Checksum"] == {"ChecksumSHA256": SHA256, "ChecksumType": "FULL_OBJECT"}
    for read in (s3.head_object, s3.get_object):
        reply = read(**OBJECT, ChecksumMode="ENABLED")
        assert (reply["ChecksumSHA256"], reply["ChecksumType"]) == (SHA256, "FULL_OBJECT")
    assert reply["Body"].read() == archive()


def test_a_checksum_of_parts_is_told_from_one_of_the_object(sandbox: Served) -> None:
    s3 = _s3(sandbox)
    upload = {**OBJECT, "UploadId": s3.create_multipart_upload(**OBJECT, ChecksumAlgorithm="SHA256")["UploadId"]}
    part = s3.upload_part(**upload, PartNumber=1, Body=archive(), ChecksumAlgorithm="SHA256")
    parts = [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumSHA256": SHA256}]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    attributes = s3.get_object_attributes(**OBJECT, ObjectAttributes=["Checksum"])
    assert attributes["Checksum"]["ChecksumType"] == "COMPOSITE"
    for read in (s3.head_object, s3.get_object):
        reply = read(**OBJECT, ChecksumMode="ENABLED")
        assert reply["ChecksumType"] == "COMPOSITE"
        assert reply["ChecksumSHA256"].endswith("-1")


def test_an_object_without_a_sha256_tells_none(sandbox: Served) -> None:
    s3 = _s3(sandbox)
    s3.put_object(**OBJECT, Body=archive())
    assert "ChecksumSHA256" not in s3.head_object(**OBJECT, ChecksumMode="ENABLED")
    assert "ChecksumSHA256" not in s3.get_object_attributes(**OBJECT, ObjectAttributes=["Checksum"])["Checksum"]


def test_a_version_of_an_object_makes_a_function(sandbox: Served) -> None:
    s3 = _s3(sandbox)
    s3.put_bucket_versioning(Bucket="artifacts", VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(**OBJECT, Body=archive())["VersionId"]
    s3.put_object(**OBJECT, Body=archive("new"))
    client = sandbox.client("lambda")
    assert client.create_function(**function(Code={**CODE, "S3ObjectVersion": first}))["CodeSha256"] == SHA256
    _active(sandbox)
    assert client.update_function_code(FunctionName="fn", **CODE)["CodeSha256"] != SHA256


@pytest.mark.parametrize(
    ("code", "told"),
    [({"S3Key": "no.zip"}, "NoSuchKey"), ({"S3Bucket": "none"}, "NoSuchBucket"), ({"S3ObjectVersion": "9"}, "NoSuchVersion")],
)  # fmt: skip
def test_lambda_says_in_words_of_s3_why_there_is_no_code(sandbox: Served, code: dict[str, str], told: str) -> None:
    _s3(sandbox).put_object(**OBJECT, Body=archive())
    create = sandbox.client("lambda").create_function
    status, name, text = refused(create, **function(Code={**CODE, **code}))
    assert (status, name) == (400, "InvalidParameterValueException")
    assert text.startswith(f"Error occurred while GetObject. S3 Error Code: {told}. S3 Error Message: The specified ")


# ---------------------------------------------------------------------------------------------------------------- images


def test_a_tag_of_ecr_is_looked_up_once(sandbox: Served) -> None:
    ecr, client = sandbox.client("ecr"), sandbox.client("lambda")
    uri = ecr.create_repository(**REPOSITORY)["repository"]["repositoryUri"]
    first = _push(sandbox, "1", "first")
    (image,) = ecr.describe_images(**REPOSITORY, imageIds=[{"imageTag": "1"}])["imageDetails"]
    assert image["imageDigest"] == first
    make = {"FunctionName": "fn", "PackageType": "Image", "Role": ROLE}
    shown = client.create_function(**make, Code={"ImageUri": f"{uri}:1"}, ImageConfig={"Command": ["app.handler"]})
    assert shown["CodeSha256"] == first.removeprefix("sha256:")
    assert shown["ImageConfigResponse"] == {"ImageConfig": {"Command": ["app.handler"]}}
    moved = _push(sandbox, "1", "second")
    assert moved != first
    _active(sandbox)
    code = client.get_function(FunctionName="fn")["Code"]
    assert code == {"RepositoryType": "ECR", "ImageUri": f"{uri}:1", "ResolvedImageUri": f"{uri}@{first}"}
    updated = client.update_function_code(FunctionName="fn", ImageUri=f"{uri}@{moved}")
    assert updated["CodeSha256"] == moved.removeprefix("sha256:")


@pytest.mark.parametrize("place", ["order-events:2", "none:1", f"order-events@sha256:{'0' * 64}"])
def test_an_image_that_ecr_has_not_is_no_source(sandbox: Served, place: str) -> None:
    sandbox.client("ecr").create_repository(**REPOSITORY)
    _push(sandbox, "1", "first")
    code = {"ImageUri": f"123456789012.dkr.ecr.{REGION}.amazonaws.com/{place}"}
    create = sandbox.client("lambda").create_function
    _, name, text = refused(create, FunctionName="fn", PackageType="Image", Role=ROLE, Code=code)
    assert name == "InvalidParameterValueException"
    assert text.endswith("Provide a valid source image.")


# --------------------------------------------------------------------------------------------- what a test may bring about


def test_permissions_can_be_taken_from_everyone(sandbox: Served) -> None:
    s3, kms, ecr = _s3(sandbox), sandbox.client("kms"), sandbox.client("ecr")
    s3.put_object(**OBJECT, Body=archive())
    ecr.create_repository(**REPOSITORY)
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyId"] == key
    for permission in ("s3:GetObjectAttributes", "kms:DescribeKey", "ecr:DescribeImages", "lambda:GetFunction"):
        sandbox.control("deny", {"permission": permission})
    asked = ["Checksum"]
    assert refused(s3.get_object_attributes, **OBJECT, ObjectAttributes=asked)[:2] == (403, "AccessDenied")
    for name in (key, "alias/aws/dynamodb"):
        status, code, text = refused(kms.describe_key, KeyId=name)
        assert (status, code) == (400, "AccessDeniedException")
        assert text.endswith("is not authorized to perform: kms:DescribeKey")
    assert refused(ecr.describe_images, **REPOSITORY)[:2] == (400, "AccessDeniedException")
    lambda_ = sandbox.client("lambda", "us-west-2")
    assert refused(lambda_.get_function, FunctionName="fn")[:2] == (403, "AccessDeniedException")
    assert s3.get_object(**OBJECT)["Body"].read() == archive()
    sandbox.control("deny", {"permission": "s3:GetObjectVersion"})
    assert s3.get_object(**OBJECT)["Body"].read() == archive()
    assert refused(s3.get_object, **OBJECT, VersionId="null")[:2] == (403, "AccessDenied")
    sandbox.control("deny", {"permission": "s3:GetObject"})
    assert refused(s3.head_object, **OBJECT)[0] == 403
    assert refused(s3.get_object, **OBJECT)[:2] == (403, "AccessDenied")
    assert s3.list_objects_v2(Bucket="artifacts")["KeyCount"] == 1
    create = sandbox.client("lambda").create_function
    assert refused(create, **function(Code=CODE))[:2] == (403, "AccessDeniedException")
    sandbox.control("reset", {})
    assert kms.describe_key(KeyId="alias/aws/dynamodb")


def test_an_id_can_be_made_unusable_and_a_function_idle(sandbox: Served) -> None:
    client = sandbox.client("lambda")
    sandbox.control("unusable", {"id": "subnet-1", "reason": "No such subnet.", "code": "InvalidSubnet"})
    client.create_function(**function())
    _active(sandbox)
    vpc = {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    client.update_function_configuration(FunctionName="fn", VpcConfig=vpc)
    look = _state(sandbox, "LastUpdateStatus")
    sandbox.until(lambda: look() == "Failed")
    assert _state(sandbox, "LastUpdateStatusReasonCode")() == "InvalidSubnet"
    sandbox.control("idle", {"function": "fn"})
    assert _state(sandbox)() == "Inactive"


def test_a_failure_waits_for_the_move_that_it_is_for(sandbox: Served) -> None:
    client = sandbox.client("lambda")
    sandbox.control("fail", {"function": "fn", "reason": "Init failed.", "code": "FunctionError", "of": "publish"})
    client.create_function(**function())
    _active(sandbox)
    client.publish_version(FunctionName="fn")

    def failed() -> bool:
        shown = client.get_function(FunctionName="fn", Qualifier="1")["Configuration"]
        return bool(shown["State"] == "Failed")

    sandbox.until(failed)
    assert _state(sandbox)() == "Active"
