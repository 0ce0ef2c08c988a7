"""The simulated Lambda: what it refuses about parameters, in AWS's words (fact sheet 11.6, 12.1, 13)."""

from typing import Any

import pytest

from tests.sandbox.lambda_world import LambdaWorld, archive, function

LAYER = "arn:aws:lambda:eu-west-1:123456789012:layer:{}:{}"
INVALID, VALIDATION = "InvalidParameterValueException", "ValidationException"


@pytest.mark.parametrize(
    ("more", "code", "text"),
    [
        ({"MemorySize": 64}, VALIDATION, "Value '64' at 'memorySize' failed to satisfy constraint: Member must have"),
        ({"MemorySize": 10241}, VALIDATION, "Member must have value less than or equal to 10240"),
        ({"Timeout": 0}, VALIDATION, "at 'timeout' failed to satisfy constraint: Member must have value greater than"),
        ({"Timeout": 901}, VALIDATION, "'timeout' failed to satisfy constraint: Member must have value less than or equal to 9"),
        ({"EphemeralStorage": {"Size": 100}}, VALIDATION, "at 'ephemeralStorage.size'"),
        ({"EphemeralStorage": {}}, VALIDATION, "Value null at 'ephemeralStorage.size' failed to satisfy constraint: Member must"),
        ({"Role": "order-events"}, VALIDATION, "at 'role' failed to satisfy constraint: Member must satisfy regular expression"),
        ({"Architectures": ["sparc"]}, VALIDATION, "[Member must satisfy enum value set: [x86_64, arm64]]"),
        ({"TracingConfig": {"Mode": "Loud"}}, VALIDATION, "Member must satisfy enum value set: [Active, PassThrough]"),
        ({"Environment": {"Variables": {"1": "x"}}}, VALIDATION, "Value '***' at 'environment.variables'"),
        ({"MemorySize": 1, "Timeout": 0}, VALIDATION, "2 validation errors detected: "),
        ({"Runtime": "python99"}, INVALID, "Value python99 at 'runtime' failed to satisfy constraint: Member must satisfy"),
        ({"Runtime": "python3.13x"}, INVALID, "Value python3.13x at 'runtime'"),
        ({"Runtime": "python3.5"}, INVALID, "Value python3.5 at 'runtime'"),
        ({"Runtime": "cobol85"}, INVALID, "Value cobol85 at 'runtime' failed to satisfy constraint: Member must satisfy"),
        ({"Runtime": None}, INVALID, "Runtime and Handler are mandatory parameters"),
        ({"Code": {"ZipFile": b"not a zip"}}, INVALID, "Could not unzip uploaded file. Please check your file"),
        ({"Code": {}}, INVALID, "Please provide a source for function code."),
        ({"Code": {"ZipFile": archive()}, "PackageType": "Image"}, INVALID, "PackageType is Image"),
        ({"Environment": {"Variables": {"KEY": "x" * 4090}}}, INVALID, "exceeded the 4KB limit"),
        ({"Layers": [LAYER.format(n, 1) for n in range(6)]}, INVALID, "Cannot reference more than 5 layers."),
        ({"Layers": [LAYER.format("a", 1), LAYER.format("a", 2)]}, INVALID, "Two different versions of the same layer"),
        ({"Layers": [LAYER.format("a", 1).replace("eu-west-1", "us-east-1")]}, INVALID, "Layers are not in the same region"),
        ({"Tags": {str(n): "x" for n in range(51)}}, INVALID, "Number of tags exceeds resource tag limit of 50."),
        ({"FunctionName": "no spaces"}, VALIDATION, "at 'functionName'"),
    ],
)  # fmt: skip
def test_create_is_refused(more: dict[str, Any], code: str, text: str) -> None:
    world = LambdaWorld()
    parameters = {key: value for key, value in {**function(), **more}.items() if value is not None}
    refusal = world.refused("CreateFunction", **parameters)
    assert refusal.code == code
    assert text in refusal.message
    assert world.call("ListFunctions") == {"Functions": []}


def test_the_environment_limit_counts_the_json_and_keeps_secrets_to_itself() -> None:
    world = LambdaWorld()
    world.create("just-fits", Environment={"Variables": {"KEY": "x" * (4096 - len('{"KEY":""}'))}})
    refusal = world.refused(
        "CreateFunction", **function(Environment={"Variables": {"KEY": "x" * (4097 - len('{"KEY":""}'))}})
    )
    assert "xxx" not in refusal.message


def test_a_configuration_request_has_a_size_limit() -> None:
    world = LambdaWorld()
    world.active()
    refusal = world.refused(
        "UpdateFunctionConfiguration",
        FunctionName="fn",
        Environment={"Variables": {"KEY": "x" * 4000}},
        Layers=[LAYER.format("n" * 60 + str(n), 1) for n in range(5)],
        ImageConfig={"Command": ["x" * 1000]},
    )
    assert (refusal.code, refusal.status) == ("RequestEntityTooLargeException", 413)


def test_a_package_above_fifty_megabytes_is_refused() -> None:
    refusal = LambdaWorld().refused("CreateFunction", **function(Code={"ZipFile": bytes(52_428_801)}))
    assert (refusal.status, refusal.message) == (413, "Zipped size must be smaller than 52428800 bytes")


def test_package_types_do_not_mix() -> None:
    world = LambdaWorld()
    world.active()
    refusal = world.refused("UpdateFunctionCode", FunctionName="fn", ImageUri="repo/image:1")
    assert refusal.message == "Please don't provide ImageUri when updating a function with packageType Zip."
    image = {"FunctionName": "pic", "PackageType": "Image", "Role": function()["Role"]}
    world.account.ecr.push("order-events", "1", "first", world.now)
    world.call("CreateFunction", **image, Code={"ImageUri": world.account.ecr.uri("order-events", "1")})
    world.wait(100)
    refusal = world.refused("UpdateFunctionCode", FunctionName="pic", ZipFile=archive())
    assert refusal.message == "Please provide ImageUri when updating a function with packageType Image."


def test_new_runtimes_need_no_new_sandbox() -> None:
    assert LambdaWorld().create(Runtime="python3.99")["Runtime"] == "python3.99"
