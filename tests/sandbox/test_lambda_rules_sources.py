"""The simulated Lambda: code out of S3 and out of ECR (fact sheet 11.6, 13)."""

import base64
import hashlib
from typing import Any

import pytest

from orchestrator.sandbox.rules.ground import Ground
from orchestrator.sandbox.rules.lambda_ import LambdaRules
from tests.sandbox.lambda_world import CREATE, ROLE, UPDATE, LambdaWorld, archive, function

LAYER = "arn:aws:lambda:eu-west-1:123456789012:layer:tools:1"
OBJECT = {"S3Bucket": "artifacts", "S3Key": "fn.zip"}


def _sha256(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


# -------------------------------------------------------------------------------------------------------------------- S3


def test_code_in_s3_is_known_by_its_bytes() -> None:
    world = LambdaWorld()
    world.account.s3.put("artifacts", "fn.zip", archive(), world.now)
    shown = world.active(Code=OBJECT)
    assert (shown["CodeSha256"], shown["CodeSize"]) == (_sha256(archive()), len(archive()))
    world.account.s3.put("artifacts", "fn.zip", archive("new"), world.now)
    assert world.configuration()["CodeSha256"] == _sha256(archive())
    world.call("UpdateFunctionCode", FunctionName="fn", **OBJECT)
    assert world.configuration()["CodeSha256"] == _sha256(archive("new"))


def test_an_older_version_of_an_object_can_be_named() -> None:
    world = LambdaWorld()
    world.account.s3.version("artifacts")
    first = world.account.s3.put("artifacts", "fn.zip", archive(), world.now)
    world.account.s3.put("artifacts", "fn.zip", archive("new"), world.now)
    assert world.create(Code={**OBJECT, "S3ObjectVersion": first})["CodeSha256"] == _sha256(archive())
    assert world.create("other", Code=OBJECT)["CodeSha256"] == _sha256(archive("new"))


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ({"S3Key": "no.zip"}, "S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist."),
        ({"S3Bucket": "none"}, "S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not exist"),
        ({"S3ObjectVersion": "9"}, "S3 Error Code: NoSuchVersion. S3 Error Message: The specified version does not exist."),
        ({"S3Key": "text"}, "Could not unzip uploaded file. Please check your file, then try to upload again."),
    ],
)  # fmt: skip
def test_an_object_that_is_no_code_is_refused(code: dict[str, str], text: str) -> None:
    world = LambdaWorld()
    world.account.s3.put("artifacts", "fn.zip", archive(), world.now)
    world.account.s3.put("artifacts", "text", b"no zip", world.now)
    before = world.active()
    for operation, parameters in (
        ("CreateFunction", function("other", Code={**OBJECT, **code})),
        ("UpdateFunctionCode", {"FunctionName": "fn", **OBJECT, **code}),
    ):
        refusal = world.refused(operation, **parameters)
        assert (refusal.code, refusal.status) == ("InvalidParameterValueException", 400)
        assert refusal.message == (text if "unzip" in text else f"Error occurred while GetObject. {text}")
    assert world.configuration() == before


def test_lambda_reads_with_the_permissions_of_its_caller() -> None:
    world = LambdaWorld()
    world.account.s3.put("artifacts", "fn.zip", archive(), world.now)
    world.account.deny("s3:GetObject")
    refusal = world.refused("CreateFunction", **function(Code=OBJECT))
    assert (refusal.code, refusal.status) == ("AccessDeniedException", 403)
    assert refusal.message.endswith(
        "for artifacts/fn.zip. S3 Error Code: AccessDenied. S3 Error Message: Access Denied"
    )


def test_a_version_of_an_object_needs_a_permission_of_its_own() -> None:
    world = LambdaWorld()
    world.account.s3.version("artifacts")
    version = world.account.s3.put("artifacts", "fn.zip", archive(), world.now)
    world.account.deny("s3:GetObjectVersion")
    code = {**OBJECT, "S3ObjectVersion": version}
    assert world.refused("CreateFunction", **function(Code=code)).code == "AccessDeniedException"
    world.create(Code=OBJECT)


def test_code_in_s3_has_a_digest_of_its_place_where_objects_cannot_be_read() -> None:
    rules = LambdaRules(Ground())
    rules.role_created(ROLE, 0)
    one = rules.handle("CreateFunction", function("one", Code=OBJECT), 1000)
    two = rules.handle("CreateFunction", function("two", Code={**OBJECT, "S3ObjectVersion": "2"}), 1000)
    assert one["CodeSha256"] != two["CodeSha256"]


# ---------------------------------------------------------------------------------------------------------------- images


class Images(LambdaWorld):
    """A world with the images `order-events:1` and `order-events:2`."""

    def __init__(self, **durations: float) -> None:
        super().__init__(None, **{"image_optimize": 0.0, **durations})
        self.first = self.account.ecr.push("order-events", "1", "first", self.now)
        self.second = self.account.ecr.push("order-events", "2", "second", self.now)

    def uri(self, tag: str = "1") -> str:
        return self.account.ecr.uri("order-events", tag)

    def pinned(self, digest: str) -> str:
        return f"{self.uri().rpartition(':')[0]}@{digest}"

    def make(self, uri: str = "", **more: Any) -> dict[str, Any]:
        code = {"ImageUri": uri or self.uri()}
        return self.call("CreateFunction", FunctionName="fn", PackageType="Image", Role=ROLE, Code=code, **more)

    def code(self) -> dict[str, Any]:
        return dict(self.call("GetFunction", FunctionName="fn")["Code"])


def test_a_tag_is_looked_up_once() -> None:
    world = Images()
    shown = world.make()
    assert (shown["PackageType"], shown["CodeSha256"]) == ("Image", world.first.removeprefix("sha256:"))
    assert not {"Runtime", "Handler", "Layers"} & shown.keys()
    world.wait(CREATE)
    kept = {"RepositoryType": "ECR", "ImageUri": world.uri(), "ResolvedImageUri": world.pinned(world.first)}
    assert world.code() == kept
    moved = world.account.ecr.push("order-events", "1", "third", world.now)
    assert world.code() == kept
    world.call("UpdateFunctionCode", FunctionName="fn", ImageUri=world.uri())
    assert world.code() == {**kept, "ResolvedImageUri": world.pinned(moved)}
    assert world.configuration()["CodeSha256"] == moved.removeprefix("sha256:")


def test_a_digest_is_an_image_too() -> None:
    world = Images()
    shown = world.make(world.pinned(world.second))
    assert shown["CodeSha256"] == world.second.removeprefix("sha256:")
    assert world.code()["ResolvedImageUri"] == world.code()["ImageUri"] == world.pinned(world.second)


def test_an_image_takes_longer() -> None:
    world = Images(image_optimize=30.0)
    world.make()
    world.wait(CREATE + 29)
    assert world.configuration()["State"] == "Pending"
    world.wait(1)
    world.call("UpdateFunctionCode", FunctionName="fn", ImageUri=world.uri("2"))
    world.wait(UPDATE + 29)
    assert world.configuration()["LastUpdateStatus"] == "InProgress"
    world.wait(1)
    assert world.configuration()["LastUpdateStatus"] == "Successful"


@pytest.mark.parametrize(
    "uri",
    [
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com/order-events:3",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com/order-events@sha256:" + "0" * 64,
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com/order-events",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com/none:1",
        "123456789012.dkr.ecr.us-east-1.amazonaws.com/order-events:1",
        "210987654321.dkr.ecr.eu-west-1.amazonaws.com/order-events:1",
        "docker.io/order-events:1",
    ],
)
def test_an_image_that_is_not_to_be_seen_is_no_source(uri: str) -> None:
    world = Images()
    world.make()
    world.wait(CREATE)
    refusal = world.refused("UpdateFunctionCode", FunctionName="fn", ImageUri=uri)
    assert refusal.code == "InvalidParameterValueException"
    assert refusal.message == f"Source image {uri} is not valid. Provide a valid source image."


def test_a_package_type_is_for_good() -> None:
    world = Images()
    world.make()
    world.active("zip")
    world.wait(CREATE)
    refusal = world.refused("UpdateFunctionCode", FunctionName="zip", ImageUri=world.uri())
    assert refusal.message == "Please don't provide ImageUri when updating a function with packageType Zip."
    refusal = world.refused("UpdateFunctionCode", FunctionName="fn", **OBJECT)
    assert refusal.message == "Please provide ImageUri when updating a function with packageType Image."


@pytest.mark.parametrize("more", [{"Runtime": "python3.13"}, {"Handler": "app.handler"}, {"Layers": [LAYER]}])
def test_an_image_has_neither_runtime_nor_handler_nor_layers(more: dict[str, Any]) -> None:
    world = Images()
    text = "Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image."
    create = {"FunctionName": "new", "PackageType": "Image", "Role": ROLE, "Code": {"ImageUri": world.uri()}}
    assert world.refused("CreateFunction", **create, **more).message == text
    world.make()
    world.wait(CREATE)
    assert world.refused("UpdateFunctionConfiguration", FunctionName="fn", **more).message == text


def test_what_runs_in_an_image_is_replaced_as_a_whole_and_cleared() -> None:
    world = Images()
    stated = {"Command": ["app.handler"], "EntryPoint": ["python"], "WorkingDirectory": "/app"}
    world.make(ImageConfig=stated)
    world.wait(CREATE)
    assert world.configuration()["ImageConfigResponse"] == {"ImageConfig": stated}
    world.call("UpdateFunctionConfiguration", FunctionName="fn", ImageConfig={"Command": ["other"]})
    world.wait(1000)
    assert world.configuration()["ImageConfigResponse"] == {"ImageConfig": {"Command": ["other"]}}
    world.call("UpdateFunctionConfiguration", FunctionName="fn", MemorySize=256)
    world.wait(1000)
    assert "ImageConfigResponse" in world.configuration()
    world.call("UpdateFunctionConfiguration", FunctionName="fn", ImageConfig={})
    assert not {"ImageConfigResponse", "ImageConfig"} & world.configuration().keys()


def test_a_zip_runs_as_it_is_and_an_image_starts_from_no_snapshot() -> None:
    world = Images()
    refusal = world.refused("CreateFunction", **function(ImageConfig={"Command": ["app.handler"]}))
    assert refusal.code == "InvalidParameterValueException"
    world.make()
    world.wait(CREATE)
    snapped = {"ApplyOn": "PublishedVersions"}
    refusal = world.refused("UpdateFunctionConfiguration", FunctionName="fn", SnapStart=snapped)
    assert refusal.message == "ContainerImage is not supported for SnapStart enabled functions."


def test_an_image_that_lambda_may_not_read_ends_in_failed() -> None:
    world = Images()
    world.rules.unusable(
        world.uri("2"), "Lambda does not have permission to access the ECR image.", "ImageAccessDenied"
    )
    world.make()
    world.wait(CREATE)
    world.call("UpdateFunctionCode", FunctionName="fn", ImageUri=world.uri("2"))
    world.wait(UPDATE)
    shown = world.configuration()
    assert (shown["LastUpdateStatus"], shown["LastUpdateStatusReasonCode"]) == ("Failed", "ImageAccessDenied")
    assert (shown["CodeSha256"], world.code()["ImageUri"]) == (world.first.removeprefix("sha256:"), world.uri())


@pytest.mark.parametrize(("gone", "state"), [(False, "Active"), (True, "Failed")])
def test_an_idle_function_comes_back_only_while_there_is_its_image(gone: bool, state: str) -> None:
    world = Images()
    world.make()
    world.wait(CREATE)
    if gone:
        world.account.ecr.delete("order-events", world.first)
    assert world.call("Invoke", FunctionName="fn")["StatusCode"] == 200
    world.rules.idle("fn", world.now)
    assert "Inactive" in world.refused("Invoke", FunctionName="fn").message
    assert world.configuration()["StateReasonCode"] == "Restoring"
    world.wait(CREATE)
    shown = world.configuration()
    assert (shown["State"], shown.get("StateReasonCode")) == (state, "ImageDeleted" if gone else None)
