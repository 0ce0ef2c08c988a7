"""A removal of a replica that is met half done: no longer listed here, its own table still DELETING in its Region."""

from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Durations
from tests.end_to_end.test_replicas import WEST, described, exists, listed, replicated, steps
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

GOES = 1200
"""Seconds for which the copy goes on being deleted after it is no longer listed: longer than an update may take."""


@pytest.fixture
async def aws(tmp_path: Path) -> VirtualAws:
    """An account in which somebody removed the replica, and this Region lists it no more."""
    aws = VirtualAws(tmp_path, Account(durations=replace(Durations(), replica_gone=GOES)))
    assert (await aws.apply(replicated(us_west_2="{}"))).exit_code == 0
    await aws.clock.sleep(90_000)
    aws.send("dynamodb", "UpdateTable", TableName="orders", ReplicaUpdates=[{"Delete": {"RegionName": WEST}}])
    while listed(aws):
        await aws.clock.sleep(1)
    assert described(aws, WEST)["TableStatus"] == "DELETING"
    return aws


@pytest.mark.parametrize("more", ["", "    tags: {a: b}\n", "    stream: new_image\n"])
async def test_a_copy_that_is_still_going_is_waited_for(aws: VirtualAws, more: str) -> None:
    """One wait, until its own Region does not know it any more; then what else there is."""
    text = replicated(us_west_2="absent") + more
    (wait, *_) = (await aws.preview(text)).graph
    assert (wait.summary, wait.deadline) == ("wait until settled: table in us-west-2 DELETING", 3600)
    report = await aws.apply(text)
    assert (report.exit_code, report.notices) == (0, ())
    assert steps(report)[0] == ":wait"
    assert [step for step in steps(report) if "wait" in step] == [":wait"]
    assert not exists(aws, WEST)
    assert (await aws.apply(text)).outcome == "nothing_to_do"
