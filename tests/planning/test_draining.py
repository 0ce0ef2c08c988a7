"""A stream that goes in the same plan as the mappings that read it: these go first, where nothing asks for the opposite."""

from pathlib import Path

import pytest

from tests.end_to_end.attachments import mappings, plan, settled, started, stream
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

READS = "event_sources: {o: {source: '${tables.orders.stream_arn}', starting_position: latest}}"
UNASKED = "policy: {destructive: allow, backup_before_delete: false}"


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return started(tmp_path)


async def needs(aws: VirtualAws, text: str) -> dict[str, tuple[str, ...]]:
    return {step.id: step.needs for step in (await aws.preview(text)).graph}


async def test_a_stream_is_turned_off_after_its_mapping_is_gone(aws: VirtualAws) -> None:
    await settled(aws, plan(READS))
    gone = f"event_sources: {{o: {{ensure: absent, source: '{stream(aws)}'}}}}"
    text = plan(gone, stream="off", policy=UNASKED)
    deletion = "functions.api.event_sources.o:delete"
    assert await needs(aws, text) == {deletion: (), "tables.orders:update-stream": (deletion,)}
    await settled(aws, text)
    assert mappings(aws) == []


async def test_a_table_goes_after_the_mappings_of_the_function_that_goes_too(aws: VirtualAws) -> None:
    await settled(aws, plan(READS))
    (uuid,) = [one["UUID"] for one in mappings(aws)]
    text = f"plan: api\n{UNASKED}\ntables: {{orders: absent}}\nfunctions: {{api: absent}}\n"
    deletion = f"functions.api.event_sources.{uuid}:delete"
    assert await needs(aws, text) == {
        deletion: (),
        "functions.api:delete": (deletion,),
        "tables.orders:delete": (deletion,),
    }
    await settled(aws, text)


async def test_what_waits_for_the_table_anyway_is_left_as_it_is(aws: VirtualAws) -> None:
    """The function refers to the table, so that its lane begins once the stream is off: no circle is made."""
    await settled(aws, plan(READS, 'environment: {TABLE: "${tables.orders.name}"}'))
    gone = f"event_sources: {{o: {{ensure: absent, source: '{stream(aws)}'}}}}"
    text = plan(gone, 'environment: {TABLE: "${tables.orders.name}"}', stream="off", policy=UNASKED)
    off, deletion = "tables.orders:update-stream", "functions.api.event_sources.o:delete"
    assert await needs(aws, text) == {off: (), deletion: (off,)}
    await settled(aws, text)


async def test_a_stream_of_another_table_waits_for_nothing(aws: VirtualAws) -> None:
    other = "  others: {partition_key: {id: S}, billing: on_demand, stream: %s}\nfunctions:"
    await settled(aws, plan(READS).replace("functions:", other % "new_image"))
    gone = f"event_sources: {{o: {{ensure: absent, source: '{stream(aws)}'}}}}"
    found = await needs(aws, plan(gone, policy=UNASKED).replace("functions:", other % "off"))
    assert found == {"functions.api.event_sources.o:delete": (), "tables.others:update-stream": ()}
