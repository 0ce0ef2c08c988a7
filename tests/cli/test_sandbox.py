"""`sandbox`: a real server in a real process, ended by a signal."""

import os
import signal
import subprocess
import sys
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import pytest

from orchestrator.errors import OrchestratorError, Problem
from orchestrator.sandbox import server
from orchestrator.sandbox.faults import Injection
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


@dataclass
class Started:
    """Stands in the server's place: what it was started with."""

    options: dict[str, Any] = field(default_factory=dict)

    def __call__(self, **options: Any) -> NoReturn:
        self.options = options
        raise OrchestratorError(Problem("stop", "Enough seen.", ""))


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    stand_in = Started()
    monkeypatch.setattr(server, "SandboxServer", stand_in)
    return stand_in


def test_15_it_is_smooth_unless_told_otherwise(command: Command, started: Started) -> None:
    command("sandbox")
    assert (started.options["staleness"].reads, started.options["staleness"].tags) == (0, 0)
    assert [started.options["faults"].draw("dynamodb:CreateTable") for _ in range(100)] == [None] * 100


@pytest.mark.parametrize(
    ("arguments", "reads", "tags"),
    [
        (("--stale-reads", "--delayed-tags", "--fast"), 2, 3),
        (("--stale-reads", "5"), 5, 0),
        (("--delayed-tags=0.5",), 0, 0.5),
    ],
)
def test_15_reads_and_tags_lag_as_far_as_is_said(
    command: Command, started: Started, arguments: tuple[str, ...], reads: int, tags: float
) -> None:
    command("sandbox", *arguments)
    assert (started.options["staleness"].reads, started.options["staleness"].tags) == (reads, tags)


def test_15_faults_strike_by_their_shares_and_the_seed(command: Command, started: Started) -> None:
    def struck(*more: str) -> Counter[Injection | None]:
        command("sandbox", "--fault", "throttle=0.25", "--fault", "drop_after=0.5", *more)
        return Counter(started.options["faults"].draw("dynamodb:CreateTable") for _ in range(1000))

    first = struck("--seed", "3")
    assert set(first) == {Injection.THROTTLE, Injection.DROP_AFTER, None}
    assert 200 < first[Injection.THROTTLE] < 300
    assert first == struck("--seed", "3") != struck("--seed", "4")


def test_a_share_of_batches_is_left_unprocessed_beside_all_faults_of_calls(command: Command, started: Started) -> None:
    command("sandbox", "--fault", "unprocessed=0.9", "--fault", "throttle=0.9")
    requests: dict[str, Any] = {"orders": [{"DeleteRequest": {}}] * 1000}
    reply = started.options["faults"].partly("dynamodb:BatchWriteItem", {"RequestItems": requests}, lambda given: {})
    assert 850 < len(reply["UnprocessedItems"]["orders"]) < 950


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--duration", "tl=1"), "There is no duration tl. Did you mean ttl? There are: table_create,"),
        (("--duration", "ttl=soon"), "The duration ttl is a number of seconds, not 'soon'."),
        (("--duration", "ttl=-1"), "The duration ttl is a number of seconds, not '-1'."),
        (("--duration", "ttl=inf"), "The duration ttl is a number of seconds, not 'inf'."),
        (
            ("--fault", "trottle=0.1"),
            "There is no fault trottle. Did you mean throttle? There are: throttle, error_before,",
        ),
        (("--fault", "unreachable=1"), "There is no fault unreachable."),
        (("--fault", "throttle=2"), "The fault throttle is a share from 0 to 1, not '2'."),
        (("--fault", "throttle=0.7", "--fault", "drop_after=0.7"), "The shares of all faults are 1.4 together, more"),
        (("--stale-reads", "some"), "'some' is not a valid integer range."),
        (("--port", "70000"), "70000 is not in the range 0<=x<=65535."),
        (("--slow-factor", "-1"), "-1.0 is not in the range x>=0."),
    ],
)
def test_what_it_cannot_take_is_a_usage_error(command: Command, arguments: tuple[str, ...], sentence: str) -> None:
    ended = command("sandbox", *arguments)
    assert ended.code == 64
    assert sentence in ended.err
