"""The last words of a report: what to do next depends on whether somebody has to do something."""

from dataclasses import replace

import pytest

from orchestrator.model import Graph, Report, StepReport, StillRunning
from orchestrator.render.text.report import last_line, report
from tests.render import nouns

BUILDING = StillRunning(nouns.PREVIEW.graph.steps[0].ref, "index by_day CREATING", nouns.REPORT.started)
LATE = replace(
    nouns.REPORT,
    exit_code=6,
    outcome="in_progress",
    steps=(StepReport("a", "in_progress"),),
    still_running=(BUILDING,),
    queued=(),
)
QUEUED = replace(LATE, steps=(*LATE.steps, StepReport("b", "not_run")), queued=("b",))


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (LATE, "AWS goes on. Run again, or `orchestrator wait`."),
        (QUEUED, "AWS goes on with what is listed. Run again for the rest."),
        (replace(QUEUED, steps=QUEUED.steps[1:], still_running=()), "Not all done after"),
    ],
)
def test_waiting_is_advised_only_where_waiting_helps(told: Report, words: str) -> None:
    """What is queued, or was refused so far, only another run sends."""
    assert words in last_line(told)
    assert report(told).rstrip().endswith(last_line(told))
    assert ("orchestrator wait" in last_line(told)) == (not told.queued)


LEFT = replace(LATE, exit_code=0, outcome="succeeded", still_running=(replace(BUILDING, gate="background"),))


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (LEFT, "but for background work: `orchestrator wait PLAN --wait all` waits for it."),
        (replace(LEFT, steps=QUEUED.steps, queued=("b",)), "but for background work: run again for what is queued."),
    ],
)
def test_a_success_with_background_work_left_says_so(told: Report, words: str) -> None:
    assert last_line(told).startswith("Succeeded in ")
    assert last_line(told).endswith(words)
    assert "index by_day CREATING  since" in report(told)
    assert ", in the background\n" in report(told)


def test_long_words_of_a_step_move_no_column_of_the_others() -> None:
    """How long it took stands on the next line, in its column."""
    words = "set description; set memory; set timeout; set ephemeral_storage; set tracing; set environment"
    long = replace(nouns.BILLING, summary=words)
    steps = tuple(StepReport(step.id, "done", 1, (), 0.0, 7.0, None, None, None) for step in (nouns.DROP, long))
    pictured = replace(nouns.PREVIEW, graph=Graph((nouns.DROP, long)))
    lines = report(replace(nouns.REPORT, steps=steps), pictured).splitlines()
    first = next(line for line in lines if nouns.DROP.summary in line)
    number = next(number for number, line in enumerate(lines) if words in line)
    assert lines[number].endswith(words)
    assert lines[number + 1].strip() == "7 s"
    assert lines[number + 1].index("7 s") == first.index("7 s")
