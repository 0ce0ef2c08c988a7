"""What a run is asked to keep to reaches the engine: from the request, and from the plan's policy."""

from pathlib import Path

import pytest

from orchestrator.engine.limits import Limits, Rate
from orchestrator.model import Report
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Durations
from tests.end_to_end.virtual import VirtualAws
from tests.engine.scene import Answer, Scripted

pytestmark = pytest.mark.virtual

THREE = "plan: three\ntables:\n" + "".join(f"  {name * 3}: {{partition_key: {{id: S}}}}\n" for name in "abc")


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return VirtualAws(tmp_path)


def outcomes(report: Report) -> list[str]:
    return [step.outcome for step in report.steps]


async def test_max_parallel_1_makes_one_table_after_the_other(aws: VirtualAws) -> None:
    together = await aws.apply(THREE)
    apart = await aws.apply(THREE.replace("aaa", "ddd").replace("bbb", "eee").replace("ccc", "fff"), max_parallel=1)
    assert outcomes(together) == outcomes(apart) == ["done"] * 3
    assert apart.finished - apart.started > 2 * (together.finished - together.started)


@pytest.mark.parametrize(("fail_fast", "later"), [(True, "not_run"), (False, "done")])
async def test_fail_fast_starts_no_step_after_a_failed_one(aws: VirtualAws, fail_fast: bool, later: str) -> None:
    """AWS refuses `broken` for good; `second` would start once `first` is there."""
    refused = Answer("CreateTable", "ValidationException", "not this one", of="broken")
    aws.between = lambda cloud: Scripted(cloud, refused)
    plan = """
plan: doomed
tables:
  broken: {partition_key: {id: S}}
  first: {partition_key: {id: S}}
  second: {partition_key: {id: S}, after: [tables.first]}
"""
    report = await aws.apply(plan, fail_fast=fail_fast)
    ended = {step.id: step.outcome for step in report.steps}
    assert ended == {"tables.broken:create": "failed", "tables.first:create": "done", "tables.second:create": later}
    assert report.exit_code == 1


@pytest.mark.parametrize("stated", ["policy", "option", "both"])
async def test_a_deadline_comes_from_the_plan_or_the_request_which_wins(aws: VirtualAws, stated: str) -> None:
    aws.account = Account(durations=Durations(table_create=100))
    plan = THREE + {"policy": "policy: {deadline: 30s}\n", "option": "", "both": "policy: {deadline: 90s}\n"}[stated]
    report = await aws.apply(plan, **({} if stated == "policy" else {"deadline": 30}))
    assert (report.exit_code, report.outcome) == (6, "in_progress")
    assert 29 < report.finished - report.started < 32


async def test_the_shortest_deadline_of_several_plans_counts(aws: VirtualAws) -> None:
    aws.account = Account(durations=Durations(table_create=100))
    (aws.folder / "patient.yaml").write_text(
        "plan: patient\npolicy: {deadline: 1h}\ntables: {ddd: {partition_key: {id: S}}}\n"
    )
    report = await aws.apply(THREE + "policy: {deadline: 40s}\n", beside=[aws.folder / "patient.yaml"])
    assert len(report.steps) == 4
    assert 39 < report.finished - report.started < 42


async def test_rates_of_the_request_are_kept_to(aws: VirtualAws) -> None:
    usual = await aws.apply(THREE)
    limits = Limits(rates={"dynamodb:DescribeTable": Rate(0.1)})
    slow = await aws.apply(THREE, limits=limits)
    assert (usual.outcome, slow.outcome) == ("succeeded", "nothing_to_do")
    assert slow.finished - slow.started > 15


async def test_the_patience_with_a_young_role_is_the_requests(aws: VirtualAws) -> None:
    aws.account = Account(durations=Durations(iam_lag=400))
    (aws.folder / "src").mkdir()
    (aws.folder / "src" / "app.py").write_text("")
    role = "arn:aws:iam::123456789012:role/young"
    plan = f'plan: p\nfunctions:\n  fn: {{runtime: python3.13, handler: app.handler, role: "{role}", code: {{directory: src}}}}\n'
    assert outcomes(await aws.apply(plan)) == ["failed"]
    assert outcomes(await aws.apply(plan, iam_lag=900)) == ["done"]


async def test_a_report_counts_from_the_first_look(aws: VirtualAws) -> None:
    """A no-op of many tables takes as long as reading them does."""
    plan = "plan: many\ntables:\n" + "".join(f"  t{n:03}: {{partition_key: {{id: S}}}}\n" for n in range(100))
    await aws.apply(plan)
    began = aws.clock.now()
    report = await aws.apply(plan)
    assert report.outcome == "nothing_to_do"
    assert report.finished - report.started == pytest.approx(aws.clock.now() - began)
    assert report.finished - report.started > 3
