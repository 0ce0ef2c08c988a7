"""Arguments that can't be: always exit 64, one sentence, a next step, and never a traceback."""

import json
from pathlib import Path

import click
import jsonschema
import pytest

from orchestrator.cli.menu import COMMANDS, menu
from tests.cli.conftest import Command
from tests.render import schemas

PLAN = "plans/orders.yaml"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("aply", PLAN), "There is no command aply. Did you mean apply?"),
        (("frobnicate",), "There is no command frobnicate."),
        (("unlock",), "Missing argument 'RUN'."),
        (("graph", PLAN), "The command graph comes with a later release."),
        (("export", "step-functions", PLAN), "The command export comes with a later release."),
        (("apply",), "Missing argument 'PLAN...'."),
        (("apply", PLAN, "--target", "tables.orders"), "The option --target comes with a later release."),
        (("apply", PLAN, "--lock-timeout=15"), "'15' is no duration; expected one such as 90s, 15m, 2h or 1d."),
        (("apply", PLAN, "--target=tables.orders"), "The option --target comes with a later release."),
        (("apply", PLAN, "--detailed-exitcode"), "There is no option --detailed-exitcode."),
        (("preview", PLAN, "--show-request"), "There is no option --show-request. Did you mean --show-requests?"),
        (("--region", "eu-west-1", "apply", PLAN), "There is no option --region before the command"),
        (("preview", PLAN, "--format", "markdown"), "The format markdown comes with a later release."),
        (("preview", PLAN, "--format", "jsno"), "'jsno' is no format; expected text or json. Did you mean json?"),
        (
            ("preview", PLAN, "--state", "redis"),
            "'redis' is no state store; expected dynamodb://TABLE, sqlite:PATH or none.",
        ),
        (("preview", PLAN, "--state", "dynamodb://a b"), "'dynamodb://a b' names no table"),
        (("preview", PLAN, "--var", "stage"), "Expected NAME=VALUE, got 'stage' without `=`."),
        (("preview", PLAN, "--var", "=x"), "A name is missing before `=`."),
        (("preview", PLAN, "--log-level", "loud"), "'loud' is not one of 'debug', 'info', 'warning', 'error'."),
        (("preview", PLAN, "--out", "nowhere/at/all.json"), "There is no folder nowhere/at."),
        (("preview", PLAN, "--out", "preview.md"), "The form .md comes with a later release."),
        (("preview", PLAN, "--out", "."), ". is a folder."),
        (
            ("preview", PLAN, "--out", "preview.pdf"),
            "No form is known by the suffix .pdf. It may be .json, .txt, or none",
        ),
        (
            ("apply", PLAN, "--report", "report.pdf"),
            "No form is known by the suffix .pdf. It may be .json, .txt, or none",
        ),
        (("preview", PLAN, "--format", "pdf"), "'pdf' is no format; expected text or json."),
        (("apply", PLAN, "--report", "report.html"), "The form .html comes with a later release."),
        (("apply", PLAN, "--deadline", "90"), "'90' is no duration; expected one such as 90s, 15m, 2h or 1d."),
        (("preview", PLAN, "--region", "Europe"), "'Europe' is no region; expected one such as eu-west-1."),
        (("apply", PLAN, "--max-parallel", "0"), "'0' is no whole number of 1 or more."),
        (("apply", PLAN, "--wait", "maybe"), "'maybe' is not one of 'gate', 'all', 'none'."),
        (("apply", PLAN, "--shard", "2"), "'2' is no share; expected one such as 1/4, the first of four."),
        (("apply", PLAN, "--shard", "5/4"), "'5/4' is no share"),
        (("preview", PLAN, "--shard=0/4"), "'0/4' is no share"),
        (("status", PLAN, "--shard", "1/4"), "There is no option --shard."),
        (("apply", PLAN, "--yes", "--count-items"), "--count-items goes with --dry-run"),
        (("wait", PLAN, "--wait", "none"), "'none' is not one of 'gate', 'all'."),
        (("apply", PLAN, "--dry-run", "--report", "r.json"), "--dry-run makes no run to report on"),
        (("preview", PLAN, "--sandbox", "--endpoint-url", "http://x"), "--sandbox brings its own endpoint"),
    ],
)
def test_a_usage_error_is_one_sentence_and_exit_64(command: Command, arguments: tuple[str, ...], sentence: str) -> None:
    ended = command(*arguments)
    assert ended.code == 64
    assert sentence in ended.err.replace("\n", " ")
    assert "--help` for what there is." in ended.err
    assert ended.out == ""


@pytest.mark.parametrize("asked", [("--format", "json"), ("--format=json",)])
def test_a_usage_error_is_a_document_where_json_was_asked_for(command: Command, asked: tuple[str, ...]) -> None:
    ended = command("apply", *asked, PLAN, "--nope")
    document = json.loads(ended.out)
    jsonschema.validate(document, schemas.ERROR)
    assert (ended.code, document["exit_code"], document["errors"][0]["code"]) == (64, 64, "usage")


def test_json_may_be_asked_for_by_the_environment(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_FORMAT", "json")
    assert json.loads(command("nope").out)["exit_code"] == 64


def test_the_last_format_counts(command: Command) -> None:
    assert command("apply", "--format", "json", "--format", "text").out == ""


def test_a_variables_value_is_not_repeated_in_an_error(command: Command) -> None:
    ended = command("preview", PLAN, "--var", "=hunter2")
    assert ended.code == 64
    assert "hunter2" not in ended.err


@pytest.mark.parametrize("variable", ["ORCHESTRATOR_TARGET"])
def test_a_later_option_in_the_environment_is_not_overlooked(
    command: Command, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """`--target` narrows a run: to ignore it would change more than was asked."""
    monkeypatch.setenv(variable, "x")
    ended = command("apply", PLAN, "--yes")
    assert ended.code == 64
    assert f"({variable} is set) comes with a later release." in ended.err


def test_a_bad_value_in_the_environment_is_a_usage_error(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_MAX_PARALLEL", "many")
    ended = command("apply", PLAN)
    assert ended.code == 64
    assert "Invalid value for ORCHESTRATOR_MAX_PARALLEL (--max-parallel): 'many' is no whole number" in ended.err


def test_an_option_without_its_value_leads_to_the_help_of_its_command(command: Command) -> None:
    ended = command("preview", PLAN, "--format")
    assert ended.code == 64
    assert "Run `orchestrator preview --help`" in ended.err


def test_without_a_command_there_is_the_help_and_an_error(command: Command) -> None:
    """On stderr and with 64: a script whose command is empty must not go on as if something had been done."""
    ended = command()
    assert (ended.code, ended.out) == (64, "")
    assert ended.err.startswith("Usage: orchestrator")
    assert ended.err.endswith("\n\nerror: A command is missing.\n")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_but_the_variables_has_an_environment_variable(name: str) -> None:
    command = menu.get_command(click.Context(menu), name)
    assert command is not None
    for option in command.params:
        if not isinstance(option, click.Option) or option.opts[0] in ("--var", "--var-file", "--help"):
            continue
        assert option.envvar == "ORCHESTRATOR_" + option.opts[0][2:].upper().replace("-", "_")


def test_a_folder_that_is_there_is_fine_for_a_report(command: Command, tmp_path: Path) -> None:
    assert "no folder" not in command("apply", PLAN, "--report", tmp_path / "report.json", "--nope").err


def test_a_guess_is_made_only_of_what_is_near(command: Command) -> None:
    ended = command("schema", "--format", "json")
    assert (ended.code, "Did you mean" in ended.err) == (64, False)
    assert "Did you mean --limit?" in command("history", "--limits", "3").err


def test_a_table_whose_name_no_table_can_have_is_told_with_the_rule(command: Command) -> None:
    ended = command("history", "--state", "dynamodb://a")
    assert (ended.code, "3 to 255 of a-z A-Z 0-9 _ . -" in ended.err) == (64, True)
