"""However a command ends: a sentence, the right exit code, one document, never a traceback."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from orchestrator.__main__ import main
from orchestrator.cli.session import put
from orchestrator.errors import InvalidPlan, OrchestratorError, Problem, StillInProgress, Unreachable
from orchestrator.model import Event
from tests.cli.conftest import Command
from tests.cli.pipeline import FakePipeline
from tests.render import nouns, schemas

PLAN = "plans/orders.yaml"
ROOT = Path(__file__).parent.parent.parent


class Leaky(Exception):
    """Something nobody foresaw, with a secret in its message."""


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_unexpected_is_one_sentence_without_what_it_carried(
    command: Command, pipeline: FakePipeline, form: str
) -> None:
    pipeline.error = Leaky("hunter2")
    ended = command("preview", PLAN, "--format", form)
    assert ended.code == 1
    assert "error: Something unexpected went wrong: Leaky at pipeline.py:" in ended.err
    assert "Run again with --log-level debug" in ended.err
    assert "hunter2" not in ended.out + ended.err
    assert "Traceback" not in ended.err
    if form == "json":
        jsonschema.validate(json.loads(ended.out), schemas.ERROR)


def test_debug_adds_the_traceback(command: Command, pipeline: FakePipeline) -> None:
    pipeline.error = Leaky("told")
    ended = command("preview", PLAN, "--log-level", "debug")
    assert "Traceback (most recent call last)" in ended.err
    assert "Please report it" in ended.err


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ((InvalidPlan(Problem("a", "First.")), InvalidPlan(Problem("b", "Second."))), 3),
        ((StillInProgress(Problem("a", "First.")), Unreachable(Problem("b", "Second."))), 7),
        ((StillInProgress(Problem("a", "First.")), OrchestratorError(Problem("b", "Second."))), 1),
    ],
)
def test_of_several_errors_all_are_told_and_the_gravest_decides(
    command: Command, pipeline: FakePipeline, errors: tuple[Exception, ...], code: int
) -> None:
    pipeline.error = ExceptionGroup("lanes", [ExceptionGroup("inner", [errors[0]]), errors[1]])
    ended = command("preview", PLAN)
    assert ended.code == code
    assert ended.err.startswith("error: First.\nerror: Second.\n")


def test_an_interrupt_before_the_command_has_begun_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """While its modules are imported nobody handles signals yet."""

    def interrupted(arguments: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("orchestrator.cli.main.run", interrupted)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130


def test_control_characters_in_an_error_are_harmless(command: Command, pipeline: FakePipeline) -> None:
    pipeline.error = InvalidPlan(Problem("a", "Bad name \x1b[2J.", "Do \x07 this."))
    assert "\x1b" not in command("preview", PLAN).err


def test_a_reader_that_goes_away_is_no_error() -> None:
    """The exit code stays the command's own, and nothing is said about it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "orchestrator", "schema"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 0


@pytest.mark.parametrize("arguments", [("--help",), ("apply", "--help"), ("--version",)])
def test_help_to_a_reader_that_goes_away_is_quiet(arguments: tuple[str, ...]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "orchestrator", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    _, err = process.communicate()
    assert err == b""


def shell(line: str) -> "subprocess.CompletedProcess[str]":
    """Run `orchestrator …` with the redirections that only a shell can say."""
    command = line.replace("orchestrator", f"{sys.executable} -m orchestrator", 1)
    return subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("orchestrator validate plans/orders.yaml >&-", 0),
        ("orchestrator validate plans/orders.yaml >&- 2>&- <&-", 0),
        ("orchestrator --help >&-", 0),
        ("orchestrator validate nope.yaml 2>&-", 3),
        ("orchestrator validate nope.yaml 2>/dev/full", 3),
        ("orchestrator 2>&-", 64),
    ],
)
def test_a_stream_that_is_closed_is_not_wanted(line: str, code: int) -> None:
    """`>&-` is like `>/dev/null`, and what can't be said on stderr changes no exit code."""
    ended = shell(line)
    assert (ended.returncode, ended.stderr) == (code, "")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("orchestrator validate plans/orders.yaml >/dev/full", 1),
        ("orchestrator schema >/dev/full", 1),
        ("orchestrator --help >/dev/full", 1),
        ("orchestrator validate nope.yaml --format json >/dev/full", 3),
        ("orchestrator sandbox --port 0 >/dev/full", 1),
    ],
)
def test_a_result_that_cannot_be_written_is_an_error_in_a_sentence(line: str, code: int) -> None:
    ended = shell(line)
    assert ended.returncode == code
    assert "No space left on device" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_reader_of_the_log_that_goes_away_does_not_end_the_run(
    command: Command, pipeline: FakePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or `apply 2>&1 | head` would leave the run half done."""

    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    pipeline.events = (Event(nouns.NOON, "run", nouns.DROP.id, "settled", {"seconds": 1.0}),)
    pipeline.report = nouns.DONE
    monkeypatch.setattr(sys, "stderr", Gone())
    ended = command("apply", PLAN, "--yes")
    assert (ended.code, ended.out.splitlines()[-1]) == (0, "Nothing to do: everything is as planned.")


def test_what_the_terminal_cannot_spell_is_spelled_out() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    arguments = [sys.executable, "-m", "orchestrator", "validate", "nö.yaml"]
    ended = subprocess.run(arguments, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert ended.returncode == 3
    assert b"n\\xf6.yaml" in ended.stderr


def test_a_stream_that_was_closed_stays_closed() -> None:
    class Gone(io.StringIO):
        def flush(self) -> None:
            raise BrokenPipeError

    put(Gone(), "text")


# ------------------------------------------------------------------------------------------------- errors as log lines


@pytest.mark.parametrize("words", [["validate"], ["preview"], ["apply", "--yes"], ["wait"], ["status"]], ids=" ".join)
def test_a_log_in_json_holds_its_errors_too(command: Command, pipeline: FakePipeline, words: list[str]) -> None:
    pipeline.error = InvalidPlan(nouns.PROBLEMS)
    ended = command(*words, PLAN, "--log-format", "json")
    first, second = (json.loads(line) for line in ended.err.splitlines())
    assert (first["event"], first["level"], first["exit_code"]) == ("error", "error", 3)
    assert (first["code"], first["message"]) == ("unknown-key", "`projecton` is no key of an index.")
    assert (first["action"], first["where"]) == ("Did you mean `projection`?", "plans/orders.yaml:12:9")
    assert (second["code"], second["where"]) == ("missing-variable", None)


@pytest.mark.parametrize(
    "arguments",
    [["preview", PLAN, "--log-format", "json", "--nonsense"], ["preview", "--log-format=json"]],
    ids=" ".join,
)
def test_a_usage_error_is_a_log_line_too(command: Command, arguments: list[str]) -> None:
    (line,) = command(*arguments).err.splitlines()
    assert (json.loads(line)["code"], json.loads(line)["exit_code"]) == ("usage", 64)


def test_where_no_command_is_given_the_log_stays_json(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_LOG_FORMAT", "json")
    (line,) = command().err.splitlines()
    assert json.loads(line)["message"] == "A command is missing."


def test_the_traceback_of_a_bug_is_a_field(command: Command, pipeline: FakePipeline) -> None:
    pipeline.error = Leaky("told")
    ended = command("preview", PLAN, "--log-level", "debug", "--log-format", "json")
    trace, error = (json.loads(line) for line in ended.err.splitlines())
    assert (trace["event"], error["code"]) == ("traceback", "unexpected-error")
    assert "Leaky: told" in trace["traceback"]


def test_a_file_that_can_not_be_written_is_a_log_line(command: Command, pipeline: FakePipeline, tmp_path: Path) -> None:
    (tmp_path / "report.json").symlink_to(tmp_path / "gone" / "report.json")
    ended = command("status", PLAN, "--log-format", "json", "--out", tmp_path / "report.json")
    assert (ended.code, [json.loads(line)["code"] for line in ended.err.splitlines()]) == (1, ["not-written"])


def test_a_result_that_can_not_be_written_is_a_log_line() -> None:
    ended = shell("orchestrator validate plans/orders.yaml --log-format json >/dev/full")
    assert (ended.returncode, [json.loads(line)["code"] for line in ended.stderr.splitlines()]) == (1, ["not-written"])


@pytest.mark.parametrize("words", [["preview"], ["apply", "--yes"]], ids=" ".join)
def test_unless_json_is_asked_for_errors_are_sentences(
    command: Command, pipeline: FakePipeline, words: list[str]
) -> None:
    pipeline.error = Unreachable(Problem("no-credentials", "There are no credentials."))
    assert command(*words, PLAN).err == "error: There are no credentials.\n"


@pytest.mark.parametrize("words", [["validate"], ["preview"], ["apply", "--yes"], ["wait"], ["status"]], ids=" ".join)
def test_whoever_finds_a_plan_invalid_ends_with_the_same_line(
    command: Command, pipeline: FakePipeline, words: list[str]
) -> None:
    pipeline.error = InvalidPlan(nouns.PROBLEMS)
    assert command(*words, PLAN).err.splitlines()[-1] == "2 problems. Nothing was changed."
