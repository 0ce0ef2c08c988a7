"""Event source mappings that outlived their function (fact sheet 11.10): they are seen, previewed, and deleted with the rest."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from orchestrator.errors import InvalidPlan, Refused
from orchestrator.model import Call, Preview
from orchestrator.ports import Cloud
from tests.end_to_end.attachments import DESTRUCTIVE, QUEUE, mappings, plan, settled, started
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

SOURCE = "'${tables.orders.stream_arn}'"
STREAM = f"event_sources: {{o: {{source: {SOURCE}, starting_position: trim_horizon%s}}}}"
JOBS = f"event_sources: {{jobs: {{source: '{QUEUE}'%s}}}}"
GONE = f"plan: api\n{DESTRUCTIVE}\nfunctions: {{api: absent}}\n"


async def left(folder: Path, *lines: str) -> VirtualAws:
    """An account where somebody has deleted the function of a plan of these `lines`."""
    aws = started(folder)
    await settled(aws, plan("timeout: 10s", *lines))
    aws.send("lambda", "DeleteFunction", FunctionName="api")
    await aws.clock.sleep(60)
    assert len(mappings(aws)) == 1
    aws.sent.clear()
    aws.refused.clear()
    return aws


def previewed(preview: Preview) -> list[str]:
    return [step.call.operation for step in preview.graph if step.call]


def codes(preview: Preview) -> list[str]:
    return [f"{one.level}:{one.code}" for one in preview.findings if one.ref and one.ref.section == "event_sources"]


async def as_previewed(aws: VirtualAws, text: str) -> Preview:
    """Apply `text`: exactly what the preview shows is sent and taken, and a second run changes nothing.

    That a function is not known everywhere right after it was made is waited for (fact sheet 11.10).
    """
    preview = await aws.preview(text)
    aws.sent.clear()
    aws.refused.clear()
    await settled(aws, text)
    assert {fault.message for fault in aws.refused} <= {"Function does not exist"}
    taken = Counter(call.operation for call in aws.sent) - Counter(fault.operation for fault in aws.refused)
    assert taken == Counter(previewed(preview))
    return preview


@pytest.mark.parametrize("said", ["event_sources: {}", f"event_sources: {{o: {{ensure: absent, source: '{QUEUE}'}}}}"])
async def test_what_goes_is_previewed_and_refused_before_the_function_is_made(tmp_path: Path, said: str) -> None:
    aws = await left(tmp_path, JOBS % "")
    lines = ("timeout: 10s", said, *(["prune: [event_sources]"] if said.endswith("{}") else []))
    with pytest.raises(Refused):
        await aws.apply(plan(*lines))
    assert aws.sent == []
    preview = await as_previewed(aws, plan(*lines, policy=DESTRUCTIVE))
    assert "DeleteEventSourceMapping" in previewed(preview)
    assert mappings(aws) == []


async def test_one_that_started_elsewhere_is_refused_before_the_function_is_made(tmp_path: Path) -> None:
    aws = await left(tmp_path, STREAM % "")
    latest = (STREAM % "%s").replace("trim_horizon", "latest")
    with pytest.raises(InvalidPlan):
        await aws.apply(plan("timeout: 10s", latest % ""))
    with pytest.raises(Refused):
        await aws.apply(plan("timeout: 10s", latest % ", replace: recreate"))
    assert aws.sent == []
    await as_previewed(aws, plan("timeout: 10s", latest % ", replace: recreate", policy=DESTRUCTIVE))
    assert mappings(aws)[0]["StartingPosition"] == "LATEST"


async def test_one_that_is_taken_over_is_changed_in_place_and_told_with_what_it_keeps(tmp_path: Path) -> None:
    aws = await left(tmp_path, JOBS % ", enabled: false, batch_size: 3")
    preview = await as_previewed(aws, plan("timeout: 10s", JOBS % ", batch_size: 5"))
    assert [one for one in previewed(preview) if "Mapping" in one] == ["UpdateEventSourceMapping"]
    assert codes(preview) == ["warning:event-source-left"]
    (told,) = [one for one in preview.findings if one.code == "event-source-left"]
    assert "Disabled" in told.message
    assert told.message.endswith("It is taken over, and reads nothing: it is disabled, and stays so.")
    assert "enabled" in told.action
    assert "batch_size" not in told.action


async def test_one_that_the_plan_enables_is_told_to_read_on(tmp_path: Path) -> None:
    aws = await left(tmp_path, JOBS % ", enabled: false")
    preview = await aws.preview(plan("timeout: 10s", JOBS % ", enabled: true"))
    (told,) = [one for one in preview.findings if one.code == "event-source-left"]
    assert told.message.endswith("It is taken over, and reads on where that one ended.")


async def test_one_moves_to_the_alias_that_the_plan_makes(tmp_path: Path) -> None:
    aws = await left(tmp_path, JOBS % "")
    await as_previewed(aws, plan("timeout: 10s", "aliases: {live: published}", JOBS % ", alias: live"))
    assert mappings(aws)[0]["FunctionArn"].endswith(":function:api:live")


async def test_one_on_an_earlier_stream_is_made_anew(tmp_path: Path) -> None:
    aws = await left(tmp_path, STREAM % "")
    text = plan("timeout: 10s", STREAM % "", stream="keys_only", policy=DESTRUCTIVE)
    preview = await as_previewed(aws, text)
    assert "DeleteEventSourceMapping" in previewed(preview)
    assert len(mappings(aws)) == 1


async def test_one_that_the_plan_does_not_name_is_unmanaged_before_the_function_is_there(tmp_path: Path) -> None:
    aws = await left(tmp_path, JOBS % "")
    preview = await aws.preview(plan("timeout: 10s", "event_sources: {}"))
    assert [thing.name for thing in preview.unmanaged] == [mappings(aws)[0]["UUID"]]


async def test_a_mapping_of_a_function_of_another_name_is_none_of_them(tmp_path: Path) -> None:
    aws = await left(tmp_path, JOBS % "")
    preview = await aws.preview(plan("timeout: 10s", "name: api2", "event_sources: {}", "prune: [event_sources]"))
    assert (previewed(preview)[-1], preview.unmanaged) == ("CreateFunction", ())


async def test_absent_deletes_what_a_function_that_is_gone_has_left(tmp_path: Path) -> None:
    aws = await left(tmp_path, JOBS % "")
    with pytest.raises(Refused):
        await aws.apply(GONE.replace("allow", "refuse"))
    preview = await as_previewed(aws, GONE)
    assert previewed(preview) == ["DeleteEventSourceMapping"]
    assert [one.code for one in preview.findings] == ["function-left"]
    assert mappings(aws) == []


async def test_absent_leaves_none_behind_that_reads_a_table_which_goes_too(tmp_path: Path) -> None:
    aws = await left(tmp_path, STREAM % "")
    policy = "policy: {destructive: allow, backup_before_delete: false}"
    await as_previewed(aws, f"plan: api\n{policy}\nfunctions: {{api: absent}}\ntables: {{orders: absent}}\n")
    assert mappings(aws) == []


async def test_one_that_somebody_makes_while_the_function_goes_is_deleted_in_the_same_run(tmp_path: Path) -> None:
    aws = started(tmp_path)
    await settled(aws, plan("timeout: 10s"))

    class Meanwhile:
        """Somebody makes a mapping just before DeleteFunction arrives."""

        def __init__(self, cloud: Cloud) -> None:
            self.cloud = cloud

        async def send(self, call: Call) -> Any:
            if call.operation == "DeleteFunction":
                aws.send("lambda", "CreateEventSourceMapping", FunctionName="api", EventSourceArn=QUEUE)
                await aws.clock.sleep(30)
            return await self.cloud.send(call)

    aws.between = Meanwhile
    assert (await aws.apply(GONE)).outcome == "succeeded"
    assert mappings(aws) == []


async def test_a_function_that_goes_while_its_mapping_is_deleted_takes_nothing_of_that_away(tmp_path: Path) -> None:
    aws = started(tmp_path)
    await settled(aws, plan("timeout: 10s", JOBS % ""))
    gone: list[str] = []

    class Meanwhile:
        """Somebody deletes the function once the run has looked at it."""

        def __init__(self, cloud: Cloud) -> None:
            self.cloud = cloud

        async def send(self, call: Call) -> Any:
            if call.operation == "GetEventSourceMapping" and not gone:
                gone.append(call.operation)
                aws.send("lambda", "DeleteFunction", FunctionName="api")
                await aws.clock.sleep(60)
            return await self.cloud.send(call)

    aws.between = Meanwhile
    assert (await aws.apply(GONE)).outcome == "succeeded"
    assert gone
    assert mappings(aws) == []
