"""What a report advises after something ended as Failed: doing just that helps."""

from pathlib import Path

import pytest

from orchestrator.errors import InvalidPlan
from orchestrator.model import Finding, Report
from tests.end_to_end.attachments import plan, settled, started, write
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

LIVE = "aliases: {live: published}"
GONE = "plan: api\npolicy: {destructive: allow}\nfunctions: {api: absent}\n"


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return started(tmp_path)


def advice(report: Report) -> str:
    """The action of the first step that failed."""
    return next(step.error["action"] for step in report.steps if step.error)


async def test_a_function_whose_creation_failed_is_to_be_deleted(aws: VirtualAws) -> None:
    aws.account.lambda_.fail_next("api", "There is no such subnet.", "InvalidSubnet")
    said = advice(await aws.apply(plan()))
    assert said.startswith("See that the VPC's subnets")
    assert said.endswith("Then delete the function, and run again: it is created anew.")
    with pytest.raises(InvalidPlan, match="delete the function"):
        await aws.apply(plan())
    assert (await aws.apply(GONE)).outcome == "succeeded"
    await settled(aws, plan())


async def test_provisioned_concurrency_that_failed_with_its_alias_is_to_be_stated(aws: VirtualAws) -> None:
    await settled(aws, plan(LIVE, "provisioned_concurrency: {live: 2}"))
    aws.account.lambda_.fail_next_allocation("api", "FUNCTION_ERROR_INIT_FAILURE")
    write(aws.folder, "2")
    said = advice(await aws.apply(plan(LIVE)))
    assert "states `provisioned_concurrency: {live: 2}`. Then run again: it is sent afresh." in said
    report = await settled(aws, plan(LIVE, "provisioned_concurrency: {live: 2}"))
    assert [step.id for step in report.steps] == ["functions.api:update-provisioned_concurrency"]


@pytest.mark.parametrize("line", [LIVE, "provisioned_concurrency: {}", "reserved_concurrency: 10"])
async def test_what_failed_and_is_not_stated_is_told_in_later_runs_too(aws: VirtualAws, line: str) -> None:
    await settled(aws, plan(LIVE, "provisioned_concurrency: {live: 2}"))
    assert "provisioned-failed" not in await noticed(aws, plan(line))
    aws.account.lambda_.fail_next_allocation("api", "FUNCTION_ERROR_INIT_FAILURE")
    write(aws.folder, "2")
    await aws.apply(plan(LIVE))
    told = (await noticed(aws, plan(line)))["provisioned-failed"]
    assert told.message == "api: provisioned concurrency of live FAILED: FUNCTION_ERROR_INIT_FAILURE."
    assert told.action == (
        "Mend the cause, then state `provisioned_concurrency: {live: 2}`, which asks for it again, or `live: off` there to do "
        "without."
    )
    stated = plan(LIVE, "provisioned_concurrency: {live: 2}")
    assert "provisioned-failed" not in await noticed(aws, stated), "what is stated is asked for again"
    assert "provisioned-failed" not in await noticed(aws, plan("aliases: {live: absent}")), "it goes with its alias"
    await settled(aws, stated)
    assert "provisioned-failed" not in await noticed(aws, plan(line))


async def noticed(aws: VirtualAws, text: str) -> dict[str, Finding]:
    return {finding.code: finding for finding in (await aws.preview(text)).findings}
