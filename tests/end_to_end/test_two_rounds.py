"""Runs of more than one round with several plans, killed, hurried, or told to fail fast."""

from pathlib import Path

import pytest

from tests.end_to_end.test_planning_anew import PROVISIONED, throughput
from tests.end_to_end.virtual import VirtualAws
from tests.engine.scene import Answer, Scripted

pytestmark = pytest.mark.virtual

OTHER = """
plan: other
tables:
  orders:
    name: others
    partition_key: {id: S}
    tags: {team: a}
"""


@pytest.fixture
async def aws(tmp_path: Path) -> VirtualAws:
    """`orders` is on its way to other numbers than the plan's, by somebody's hand."""
    aws = VirtualAws(tmp_path)
    await aws.apply(PROVISIONED)
    aws.send("dynamodb", "UpdateTable", **throughput(50))
    await aws.clock.sleep(5)
    return aws


async def test_several_plans_with_the_same_logical_ids_plan_anew_side_by_side(aws: VirtualAws) -> None:
    (aws.folder / "other.yaml").write_text(OTHER)
    report = await aws.apply(PROVISIONED, beside=[aws.folder / "other.yaml"])
    assert (report.exit_code, {step.outcome for step in report.steps}) == (0, {"done"})
    assert [step.id for step in report.steps] == [
        "shop/tables.orders:wait",
        "other/tables.orders:create",
        "shop/tables.orders:update-billing",
    ]


@pytest.mark.parametrize("fail_fast", [False, True])
async def test_a_failure_elsewhere_leaves_the_rest_to_the_next_run(aws: VirtualAws, fail_fast: bool) -> None:
    """What has failed is a person's to mend first: nothing is planned anew over it."""
    refused = Answer("CreateTable", "ValidationException", "not this one")
    aws.between = lambda cloud: Scripted(cloud, refused)
    plan = PROVISIONED + "  broken: {partition_key: {id: S}}\n"
    report = await aws.apply(plan, fail_fast=fail_fast)
    assert (report.exit_code, report.outcome) == (1, "failed")
    aws.between = lambda cloud: cloud
    assert (await aws.apply(plan)).exit_code == 0
    assert not (await aws.preview(plan)).graph.steps


@pytest.mark.parametrize("at", range(2, 40, 3))
async def test_killed_in_any_round_the_next_run_ends_the_same(aws: VirtualAws, at: int) -> None:
    assert await aws.dies(PROVISIONED, at)
    await aws.clock.sleep(1)
    report = await aws.apply(PROVISIONED)
    assert report.exit_code == 0
    assert not (await aws.preview(PROVISIONED)).graph.steps
