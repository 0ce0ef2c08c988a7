"""SIGINT and SIGTERM, at every moment of a command, against a real process."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import jsonschema
import pytest

from tests.render import schemas

ROOT = Path(__file__).parent.parent.parent
APPLY = ("apply", "plan.yaml", "--format", "json")
LONG_ENOUGH = 30
"""Seconds after which a process that should have ended counts as hanging."""

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a victim; what still runs at the end of the test is killed."""
    started: list[subprocess.Popen[str]] = []

    def begin(how: str, *arguments: str) -> "subprocess.Popen[str]":
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ORCHESTRATOR_")}
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.victim", how, *arguments],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def until_ready(process: "subprocess.Popen[str]") -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if line.strip() == "ready":
            return
    raise AssertionError("the process ended before it was ready")


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_while_it_looks_a_signal_ends_it_with_an_error_document(start: Start, signum: signal.Signals) -> None:
    process = start("looks", *APPLY)
    until_ready(process)
    process.send_signal(signum)
    out, err = process.communicate(timeout=LONG_ENOUGH)
    assert process.returncode == 128 + signum
    document = json.loads(out)
    jsonschema.validate(document, schemas.ERROR)
    assert document["exit_code"] == 128 + signum
    assert "error: Interrupted before the end." in err
    assert "Traceback" not in err


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_while_it_runs_a_signal_stops_it_and_the_report_is_written(
    start: Start, signum: signal.Signals, tmp_path: Path
) -> None:
    process = start("runs", *APPLY, "--yes", "--report", str(tmp_path / "report.json"))
    until_ready(process)
    process.send_signal(signum)
    out, _ = process.communicate(timeout=LONG_ENOUGH)
    assert process.returncode == 128 + signum
    document = json.loads(out)
    jsonschema.validate(document, schemas.REPORT)
    assert (document["outcome"], document["exit_code"]) == ("interrupted", 128 + signum)
    assert json.loads((tmp_path / "report.json").read_text()) == document


def test_a_run_that_does_not_stop_is_cancelled_when_its_time_is_up(start: Start) -> None:
    process = start("deaf", *APPLY, "--yes")
    until_ready(process)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=LONG_ENOUGH)
    assert process.returncode == 130
    jsonschema.validate(json.loads(out), schemas.ERROR)


def test_a_second_signal_ends_it_at_once(start: Start) -> None:
    """Even where nothing else runs any more; stdout stays empty, for there was no time to write a whole document."""
    process = start("busy", *APPLY, "--yes")
    until_ready(process)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=LONG_ENOUGH)
    assert process.returncode in (128 + signal.SIGINT, 128 + signal.SIGTERM)  # two pending signals come in any order
    assert out == ""
    assert "Traceback" not in err


# ------------------------------------------------------------------------------------------------------- at the prompt


class Terminal:
    """A victim whose streams are a terminal, and what it has written there."""

    def __init__(self) -> None:
        self.fd, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.victim", "asks", "apply", "plan.yaml"],
            cwd=ROOT,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "120", "LINES": "40"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self.seen = ""

    def until(self, text: str) -> None:
        while text not in self.seen:
            read = os.read(self.fd, 65536)
            assert read, self.seen
            self.seen += read.decode()

    def end(self) -> int:
        """The exit code, once everything is read."""
        while True:
            try:
                read = os.read(self.fd, 65536)
            except OSError:  # what Linux says when nobody has the other end open
                break
            if not read:
                break
            self.seen += read.decode()
        return self.process.wait(timeout=LONG_ENOUGH)


@pytest.fixture
def at_the_prompt() -> Iterator[Terminal]:
    terminal = Terminal()
    terminal.until("[y/N] ")
    yield terminal
    terminal.process.kill()
    terminal.process.wait()
    os.close(terminal.fd)


def test_the_prompt_comes_after_the_steps(at_the_prompt: Terminal) -> None:
    assert at_the_prompt.seen.index("delete index by_old") < at_the_prompt.seen.index(
        "Make these 5 steps, 1 of them destr"
    )


@pytest.mark.parametrize(
    ("answer", "code"), [(b"y\n", 0), (b"YES\n", 0), (b"n\n", 4), (b"\n", 4), (b"yep\n", 4), (b"\x04", 4)]
)
def test_only_yes_is_yes(at_the_prompt: Terminal, answer: bytes, code: int) -> None:
    os.write(at_the_prompt.fd, answer)
    assert at_the_prompt.end() == code
    assert ("Succeeded in" in at_the_prompt.seen) is (code == 0)
    assert ("Nothing was changed." in at_the_prompt.seen) is (code == 4)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_at_the_prompt_ends_it(at_the_prompt: Terminal, signum: signal.Signals) -> None:
    at_the_prompt.process.send_signal(signum)
    assert at_the_prompt.end() == 128 + signum
    assert "Interrupted" in at_the_prompt.seen
