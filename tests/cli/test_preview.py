"""`preview`, and `apply --dry-run`, which is the same."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from orchestrator.errors import InvalidPlan, Problem, Unreachable
from orchestrator.model import Finding, Preview, Share
from tests.cli.conftest import Command
from tests.cli.pipeline import FakePipeline
from tests.render import nouns, schemas

PLAN = "plans/orders.yaml"
ERROR = Finding("error", "key-immutable", "The key cannot be changed in place.")


def test_the_text_goes_to_stdout_and_ends_with_the_next_command(command: Command, pipeline: FakePipeline) -> None:
    ended = command("preview", PLAN)
    assert ended.code == 0
    assert ended.out.endswith("1 destructive. Run `orchestrator apply plans/orders.yaml` to make them.\n")
    assert ended.err == ""


def test_the_next_command_does_not_repeat_variables(command: Command, pipeline: FakePipeline) -> None:
    ended = command("preview", "my plans/a.yaml", "--var", "token=hunter2")
    assert "Run `orchestrator apply 'my plans/a.yaml'` with the same options to make them." in ended.out
    assert "hunter2" not in ended.out + ended.err


def test_json_is_one_document(command: Command, pipeline: FakePipeline) -> None:
    jsonschema.validate(json.loads(command("preview", PLAN, "--format", "json").out), schemas.PREVIEW)


@pytest.mark.parametrize(
    ("shown", "options", "code"),
    [
        (nouns.PREVIEW, (), 0),
        (nouns.PREVIEW, ("--detailed-exitcode",), 2),
        (nouns.NOTHING, ("--detailed-exitcode",), 0),
        (replace(nouns.NOTHING, findings=(ERROR,)), (), 3),
        (replace(nouns.PREVIEW, findings=(ERROR,)), ("--detailed-exitcode",), 3),
    ],
)
def test_exit_codes(
    command: Command, pipeline: FakePipeline, shown: Preview, options: tuple[str, ...], code: int
) -> None:
    pipeline.shown = shown
    assert command("preview", PLAN, *options).code == code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidPlan(nouns.PROBLEMS), 3),
        (Unreachable(Problem("no-credentials", "There are no credentials.", "Log in.")), 7),
    ],
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_an_error_is_told_on_stderr_and_in_a_document(
    command: Command, pipeline: FakePipeline, error: Exception, code: int, form: str
) -> None:
    pipeline.error = error
    ended = command("preview", PLAN, "--format", form)
    assert ended.code == code
    assert ended.err.startswith("error: ")
    assert "Traceback" not in ended.err
    if form == "text":
        assert ended.out == ""
    else:
        document = json.loads(ended.out)
        jsonschema.validate(document, schemas.ERROR)
        assert document["exit_code"] == code


@pytest.mark.parametrize(
    ("name", "options", "json_in_file", "json_on_stdout"),
    [
        ("preview.json", (), True, False),
        ("preview.txt", (), False, False),
        ("preview", (), False, False),
        ("preview.json", ("--format", "text"), False, False),
        ("preview.txt", ("--format", "json"), True, True),
    ],
)
def test_out_takes_its_form_from_the_format_else_from_the_suffix(
    command: Command,
    pipeline: FakePipeline,
    tmp_path: Path,
    name: str,
    options: tuple[str, ...],
    json_in_file: bool,
    json_on_stdout: bool,
) -> None:
    ended = command("preview", PLAN, "--out", tmp_path / name, *options)
    written = (tmp_path / name).read_text(encoding="utf-8")
    assert written.startswith("{") is json_in_file
    assert ended.out.startswith("{") is json_on_stdout


def test_a_file_that_cannot_be_written_is_an_error_of_its_own(
    command: Command, pipeline: FakePipeline, tmp_path: Path
) -> None:
    """stdout still holds the one document that was asked for."""
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    ended = command("preview", PLAN, "--format", "json", "--out", full)
    assert ended.code == 1
    assert "/dev/full: The file could not be written: No space left on device." in ended.err
    jsonschema.validate(json.loads(ended.out), schemas.PREVIEW)


def test_requests_are_shown_when_asked_for(command: Command, pipeline: FakePipeline) -> None:
    assert '"TableName"' not in command("preview", PLAN).out
    assert '"TableName"' in command("preview", PLAN, "--show-requests").out


def test_a_dry_run_is_a_preview(command: Command, pipeline: FakePipeline) -> None:
    options = (PLAN, "--allow-destructive", "--var", "stage=dev")
    assert command("apply", "--dry-run", *options).out == command("preview", *options).out
    assert pipeline.requests[0] == pipeline.requests[1]
    assert pipeline.request.allow_destructive


def test_every_option_reaches_the_pipeline(command: Command, pipeline: FakePipeline) -> None:
    command(
        "preview", "a.yaml", "b/", "--var", "x=1", "--var", "y=a=b", "--var", "x=2", "--var-file", "v.json", "--region",
        "eu-west-1", "--profile", "dev", "--endpoint-url", "http://localhost:1", "--state", "none",
    )  # fmt: skip
    asked = pipeline.request
    assert asked.plans == (Path("a.yaml"), Path("b"))
    assert asked.variables == {"x": "2", "y": "a=b"}
    assert asked.var_files == (Path("v.json"),)
    assert (asked.region, asked.profile, asked.endpoint_url) == ("eu-west-1", "dev", "http://localhost:1")
    assert (asked.state, asked.sandbox) == ("none", False)


def test_a_flag_wins_over_the_environment(
    command: Command, pipeline: FakePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_REGION", "us-east-1")
    monkeypatch.setenv("ORCHESTRATOR_SANDBOX", "1")
    command("preview", PLAN)
    assert (pipeline.request.region, pipeline.request.sandbox) == ("us-east-1", True)
    command("preview", PLAN, "--region", "eu-west-1")
    assert pipeline.request.region == "eu-west-1"


@pytest.mark.parametrize(
    ("options", "environment", "colored"),
    [((), {}, True), (("--no-color",), {}, False), ((), {"NO_COLOR": "1"}, False), ((), {"TERM": "dumb"}, False)],
)
def test_colour_only_on_a_terminal_that_wants_it(
    command: Command,
    pipeline: FakePipeline,
    terminal: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    environment: dict[str, str],
    colored: bool,
) -> None:
    assert "\x1b[" not in command("preview", PLAN, *options).out
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    terminal("stdout")
    ended = command("preview", PLAN, *options)
    assert ended.code == 0
    assert ("\x1b[" in ended.out) is colored


def test_a_file_of_any_name_takes_the_form_that_was_asked_for(
    command: Command, pipeline: FakePipeline, tmp_path: Path
) -> None:
    """Wherever `--format` stands: it is read first."""
    for order in (("--format", "json", "--out", tmp_path / "x.pdf"), ("--out", tmp_path / "x.md", "--format", "json")):
        assert command("preview", PLAN, *order).code == 0
    assert (tmp_path / "x.pdf").read_text() == (tmp_path / "x.md").read_text()
    assert json.loads((tmp_path / "x.pdf").read_text())["format"] == "orchestrator.preview/1"


@pytest.mark.parametrize("asked", [("preview", PLAN), ("apply", PLAN, "--dry-run"), ("apply", PLAN, "--yes")])
def test_a_job_says_which_share_of_backfills_is_its_own(
    command: Command, pipeline: FakePipeline, monkeypatch: pytest.MonkeyPatch, asked: tuple[str, ...]
) -> None:
    ended = command(*asked, "--shard", "2/3")
    assert pipeline.request.share == Share(2, 3)
    assert "apply" not in ended.out or "with the same options" in ended.out
    monkeypatch.setenv("ORCHESTRATOR_SHARD", "1/3")
    command(*asked)
    assert pipeline.request.share == Share(1, 3)


@pytest.mark.parametrize("asked", [("preview", PLAN), ("apply", PLAN, "--dry-run")])
def test_items_are_counted_where_that_is_asked_for(
    command: Command, pipeline: FakePipeline, asked: tuple[str, ...]
) -> None:
    command(*asked)
    command(*asked, "--count-items")
    assert [request.count_items for request in pipeline.requests] == [False, True]
