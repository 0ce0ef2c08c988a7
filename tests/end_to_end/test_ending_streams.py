"""Event sources that name by its ARN a stream that the same plans end (fact sheet 14.3, rule 21)."""

from pathlib import Path

import pytest

from orchestrator.errors import InvalidPlan
from orchestrator.model import Finding
from tests.end_to_end.attachments import DESTRUCTIVE, ROLE, mappings, plan, settled, started, stream
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

SOURCES = "event_sources: {orders: {source: '%s', starting_position: trim_horizon}}"
BY_REFERENCE = "State `source: ${tables.orders.stream_arn}`: then it is made anew on the new stream."
NONE_COMES = "No other one comes: state `orders: absent`, or leave the stream on."
FUNCTION = "functions:\n  api: {runtime: python3.13, handler: app.handler, role: '%s', code: {directory: code}, %s}\n"


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return started(tmp_path)


async def by_arn(aws: VirtualAws) -> str:
    """The event source as a plan states it by the ARN of the stream; it is there already."""
    await settled(aws, plan())
    sources = SOURCES % stream(aws)
    await settled(aws, plan(sources))
    await aws.clock.sleep(3600)
    return sources


async def error(aws: VirtualAws, text: str, *beside: Path) -> Finding:
    """The one error of a plan, for which apply sends nothing."""
    found = [one for one in (await aws.preview(text, beside=beside)).findings if one.level == "error"]
    assert [one.code for one in found] == ["stream-ends"]
    aws.sent.clear()
    with pytest.raises(InvalidPlan):
        await aws.apply(text, beside=beside)
    assert aws.sent == []
    return found[0]


@pytest.mark.parametrize(("view", "action"), [("keys_only", BY_REFERENCE), ("off", NONE_COMES)])
async def test_a_stream_that_the_plan_ends_is_no_source(aws: VirtualAws, view: str, action: str) -> None:
    sources = await by_arn(aws)
    found = await error(aws, plan(sources, stream=view, policy=DESTRUCTIVE))
    said = "names the stream of tables.orders by its ARN, and this plan ends that stream: it would read nothing more."
    assert (found.message, found.action) == (f"functions.api.event_sources.orders {said}", action)
    assert found.where is not None


async def test_nor_is_that_of_a_table_which_goes_or_is_made_anew(aws: VirtualAws) -> None:
    text = plan(await by_arn(aws), policy=DESTRUCTIVE)
    body = text[text.index("  orders:") : text.index("functions:")]
    assert (await error(aws, text.replace(body, "  orders: absent\n"))).action == NONE_COMES
    anew = "partition_key: {other: S}, replace: recreate"
    assert (await error(aws, text.replace("partition_key: {id: S}", anew))).action == BY_REFERENCE


async def test_nor_one_that_another_plan_of_the_command_ends(aws: VirtualAws) -> None:
    sources = await by_arn(aws)
    beside = aws.folder / "functions.yaml"
    beside.write_text("plan: readers\n" + FUNCTION % (ROLE, sources))
    tables = plan(stream="keys_only")
    found = await error(aws, tables[: tables.index("functions:")], beside)
    assert found.message.endswith("by its ARN, and plan api ends that stream: it would read nothing more.")
    assert found.action == (
        "Move it with its function to plan api and state `source: ${tables.orders.stream_arn}`; or apply that plan first, then "
        "state the new ARN."
    )


async def test_by_reference_it_is_made_anew_as_told(aws: VirtualAws) -> None:
    await by_arn(aws)
    await settled(aws, plan(SOURCES % "${tables.orders.stream_arn}", stream="keys_only", policy=DESTRUCTIVE))
    assert [(one["EventSourceArn"], one["State"]) for one in mappings(aws)] == [(stream(aws), "Enabled")]


async def test_one_that_stays_may_be_named_by_its_arn(aws: VirtualAws) -> None:
    sources = await by_arn(aws)
    await settled(aws, plan(sources, "memory: 256"))
