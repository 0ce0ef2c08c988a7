"""`validate`, `status`, `wait`, `schema` and `--version`."""

import json
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import jsonschema
import pytest

from orchestrator.errors import InvalidPlan
from orchestrator.model import Waited
from tests.cli.conftest import Command
from tests.cli.pipeline import FakePipeline
from tests.render import nouns, schemas

PLAN = "plans/orders.yaml"


def test_a_variable_is_told_by_the_option_that_gave_it(command: Command, tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text("plan: p\nvariables: {size: {type: integer}}\n", encoding="utf-8")
    ended = command("validate", plan, "--var", "size=big")
    assert ended.code == 3
    assert "The value of the variable `size` from `--var` is wrong" in ended.err


@pytest.mark.parametrize(
    "words",
    [
        ["validate"],
        ["preview"],
        ["apply"],
        ["apply", "--dry-run"],
        ["apply", "--yes", "--sandbox"],
        ["wait"],
        ["status"],
    ],
    ids=" ".join,
)
def test_a_saved_preview_is_refused_in_the_same_words_everywhere(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    saved = tmp_path / "preview.json"
    with monkeypatch.context() as patched:
        FakePipeline().stand_in(patched)
        command("preview", PLAN, "--out", saved)
    ended = command(*words, saved, PLAN)
    assert ended.code == 3
    assert f"{saved}: This is a saved preview, and to take one in place of plans is not supported yet." in ended.err
    assert ended.err.count("error: ") == 1


def test_validate_says_what_it_read(command: Command, pipeline: FakePipeline) -> None:
    ended = command("validate", PLAN)
    assert (ended.code, ended.out) == (0, "plans/orders.yaml: plan orders, 3 resources\nValid: 1 plan.\n")
    jsonschema.validate(json.loads(command("validate", PLAN, "--format", "json").out), schemas.VALIDATION)


@pytest.mark.parametrize("form", ["text", "json"])
def test_validate_lists_every_problem(command: Command, pipeline: FakePipeline, form: str) -> None:
    pipeline.error = InvalidPlan(nouns.PROBLEMS)
    ended = command("validate", PLAN, "--format", form)
    assert ended.code == 3
    assert "error: plans/orders.yaml:12:9: `projecton` is no key of an index." in ended.err
    assert "2 problems." in ended.err
    if form == "json":
        document = json.loads(ended.out)
        jsonschema.validate(document, schemas.VALIDATION)
        assert [error["where"] for error in document["errors"]] == ["plans/orders.yaml:12:9", None]
    else:
        assert ended.out == ""


def test_status_is_a_line_a_resource_and_a_part(command: Command, pipeline: FakePipeline) -> None:
    """A10."""
    ended = command("status", PLAN)
    assert ended.code == 0
    assert "  indexes.by_old        pending change  delete index by_old\n" in ended.out
    jsonschema.validate(json.loads(command("status", PLAN, "--format", "json").out), schemas.STATUS)


def test_wait_ends_with_what_is_pending(command: Command, pipeline: FakePipeline) -> None:
    ended = command("wait", PLAN, "--deadline", "15m")
    assert ended.code == 6
    assert "1 resource pending. Not there yet: the deadline passed." in ended.out
    assert (pipeline.request.deadline, pipeline.request.wait) == (900, "gate")
    document = json.loads(command("wait", PLAN, "--format", "json", "--wait", "all").out)
    jsonschema.validate(document, schemas.STATUS)
    assert (document["exit_code"], document["outcome"], pipeline.request.wait) == (6, "in_progress", "all")


def test_wait_that_has_nothing_to_wait_for(command: Command, pipeline: FakePipeline) -> None:
    pipeline.end = Waited(0, "succeeded", nouns.TARGET)
    ended = command("wait", PLAN)
    assert (ended.code, ended.out) == (0, "Everything is as planned and settled.\n")


def test_schema_is_a_json_schema_of_plans(command: Command, tmp_path: Path) -> None:
    ended = command("schema")
    assert ended.code == 0
    jsonschema.Draft202012Validator.check_schema(json.loads(ended.out))
    assert command("schema", "--out", tmp_path / "schema.json").out == ""
    assert (tmp_path / "schema.json").read_text(encoding="utf-8") == ended.out


def test_version(command: Command) -> None:
    ended = command("--version")
    assert (ended.code, ended.out) == (0, f"orchestrator {metadata.version('orchestrator')}\n")


def test_a_wait_that_leaves_background_work_lists_it(command: Command, pipeline: FakePipeline) -> None:
    late = replace(nouns.STATUS.lines[0], gate="background")
    pipeline.end = Waited(0, "succeeded", nouns.TARGET, (late, nouns.STATUS.lines[1]))
    ended = command("wait", PLAN)
    assert ended.code == 0
    assert "(in the background)" in ended.out
    assert ended.out.endswith("What a start-up waits for is as planned and settled; 1 resource in the background.\n")


def test_what_is_waited_for_may_come_from_the_environment(
    command: Command, pipeline: FakePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_WAIT", "all")
    command("wait", PLAN)
    command("apply", PLAN, "--yes")
    command("apply", PLAN, "--yes", "--wait", "gate")
    assert [asked.wait for asked in pipeline.requests] == ["all", "all", "gate"]


def test_validate_counts_the_tasks_of_all_stages(tmp_path: Path, command: Command) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        "plan: shop\nstages:\n"
        "  - {stage: a, tables: {orders: {}}, tasks: {x: {seed: {table: orders, items: []}}}}\n"
        "  - {stage: b, tables: {orders: absent}}\n"
    )
    assert command("validate", plan).out == f"{plan}: plan shop, 1 resource and 1 task\nValid: 1 plan.\n"
