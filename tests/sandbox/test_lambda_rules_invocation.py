"""Invocations: what a function answers, how often it ran, and how its errors come back."""

import base64
import json
from typing import Any

import pytest

from orchestrator.sandbox.rules.lambda_.answers import Context, failing
from tests.sandbox.lambda_world import ARN, LambdaWorld

CLIENT = base64.b64encode(b'{"custom": {"token": "t-1"}}').decode()


@pytest.fixture
def world() -> LambdaWorld:
    world = LambdaWorld()
    world.active()
    return world


def test_a_function_answers_what_a_test_says(world: LambdaWorld) -> None:
    heard: list[tuple[Any, Context]] = []

    def answer(payload: Any, context: Context) -> Any:
        heard.append((payload, context))
        return {"done": payload["n"] + 1}

    world.rules.answers("fn", answer)
    reply = world.call("Invoke", FunctionName="fn", Payload=b'{"n": 1}', ClientContext=CLIENT, LogType="Tail")
    assert (reply["StatusCode"], json.loads(reply["Payload"]), "FunctionError" in reply) == (200, {"done": 2}, False)
    [(payload, context)] = heard
    assert (payload, context.client, context.arn, context.version) == (
        {"n": 1}, {"custom": {"token": "t-1"}}, ARN, "$LATEST",
    )  # fmt: skip
    assert f"START RequestId: {context.request} Version: $LATEST" in base64.b64decode(reply["LogResult"]).decode()
    assert world.rules.ran("fn") == 1


def test_an_error_of_the_function_s_is_an_answer(world: LambdaWorld) -> None:
    world.rules.answers("fn", failing("OrderError", "no such order"))
    reply = world.call("Invoke", FunctionName="fn", LogType="Tail")
    assert (reply["StatusCode"], reply["FunctionError"]) == (200, "Unhandled")
    told = json.loads(reply["Payload"])
    assert (told["errorType"], told["errorMessage"]) == ("OrderError", "no such order")
    assert "[ERROR] OrderError: no such order" in base64.b64decode(reply["LogResult"]).decode()


def test_the_sort_of_invocation_decides_what_runs_and_comes_back(world: LambdaWorld) -> None:
    world.rules.answers("fn", failing("Error", "never seen"))
    assert world.call("Invoke", FunctionName="fn", InvocationType="DryRun") == {"StatusCode": 204, "Payload": b""}
    assert world.rules.ran("fn") == 0
    assert world.call("Invoke", FunctionName="fn", InvocationType="Event") == {"StatusCode": 202, "Payload": b""}
    assert world.rules.ran("fn") == 1


def test_an_alias_is_answered_by_its_version(world: LambdaWorld) -> None:
    world.call("PublishVersion", FunctionName="fn")
    world.wait(5)
    world.call("CreateAlias", FunctionName="fn", Name="live", FunctionVersion="1")
    world.rules.answers("fn", lambda payload, context: context.version)
    reply = world.call("Invoke", FunctionName="fn", Qualifier="live")
    assert (reply["ExecutedVersion"], reply["Payload"]) == ("1", b'"1"')


@pytest.mark.parametrize(
    ("given", "code", "status"),
    [
        ({"Payload": b"{"}, "InvalidRequestContentException", 400),
        ({"Payload": b'"' + b"x" * 6 * 1024 * 1024 + b'"'}, "RequestTooLargeException", 413),
        ({"ClientContext": "?"}, "InvalidRequestContentException", 400),
        ({"Qualifier": "none"}, "ResourceNotFoundException", 404),
    ],
)
def test_what_is_refused_does_not_run(world: LambdaWorld, given: dict[str, Any], code: str, status: int) -> None:
    refusal = world.refused("Invoke", FunctionName="fn", **given)
    assert (refusal.code, refusal.status, world.rules.ran("fn")) == (code, status, 0)
