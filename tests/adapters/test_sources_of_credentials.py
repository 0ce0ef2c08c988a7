"""Sources of credentials that fail in the middle of a run, each in its own way: nothing was sent, and it is said what failed."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestrator.adapters.clock import SystemClock
from orchestrator.adapters.connection import connect
from orchestrator.engine.faults import classify
from orchestrator.engine.treatment import Situation, Treatment
from orchestrator.errors import Fault, Unreachable
from tests.adapters.test_aws import CREATE, close, serving

pytestmark = pytest.mark.http


def given(expires: float) -> str:
    """What a credential_process prints; `expires` is in seconds from now."""
    at = datetime.fromtimestamp(SystemClock().now() + expires, UTC).isoformat()
    keys = {"AccessKeyId": "AKIA", "SecretAccessKey": "hush-hush", "SessionToken": "t"}
    return json.dumps({"Version": 1, **keys, "Expiration": at})


@pytest.fixture
def answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the program of the default profile prints, from then on; each answer is due to be renewed at its next use."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    (tmp_path / "program").write_text(f'#!/bin/sh\ncat "{tmp_path}/answer"\n')
    (tmp_path / "program").chmod(0o755)
    (tmp_path / "config").write_text(f"[default]\nregion = eu-west-1\ncredential_process = {tmp_path}/program\n")
    (tmp_path / "answer").write_text(given(300))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return tmp_path / "answer"


def prints(answer: Path, text: str) -> None:
    answer.write_text(text)


@pytest.mark.parametrize(
    ("fail", "said"),
    [
        pytest.param(Path.unlink, "No such file", id="fails"),
        pytest.param(lambda answer: prints(answer, "login first"), "Expecting value", id="prints nonsense"),
        pytest.param(lambda answer: prints(answer, given(-5)), "still expired", id="gives expired ones"),
        pytest.param(lambda answer: (answer.parent / "program").unlink(), "No such file", id="is gone"),
    ],
)
async def test_a_program_that_fails_in_the_middle(answer: Path, fail: Callable[[Path], object], said: str) -> None:
    with serving(close) as server:
        async with connect(endpoint_url=server.endpoint) as (cloud, _):
            fail(answer)
            with pytest.raises(Fault) as caught:
                await cloud.send(CREATE)
        assert server.read == []
    fault = caught.value
    assert (fault.code, fault.sent) == ("NoCredentials", False)
    assert said in fault.message
    assert "hush-hush" not in str(fault)
    assert classify(fault, Situation("create")).treatment is Treatment.CREDENTIALS


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        pytest.param("login first", "No credentials can be had", id="nonsense"),
        pytest.param(given(-5), "credentials have expired", id="expired"),
        pytest.param("", "No credentials can be had", id="nothing"),
    ],
)
async def test_one_that_fails_from_the_start_is_said_with_what_to_do(answer: Path, printed: str, said: str) -> None:
    prints(answer, printed)
    with serving(close) as server, pytest.raises(Unreachable, match=said) as caught:
        async with connect(endpoint_url=server.endpoint):
            pass
    assert "log in again" in str(caught.value).lower()


async def test_variables_that_say_when_they_expire_are_good_until_then(
    answer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK reads them anew, finds the same, and says so in an error of no kind of its own."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush-hush")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "t")
    at = datetime.fromtimestamp(SystemClock().now() - 5, UTC).isoformat()
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", at)
    with serving(close) as server, pytest.raises(Unreachable, match="still expired"):
        async with connect(endpoint_url=server.endpoint):
            pass
