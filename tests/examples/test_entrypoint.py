"""The entrypoint script, as a process that starts others: replicas at once, refusals, and signals on the way."""

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.examples import recipes
from tests.examples.conftest import installed
from tests.sandbox.served import Served

STARTERS = 3
LONG_ENOUGH = 30
"""Seconds after which a process that should have ended counts as hanging."""

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(folder: Path) -> Iterator[Start]:
    """Start the script with the words of an application; what still runs at the end of the test is killed."""
    started: list[subprocess.Popen[str]] = []

    def begin(*words: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [str(recipes.ENTRYPOINT), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # also what outlived the script
        process.communicate()


@pytest.mark.http
def test_b3_b11_of_several_starters_one_makes_it_and_each_becomes_its_application(
    start: Start, sandbox: Served
) -> None:
    started = [start("sh", "-c", "echo application $$") for _ in range(STARTERS)]
    ends = [(process.communicate(timeout=LONG_ENOUGH), process.returncode) for process in started]
    assert [code for _, code in ends] == [0] * STARTERS, [err for (_, err), code in ends if code]
    for process, ((out, _), _) in zip(started, ends, strict=True):
        assert out.splitlines()[-1] == f"application {process.pid}"
    served = [(call["api"], call["resource"]) for call in sandbox.control("timeline")["served"]]
    assert [resource for api, resource in served if api == "dynamodb:CreateTable"].count("table/orders-dev") == 1
    assert sandbox.control("timeline")["refused_in_transition"] == 0


def test_the_application_gets_its_words_as_they_are(start: Start, folder: Path) -> None:
    installed(folder, "exit 0")
    out, _ = start(sys.executable, "-c", "import sys; print(sys.argv[1:])", "two words", "*", "").communicate()
    assert out == "['two words', '*', '']\n"


def test_the_plans_are_where_it_is_told(start: Start, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(folder, 'echo "$@"')
    assert start("true").communicate()[0] == "apply plans/ --yes\n"
    monkeypatch.setenv("PLANS", "/app/my plans")
    assert start("true").communicate()[0] == "apply /app/my plans --yes\n"


@pytest.mark.parametrize("code", [1, 3, 4, 5, 6, 7, 64])
def test_where_the_schema_is_not_there_the_application_is_not_started(start: Start, folder: Path, code: int) -> None:
    installed(folder, f"exit {code}")
    process = start("echo", "application")
    assert (process.communicate(timeout=LONG_ENOUGH)[0], process.returncode) == ("", code)


@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=lambda value: getattr(value, "name", "")
)
def test_a_signal_to_the_script_alone_stops_the_apply_and_nothing_is_started(
    start: Start, folder: Path, monkeypatch: pytest.MonkeyPatch, sent: signal.Signals, code: int
) -> None:
    """The victim reports, which it does where it hears one signal and no second one."""
    monkeypatch.setenv("PYTHONPATH", str(recipes.ROOT))
    installed(folder, f'exec "{sys.executable}" -m tests.cli.victim runs "$@"')
    process = start("echo", "application")
    until_ready(process)
    process.send_signal(sent)
    out, _ = process.communicate(timeout=LONG_ENOUGH)
    assert process.returncode == code
    assert "application" not in out
    assert "Interrupted after" in out


def test_ctrl_c_on_a_terminal_stops_the_apply_and_nothing_is_started(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There it reaches the script and the apply by itself, and the script hands nothing on."""
    monkeypatch.setenv("PYTHONPATH", str(recipes.ROOT))
    installed(folder, f'exec "{sys.executable}" -m tests.cli.victim runs "$@"')
    ours, theirs = pty.openpty()
    command = ["setsid", "--ctty", "--wait", str(recipes.ENTRYPOINT), "echo", "application"]
    process = subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    os.close(theirs)
    try:
        until_ready(process)
        os.write(ours, b"\x03")
        out, _ = process.communicate(timeout=LONG_ENOUGH)
    finally:
        process.kill()
        os.close(ours)
    assert process.returncode == 130
    assert "Interrupted after" in out


def test_an_apply_that_ends_well_although_it_was_to_stop_starts_nothing(start: Start, folder: Path) -> None:
    # The sleep may miss its signal between fork and exec: it must not hold the pipes that the test reads to their end.
    installed(folder, "trap 'kill $!; exit 0' TERM; sleep 60 >/dev/null 2>&1 & echo ready >&2; wait")
    process = start("echo", "application")
    until_ready(process)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=LONG_ENOUGH)
    assert (out, process.returncode) == ("", 143)


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_before_the_apply_has_handlers_stops_it(
    start: Start, folder: Path, sent: signal.Signals, code: int
) -> None:
    """A process that a script puts into the background ignores INT at first, and so does what this one becomes."""
    installed(folder, f"echo ready >&2; exec sleep {LONG_ENOUGH}")
    process = start("echo", "application")
    until_ready(process)
    process.send_signal(sent)
    out, _ = process.communicate(timeout=LONG_ENOUGH / 2)
    assert (out, process.returncode) == ("", code)


def test_once_it_runs_signals_are_the_applications(start: Start, folder: Path) -> None:
    installed(folder, "exit 0")
    process = start("sh", "-c", "trap 'exit 9' TERM; echo ready >&2; while :; do sleep 0.05; done")
    until_ready(process)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=LONG_ENOUGH)
    assert process.returncode == 9


def until_ready(process: "subprocess.Popen[str]") -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if line.strip() == "ready":
            return
    raise AssertionError("the process ended before it was ready")
