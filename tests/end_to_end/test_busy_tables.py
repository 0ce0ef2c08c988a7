"""Somebody's index build that begins right before a call: what does not change the table itself waits for TableStatus alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestrator.model import Call
from orchestrator.ports import Cloud
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

PLAN = "plan: shop\ntables:\n  orders:\n    partition_key: {id: S}\n    billing: on_demand\n"
POLICY = (
    "{Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {AWS: '123456789012'}, Action: 'dynamodb:GetItem', "
    "Resource: '*'}]}"
)
OF_THE_TABLE = [
    ("tags: {team: orders}", "TagResource"),
    ("ttl: expires_at", "UpdateTimeToLive"),
    (f"resource_policy: {POLICY}", "PutResourcePolicy"),
    ("kinesis_stream: arn:aws:kinesis:eu-west-1:123456789012:stream/one", "EnableKinesisStreamingDestination"),
    ("point_in_time_recovery: true", "UpdateContinuousBackups"),
]
BUILDING = 400
"""Seconds that an index takes at least in the simulated account."""


@dataclass
class BuiltBetween:
    """A Cloud in which somebody starts an index between our look and the first call of `operation`."""

    cloud: Cloud
    aws: VirtualAws
    operation: str
    begun: bool = False

    async def send(self, call: Call) -> Mapping[str, Any]:
        if call.operation == self.operation and not self.begun:
            self.begun = True
            self.aws.send(
                "dynamodb",
                "UpdateTable",
                TableName="orders",
                AttributeDefinitions=[{"AttributeName": "day", "AttributeType": "S"}],
                GlobalSecondaryIndexUpdates=[
                    {
                        "Create": {
                            "IndexName": "by_day",
                            "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}],
                            "Projection": {"ProjectionType": "ALL"},
                        }
                    }
                ],
            )
        return await self.cloud.send(call)


def settled(aws: VirtualAws) -> float:
    """When the step whose call was refused was done."""
    (step,) = {event.step for event in aws.events if event.what == "retrying"}
    return next(event.at for event in aws.events if (event.step, event.what) == (step, "settled"))


@pytest.fixture
async def aws(tmp_path: Path) -> VirtualAws:
    """An account in which the table has been there for a while."""
    aws = VirtualAws(tmp_path)
    assert (await aws.apply(PLAN)).exit_code == 0
    await aws.clock.sleep(4000)
    aws.sent.clear()
    return aws


@pytest.mark.parametrize(("setting", "operation"), OF_THE_TABLE)
async def test_a_table_in_the_way_is_waited_for_without_its_indexes(
    aws: VirtualAws, setting: str, operation: str
) -> None:
    """Language page, Gates; fact sheet 1.4: refused while the table is UPDATING, taken while only an index is busy."""
    aws.between = lambda cloud: BuiltBetween(cloud, aws, operation)
    began = aws.clock.now()
    report = await aws.apply(f"{PLAN}    {setting}\n")
    assert report.exit_code == 0
    assert {one.operation for one in aws.refused} == {operation}
    assert settled(aws) - began < BUILDING / 2


async def test_what_changes_the_table_itself_waits_for_the_index(aws: VirtualAws) -> None:
    """An UpdateTable is for all indexes to wait for, whatever AWS says is in the way."""
    aws.between = lambda cloud: BuiltBetween(cloud, aws, "UpdateTable")
    began = aws.clock.now()
    report = await aws.apply(f"{PLAN}    stream: new_image\n")
    assert report.exit_code == 0
    assert aws.refused
    assert settled(aws) - began > BUILDING
