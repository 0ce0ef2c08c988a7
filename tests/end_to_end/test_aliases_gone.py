"""An alias that somebody deletes in the very moment of a call that names it: the run plans anew at once, and makes it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator.model import Call
from orchestrator.ports import Cloud
from tests.end_to_end.attachments import QUEUE, calls, plan, settled, started, write
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

ALIAS = "aliases: {live: published}"


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return started(tmp_path)


class Deleting:
    """A Cloud beside which somebody deletes the alias `live` right before the first call of `operation`."""

    def __init__(self, cloud: Cloud, aws: VirtualAws, operation: str) -> None:
        self._cloud = cloud
        self._aws = aws
        self._operation = operation
        self._done = False

    async def send(self, call: Call) -> Mapping[str, Any]:
        if call.operation == self._operation and not self._done:
            self._done = True
            self._aws.send("lambda", "DeleteAlias", FunctionName="api", Name="live")
        return await self._cloud.send(call)


async def test_an_alias_of_old_that_is_gone_is_no_lag_although_its_version_is_new(aws: VirtualAws) -> None:
    """Fact sheet 14.4: lag is of what was made within 60 to 120 s; the version is, the alias is not."""
    await settled(aws, plan(ALIAS))
    write(aws.folder, "2")
    began = aws.clock.now()
    aws.between = lambda cloud: Deleting(cloud, aws, "UpdateAlias")
    report = await aws.apply(plan(ALIAS))
    assert report.outcome == "succeeded"
    assert aws.send("lambda", "GetAlias", FunctionName="api", Name="live")["FunctionVersion"] == "2"
    assert calls(aws, "UpdateAlias") <= 2
    assert aws.clock.now() - began < 60


@pytest.mark.parametrize("release", ["1", "2"])
async def test_a_mapping_whose_alias_is_gone_is_planned_anew_with_it(aws: VirtualAws, release: str) -> None:
    """With the second release a version is published in the same run, which is no reason to wait for an alias of old."""
    await settled(aws, plan(ALIAS))
    write(aws.folder, release)
    aws.between = lambda cloud: Deleting(cloud, aws, "CreateEventSourceMapping")
    report = await aws.apply(plan(ALIAS, f"event_sources: {{jobs: {{source: '{QUEUE}', alias: live}}}}"))
    assert report.outcome == "succeeded", [step.error for step in report.steps]
    assert calls(aws, "CreateEventSourceMapping") <= 3
    again = await aws.apply(plan(ALIAS, f"event_sources: {{jobs: {{source: '{QUEUE}', alias: live}}}}"))
    assert again.outcome == "nothing_to_do"
