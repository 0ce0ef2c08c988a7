"""What somebody makes in the very moment in which a run makes the same: one refusal, one look, and it is made as planned."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator.model import Call
from orchestrator.ports import Cloud
from tests.end_to_end.attachments import QUEUE, calls, mappings, plan, settled, started
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

MAPPING = f"event_sources: {{jobs: {{source: '{QUEUE}', batch_size: 5}}}}"
THEIRS = {"EventSourceArn": QUEUE}
URL = "url: {auth: aws_iam, cors: {allow_origins: ['*']}}"
PERMISSION = "permissions: {p: {principal: s3.amazonaws.com}}"
STATEMENT = {"StatementId": "p", "Action": "lambda:*", "Principal": "sns.amazonaws.com"}


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return started(tmp_path)


class Preceding:
    """A Cloud beside which somebody sends the same operation right before the first one of ours."""

    def __init__(self, cloud: Cloud, aws: VirtualAws, operation: str, theirs: Mapping[str, Any]) -> None:
        self._cloud = cloud
        self._aws = aws
        self._operation = operation
        self._theirs = theirs
        self._done = False

    async def send(self, call: Call) -> Mapping[str, Any]:
        if call.operation == self._operation and not self._done:
            self._done = True
            self._aws.send("lambda", self._operation, FunctionName="api", **self._theirs)
        return await self._cloud.send(call)


@pytest.mark.parametrize(
    ("stated", "operation", "theirs"),
    [
        (MAPPING, "CreateEventSourceMapping", {**THEIRS, "BatchSize": 3}),
        (URL, "CreateFunctionUrlConfig", {"AuthType": "NONE"}),
        (PERMISSION, "AddPermission", STATEMENT),
    ],
)
async def test_what_is_in_its_place_in_another_shape_is_planned_anew_after_one_refusal(
    aws: VirtualAws, stated: str, operation: str, theirs: dict[str, Any]
) -> None:
    """Fact sheet 11.4: adopt what is there; 14.4: nothing is reissued while what stands in its place can be seen."""
    await settled(aws, plan())
    aws.refused.clear()
    aws.between = lambda cloud: Preceding(cloud, aws, operation, theirs)
    report = await aws.apply(plan(stated))
    assert report.outcome == "succeeded"
    assert [fault.operation for fault in aws.refused] == [operation]
    aws.between = lambda cloud: cloud
    assert (await aws.apply(plan(stated))).outcome == "nothing_to_do"


@pytest.mark.parametrize("operation", ["CreateEventSourceMapping"])
async def test_a_mapping_that_is_there_as_stated_is_adopted_by_its_uuid(aws: VirtualAws, operation: str) -> None:
    await settled(aws, plan())
    aws.refused.clear()
    aws.between = lambda cloud: Preceding(cloud, aws, operation, {**THEIRS, "BatchSize": 5})
    report = await aws.apply(plan(MAPPING))
    assert [(step.outcome, step.attempts) for step in report.steps] == [("done", 1)]
    assert len(mappings(aws)) == 1
    assert calls(aws, "GetEventSourceMapping") >= 1
