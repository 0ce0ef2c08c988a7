"""SnapStart of some versions only: provisioned concurrency has no place at those (fact sheet 11.12), told before any call."""

from pathlib import Path

import pytest

from orchestrator.errors import InvalidPlan
from tests.end_to_end.attachments import plan, started
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual


@pytest.fixture
async def aws(tmp_path: Path) -> VirtualAws:
    """Version 1 has SnapStart, on which alias `old` is; version 2 has none."""
    found = started(tmp_path)
    for text in (
        plan("snap_start: published_versions", "aliases: {old: published, live: published}"),
        plan("snap_start: off", "aliases: {live: published}"),
    ):
        report = await found.apply(text)
        assert report.exit_code == 0, [step.error for step in report.steps]
    found.sent.clear()
    found.refused.clear()
    return found


async def refused(aws: VirtualAws, *lines: str) -> str:
    with pytest.raises(InvalidPlan) as caught:
        await aws.apply(plan(*lines))
    (problem,) = caught.value.problems
    assert (problem.code, aws.sent) == ("snap-start", [])
    return problem.message


async def test_an_alias_that_the_plan_does_not_state_is_looked_at(aws: VirtualAws) -> None:
    message = await refused(aws, "provisioned_concurrency: {old: 2}")
    assert "old" in message
    assert (await aws.apply(plan("provisioned_concurrency: {live: 2}"))).exit_code == 0
    assert not aws.refused


async def test_an_alias_with_provisioned_concurrency_does_not_move_to_such_a_version(aws: VirtualAws) -> None:
    assert (await aws.apply(plan("provisioned_concurrency: {live: 2}"))).exit_code == 0
    aws.sent.clear()
    assert "Version 1" in await refused(aws, 'aliases: {live: "1"}')
    off = plan('aliases: {live: "1"}', "provisioned_concurrency: {live: off}")
    assert (await aws.apply(off)).exit_code == 0
    assert not aws.refused
    assert (await aws.apply(off)).outcome == "nothing_to_do"


async def test_without_provisioned_concurrency_an_alias_may_be_on_any_version(aws: VirtualAws) -> None:
    report = await aws.apply(plan('aliases: {live: "1"}'))
    assert (report.exit_code, aws.refused) == (0, [])
