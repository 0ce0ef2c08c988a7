"""The backup before a deletion: named as soon as it is being made, whatever becomes of the run, and never forgotten."""

from pathlib import Path

import anyio
import pytest

from orchestrator import pipeline
from orchestrator.engine.executor import Stop
from orchestrator.model import Finding, Report
from tests.end_to_end.virtual import VirtualAws
from tests.engine.scene import Answer, Scripted

pytestmark = pytest.mark.virtual

MADE = "plan: shop\ntables: {orders: {partition_key: {id: S}}}\n"
GONE = "plan: shop\npolicy: {destructive: allow}\ntables: {orders: absent}\n"


@pytest.fixture
async def aws(tmp_path: Path) -> VirtualAws:
    aws = VirtualAws(tmp_path)
    assert (await aws.apply(MADE)).exit_code == 0
    await aws.clock.sleep(900)
    aws.events.clear()
    return aws


def backups(aws: VirtualAws) -> list[str]:
    return [backup["BackupName"] for backup in aws.send("dynamodb", "ListBackups")["BackupSummaries"]]


async def interrupted(aws: VirtualAws, operation: str, seconds: float) -> Report:
    """A run that a signal meets so many seconds after this call of its was accepted."""
    stop, run = Stop(), aws.opened(GONE)

    async def interrupt() -> None:
        while not any(call.operation == operation for call in aws.sent):
            await aws.clock.sleep(0.1)
        await aws.clock.sleep(seconds)
        stop.request(2)

    async with anyio.create_task_group() as group:
        group.start_soon(interrupt)
        applied = await pipeline.apply_on(run, approve=None, stop=stop)
    return applied.report


@pytest.mark.parametrize(("operation", "seconds"), [("CreateBackup", 0.0), ("CreateBackup", 2.0), ("DeleteTable", 1.0)])
async def test_an_interrupted_run_names_its_backup(aws: VirtualAws, operation: str, seconds: float) -> None:
    report = await interrupted(aws, operation, seconds)
    (backup,) = backups(aws)
    assert report.exit_code == 130
    assert report.notices == (f"tables.orders: the backup is called {backup}.",)


async def test_what_a_backup_is_doing_is_told_in_its_own_words(aws: VirtualAws) -> None:
    report = await interrupted(aws, "CreateBackup", 2.0)
    (backup,) = backups(aws)
    assert [thing.status for thing in report.still_running] == [f"backup {backup} CREATING"]


def kept(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.message for finding in findings if finding.code == "backups-kept"]


async def test_a_later_run_takes_its_own_backup_and_names_the_earlier_ones(aws: VirtualAws) -> None:
    """What was written in between is in no earlier backup; and one that a person made is not ours to tell of."""
    aws.send("dynamodb", "CreateBackup", TableName="orders", BackupName="orders-before-the-audit")
    assert kept((await aws.preview(GONE)).findings) == []
    await interrupted(aws, "CreateBackup", 1.0)
    (first,) = set(backups(aws)) - {"orders-before-the-audit"}
    if not (await aws.preview(GONE)).graph.steps:
        pytest.fail("the table is gone already")
    (said,) = kept((await aws.preview(GONE)).findings)
    assert first in said
    assert "audit" not in said
    report = await aws.apply(GONE)
    assert report.exit_code == 0
    assert len(backups(aws)) == 3
    assert len(report.notices) == 1
    assert first not in report.notices[0]


async def test_nobody_needs_a_permission_to_preview_a_deletion(aws: VirtualAws) -> None:
    denied = Answer("ListBackups", "AccessDeniedException", "not authorized to perform: dynamodb:ListBackups")
    aws.between = lambda cloud: Scripted(cloud, denied)
    assert kept((await aws.preview(GONE)).findings) == []
