"""`sandbox`: a real server in a real process, ended by a signal."""

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.cli.conftest import Command

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.http
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_what_to_export_and_serves_until_it_is_told_to_end(signum: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "orchestrator", "sandbox", "--port", "0", "--fast", "--duration", "ttl=0"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("ORCHESTRATOR_")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        exported = dict(process.stdout.readline().removeprefix("export ").strip().split("=", 1) for _ in range(5))
        assert set(exported) == {
            "AWS_ENDPOINT_URL",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_REGION",
            "AWS_DEFAULT_REGION",
        }
        with urllib.request.urlopen(exported["AWS_ENDPOINT_URL"] + "/_sandbox/timeline", timeout=30) as reply:
            assert reply.status == 200
    finally:
        process.send_signal(signum)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert f"The sandbox listens on {exported['AWS_ENDPOINT_URL']}; Ctrl-C ends it" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--duration", "tl=1"), "There is no duration tl. Did you mean ttl? There are: table_create,"),
        (("--duration", "ttl=soon"), "The duration ttl is a number of seconds, not 'soon'."),
        (("--duration", "ttl=-1"), "The duration ttl is a number of seconds, not '-1'."),
        (("--duration", "ttl=inf"), "The duration ttl is a number of seconds, not 'inf'."),
        (("--port", "70000"), "70000 is not in the range 0<=x<=65535."),
        (("--slow-factor", "-1"), "-1.0 is not in the range x>=0."),
    ],
)
def test_what_it_cannot_take_is_a_usage_error(command: Command, arguments: tuple[str, ...], sentence: str) -> None:
    ended = command("sandbox", *arguments)
    assert ended.code == 64
    assert sentence in ended.err
