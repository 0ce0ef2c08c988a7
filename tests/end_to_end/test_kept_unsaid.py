"""What a plan leaves unsaid of what is removed and made anew, and what a kill in between does to it."""

from pathlib import Path

import pytest

from orchestrator.errors import InvalidPlan
from tests.end_to_end.attachments import DESTRUCTIVE, mappings, plan, settled, started
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

CLICKS = "arn:aws:kinesis:eu-west-1:123456789012:stream/clicks"
SOURCE = f"event_sources: {{clicks: {{source: '{CLICKS}', replace: recreate, starting_position: %s}}}}"


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return started(tmp_path)


async def granted(aws: VirtualAws, **conditions: str) -> None:
    """A statement for anybody that somebody else made."""
    aws.send(
        "lambda",
        "AddPermission",
        FunctionName="api",
        StatementId="from-s3",
        Action="lambda:InvokeFunction",
        Principal="*",
        **conditions,
    )
    await aws.clock.sleep(60)


async def test_a_condition_that_no_plan_can_say_is_never_taken_off(aws: VirtualAws) -> None:
    await settled(aws, plan())
    await granted(aws, PrincipalOrgID="o-1234567890", SourceArn="arn:aws:s3:::one")
    aws.sent.clear()
    with pytest.raises(InvalidPlan, match="PrincipalOrgID"):
        await aws.apply(plan("permissions: {from-s3: {principal: '*', source_arn: 'arn:aws:s3:::two'}}"))
    assert aws.sent == []


async def test_a_condition_that_the_plan_leaves_unsaid_is_warned_of(aws: VirtualAws) -> None:
    await settled(aws, plan())
    await granted(aws, SourceAccount="123456789012", SourceArn="arn:aws:s3:::one")
    unsaid = "permissions: {from-s3: {principal: '*', source_arn: 'arn:aws:s3:::two'}}"
    found = {one.code: one.action for one in (await aws.preview(plan(unsaid))).findings}
    assert found["permission-kept"] == "State source_account too."
    said = "permissions: {from-s3: {principal: '*', source_arn: 'arn:aws:s3:::two', source_account: '123456789012'}}"
    assert "permission-kept" not in {one.code for one in (await aws.preview(plan(said))).findings}


async def test_what_only_the_run_remembers_of_a_mapping_is_named_before(aws: VirtualAws) -> None:
    await settled(aws, plan(SOURCE % "trim_horizon"))
    (mapping,) = mappings(aws)
    changed = {"MaximumRetryAttempts": 3, "TumblingWindowInSeconds": 30}
    aws.send("lambda", "UpdateEventSourceMapping", UUID=mapping["UUID"], **changed)
    await aws.clock.sleep(100)
    anew = plan(SOURCE % "latest", policy=DESTRUCTIVE)
    (found,) = [one for one in (await aws.preview(anew)).findings if one.code == "event-source-kept"]
    assert "(retries, TumblingWindowInSeconds)" in found.message
    assert "State retries too." in found.action
    await settled(aws, anew)
    (mapping,) = mappings(aws)
    assert {name: mapping[name] for name in changed} == changed


async def test_nothing_is_warned_of_where_the_plan_says_all(aws: VirtualAws) -> None:
    await settled(aws, plan(SOURCE % "trim_horizon"))
    preview = await aws.preview(plan(SOURCE % "latest", policy=DESTRUCTIVE))
    assert "event-source-kept" not in [one.code for one in preview.findings]
