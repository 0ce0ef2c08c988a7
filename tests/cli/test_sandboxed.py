"""The whole road: a plan, the embedded sandbox, documents on stdout and log lines on stderr.

Through a real process where that could matter, which costs a second and a half each; else in this one.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from tests.cli.conftest import Command
from tests.render import schemas

ROOT = Path(__file__).parent.parent.parent
PLAN = "plans/sessions.yaml"


NOWHERE = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@pytest.fixture(autouse=True)
def no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing leads to one: no profile, no variable, no instance role."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in NOWHERE.items():
        monkeypatch.setenv(name, value)


def orchestrator(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "orchestrator", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.http
@pytest.mark.parametrize(
    ("command", "code", "schema"),
    [
        (("apply", PLAN, "--sandbox", "--yes"), 0, schemas.REPORT),
        (("apply", PLAN, "--sandbox"), 4, schemas.ERROR),
    ],
)
def test_stdout_holds_exactly_one_document(command: tuple[str, ...], code: int, schema: schemas.Schema) -> None:
    ended = orchestrator(*command, "--format", "json")
    assert (ended.returncode, "Traceback" in ended.stderr) == (code, False), ended.stderr
    fits(ended.stdout, code, schema)


@pytest.mark.http
@pytest.mark.parametrize(
    ("line", "code", "schema"),
    [
        (("validate", PLAN), 0, schemas.VALIDATION),
        (("preview", PLAN, "--sandbox", "--detailed-exitcode"), 2, schemas.PREVIEW),
        (("apply", PLAN, "--sandbox", "--yes"), 0, schemas.REPORT),
        (("apply", PLAN, "--sandbox"), 4, schemas.ERROR),
        (("apply", "plans/retire.yaml", "--sandbox"), 0, schemas.REPORT),
        (("status", PLAN, "--sandbox"), 0, schemas.STATUS),
        (("wait", PLAN, "--sandbox", "--deadline", "1s"), 6, schemas.STATUS),
        (("wait", "plans/retire.yaml", "--sandbox"), 0, schemas.STATUS),
        (("preview", PLAN, "--region", "eu-west-1"), 7, schemas.ERROR),
        (("preview", "plans/none.yaml", "--sandbox"), 3, schemas.ERROR),
    ],
)
def test_each_command_writes_one_document(
    line: tuple[str, ...], code: int, schema: schemas.Schema, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    ended = command(*line, "--format", "json")
    assert (ended.code, "Traceback" in ended.err) == (code, False), ended.err
    fits(ended.out, code, schema)


def fits(text: str, code: int, schema: schemas.Schema) -> None:
    document = json.loads(text)
    jsonschema.validate(document, schema)
    assert document.get("exit_code", code) == code


@pytest.mark.http
def test_the_log_tells_of_a_table_with_its_name_time_and_duration() -> None:
    """B7: structured events with timestamp, table name and duration."""
    ended = orchestrator("apply", PLAN, "--sandbox", "--yes")
    events = [json.loads(line) for line in ended.stderr.splitlines()]
    created = next(event for event in events if event["event"] == "table_created")
    assert (created["table"], created["resource"], created["plan"]) == ("sessions", "tables.sessions", "sessions")
    assert created["seconds"] > 0
    assert created["timestamp"].endswith("Z")
    assert events[-1]["event"] == "run_finished"


@pytest.mark.http
@pytest.mark.parametrize(
    ("arguments", "outcome", "code"),
    [(("plans/retire.yaml",), "succeeded", 0), ((PLAN, "--deadline", "1s"), "in_progress", 6)],
)
def test_the_log_of_a_wait_ends_as_that_of_an_apply(
    arguments: tuple[str, ...], outcome: str, code: int, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    last = json.loads(command("wait", *arguments, "--sandbox").err.splitlines()[-1])
    assert (last["event"], last["outcome"], last["exit_code"]) == ("run_finished", outcome, code)
    assert last["seconds"] >= 0
