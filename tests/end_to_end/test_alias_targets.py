"""Aliases move only to versions that are Active (fact sheet 11.8, 14.6), whoever published them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator.errors import InvalidPlan
from orchestrator.model import Call, Report
from orchestrator.ports import Cloud
from tests.end_to_end.attachments import ids, plan, settled, started
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

SNAPPED, UNPUBLISHED, LARGER = "snap_start: published_versions", "publish: false", "memory: 300"
TARGETS = {
    "the version itself": "aliases: {live: '2'}",
    "a share of the traffic": "aliases: {live: {version: '1', weights: {'2': 0.5}}}",
    "a new alias": "aliases: {live: '1', beta: '2'}",
    "published, without publishing": "aliases: {live: published}",
}
every_target = pytest.mark.parametrize("aliases", TARGETS.values(), ids=list(TARGETS))


class Recording:
    """A Cloud that keeps in which state version 2 is whenever an alias is made or moved."""

    def __init__(self, cloud: Cloud, aws: VirtualAws, states: list[str]) -> None:
        self._cloud, self._aws, self._states = cloud, aws, states

    async def send(self, call: Call) -> Mapping[str, Any]:
        if call.operation in ("CreateAlias", "UpdateAlias"):
            self._states.append(state(self._aws))
        return await self._cloud.send(call)


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return started(tmp_path)


def state(aws: VirtualAws) -> str:
    told: str = aws.send("lambda", "GetFunction", FunctionName="api", Qualifier="2")["Configuration"]["State"]
    return told


async def published(aws: VirtualAws, *, fails: bool = False) -> list[str]:
    """Version 1 is live, and somebody else has just published version 2. The states in which it will be given traffic."""
    await settled(aws, plan(SNAPPED, "aliases: {live: published}"))
    aws.send("lambda", "UpdateFunctionConfiguration", FunctionName="api", MemorySize=300)
    await aws.clock.sleep(60)
    if fails:
        aws.account.lambda_.fail_next("api", "Init failed", "FunctionError.InitTimeout", of="publish")
    aws.send("lambda", "PublishVersion", FunctionName="api")
    aws.sent.clear()
    states: list[str] = []
    aws.between = lambda cloud: Recording(cloud, aws, states)
    return states


def failures(report: Report) -> list[str]:
    return [str(step.error["code"]) for step in report.steps if step.outcome == "failed" and step.error]


@every_target
async def test_a_version_that_is_still_made_is_waited_for_first(aws: VirtualAws, aliases: str) -> None:
    states = await published(aws)
    text = plan(SNAPPED, UNPUBLISHED, LARGER, aliases)
    first, *_ = (await aws.preview(text)).graph
    assert (first.call, first.action) == (None, "wait")
    assert "version 2 Pending" in first.summary
    report = await settled(aws, text)
    assert states == ["Active"]
    assert len(ids(report)) == 2


@every_target
async def test_a_version_that_failed_is_an_error_before_the_first_call(aws: VirtualAws, aliases: str) -> None:
    await published(aws, fails=True)
    await aws.clock.sleep(2000)
    text = plan(SNAPPED, UNPUBLISHED, "memory: 400", aliases)
    errors = [one for one in (await aws.preview(text)).findings if one.level == "error"]
    assert [one.code for one in errors] == ["version-failed"]
    assert "Init failed" in errors[0].message
    assert errors[0].where is not None
    with pytest.raises(InvalidPlan):
        await aws.apply(text)
    assert aws.sent == []


@every_target
async def test_a_version_that_fails_meanwhile_gets_no_traffic(aws: VirtualAws, aliases: str) -> None:
    states = await published(aws, fails=True)
    report = await aws.apply(plan(SNAPPED, UNPUBLISHED, LARGER, aliases))
    assert (report.outcome, states) == ("failed", [])
    assert failures(report) == ["FunctionError.InitTimeout"]


async def test_a_version_that_fails_before_it_is_published_again_gets_no_traffic(aws: VirtualAws) -> None:
    states = await published(aws, fails=True)
    report = await aws.apply(plan(SNAPPED, LARGER, "aliases: {live: published}"))
    assert (report.outcome, states) == ("failed", [])
    assert aws.send("lambda", "GetAlias", FunctionName="api", Name="live")["FunctionVersion"] == "1"


async def test_an_alias_that_stays_is_only_told_of(aws: VirtualAws) -> None:
    """Nothing moves it there, and the plan may well change something else."""
    await published(aws, fails=True)
    aws.send("lambda", "UpdateAlias", FunctionName="api", Name="live", FunctionVersion="2")
    await aws.clock.sleep(2000)
    text = plan(SNAPPED, UNPUBLISHED, "memory: 400", "aliases: {live: '2'}")
    found = [(one.level, one.code) for one in (await aws.preview(text)).findings]
    assert ("warning", "version-failed") in found
    assert (await aws.apply(text)).outcome == "succeeded"


async def test_concurrency_is_provisioned_anew_on_an_active_version(aws: VirtualAws) -> None:
    network = "vpc: {subnets: [subnet-1], security_groups: [sg-1]}"
    await settled(aws, plan(network, "aliases: {live: published}", "provisioned_concurrency: {live: 2}"))
    aws.send("lambda", "UpdateFunctionConfiguration", FunctionName="api", MemorySize=300)
    await aws.clock.sleep(600)
    aws.send("lambda", "PublishVersion", FunctionName="api")
    assert state(aws) == "Pending"
    states: list[str] = []
    aws.between = lambda cloud: Recording(cloud, aws, states)
    await settled(aws, plan(LARGER, "aliases: {live: '2'}"))
    assert states == ["Active"]
