"""One UpdateFunctionConfiguration has 5,120 bytes at most (fact sheet 11.6); what CreateFunction takes is reached."""

import json
from pathlib import Path

import pytest

from orchestrator.errors import InvalidPlan
from tests.end_to_end.attachments import plan, settled, started
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

LAYERS = [f"arn:aws:lambda:eu-west-1:123456789012:layer:{'l' * 60}{number}:1" for number in range(5)]
SUBNETS = [f"subnet-0123456789abcdef{number}" for number in range(9)]
VALUES = f"environment: {{AA: '{'x' * 4050}'}}"
WHOLE = (
    VALUES,
    f"layers: {json.dumps(LAYERS)}",
    f"description: '{'d' * 250}'",
    f"vpc: {{subnets: {json.dumps(SUBNETS)}, security_groups: [sg-1]}}",
)


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return started(tmp_path)


async def test_what_is_too_much_for_one_update_goes_out_in_two(aws: VirtualAws) -> None:
    await settled(aws, plan())
    text = plan(*WHOLE)
    previewed = [step.call.parameters.keys() for step in (await aws.preview(text)).graph if step.call]
    aws.sent.clear()
    aws.refused.clear()
    await settled(aws, text)
    assert [call.parameters.keys() - {"FunctionName"} for call in aws.sent] == [
        {"Layers", "Description", "VpcConfig"},
        {"Environment"},
    ]
    assert [call.parameters.keys() for call in aws.sent] == previewed
    assert aws.refused == []


async def test_what_is_not_too_much_stays_one(aws: VirtualAws) -> None:
    await settled(aws, plan())
    aws.sent.clear()
    await settled(aws, plan(VALUES, f"description: '{'d' * 250}'"))
    assert [call.operation for call in aws.sent] == ["UpdateFunctionConfiguration"]


async def test_what_no_update_can_hold_is_refused_before_the_first_call(aws: VirtualAws) -> None:
    """Botocore writes every character beyond ASCII as six."""
    await settled(aws, plan())
    aws.sent.clear()
    text = plan(f"environment: {{AA: '{'é' * 1500}'}}", "tags: {team: orders}")
    assert "request-too-large" in {one.code for one in (await aws.preview(text)).findings if one.level == "error"}
    with pytest.raises(InvalidPlan):
        await aws.apply(text)
    assert aws.sent == []


async def test_a_failed_update_of_more_than_one_call_can_be_sent_again(aws: VirtualAws) -> None:
    text = plan(*WHOLE).replace("    code: {directory: code}\n", "")
    await settled(aws, plan(*WHOLE))
    aws.account.lambda_.fail_next("api", "It failed.", "InternalError", "update")
    aws.send("lambda", "UpdateFunctionConfiguration", FunctionName="api", Timeout=9)
    await aws.clock.sleep(60)
    preview = await aws.preview(text)
    assert [step.id for step in preview.graph if step.ref.section == "functions"] == [
        "functions.api:update-configuration"
    ]
