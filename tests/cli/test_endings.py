"""However a command ends: a sentence, the right exit code, one document, never a traceback."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from orchestrator.cli.session import put
from orchestrator.errors import InvalidPlan, OrchestratorError, Problem, StillInProgress, Unreachable
from tests.cli.conftest import Command
from tests.cli.pipeline import FakePipeline
from tests.render import schemas

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
    assert ended.err == "error: First.\nerror: Second.\n"


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
