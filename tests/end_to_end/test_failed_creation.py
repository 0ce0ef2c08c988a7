"""Requirement C5 where a creation ended in State Failed: told in words, others go on, and the next preview says what helps."""

from pathlib import Path

import pytest

from orchestrator.errors import InvalidPlan
from orchestrator.pipeline import status_on
from tests.end_to_end.attachments import DESTRUCTIVE, plan, settled, started
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

ADVICE = {
    "EniLimitExceeded": "The account has no network interface left: ask AWS to raise the quota, or delete unused ones.",
    "ImageAccessDenied": "Let Lambda pull the image: its repository's policy must allow ecr:BatchGetImage to it.",
    "InvalidSubnet": "See that the VPC's subnets and security groups exist and that the subnets have free addresses.",
    "KMSKeyAccessDenied": "See that the KMS key is enabled and that its policy lets the function's role use it.",
    "InternalError": "It is Lambda's own trouble: run again in a while.",
    "NotYetInvented": "Mend the cause.",
}
WHY = "As it happens"


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return started(tmp_path)


@pytest.mark.parametrize("code", ADVICE)
async def test_the_run_tells_it_and_what_else_it_does_goes_on(aws: VirtualAws, code: str) -> None:
    aws.account.lambda_.fail_next("api", f"{WHY}.", code)
    report = await aws.apply(plan("aliases: {live: published}"))
    steps = {step.id: step for step in report.steps}
    assert report.exit_code == 1
    assert {step: one.outcome for step, one in steps.items()} == {
        "tables.orders:create": "done",
        "functions.api:create": "failed",
        "functions.api:create-version": "not_run",
        "functions.api.aliases.live:create": "not_run",
    }
    error = steps["functions.api:create"].error
    assert error is not None
    assert (error["code"], error["message"]) == (code, f"State Failed: {WHY}.")
    assert error["action"] == f"{ADVICE[code]} Then delete the function, and run again: it is created anew."


@pytest.mark.parametrize("code", ADVICE)
async def test_the_next_preview_offers_what_helps_and_that_does(aws: VirtualAws, code: str) -> None:
    """No update is documented to mend it (fact sheet 11.2, 16): nothing is sent until the plan takes the function away."""
    aws.account.lambda_.fail_next("api", f"{WHY}.", code)
    await aws.apply(plan())
    aws.sent.clear()
    (found,) = [one for one in (await aws.preview(plan("memory: 256"))).findings if one.level == "error"]
    assert found.code == "function-failed"
    assert found.message == f"Function api is Failed: {WHY}. ({code})."
    assert found.action == f"{ADVICE[code]} Then delete the function (`api: absent`), and create it again."
    (line,) = [one for one in (await status_on(aws.opened(plan()))).lines if one.ref.section == "functions"]
    assert (line.state, WHY in line.detail, code in line.detail) == ("broken", True, True)
    with pytest.raises(InvalidPlan):
        await aws.apply(plan("memory: 256"))
    assert aws.sent == []

    await settled(aws, f"plan: api\n{DESTRUCTIVE}\nfunctions: {{api: absent}}\n")
    await settled(aws, plan("memory: 256"))
    assert [call.operation for call in aws.sent] == ["DeleteFunction", "CreateFunction"]
