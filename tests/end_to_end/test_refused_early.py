"""What the plan, the Region or the time of day tells beforehand is refused before the first call, never half-way."""

import json
from pathlib import Path

import pytest

from orchestrator.errors import InvalidPlan
from tests.end_to_end.attachments import ARN, plan, settled, started
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

KINESIS = "arn:aws:kinesis:eu-west-1:123456789012:stream/clicks"
FROM = "event_sources: {k: {source: '%s', starting_position: {at: '%s'}%s}}"
SNAPPED = "snap_start: published_versions"


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return started(tmp_path)


async def refused(aws: VirtualAws, text: str) -> str:
    """The code of the sole mistake; nothing was sent."""
    aws.sent.clear()
    with pytest.raises(InvalidPlan) as caught:
        await aws.apply(text)
    (problem,) = caught.value.problems
    assert aws.sent == []
    return problem.code


@pytest.mark.parametrize("runtime", ["nodejs22.x", "python3.11", "java8.al2", "dotnet6", "ruby3.4", "provided.al2023"])
async def test_no_snapshots_are_taken_of_a_runtime(aws: VirtualAws, runtime: str) -> None:
    assert await refused(aws, plan(SNAPPED).replace("python3.13", runtime)) == "snap-start"


@pytest.mark.parametrize("runtime", ["python3.12", "java21", "dotnet8"])
async def test_snapshots_are_taken_of_others(aws: VirtualAws, runtime: str) -> None:
    await settled(aws, plan(SNAPPED).replace("python3.13", runtime))


async def test_a_function_with_snapshots_gets_no_runtime_without(aws: VirtualAws) -> None:
    await settled(aws, plan(SNAPPED))
    assert await refused(aws, plan().replace("python3.13", "python3.11")) == "snap-start"
    await settled(aws, plan("snap_start: off").replace("python3.13", "python3.11"))
    without = plan(SNAPPED).replace("    runtime: python3.13\n", "")
    assert await refused(aws, without) == "snap-start"


async def test_a_function_is_no_destination_of_its_own(aws: VirtualAws) -> None:
    for arn in (ARN, f"{ARN}:live"):
        assert await refused(aws, plan(f"async_invoke: {{on_failure: '{arn}'}}")) == "own-destination"
    await settled(aws, plan())
    assert await refused(aws, plan(f"async_invoke: {{on_success: '{ARN}'}}")) == "own-destination"


async def test_a_layer_is_of_the_same_region(aws: VirtualAws) -> None:
    abroad = "layers: ['arn:aws:lambda:us-east-1:123456789012:layer:x:1']"
    assert await refused(aws, plan(abroad)) == "layer-region"
    await settled(aws, plan())
    assert await refused(aws, plan(abroad)) == "layer-region"


async def test_no_reading_begins_in_the_future(aws: VirtualAws) -> None:
    assert await refused(aws, plan(FROM % (KINESIS, "2999-01-01T00:00:00Z", ""))) == "starting-position-future"
    await settled(aws, plan(FROM % (KINESIS, "2020-01-01T00:00:00Z", "")))
    anew = plan(FROM % (KINESIS, "2999-01-01T00:00:00Z", ", replace: recreate"), policy="policy: {destructive: allow}")
    assert await refused(aws, anew) == "starting-position-future"


async def test_more_filters_than_usual_are_warned_of(aws: VirtualAws) -> None:
    line = "event_sources: {o: {source: '${tables.orders.stream_arn}', starting_position: latest, filter: %s}}"
    for count, told in ((5, set()), (6, {"filter-quota"})):
        text = plan(line % json.dumps([{"a": [number]} for number in range(count)]))
        codes = {
            one.code for one in (await aws.preview(text)).findings if one.ref and one.ref.section == "event_sources"
        }
        assert codes == told
