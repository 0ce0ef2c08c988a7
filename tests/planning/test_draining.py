"""A stream that goes in the same plan as the mappings that read it: these go first, where nothing asks for the opposite."""

from pathlib import Path

import pytest

from orchestrator.errors import InvalidPlan
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


async def test_a_function_that_waits_for_the_table_lets_go_of_its_stream_before(aws: VirtualAws) -> None:
    """Its environment names the table, and the table waits for its mapping: no circle is made of that."""
    names = 'environment: {TABLE: "${tables.orders.name}"%s}'
    await settled(aws, plan(READS, names % ""))
    gone = f"event_sources: {{o: {{ensure: absent, source: '{stream(aws)}'}}}}"
    text = plan(gone, names % ", MORE: x", stream="off", policy=UNASKED)
    off, deletion = "tables.orders:update-stream", "functions.api.event_sources.o:delete"
    configuration = "functions.api:update-configuration"
    assert await needs(aws, text) == {deletion: (), off: (deletion,), configuration: (deletion, off)}
    await settled(aws, text)


async def test_a_mapping_is_disabled_before_its_stream_is_replaced_and_made_anew_after_it(aws: VirtualAws) -> None:
    """Fact sheet 14.3, rule 21."""
    await settled(aws, plan(READS))
    text = plan(READS, "memory: 256", stream="keys_only", policy=UNASKED)
    of, table = "functions.api.event_sources.o", "tables.orders:update-stream"
    assert await needs(aws, text) == {
        f"{of}:update-enabled": (),
        "functions.api:update-configuration": (f"{of}:update-enabled",),
        f"{table}-1": (f"{of}:update-enabled",),
        f"{table}-2": (f"{table}-1",),
        f"{of}:delete": ("functions.api:update-configuration", f"{table}-2"),
        f"{of}:create": (f"{of}:delete",),
    }
    await settled(aws, text)


async def test_only_the_event_source_waits_for_its_table(aws: VirtualAws) -> None:
    """The function is made beside the table whose stream it reads."""
    assert await needs(aws, plan(READS)) == {
        "tables.orders:create": (),
        "functions.api:create": (),
        "functions.api.event_sources.o:create": ("functions.api:create", "tables.orders:create"),
    }


async def test_a_table_that_waits_for_a_reader_of_its_stream_is_a_circle(aws: VirtualAws) -> None:
    with pytest.raises(InvalidPlan, match=r"wait for each other: tables.orders → functions.api → tables.orders"):
        await aws.preview(plan(READS).replace("billing: on_demand", "billing: on_demand, after: [functions.api]"))


async def test_a_stream_waits_for_every_function_that_reads_it(aws: VirtualAws) -> None:
    """Also where one of them refers to the other, and both to the table."""
    second = """
  other:
    runtime: python3.13
    handler: app.handler
    role: arn:aws:iam::123456789012:role/r
    code: {directory: code}
    environment: {FIRST: "${functions.api.arn}", TABLE: "${tables.orders.arn}"}
    %s
"""
    names = 'environment: {TABLE: "${tables.orders.name}"}'
    await settled(aws, plan(READS, names) + second % READS)
    found = await needs(aws, plan(READS, names, stream="keys_only", policy=UNASKED) + second % READS)
    disabled = [f"functions.{name}.event_sources.o:update-enabled" for name in ("api", "other")]
    assert found["tables.orders:update-stream-1"] == tuple(disabled)
    assert [found[step] for step in disabled] == [(), ()]
    await settled(aws, plan(READS, names, stream="keys_only", policy=UNASKED) + second % READS)


@pytest.mark.parametrize("wait", ["gate", "all"])
async def test_what_a_start_up_waits_for_waits_for_nothing_in_the_background(aws: VirtualAws, wait: str) -> None:
    """The function is in the background, its table is not: the table's stream is replaced within the run all the same."""
    await settled(aws, plan(READS))
    text = plan(READS, "gate: background", stream="keys_only", policy=UNASKED)
    gates = {step.id: step.gate for step in (await aws.preview(text)).graph}
    assert gates["functions.api.event_sources.o:update-enabled"] == "start"
    assert gates["functions.api.event_sources.o:create"] == "background"
    report = await aws.apply(text, wait=wait)
    assert report.exit_code == 0
    assert {step.id: step.outcome for step in report.steps if step.id.startswith("tables")} == {
        "tables.orders:update-stream-1": "done",
        "tables.orders:update-stream-2": "done",
    }


async def test_a_plan_that_disables_its_event_source_waits_as_it_did(aws: VirtualAws) -> None:
    """Nothing ends there: it is an ordinary change, in its place."""
    await settled(aws, plan(READS))
    off = READS.replace("latest}", "latest, enabled: false}")
    assert await needs(aws, plan(off, "memory: 256")) == {
        "functions.api:update-configuration": (),
        "functions.api.event_sources.o:update-settings": ("functions.api:update-configuration",),
    }


async def test_what_is_disabled_already_is_not_disabled_again(aws: VirtualAws) -> None:
    await settled(aws, plan(READS.replace("latest}", "latest, enabled: false}")))
    assert "functions.api.event_sources.o:update-enabled" not in await needs(aws, plan(READS, stream="keys_only"))


async def test_plans_side_by_side_wait_for_their_own_steps_alone(aws: VirtualAws, tmp_path: Path) -> None:
    """Both have steps of the same ids."""
    await settled(aws, plan(READS))
    beside = tmp_path / "beside.yaml"
    other = plan().replace("plan: api", "plan: other").replace("billing:", "name: orders2, billing:")
    beside.write_text(other.replace("    runtime:", "    name: api2\n    runtime:"))
    found = (await aws.preview(plan(READS, stream="keys_only", policy=UNASKED), beside=[beside])).graph
    assert {step.id: step.needs for step in found if step.ref.plan == "other"} == {
        "other/tables.orders:create": (),
        "other/functions.api:create": (),
    }
    of, table = "api/functions.api.event_sources.o", "api/tables.orders:update-stream"
    assert {step.id: step.needs for step in found if step.ref.plan == "api"} == {
        f"{of}:update-enabled": (),
        f"{table}-1": (f"{of}:update-enabled",),
        f"{table}-2": (f"{table}-1",),
        f"{of}:delete": (f"{of}:update-enabled", f"{table}-2"),
        f"{of}:create": (f"{of}:delete",),
    }


async def test_a_stream_of_another_table_waits_for_nothing(aws: VirtualAws) -> None:
    other = "  others: {partition_key: {id: S}, billing: on_demand, stream: %s}\nfunctions:"
    await settled(aws, plan(READS).replace("functions:", other % "new_image"))
    gone = f"event_sources: {{o: {{ensure: absent, source: '{stream(aws)}'}}}}"
    found = await needs(aws, plan(gone, policy=UNASKED).replace("functions:", other % "off"))
    assert found == {"functions.api.event_sources.o:delete": (), "tables.others:update-stream": ()}
