"""The library as a program meets it: what it returns, and what it raises, over a pipeline that answers as told."""

import inspect
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

import orchestrator
from orchestrator import Event, Report, Waited, pipeline
from orchestrator.model import Share
from tests.cli.pipeline import FakePipeline
from tests.render import nouns

PLAN = "plans/orders.yaml"
ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
STARTED = Event(nouns.NOON, "run", nouns.DROP.id, "settled", {"seconds": 59})
LATE = replace(nouns.REPORT, exit_code=6, outcome="in_progress", steps=nouns.REPORT.steps[:1] + nouns.REPORT.steps[4:])


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakePipeline:
    fake = FakePipeline()
    for name in ("validate", "preview", "apply", "wait", "status"):
        monkeypatch.setattr(pipeline, name, getattr(fake, name))
    return fake


async def failure() -> orchestrator.RunFailed:
    with pytest.raises(orchestrator.RunFailed) as raised:
        await orchestrator.apply(PLAN)
    return raised.value


async def test_apply_returns_the_report(fake: FakePipeline) -> None:
    fake.report = nouns.DONE
    assert await orchestrator.apply(PLAN) is nouns.DONE


async def test_apply_and_wait_are_told_what_to_wait_for(fake: FakePipeline) -> None:
    fake.report, fake.end = nouns.DONE, replace(nouns.WAITED, exit_code=0, outcome="succeeded")
    await orchestrator.apply(PLAN)
    await orchestrator.apply(PLAN, wait="all")
    await orchestrator.wait(PLAN)
    await orchestrator.wait(PLAN, until="all")
    assert [asked.wait for asked in fake.requests] == ["gate", "all", "gate", "all"]
    with pytest.raises(orchestrator.Usage, match="'ever' is nothing to wait for"):
        await orchestrator.apply(PLAN, wait="ever")  # type: ignore[arg-type]  # what untyped callers may pass


@pytest.mark.parametrize(("until", "named"), [("gate", 1), ("all", 2)])
async def test_a_wait_that_gives_up_names_what_it_waited_for(fake: FakePipeline, until: Any, named: int) -> None:
    late = replace(nouns.STATUS.lines[0], gate="background")
    fake.end = replace(nouns.WAITED, lines=(late, nouns.STATUS.lines[2]))
    with pytest.raises(orchestrator.StillInProgress) as raised:
        await orchestrator.wait(PLAN, until=until)
    assert len(raised.value.problems) == named


async def test_a_run_that_failed_says_which_steps_and_why(fake: FakePipeline) -> None:
    """What was not run because of them is in the report only."""
    error = await failure()
    assert (error.exit_code, error.report) == (1, nouns.REPORT)
    assert str(error) == (
        "tables.orders.indexes.by_day (dynamodb:UpdateTable): Subscriber limit exceeded: 20 indexes.\n"
        "    Delete an index first."
    )


async def test_a_deadline_says_that_aws_goes_on_and_what_to_do(fake: FakePipeline) -> None:
    """Exit 6 is no failure: a program that catches it must not take it for one."""
    fake.report = LATE
    error = await failure()
    assert isinstance(error, orchestrator.RunStillInProgress)
    assert isinstance(error, orchestrator.StillInProgress)
    assert error.exit_code == 6
    assert str(error) == (
        "tables.orders.indexes.by_day: CREATING when the deadline passed.\n"
        "    AWS goes on working on it: call `apply` again to go on from there, or `wait` to see it settle."
    )


async def test_what_aws_takes_only_later_is_named_with_its_time(fake: FakePipeline) -> None:
    """No deadline has passed, and nothing goes on in AWS."""
    said = "Subscriber limit exceeded. Not before 2026-11-27 01:00Z."
    error = {"code": "not-run", "message": said, "action": "Run again then.", "where": "tables.orders"}
    parked = replace(nouns.REPORT.steps[0], outcome="not_run", error=error)
    fake.report = replace(LATE, still_running=(), steps=(parked,))
    failed = await failure()
    assert isinstance(failed, orchestrator.RunStillInProgress)
    assert str(failed) == f"tables.orders: {said}\n    Run again then."


@pytest.mark.parametrize(
    ("report", "sentence"),
    [
        (replace(LATE, still_running=()), "The deadline passed with 1 of 2 steps not done."),
        (
            replace(LATE, exit_code=130, outcome="interrupted"),
            "The run ended as interrupted with 1 of 2 steps not done.",
        ),
    ],
)
async def test_a_run_that_left_nothing_under_way_says_how_far_it_came(
    fake: FakePipeline, report: Report, sentence: str
) -> None:
    fake.report = report
    assert str(await failure()) == f"{sentence}\n    What is done stays done: call `apply` again to go on."


async def test_wait_returns_how_it_ended(fake: FakePipeline) -> None:
    fake.end = Waited(0, "succeeded", nouns.TARGET)
    assert await orchestrator.wait(PLAN) is fake.end


async def test_a_wait_that_was_too_long_names_what_is_pending(fake: FakePipeline) -> None:
    with pytest.raises(orchestrator.StillInProgress) as raised:
        await orchestrator.wait(PLAN)
    assert str(raised.value) == (
        "tables.orders: index by_day CREATING, backfilling, 41%.\n"
        "    The deadline passed before it was as planned and settled: call `wait` again, or `apply` what is pending."
    )


async def test_a_wait_that_saw_nothing_has_a_sentence_too(fake: FakePipeline) -> None:
    fake.end = Waited(6, "in_progress", nouns.TARGET)
    with pytest.raises(orchestrator.StillInProgress) as raised:
        await orchestrator.wait(PLAN)
    assert str(raised.value).startswith("The deadline passed before live state could be read.")


async def test_a_run_that_could_not_go_on_says_what_was_in_the_way(fake: FakePipeline) -> None:
    fake.report = replace(nouns.DONE, exit_code=3, outcome="invalid", notices=("tables.orders has another key.",))
    assert str(await failure()).startswith("tables.orders has another key.")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"deadline": -1}, "deadline=-1 is no number of seconds."),
        ({"deadline": "5m"}, "deadline='5m' is no number of seconds."),
        ({"deadline": float("nan")}, "deadline=nan is no number of seconds."),
        ({"max_parallel": 0}, "max_parallel=0 is no number of resources."),
        ({"max_parallel": True}, "max_parallel=True is no number of resources."),
        ({"iam_lag": 0}, "iam_lag=0 is no number of seconds."),
        ({"lock_timeout": "15m"}, "lock_timeout='15m' is no number of seconds."),
        ({"plans": []}, "No plan is given."),
    ],
)
async def test_what_makes_no_sense_is_said_before_anything_happens(
    fake: FakePipeline, wrong: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(orchestrator.Usage) as raised:
        await orchestrator.apply(**{"plans": PLAN, **wrong})
    assert str(raised.value).startswith(sentence)
    assert fake.requests == []


async def test_limits_reach_the_pipeline(fake: FakePipeline) -> None:
    fake.report = nouns.DONE
    limits = orchestrator.Limits(rates={"dynamodb": orchestrator.Rate(5)})
    await orchestrator.apply(PLAN, limits=limits, iam_lag=900)
    assert (fake.requests[0].limits, fake.requests[0].iam_lag) == (limits, 900)
    assert limits.rates["lambda"] == orchestrator.Limits().rates["lambda"]


@pytest.mark.parametrize("none", [{"per_second": 0}, {"per_second": float("nan")}, {"per_second": 5, "burst": 0}])
def test_a_rate_of_nothing_is_refused(none: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="nothing could ever be sent"):
        orchestrator.Rate(**none)


@pytest.mark.parametrize("paths", [PLAN, [PLAN], ("plans/sessions.yaml", PLAN)])
async def test_one_plan_or_several(fake: FakePipeline, paths: str | Sequence[str]) -> None:
    await orchestrator.preview(paths)
    assert [str(path) for path in fake.requests[0].plans] == ([paths] if isinstance(paths, str) else list(paths))


def test_all_of_the_face_can_be_imported() -> None:
    assert [name for name in orchestrator.__all__ if not hasattr(orchestrator, name)] == []


def test_the_face_is_what_dir_shows() -> None:
    assert set(orchestrator.__all__) <= set(dir(orchestrator))


def test_a_report_says_how_long_it_took() -> None:
    assert nouns.DONE.seconds == pytest.approx(0.41)


async def test_status_says_where_everything_stands(fake: FakePipeline) -> None:
    found: orchestrator.Status = await orchestrator.status(PLAN, variables={"stage": "dev"})
    assert found is fake.found
    assert fake.requests[0].variables == {"stage": "dev"}


async def test_events_are_told_while_it_runs(fake: FakePipeline) -> None:
    fake.report, fake.end, fake.events = nouns.DONE, Waited(0, "succeeded", nouns.TARGET), (STARTED,)
    heard: list[Event] = []
    await orchestrator.apply(PLAN, on_event=heard.append)
    await orchestrator.wait(PLAN, on_event=heard.append)
    assert heard == [STARTED, STARTED]


async def test_the_page_of_the_library_logs_the_progress_of_a_start(
    fake: FakePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first example, as it stands."""
    fake.report, fake.events = nouns.DONE, (STARTED,)
    monkeypatch.setitem(sys.modules, "fastapi", SimpleNamespace(FastAPI=lambda lifespan: None))
    example: dict[str, Any] = {}
    exec(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0], example)
    with capture_logs() as logged:
        async with example["lifespan"](None):
            assert [line["event"] for line in logged] == ["step_done"]


@pytest.mark.parametrize("name", ["load", "preview", "apply", "wait", "status"])
def test_the_page_of_the_library_names_every_parameter(name: str) -> None:
    parameters = inspect.signature(getattr(orchestrator, name)).parameters
    assert [one for one in parameters if not re.search(rf"`{one}=?`", PAGE)] == []


@pytest.mark.parametrize("page", ["README.md", "docs/library.md"])
def test_the_examples_use_what_there_is(page: str) -> None:
    for block in re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL):
        compile(block, page, "exec")
        assert set(re.findall(r"\borchestrator\.(\w+)", block)) <= set(orchestrator.__all__)


async def test_a_job_says_its_share_and_a_preview_counts_items(fake: FakePipeline) -> None:
    fake.report = nouns.DONE
    await orchestrator.apply(PLAN, shard="2/3")
    await orchestrator.preview(PLAN, shard="1/3", count_items=True)
    assert [(asked.share, asked.count_items) for asked in fake.requests] == [(Share(2, 3), False), (Share(1, 3), True)]
    for wrong in ("3", "4/3", ""):
        with pytest.raises(orchestrator.Usage, match="is no share"):
            await orchestrator.apply(PLAN, shard=wrong)
