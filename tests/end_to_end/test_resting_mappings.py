"""Event source mappings that are disabled, or about to be: what is shown of them, and what a run that ends half-way says."""

from pathlib import Path

import pytest

from orchestrator.model import Finding, Preview
from orchestrator.pipeline import status_on
from tests.end_to_end.attachments import DESTRUCTIVE, QUEUE, mappings, plan, settled, started
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

STREAM = "event_sources: {o: {source: '${tables.orders.stream_arn}', starting_position: latest%s}}"
JOBS = f"event_sources: {{jobs: {{source: '{QUEUE}'%s}}}}"
CYCLED = plan(STREAM % "", stream="keys_only", policy=DESTRUCTIVE)
READS_NOTHING = "functions.api.event_sources.o was disabled before its stream ends"


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return started(tmp_path)


def states(aws: VirtualAws) -> list[str]:
    return [one["State"] for one in mappings(aws)]


def told(preview: Preview) -> list[Finding]:
    return [one for one in preview.findings if one.ref and one.ref.section == "event_sources"]


async def change(aws: VirtualAws, **parameters: object) -> None:
    """Somebody else changes the mapping a moment ago."""
    aws.send("lambda", "UpdateEventSourceMapping", UUID=mappings(aws)[0]["UUID"], **parameters)


# ----------------------------------------------------------------------------------------------- in motion when looked at


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("stated", [True, False])
async def test_nothing_is_sent_to_one_in_motion_that_was_not_shown(aws: VirtualAws, before: bool, stated: bool) -> None:
    await settled(aws, plan(JOBS % f", enabled: {str(before).lower()}"))
    await aws.clock.sleep(3600)
    await change(aws, BatchSize=7)
    assert states(aws) == ["Updating"]
    text = plan(JOBS % f", enabled: {str(stated).lower()}")
    preview = await aws.preview(text)
    shown = [(step.call.operation, step.call.parameters) for step in preview.graph if step.call]
    assert [one.code for one in told(preview)] == ["event-source-moving"]
    aws.sent.clear()
    await settled(aws, text)
    assert [(call.operation, call.parameters) for call in aws.sent] == (shown if before != stated else [])
    assert states(aws) == ["Enabled" if stated else "Disabled"]


# --------------------------------------------------------------------------------------------- disabled, and nobody says so


async def test_one_that_somebody_disabled_is_warned_of_in_preview_and_status(aws: VirtualAws) -> None:
    text = plan(JOBS % "")
    await settled(aws, text)
    await change(aws, Enabled=False)
    await aws.clock.sleep(120)
    preview = await aws.preview(text)
    (warning,) = told(preview)
    assert (warning.level, warning.code) == ("warning", "event-source-disabled")
    assert not preview.graph.steps
    (_, function) = (await status_on(aws.opened(text))).lines
    (line,) = function.parts
    assert (line.state, line.detail) == ("in_place", warning.message)
    assert not told(await aws.preview(plan(JOBS % ", enabled: false")))


async def test_a_run_that_fails_after_it_disabled_one_says_so(aws: VirtualAws) -> None:
    await settled(aws, plan(STREAM % ""))
    aws.account.deny("dynamodb:UpdateTable")
    report = await aws.apply(CYCLED)
    assert (report.outcome, states(aws)) == ("failed", ["Disabled"])
    (notice,) = report.notices
    assert notice.startswith(READS_NOTHING)
    withdrawn = await aws.preview(plan(STREAM % ""))
    assert [one.code for one in told(withdrawn)] == ["event-source-disabled"]
    await settled(aws, plan(STREAM % ", enabled: true"))
    assert states(aws) == ["Enabled"]


async def test_so_does_one_that_is_cut_off_and_one_that_comes_to_its_end_does_not(aws: VirtualAws) -> None:
    await settled(aws, plan(STREAM % ""))
    report = await aws.apply(CYCLED, deadline=40)
    assert (report.outcome, report.notices[0][: len(READS_NOTHING)]) == ("in_progress", READS_NOTHING)
    report = await aws.apply(CYCLED)
    assert (report.outcome, report.notices, states(aws)) == ("succeeded", (), ["Enabled"])


async def test_a_run_in_one_go_has_nothing_to_say(aws: VirtualAws) -> None:
    await settled(aws, plan(STREAM % ""))
    report = await settled(aws, CYCLED)
    assert (report.notices, states(aws)) == ((), ["Enabled"])
