"""What hangs on an alias or a version that no plan names, or that is gone or goes: it is seen, and never left to fail."""

from pathlib import Path

import pytest

from tests.end_to_end.attachments import ARN, DESTRUCTIVE, QUEUE, ids, mappings, plan, settled, started
from tests.end_to_end.test_function_parts import policy
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

CLICKS = "arn:aws:kinesis:eu-west-1:123456789012:stream/clicks"
LIVE, BOTH = "aliases: {live: published}", "aliases: {live: published, beta: published}"
JOBS = f"event_sources: {{jobs: {{source: '{QUEUE}', alias: %s}}}}"


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return started(tmp_path)


async def on_version(aws: VirtualAws) -> str:
    """Somebody's mapping of version 1."""
    made = aws.send(
        "lambda",
        "CreateEventSourceMapping",
        FunctionName=f"{ARN}:1",
        EventSourceArn=CLICKS,
        StartingPosition="LATEST",
    )
    await aws.clock.sleep(60)
    return str(made["UUID"])


async def test_a_sole_mapping_of_a_version_is_moved_and_never_doubled(aws: VirtualAws) -> None:
    await settled(aws, plan(LIVE, "timeout: 10s"))
    uuid = await on_version(aws)
    clicks = f"event_sources: {{clicks: {{source: '{CLICKS}', alias: live, starting_position: latest}}}}"
    await settled(aws, plan(LIVE, clicks, "timeout: 10s"))
    assert [(one["UUID"], one["FunctionArn"]) for one in mappings(aws)] == [(uuid, f"{ARN}:live")]


async def test_a_mapping_of_a_version_is_unmanaged_until_it_is_named_or_pruned(aws: VirtualAws) -> None:
    await settled(aws, plan(LIVE, "timeout: 10s"))
    uuid = await on_version(aws)
    preview = await aws.preview(plan(LIVE, "event_sources: {}", "timeout: 10s"))
    assert [thing.name for thing in preview.unmanaged] == [uuid]
    for said in (f"{{{uuid}: absent}}", f"{{old: {{ensure: absent, source: '{CLICKS}'}}}}"):
        one = await aws.preview(plan(LIVE, f"event_sources: {said}", "timeout: 10s", policy=DESTRUCTIVE))
        assert [step.call.operation for step in one.graph if step.call] == ["DeleteEventSourceMapping"]
    await settled(aws, plan(LIVE, "event_sources: {}", "prune: [event_sources]", "timeout: 10s", policy=DESTRUCTIVE))
    assert mappings(aws) == []


async def test_a_mapping_of_an_alias_that_is_gone_is_moved(aws: VirtualAws) -> None:
    await settled(aws, plan(BOTH, JOBS % "beta", "timeout: 10s"))
    aws.send("lambda", "DeleteAlias", FunctionName="api", Name="beta")
    await aws.clock.sleep(60)
    report = await settled(aws, plan(LIVE, JOBS % "live", "timeout: 10s"))
    assert ids(report) == ["functions.api.event_sources.jobs:update-settings"]
    assert [one["FunctionArn"] for one in mappings(aws)] == [f"{ARN}:live"]


@pytest.mark.parametrize("aliases", ["aliases: {live: published, beta: absent}", f"{LIVE}\n    prune: [aliases]"])
async def test_mappings_go_before_their_alias_and_the_preview_says_so(aws: VirtualAws, aliases: str) -> None:
    beta = "permissions: {s: {principal: s3.amazonaws.com, alias: beta}}"
    await settled(aws, plan(BOTH, JOBS % "beta", beta, "url: {auth: aws_iam, alias: beta}", "timeout: 10s"))
    (uuid,) = [one["UUID"] for one in mappings(aws)]
    going = plan(aliases, "timeout: 10s", policy=DESTRUCTIVE)
    (found,) = [one for one in (await aws.preview(going)).findings if one.code == "alias-delete"]
    assert f"deleted first: {uuid} ({QUEUE})" in found.message
    assert "permissions (s) and its function URL (https://" in found.message
    report = await settled(aws, going)
    assert ids(report) == [f"functions.api.event_sources.{uuid}:delete", "functions.api.aliases.beta:delete"]
    assert mappings(aws) == []
    assert policy(aws, "beta") == {}


async def test_an_alias_with_nothing_on_it_goes_without_a_word(aws: VirtualAws) -> None:
    await settled(aws, plan(BOTH))
    going = plan("aliases: {live: published, beta: absent}", policy=DESTRUCTIVE)
    assert "alias-delete" not in [one.code for one in (await aws.preview(going)).findings]
    assert ids(await settled(aws, going)) == ["functions.api.aliases.beta:delete"]


async def test_a_mapping_that_moves_to_another_alias_is_not_deleted_with_its_old_one(aws: VirtualAws) -> None:
    await settled(aws, plan(BOTH, JOBS % "beta", "timeout: 10s"))
    (before,) = mappings(aws)
    moving = plan("aliases: {live: published, beta: absent}", JOBS % "live", "timeout: 10s", policy=DESTRUCTIVE)
    assert "alias-delete" not in [one.code for one in (await aws.preview(moving)).findings]
    await settled(aws, moving)
    assert [(one["UUID"], one["FunctionArn"]) for one in mappings(aws)] == [(before["UUID"], f"{ARN}:live")]


async def test_how_an_alias_is_invoked_asynchronously_goes_with_it_and_the_preview_says_so(aws: VirtualAws) -> None:
    await settled(aws, plan(BOTH))
    aws.send("lambda", "PutFunctionEventInvokeConfig", FunctionName="api", Qualifier="beta", MaximumRetryAttempts=0)
    for aliases in ("aliases: {live: published, beta: absent}", f"{LIVE}\n    prune: [aliases]"):
        going = plan(aliases, policy=DESTRUCTIVE)
        (found,) = [one for one in (await aws.preview(going)).findings if one.code == "alias-delete"]
        assert "its configuration of asynchronous invocation (retries: 0" in found.message


@pytest.mark.parametrize(("timeout", "told"), [("5m", True), ("1s", False)])
async def test_a_timeout_that_a_queue_may_be_too_short_for_is_warned_of(
    aws: VirtualAws, timeout: str, told: bool
) -> None:
    """Fact sheet 11.10: the queue's visibility timeout is not the plan's to change, nor seen by it."""
    await settled(aws, plan(BOTH, JOBS % "live", "timeout: 10s"))
    for sources in (JOBS % "live", "event_sources: {}"):
        preview = await aws.preview(plan(BOTH, sources, f"timeout: {timeout}"))
        found = [one for one in preview.findings if one.code == "queue-visibility"]
        assert [QUEUE in one.message and "300 seconds" in one.action for one in found] == ([True] if told else [])
