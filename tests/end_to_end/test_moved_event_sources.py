"""What a plan leaves unsaid of an event source may mean another mapping than the reader has in mind: a preview tells."""

from pathlib import Path

import pytest

from orchestrator.model import Finding
from orchestrator.render.text.words import differences
from tests.end_to_end.attachments import DESTRUCTIVE, mappings, plan, settled, started
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

ALIASES = "aliases: {live: published, beta: published}"
STREAM = "event_sources: {orders: {source: '${tables.orders.stream_arn}'%s}}"
CLICKS = "arn:aws:kinesis:eu-west-1:123456789012:stream/clicks"


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return started(tmp_path)


async def told(aws: VirtualAws, text: str, code: str) -> list[Finding]:
    return [one for one in (await aws.preview(text)).findings if one.code == code]


async def test_a_move_to_the_function_itself_that_the_plan_does_not_state_is_warned_of(aws: VirtualAws) -> None:
    await settled(aws, plan(STREAM % ", alias: live, starting_position: latest", ALIASES))
    (warning,) = await told(aws, plan(STREAM % ", batch_size: 50", ALIASES), "event-source-moves")
    assert warning.level == "warning"
    assert "from alias live to the function itself" in warning.message
    assert "`alias: live`" in warning.action
    assert warning.where is not None


async def test_a_mapping_on_a_new_stream_moves_too(aws: VirtualAws) -> None:
    await settled(aws, plan(STREAM % ", alias: live, starting_position: latest", ALIASES))
    cycled = plan(STREAM % "", ALIASES, stream="keys_only", policy=DESTRUCTIVE)
    assert len(await told(aws, cycled, "event-source-moves")) == 1


async def test_a_move_that_is_stated_is_no_surprise(aws: VirtualAws) -> None:
    await settled(aws, plan(STREAM % ", alias: live, starting_position: latest", ALIASES))
    assert await told(aws, plan(STREAM % ", alias: live, batch_size: 50", ALIASES), "event-source-moves") == []
    assert await told(aws, plan(STREAM % ", alias: beta", ALIASES), "event-source-moves") == []


@pytest.mark.parametrize("start", ["latest", "trim_horizon"])
async def test_a_start_that_the_plan_leaves_unsaid_is_not_kept_on_a_new_stream(aws: VirtualAws, start: str) -> None:
    await settled(aws, plan(STREAM % f", starting_position: {start}, retries: 3"))
    cycled = plan(STREAM % "", stream="keys_only", policy=DESTRUCTIVE)
    (replaced,) = await told(aws, cycled, "event-source-replaced")
    assert ("where the old one started at latest" in replaced.message) == (start == "latest")
    (kept,) = await told(aws, cycled, "event-source-kept")
    assert "(retries)" in kept.message
    assert kept.action == "State retries too."
    await settled(aws, cycled)
    assert [one["StartingPosition"] for one in mappings(aws)] == ["TRIM_HORIZON"]


async def test_a_start_at_a_time_is_told_as_a_plan_would_state_it(aws: VirtualAws) -> None:
    source = f"event_sources: {{clicks: {{source: '{CLICKS}', replace: recreate, starting_position: %s}}}}"
    await settled(aws, plan(source % '{at: "2026-01-01T00:00:00Z"}'))
    preview = await aws.preview(plan(source % "trim_horizon", policy=DESTRUCTIVE))
    (gone, _) = [change for step in preview.graph for change in step.because if change.ref.section == "event_sources"]
    assert gone.before["starting_position"] == {"at": "2026-01-01T00:00:00Z"}


async def test_of_what_is_made_anew_only_what_differs_is_told(aws: VirtualAws) -> None:
    source = f"event_sources: {{clicks: {{source: '{CLICKS}', starting_position: %s}}}}"
    await settled(aws, plan(source % "latest, parallelization: 2"))
    anew = plan(source % "trim_horizon, replace: recreate, parallelization: 1, filter: []", policy=DESTRUCTIVE)
    gone = next(step for step in (await aws.preview(anew)).graph if step.ref.section == "event_sources")
    assert [words for change in gone.because for words in differences(change)] == [
        "event_sources.clicks.starting_position: latest -> trim_horizon",
        "event_sources.clicks.parallelization: 2 -> 1",
    ]
