"""`replace: recreate` of a table in whole runs: a backup, the deletion, the name free again, then the new one."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

OLD = """
plan: shop
tables:
  orders:
    partition_key: {id: S}
    billing: {provisioned: {read: 5, write: 7}}
    stream: new_image
    ttl: expires_at
    point_in_time_recovery: true
    tags: {team: orders}
    indexes: {by_day: {partition_key: {day: S}}}
"""
NEW = """
plan: shop
policy: {destructive: allow}
tables:
  orders:
    partition_key: {customer: S}
    sort_key: {id: S}
    replace: recreate
    indexes: {by_day: {partition_key: {day: S}}}
"""


@pytest.fixture
async def aws(tmp_path: Path) -> VirtualAws:
    found = VirtualAws(tmp_path)
    assert (await found.apply(OLD)).exit_code == 0
    await found.clock.sleep(4000)  # past the hour in which time to live may not change again
    found.sent.clear()
    return found


def table(aws: VirtualAws) -> Any:
    return aws.send("dynamodb", "DescribeTable", TableName="orders")["Table"]


async def test_it_is_made_anew_as_the_plan_says_and_else_as_it_was(aws: VirtualAws) -> None:
    old = table(aws)["TableId"]
    report = await aws.apply(NEW)
    assert report.exit_code == 0
    assert {fault.code for fault in aws.refused} <= {"ContinuousBackupsUnavailableException"}  # nothing tells it before
    assert [call.operation for call in aws.sent][:3] == ["CreateBackup", "DeleteTable", "CreateTable"]
    new = table(aws)
    assert new["TableId"] != old
    assert [key["AttributeName"] for key in new["KeySchema"]] == ["customer", "id"]
    assert new["ProvisionedThroughput"]["WriteCapacityUnits"] == 7
    assert new["StreamSpecification"]["StreamViewType"] == "NEW_IMAGE"
    assert not (await aws.preview(NEW)).graph.steps
    assert not (await aws.preview(OLD.replace("    partition_key: {id: S}\n", ""))).graph.steps


async def test_it_needs_a_permission(aws: VirtualAws) -> None:
    preview = await aws.preview(NEW.replace("policy: {destructive: allow}\n", ""))
    assert "destructive-refused" in {finding.code for finding in preview.findings}


@pytest.mark.parametrize("at", range(2, 90, 4))
async def test_killed_anywhere_the_next_run_ends_the_same(aws: VirtualAws, at: int) -> None:
    """The table is deleted once and made once, whatever happens in between; what it was is forgotten then."""
    died = await aws.dies(NEW, at)
    assert (await aws.apply(NEW)).exit_code == 0
    assert not (await aws.preview(NEW)).graph.steps
    made = Counter(call.operation for call in aws.sent)
    assert (made["DeleteTable"], made["CreateTable"]) == (1, 1)
    assert made["CreateBackup"] in ((1, 2) if died else (1,))
