"""A function goes through the state Deleting (fact sheet 11.2): taken away, made anew right after, and found on its way."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestrator.model import Call
from orchestrator.ports import Cloud
from orchestrator.sandbox.rules.durations import Durations
from orchestrator.sandbox.rules.refusal import Refusal
from tests.end_to_end.attachments import DESTRUCTIVE, ids, mappings, plan, settled, started
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

GONE = f"plan: api\n{DESTRUCTIVE}\nfunctions: {{api: absent}}\n"
WHOLE = (
    "aliases: {live: published}",
    "event_sources: {o: {source: '${tables.orders.stream_arn}', starting_position: latest, alias: live}}",
    "permissions: {from-s3: {principal: s3.amazonaws.com, source_arn: 'arn:aws:s3:::one', alias: live}}",
    "url: {auth: aws_iam, alias: live}",
    "provisioned_concurrency: {live: 1}",
    "tags: {team: orders}",
)
"""Everything that hangs on a function."""


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return started(tmp_path)


def state(aws: VirtualAws) -> str | None:
    try:
        shown: dict[str, Any] = aws.send("lambda", "GetFunctionConfiguration", FunctionName="api")
    except Refusal:
        return None
    return str(shown["State"])


def refused_in_transition(aws: VirtualAws) -> int:
    return aws.account.timeline.refused_in_transition


async def test_a_deletion_is_over_once_the_function_is_gone(aws: VirtualAws) -> None:
    await settled(aws, plan(*WHOLE))
    aws.refused.clear()
    report = await settled(aws, GONE)
    assert state(aws) is None
    (deletion,) = [step for step in report.steps if step.id == "functions.api:delete"]
    assert deletion.settling_seconds is not None
    assert deletion.settling_seconds >= Durations().function_delete
    assert aws.refused == []


async def test_a_function_is_made_anew_right_after(aws: VirtualAws) -> None:
    """The run that deletes it waits for nothing: the next one finds it on its way out."""
    await settled(aws, plan("aliases: {live: published}"))
    await aws.apply(GONE, wait="none")
    assert state(aws) == "Deleting"
    report = await settled(aws, plan(*WHOLE))
    assert ids(report)[:2] == ["functions.api:wait", "functions.api:create"]
    assert state(aws) == "Active"
    assert refused_in_transition(aws) == 0


async def test_a_function_that_somebody_deletes_is_waited_for_and_made_anew(aws: VirtualAws) -> None:
    """Its event source mapping outlives it, and is that of the new one."""
    await settled(aws, plan(*WHOLE))
    aws.send("lambda", "DeleteFunction", FunctionName="api")
    assert state(aws) == "Deleting"
    await settled(aws, plan(*WHOLE))
    assert state(aws) == "Active"
    assert [one["State"] for one in mappings(aws)] == ["Enabled"]
    assert refused_in_transition(aws) == 0


async def test_a_function_that_shall_go_and_is_going_is_waited_for(aws: VirtualAws) -> None:
    """Its event source mapping, which would outlive it, goes meanwhile."""
    await settled(aws, plan(*WHOLE))
    aws.send("lambda", "DeleteFunction", FunctionName="api")
    aws.sent.clear()
    report = await settled(aws, GONE)
    assert {step.outcome for step in report.steps} == {"done"}
    assert [call.operation for call in aws.sent] == ["DeleteEventSourceMapping"]
    assert state(aws) is None
    await aws.clock.sleep(Durations().event_source_delete)
    assert mappings(aws) == []


@pytest.mark.parametrize("at", range(1, 12))
async def test_a_run_that_dies_while_it_deletes_is_taken_up_by_one_that_creates(aws: VirtualAws, at: int) -> None:
    await settled(aws, plan(*WHOLE))
    await aws.dies(GONE, at)
    assert (await aws.apply(plan(*WHOLE))).exit_code == 0
    await settled(aws, GONE)
    await settled(aws, plan(*WHOLE))
    assert state(aws) == "Active"
    assert refused_in_transition(aws) == 0


@dataclass
class Meddling:
    """A Cloud before whose `at`-th call somebody else deletes the function."""

    cloud: Cloud
    aws: VirtualAws
    at: int
    called: int = 0

    async def send(self, call: Call) -> Mapping[str, Any]:
        self.called += 1
        if self.called == self.at and state(self.aws) is not None:
            with suppress(Refusal):  # not while it is being updated
                self.aws.send("lambda", "DeleteFunction", FunctionName="api")
        return await self.cloud.send(call)


@pytest.mark.parametrize("at", range(1, 24))
async def test_a_function_that_somebody_deletes_meanwhile_is_there_in_the_end(aws: VirtualAws, at: int) -> None:
    """The run that finds it on its way out, or gone, makes it anew; where it was over by then the next one does."""
    await settled(aws, plan(*WHOLE))
    changed = plan(*WHOLE, "memory: 256")
    aws.between = lambda cloud: Meddling(cloud, aws, at)
    assert (await aws.apply(changed)).outcome == "succeeded"
    aws.between = lambda cloud: cloud
    assert (await aws.apply(changed)).exit_code == 0
    assert state(aws) == "Active"
    assert (await aws.apply(changed)).outcome == "nothing_to_do"
