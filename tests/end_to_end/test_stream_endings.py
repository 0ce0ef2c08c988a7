"""Each way in which a table's stream ends under a mapping of the same plan (fact sheet 14.3, rule 21)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from orchestrator.errors import Fault
from orchestrator.model import Call, Finding
from orchestrator.ports import Cloud
from tests.end_to_end.attachments import DESTRUCTIVE, mappings, plan, settled, started, stream
from tests.end_to_end.dying import Dead
from tests.end_to_end.virtual import READS as READS_ONLY
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

READS = "event_sources: {orders: {source: '${tables.orders.stream_arn}', starting_position: trim_horizon%s}}"
PLAIN = READS % ""
NAMES = 'environment: {TABLE: "${tables.orders.name}"%s}'
BEFORE = plan(PLAIN, NAMES % "")
ENDS = {
    "another view type": plan(PLAIN, NAMES % ", MORE: x", stream="keys_only", policy=DESTRUCTIVE),
    "another table": plan(PLAIN, NAMES % ", MORE: x", policy=DESTRUCTIVE).replace(
        "partition_key: {id: S}", "partition_key: {other: S}, replace: recreate"
    ),
}
CHANGES = {"another view type": 6, "another table": 7}
"""How many calls of a run change something, as the last test sees."""
LONGEST = 300
"""Calls that no run here gets beyond."""


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return started(tmp_path)


async def begun(aws: VirtualAws) -> None:
    """What is there before, for so long that AWS backs the table up."""
    await settled(aws, BEFORE)
    await aws.clock.sleep(3600)
    aws.refused.clear()


@dataclass
class Watching:
    """A Cloud that notes in which states the account's mappings are whenever a call ends a stream."""

    cloud: Cloud
    aws: VirtualAws
    seen: list[list[str]] = field(default_factory=list)

    async def send(self, call: Call) -> Mapping[str, Any]:
        off = call.parameters.get("StreamSpecification") == {"StreamEnabled": False}
        if off or call.operation == "DeleteTable":
            self.seen.append([one["State"] for one in mappings(self.aws)])
        return await self.cloud.send(call)


@pytest.mark.parametrize("way", ENDS)
async def test_the_mapping_is_disabled_by_then_and_made_anew_on_the_new_stream(aws: VirtualAws, way: str) -> None:
    await begun(aws)
    (before,) = mappings(aws)
    watching: list[Watching] = []

    def between(cloud: Cloud) -> Cloud:
        watching.append(Watching(cloud, aws))
        return watching[-1]

    aws.between = between
    await settled(aws, ENDS[way])
    assert [states for one in watching for states in one.seen] == [["Disabled"]]
    assert aws.refused == []
    (after,) = mappings(aws)
    assert after["EventSourceArn"] == stream(aws) != before["EventSourceArn"]
    assert (after["State"], after["StartingPosition"]) == ("Enabled", "TRIM_HORIZON")


@dataclass
class Killed:
    """A Cloud whose caller dies at its `at`-th call that changes something: before it, or once it is accepted."""

    cloud: Cloud
    at: int
    accepted: bool
    sent: int = 0

    async def send(self, call: Call) -> Mapping[str, Any]:
        if READS_ONLY.match(call.operation):
            return await self.cloud.send(call)
        self.sent += 1
        if self.sent == self.at and self.accepted:
            await self.cloud.send(call)
        if self.sent >= self.at:
            raise Dead
        return await self.cloud.send(call)


async def ends_the_same(aws: VirtualAws, way: str) -> None:
    """What is left is done, if anything is, and then nothing is."""
    assert (await aws.apply(ENDS[way])).exit_code == 0
    assert (await aws.apply(ENDS[way])).outcome == "nothing_to_do"
    (mapping,) = mappings(aws)
    assert (mapping["EventSourceArn"], mapping["State"]) == (stream(aws), "Enabled")
    assert aws.refused == []


@pytest.mark.parametrize("accepted", [False, True])
@pytest.mark.parametrize(("way", "at"), [(way, at + 1) for way, changes in CHANGES.items() for at in range(changes)])
async def test_killed_at_any_change_a_second_run_ends_the_same(
    aws: VirtualAws, way: str, at: int, accepted: bool
) -> None:
    await begun(aws)
    killed = list[Killed]()

    def between(cloud: Cloud) -> Cloud:
        killed.append(Killed(cloud, at, accepted))
        return killed[-1]

    before, aws.between = aws.between, between
    try:
        await aws.apply(ENDS[way])
    except* Dead:
        pass
    aws.between = before
    assert killed[-1].sent == at
    await aws.clock.sleep(5)
    await ends_the_same(aws, way)


@pytest.mark.parametrize("at", range(1, LONGEST, 13))
@pytest.mark.parametrize("way", ENDS)
async def test_killed_while_it_looks_a_second_run_ends_the_same(aws: VirtualAws, way: str, at: int) -> None:
    await begun(aws)
    await aws.dies(ENDS[way], at)
    await aws.clock.sleep(5)
    await ends_the_same(aws, way)


@pytest.mark.parametrize("way", ENDS)
async def test_no_run_is_longer_than_that(aws: VirtualAws, way: str) -> None:
    await begun(aws)
    aws.sent.clear()
    assert not await aws.dies(ENDS[way], LONGEST)
    assert len(aws.sent) == CHANGES[way]


@pytest.mark.parametrize(("view", "then"), [("keys_only", ", and make some on the new stream."), ("off", ".")])
async def test_readers_that_the_plan_does_not_name_are_warned_of(aws: VirtualAws, view: str, then: str) -> None:
    """One of the same function, which states no event sources; nobody asks for it where the stream stays."""
    await begun(aws)
    (mapping,) = mappings(aws)
    listed = "lambda:ListEventSourceMappings"
    before = aws.account.timeline.calls[listed]
    assert not await warned(aws, plan(), "stream-read")
    assert aws.account.timeline.calls[listed] == before
    (warning,) = await warned(aws, plan(stream=view), "stream-read")
    assert warning.message == f"The stream of tables.orders ends, and is read by api ({mapping['UUID']})."
    assert warning.action.endswith(f"first if they shall still drain the stream{then}")


async def warned(aws: VirtualAws, text: str, code: str) -> list[Finding]:
    return [one for one in (await aws.preview(text)).findings if one.code == code]


async def test_readers_that_the_plan_takes_away_or_makes_anew_are_not_warned_of(aws: VirtualAws) -> None:
    await begun(aws)
    absent = "event_sources: {orders: {ensure: absent, source: '${tables.orders.stream_arn}'}}"
    for text in (*ENDS.values(), plan(absent, stream="off")):
        assert not await warned(aws, text, "stream-read")
    gone = "plan: api\ntables: {orders: absent}\nfunctions: {api: absent}\n"
    assert not await warned(aws, gone, "stream-read")
    assert await warned(aws, gone.replace("functions: {api: absent}", ""), "stream-read")


@pytest.mark.parametrize(("gone", "pause"), [(False, 60), (True, 2), (True, 600)])
async def test_a_stream_that_has_ended_already_is_not_said_to_end(aws: VirtualAws, gone: bool, pause: int) -> None:
    """Somebody else turned it off, or deleted the table: no mapping is disabled then, and the preview doesn't say so."""
    await begun(aws)
    if gone:
        aws.send("dynamodb", "DeleteTable", TableName="orders")
    else:
        aws.send("dynamodb", "UpdateTable", TableName="orders", StreamSpecification={"StreamEnabled": False})
    await aws.clock.sleep(pause)
    (said,) = await warned(aws, BEFORE, "event-source-replaced")
    assert said.message.startswith(
        "functions.api.event_sources.orders is deleted and created anew, because its stream has ended."
    )
    await settled(aws, BEFORE.replace("tables:", f"{DESTRUCTIVE}\ntables:"))


async def test_a_preview_says_which_records_are_skipped(aws: VirtualAws) -> None:
    await begun(aws)
    latest = ENDS["another view type"].replace("trim_horizon", "latest")
    (said,) = [one for one in (await aws.preview(latest)).findings if one.code == "event-source-replaced"]
    assert said.message == (
        "functions.api.event_sources.orders is disabled before its old stream ends, then deleted, and created anew once the new "
        "stream is on. The function misses what it has not read of the old stream when it is disabled, and what is written from "
        "then until the new stream is on, and what is written between the new stream's start and the new mapping's."
    )
    (said,) = [
        one for one in (await aws.preview(ENDS["another view type"])).findings if one.code == "event-source-replaced"
    ]
    assert said.message.endswith("and what is written from then until the new stream is on.")


async def test_what_the_plan_disables_stays_so_and_what_it_does_not_state_is_enabled(aws: VirtualAws) -> None:
    """A run that is killed leaves the old one disabled: that says nothing of what the plan wants."""
    await settled(aws, plan(READS % ", enabled: false"))
    (said,) = [
        one
        for one in (await aws.preview(plan(PLAIN, stream="keys_only"))).findings
        if one.code == "event-source-replaced"
    ]
    assert said.message == (
        "functions.api.event_sources.orders is deleted after its old stream has ended, and created anew once the new stream is "
        "on. The function misses what it has not read of the old stream, and what is written from the end of that until the new "
        "stream is on. It is disabled now, and the new one is enabled, unless the plan says `enabled: false`."
    )
    await settled(aws, plan(READS % ", enabled: false", stream="keys_only", policy=DESTRUCTIVE))
    assert [one["State"] for one in mappings(aws)] == ["Disabled"]
    await settled(aws, plan(PLAIN, stream="old_image", policy=DESTRUCTIVE))
    assert [one["State"] for one in mappings(aws)] == ["Enabled"]


@dataclass
class Denied:
    """A Cloud whose caller may not change tables."""

    cloud: Cloud

    async def send(self, call: Call) -> Mapping[str, Any]:
        if call.operation == "UpdateTable":
            raise Fault(call.service, call.operation, "AccessDeniedException", "no", status=400)
        return await self.cloud.send(call)


async def test_a_failure_of_the_table_leaves_the_function_to_the_next_run(aws: VirtualAws) -> None:
    """The stream could not be ended: the mapping stays disabled until a run gets through, and that one makes it anew."""
    await begun(aws)
    text = ENDS["another view type"]
    before, aws.between = aws.between, Denied
    report = await aws.apply(text)
    assert report.exit_code == 1
    assert {step.id: step.outcome for step in report.steps if "event_sources" in step.id} == {
        "functions.api.event_sources.orders:update-enabled": "done",
        "functions.api.event_sources.orders:delete": "not_run",
        "functions.api.event_sources.orders:create": "not_run",
    }
    assert [one["State"] for one in mappings(aws)] == ["Disabled"]
    aws.between = before
    await settled(aws, text)
    assert [one["State"] for one in mappings(aws)] == ["Enabled"]
