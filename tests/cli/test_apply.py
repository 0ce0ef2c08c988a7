"""`apply`: who is asked, what is shown where, and how it ends."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from orchestrator.cli import ask
from orchestrator.errors import InvalidPlan, Problem, Refused
from orchestrator.model import Event, Finding, Graph, Preview
from tests.cli.conftest import Command
from tests.cli.pipeline import FakePipeline
from tests.render import nouns, schemas

PLAN = "plans/orders.yaml"
SUCCEEDED = replace(nouns.REPORT, exit_code=0, outcome="succeeded", steps=nouns.REPORT.steps[:1])


@pytest.fixture
def nothing_to_do(pipeline: FakePipeline) -> FakePipeline:
    pipeline.shown, pipeline.report = nouns.NOTHING, nouns.DONE
    return pipeline


def test_the_exit_code_is_the_reports(command: Command, pipeline: FakePipeline) -> None:
    assert command("apply", PLAN, "--yes").code == 1
    pipeline.report = SUCCEEDED
    assert command("apply", PLAN, "--yes").code == 0


def test_the_report_is_on_stdout_and_ends_with_its_outcome(command: Command, pipeline: FakePipeline) -> None:
    ended = command("apply", PLAN, "--yes")
    assert ended.out.endswith("Failed after 3m 12s. What is done stays done: mend what is named above and run again.\n")


def test_json_is_exactly_the_report(command: Command, pipeline: FakePipeline) -> None:
    jsonschema.validate(json.loads(command("apply", PLAN, "--yes", "--format", "json").out), schemas.REPORT)


@pytest.mark.parametrize("form", ["text", "json"])
def test_without_a_terminal_it_needs_yes(command: Command, pipeline: FakePipeline, form: str) -> None:
    ended = command("apply", PLAN, "--format", form)
    assert ended.code == 4
    assert "There are 5 steps to make and no terminal to ask for approval: none was made." in ended.err
    assert "Add --yes" in ended.err
    if form == "json":
        document = json.loads(ended.out)
        jsonschema.validate(document, schemas.ERROR)
        assert document["errors"][0]["code"] == "approval-needed"


def test_one_step_is_one(command: Command, pipeline: FakePipeline) -> None:
    pipeline.shown = replace(nouns.PREVIEW, graph=Graph((nouns.BILLING,)))
    assert "There is 1 step to make and no terminal" in command("apply", PLAN).err
    assert command("preview", PLAN).out.endswith("Run `orchestrator apply plans/orders.yaml` to make it.\n")


def test_a_refusal_is_told_once(command: Command, pipeline: FakePipeline) -> None:
    """The preview shows the step, the error that ends the command says that it is refused."""
    refusal = Finding("warning", "destructive-refused", "It is destructive.", refuses=True)
    pipeline.shown = replace(nouns.PREVIEW, findings=(*nouns.PREVIEW.findings, refusal))
    pipeline.refusal = Refused(Problem(refusal.code, refusal.message))
    ended = command("apply", PLAN, "--yes", "--log-format", "console")
    assert ended.code == 4
    assert ended.err.count("It is destructive.") == 1
    assert ended.err.count("neither point-in-time recovery nor") == 1


def test_with_nothing_to_change_nobody_is_asked(command: Command, nothing_to_do: FakePipeline) -> None:
    ended = command("apply", PLAN)
    assert ended.code == 0
    assert ended.out.endswith("Nothing to do: everything is as planned.\n")
    assert nothing_to_do.asked == []


def test_yes_may_come_from_the_environment(
    command: Command, pipeline: FakePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_YES", "true")
    assert command("apply", PLAN).code == 1
    assert pipeline.asked == []


@pytest.mark.parametrize(("answer", "code"), [(True, 1), (False, 4)])
def test_at_a_terminal_the_steps_are_shown_and_asked_for(
    command: Command,
    pipeline: FakePipeline,
    monkeypatch: pytest.MonkeyPatch,
    terminal: Callable[..., None],
    answer: bool,
    code: int,
) -> None:
    """The preview goes to stderr, for stdout is the report's."""

    async def approved(session: object, shown: Preview) -> bool:
        return answer

    monkeypatch.setattr(ask, "approved", approved)
    terminal("stdin", "stderr")
    ended = command("apply", PLAN, "--no-color")
    assert ended.code == code
    assert "2  ~     switch billing to on_demand, stream on" in ended.err
    assert "Plan orders" not in ended.out
    assert pipeline.asked == [answer]


def test_every_option_of_a_run_reaches_the_pipeline(command: Command, pipeline: FakePipeline) -> None:
    command(
        "apply", PLAN, "--yes", "--deadline", "2h", "--max-parallel", "7", "--fail-fast", "--allow-destructive", "--wait",
        "none",
    )  # fmt: skip
    asked = pipeline.request
    assert (asked.deadline, asked.max_parallel, asked.fail_fast) == (7200, 7, True)
    assert (asked.allow_destructive, asked.wait) == (True, "none")


# ------------------------------------------------------------------------------------------------------------ --report


@pytest.mark.parametrize(("name", "is_json"), [("report.json", True), ("report.txt", False), ("report", False)])
def test_the_report_file_has_the_form_of_its_suffix(
    command: Command, pipeline: FakePipeline, tmp_path: Path, name: str, is_json: bool
) -> None:
    ended = command("apply", PLAN, "--yes", "--report", tmp_path / name)
    written = (tmp_path / name).read_text(encoding="utf-8")
    assert written.startswith("{") is is_json
    if not is_json:
        assert written == ended.out


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidPlan(nouns.PROBLEMS), 3),
        (Refused(Problem("account-guard", "Another account.")), 4),
        (RuntimeError("boom"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_the_report_file_is_written_whatever_happens(
    command: Command, pipeline: FakePipeline, tmp_path: Path, error: BaseException, code: int
) -> None:
    pipeline.error = error
    assert command("apply", PLAN, "--yes", "--report", tmp_path / "report.json").code == code
    document = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, schemas.ERROR)
    assert document["exit_code"] == code


# ---------------------------------------------------------------------------------------------------------- the stream


def test_off_a_terminal_the_log_tells_what_happens(command: Command, pipeline: FakePipeline) -> None:
    """One JSON line an event, findings among them; no page for people in between."""
    ended = command("apply", PLAN, "--yes")
    events = [json.loads(line) for line in ended.err.splitlines()]
    assert {"finding", "preview_ready"} <= {event["event"] for event in events}
    ready = next(event for event in events if event["event"] == "preview_ready")
    assert (ready["steps"], ready["destructive"], ready["plans"], ready["level"]) == (5, 1, ["orders"], "info")
    assert all(event["timestamp"].endswith("Z") for event in events)


def test_plain_lines_when_asked_for(command: Command, pipeline: FakePipeline) -> None:
    pipeline.events = (
        Event(nouns.NOON, "run", nouns.DROP.id, "intent", {"operation": "UpdateTable"}),
        Event(nouns.NOON + 1, "run", nouns.DROP.id, "waiting", {"status": "by_old DELETING"}),
        Event(nouns.NOON + 31, "run", nouns.DROP.id, "waiting", {"status": "by_old DELETING"}),
        Event(nouns.NOON + 60, "run", nouns.DROP.id, "settled", {"seconds": 59}),
    )
    ended = command("apply", PLAN, "--yes", "--log-format", "console")
    assert [line for line in ended.err.splitlines() if line.startswith("12:0")] == [
        "12:04:30Z tables.orders 0/3 delete index by_old: calling UpdateTable",
        "12:04:31Z tables.orders 0/3 delete index by_old: by_old DELETING (1 s)",
        "12:05:30Z tables.orders 1/3 delete index by_old: done",
    ]
    assert ended.err.splitlines()[-1].startswith("Failed after")


def test_the_log_can_be_kept_quiet(command: Command, pipeline: FakePipeline) -> None:
    assert command("apply", PLAN, "--yes", "--log-level", "error").err == ""
