"""Killed at every call of every port, before and after its effect, then started again: the same end, nothing done twice.

The process leaves its locks behind, as a SIGKILL does: the next run takes them over after a lease, without any flag.
"""

import os
from collections import Counter
from pathlib import Path

import pytest

from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.state import operators
from orchestrator.state.lease import LEASE_SECONDS
from tests.end_to_end.dying import Dead
from tests.end_to_end.matrix import account
from tests.end_to_end.mortal import Mortal, MortalCloud, MortalStore, Phase
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

BEFORE = """
plan: shop
tables:
  orders:
    partition_key: {id: S}
    billing: {provisioned: {read: 5, write: 5}}
    indexes:
      by_old: {partition_key: {old: S}}
"""
PLAN = """
plan: shop
policy: {destructive: allow}
tables:
  orders:
    partition_key: {id: S}
    billing: on_demand
    indexes:
      by_old: absent
      by_day: {partition_key: {day: S}}
    tags: {team: shop}
  users: {partition_key: {id: S}, stream: new_image}
functions:
  job:
    runtime: python3.13
    handler: app.handler
    role: arn:aws:iam::123456789012:role/job
    code: {directory: code}
    publish: true
    aliases: {live: published}
    event_sources:
      users: {source: "${tables.users.stream_arn}", starting_position: trim_horizon}
"""
SHARES, SAMPLE = 4, 4
"""The work is parted so that it can run side by side; by default only each of so many calls is tried."""
EVERY = bool(os.environ.get("ORCHESTRATOR_TEST_EVERY_START"))
UNIQUE = ("CreateTable", "CreateFunction", "PublishVersion", "CreateAlias", "CreateEventSourceMapping")


async def _begun(folder: Path) -> VirtualAws:
    (folder / "code").mkdir(exist_ok=True)
    (folder / "code" / "app.py").write_text("def handler(event, context): ...\n")
    aws = VirtualAws(folder, account(), store=MemoryStore())
    await aws.apply(BEFORE)
    await aws.clock.sleep(60)
    aws.sent.clear()
    return aws


async def _killed(aws: VirtualAws, at: int, phase: Phase) -> bool:
    """Whether the run was killed; False where it ended before."""
    life, store, between = Mortal(at, phase), aws.store, aws.between
    assert store is not None
    aws.store, aws.between = MortalStore(store, life), lambda cloud: MortalCloud(cloud, life)
    killed = False
    try:
        await aws.apply(PLAN)
    except* Dead:
        killed = True
    finally:
        aws.store, aws.between = store, between
    return killed


async def _calls(folder: Path) -> int:
    aws = await _begun(folder)
    life, store = Mortal(-1, "before"), aws.store
    assert store is not None
    aws.store, aws.between = MortalStore(store, life), lambda cloud: MortalCloud(cloud, life)
    assert (await aws.apply(PLAN)).exit_code == 0
    return life.called


@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize("share", range(SHARES))
async def test_killed_anywhere_the_next_run_ends_as_if_nothing_had_happened(
    phase: Phase, share: int, tmp_path: Path
) -> None:
    total = await _calls(tmp_path)
    for at in range(share + 1, total + 1, SHARES * (1 if EVERY else SAMPLE)):
        aws = await _begun(tmp_path)
        killed = await _killed(aws, at, phase)
        report = await aws.apply(PLAN)
        assert report.exit_code == 0, f"killed {phase} call {at}: {report}"
        made = Counter(
            (call.operation, str(call.parameters.get("TableName", call.parameters.get("FunctionName"))))
            for call in aws.sent
            if call.operation in UNIQUE
        )
        again = {key: count for key, count in made.items() if count > 1 and not _refused(aws, key[0])}
        assert again == {}, f"killed {phase} call {at}"
        assert aws.store is not None
        assert (await aws.apply(PLAN)).outcome == "nothing_to_do"
        await aws.clock.sleep(LEASE_SECONDS)
        held = [one for one in await operators.runs(aws.store, 9) if one.fresh(aws.clock.now())]
        assert held == [], "no lock is left that anybody would have to wait for"
        assert killed or at > total - 40, "runs differ by some polls, no more"


def _refused(aws: VirtualAws, operation: str) -> bool:
    """Lambda's lags refuse a creation until the role is seen: that one made nothing."""
    return any(fault.operation == operation for fault in aws.refused)
