"""Permissions, the URL, asynchronous invocation and concurrency of a function, as a user meets them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator.errors import InvalidPlan
from orchestrator.model import Call
from orchestrator.ports import Cloud
from orchestrator.sandbox.faults import Faults, Injection, Script
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Staleness
from orchestrator.sandbox.rules.refusal import Refusal
from tests.end_to_end.attachments import DESTRUCTIVE, QUEUE, calls, ids, plan, settled, started, write
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

ALIAS = "aliases: {live: published}"
S3 = "permissions: {from-s3: {principal: s3.amazonaws.com, source_arn: 'arn:aws:s3:::%s', source_account: '123456789012'%s}}"


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return started(tmp_path)


def policy(aws: VirtualAws, alias: str = "") -> dict[str, Any]:
    """The statements by their ids."""
    try:
        found = aws.send("lambda", "GetPolicy", FunctionName="api", **({"Qualifier": alias} if alias else {}))
    except Refusal:
        return {}
    return {one["Sid"]: one for one in json.loads(found["Policy"])["Statement"]}


# ---------------------------------------------------------------------------------------------------------- permissions


async def test_a_permission_comes_changes_moves_and_goes(aws: VirtualAws) -> None:
    await settled(aws, plan(S3 % ("one", "")))
    report = await settled(aws, plan(S3 % ("two", "")))
    assert ids(report) == [
        "functions.api.permissions.from-s3:delete",
        "functions.api.permissions.from-s3:create",
    ]
    assert policy(aws)["from-s3"]["Condition"]["ArnLike"] == {"AWS:SourceArn": "arn:aws:s3:::two"}
    await settled(aws, plan(S3 % ("two", ", alias: live"), ALIAS))
    assert policy(aws) == {}
    assert list(policy(aws, "live")) == ["from-s3"]
    await settled(aws, plan("permissions: {from-s3: absent}", ALIAS))
    assert policy(aws, "live") == {}


async def test_an_account_is_its_root_user(aws: VirtualAws) -> None:
    await settled(aws, plan("permissions: {partner: {principal: '210987654321'}}"))
    same = await aws.apply(plan("permissions: {partner: {principal: 'arn:aws:iam::210987654321:root'}}"))
    assert same.outcome == "nothing_to_do"
    assert policy(aws)["partner"]["Principal"] == {"AWS": "arn:aws:iam::210987654321:root"}


async def test_others_statements_are_left_alone_unless_pruned(aws: VirtualAws) -> None:
    await settled(aws, plan(S3 % ("one", "")))
    aws.send(
        "lambda",
        "AddPermission",
        FunctionName="api",
        StatementId="theirs",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
    )
    await aws.clock.sleep(30)
    preview = await aws.preview(plan(S3 % ("one", "")))
    assert [f"{thing.sort}.{thing.name}" for thing in preview.unmanaged] == ["permissions.theirs"]
    await settled(aws, plan(S3 % ("one", ""), "prune: [permissions]"))
    assert list(policy(aws)) == ["from-s3"]


class Swallowing:
    """A Cloud beside which somebody else's AddPermission is under way together with the first of ours, and written last."""

    def __init__(self, cloud: Cloud, aws: VirtualAws) -> None:
        self._cloud = cloud
        self._aws = aws
        self._done = False

    async def send(self, call: Call) -> Mapping[str, Any]:
        reply = await self._cloud.send(call)
        if call.operation == "AddPermission" and not self._done:
            self._done = True
            self._aws.send("lambda", "RemovePermission", FunctionName="api", StatementId="from-s3")
        return reply


async def test_a_permission_that_a_concurrent_writer_swallowed_is_planned_anew(tmp_path: Path) -> None:
    """Fact sheet 11.11: the call was accepted, the statement is lost; reading the policy tells."""
    aws = started(tmp_path, account=Account(staleness=Staleness.off()))
    await settled(aws, plan())
    aws.between = lambda cloud: Swallowing(cloud, aws)
    report = await aws.apply(plan(S3 % ("one", "")))
    assert report.outcome == "succeeded"
    assert calls(aws, "AddPermission") == 2
    assert list(policy(aws)) == ["from-s3"]


@pytest.mark.parametrize("operation", ["AddPermission", "RemovePermission", "CreateFunctionUrlConfig"])
@pytest.mark.parametrize("injection", [Injection.DROP_AFTER, Injection.ERROR_BEFORE])
async def test_a_lost_reply_is_looked_up(tmp_path: Path, operation: str, injection: Injection) -> None:
    aws = started(tmp_path, faults=Faults(scripts=[Script(f"lambda:{operation}", 1, injection)]))
    await settled(aws, plan(S3 % ("one", ""), "url: {auth: aws_iam}"))
    await settled(aws, plan(S3 % ("two", ""), "url: {auth: aws_iam}"))
    assert list(policy(aws)) == ["from-s3"]


# ------------------------------------------------------------------------------------------------------------------ url


def urls(aws: VirtualAws) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = aws.send("lambda", "ListFunctionUrlConfigs", FunctionName="api")["FunctionUrlConfigs"]
    return found


async def test_a_url_comes_changes_in_place_moves_and_goes(aws: VirtualAws) -> None:
    await settled(aws, plan("url: {auth: aws_iam, cors: {allow_origins: ['*'], max_age: 1h}}", ALIAS))
    (first,) = urls(aws)
    assert first["Cors"] == {"AllowOrigins": ["*"], "MaxAge": 3600}
    await settled(aws, plan("url: {auth: none, cors: {allow_methods: [GET]}, invoke_mode: response_stream}", ALIAS))
    (second,) = urls(aws)
    assert second["FunctionUrl"] == first["FunctionUrl"]
    assert (second["AuthType"], second["Cors"], second["InvokeMode"]) == (
        "NONE",
        {"AllowMethods": ["GET"]},
        "RESPONSE_STREAM",
    )
    await settled(aws, plan("url: {auth: none, cors: {}}", ALIAS))
    assert "Cors" not in urls(aws)[0]
    preview = await aws.preview(plan("url: {auth: none, alias: live}", ALIAS))
    assert "url-moves" in [finding.code for finding in preview.findings]
    await settled(aws, plan("url: {auth: none, alias: live}", ALIAS))
    (third,) = urls(aws)
    assert third["FunctionUrl"] != first["FunctionUrl"]
    assert third["FunctionArn"].endswith(":live")
    await settled(aws, plan("url: off", ALIAS))
    assert urls(aws) == []


async def test_another_function_is_told_the_address(aws: VirtualAws) -> None:
    """The address is known only once it is made."""
    caller = """
  caller:
    runtime: python3.13
    handler: app.handler
    role: arn:aws:iam::123456789012:role/r
    code: {directory: code}
    environment: {API: "${functions.api.url}"}
"""
    await settled(aws, plan("url: {auth: aws_iam}") + caller)
    variables = aws.send("lambda", "GetFunction", FunctionName="caller")["Configuration"]["Environment"]["Variables"]
    assert variables == {"API": urls(aws)[0]["FunctionUrl"]}


# --------------------------------------------------------------------------------------------------------- async_invoke


async def test_asynchronous_invocation_is_stated_in_part(aws: VirtualAws) -> None:
    await settled(aws, plan(f"async_invoke: {{retries: 1, on_failure: '{QUEUE}'}}"))
    await settled(aws, plan(f"async_invoke: {{max_age: 1h, on_success: '{QUEUE}-done'}}"))
    config = aws.send("lambda", "GetFunctionEventInvokeConfig", FunctionName="api")
    assert (config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]) == (1, 3600)
    assert config["DestinationConfig"] == {
        "OnFailure": {"Destination": QUEUE},
        "OnSuccess": {"Destination": f"{QUEUE}-done"},
    }
    await settled(aws, plan("async_invoke: {on_success: off}"))
    config = aws.send("lambda", "GetFunctionEventInvokeConfig", FunctionName="api")
    assert config["DestinationConfig"]["OnSuccess"] == {}
    await settled(aws, plan("async_invoke: off"))
    with pytest.raises(Refusal):
        aws.send("lambda", "GetFunctionEventInvokeConfig", FunctionName="api")


async def test_the_defaults_need_no_configuration(aws: VirtualAws) -> None:
    await settled(aws, plan("async_invoke: {retries: 2, max_age: 6h}"))
    assert calls(aws, "PutFunctionEventInvokeConfig") == 0


# ---------------------------------------------------------------------------------------------------------- concurrency


def provisioned(aws: VirtualAws, alias: str = "live") -> tuple[int, str]:
    found = aws.send("lambda", "GetProvisionedConcurrencyConfig", FunctionName="api", Qualifier=alias)
    return found["RequestedProvisionedConcurrentExecutions"], found["Status"]


async def test_concurrency_is_provisioned_until_it_is_ready(aws: VirtualAws) -> None:
    began = aws.clock.now()
    await settled(aws, plan(ALIAS, "provisioned_concurrency: {live: 5}"))
    assert provisioned(aws) == (5, "READY")
    assert aws.clock.now() - began >= aws.account.ground.durations.provisioned_concurrency
    await settled(aws, plan(ALIAS, "provisioned_concurrency: {live: off}"))
    with pytest.raises(Refusal):
        provisioned(aws)


@pytest.mark.parametrize("stated", ["provisioned_concurrency: {live: 5}", ""])
async def test_an_alias_that_moves_is_ready_again(aws: VirtualAws, stated: str) -> None:
    """Fact sheet 11.8: moving an alias allocates anew, whether or not the plan states it."""
    await settled(aws, plan(ALIAS, "provisioned_concurrency: {live: 5}"))
    write(aws.folder, "2")
    report = await aws.apply(plan(ALIAS, *([stated] if stated else [])))
    assert report.outcome == "succeeded"
    assert provisioned(aws) == (5, "READY")
    assert calls(aws, "PutProvisionedConcurrencyConfig") == 0


async def test_reserved_concurrency_rises_before_and_falls_after_what_is_provisioned(aws: VirtualAws) -> None:
    """Fact sheet 11.9: it is never below what is provisioned."""
    await settled(aws, plan(ALIAS, "reserved_concurrency: 5", "provisioned_concurrency: {live: 5}"))
    up = await settled(aws, plan(ALIAS, "reserved_concurrency: 20", "provisioned_concurrency: {live: 10}"))
    assert ids(up) == ["functions.api:update-reserved_concurrency", "functions.api:update-provisioned_concurrency"]
    down = await settled(aws, plan(ALIAS, "reserved_concurrency: 2", "provisioned_concurrency: {live: 2}"))
    assert ids(down) == ["functions.api:update-provisioned_concurrency", "functions.api:update-reserved_concurrency"]


async def test_less_than_is_provisioned_is_refused_before_anything_is_sent(aws: VirtualAws) -> None:
    await settled(aws, plan(ALIAS, "provisioned_concurrency: {live: 5}"))
    with pytest.raises(InvalidPlan, match="more than the 2 that are reserved"):
        await aws.apply(plan(ALIAS, "reserved_concurrency: 2"))
    assert calls(aws, "PutFunctionConcurrency") == 0


async def test_a_failed_allocation_is_told_in_words_and_asked_for_again(aws: VirtualAws) -> None:
    aws.account.lambda_.fail_next_allocation("api", "FUNCTION_ERROR_INIT_FAILURE")
    text = plan(ALIAS, "provisioned_concurrency: {live: 5}")
    report = await aws.apply(text)
    (failed,) = (step for step in report.steps if step.outcome == "failed")
    assert failed.error is not None
    assert "FUNCTION_ERROR_INIT_FAILURE" in failed.error["message"]
    await settled(aws, text)
    assert provisioned(aws) == (5, "READY")


# -------------------------------------------------------------------------------------------------------------- aliases


async def test_an_alias_goes_after_all_that_uses_it(aws: VirtualAws) -> None:
    stated = plan(
        "aliases: {live: published, beta: published}",
        f"event_sources: {{jobs: {{source: '{QUEUE}', alias: beta}}}}",
        "permissions: {s: {principal: s3.amazonaws.com, alias: beta}}",
        "url: {auth: aws_iam, alias: beta}",
        "provisioned_concurrency: {beta: 1}",
        "timeout: 10s",
    )
    await settled(aws, stated)
    gone = plan(
        "aliases: {live: published, beta: absent}",
        f"event_sources: {{jobs: {{source: '{QUEUE}', alias: live}}}}",
        "permissions: {s: {principal: s3.amazonaws.com, alias: live}}",
        "url: {auth: aws_iam, alias: live}",
        "provisioned_concurrency: {beta: off}",
        policy=DESTRUCTIVE,
    )
    report = await settled(aws, gone)
    assert ids(report)[-1] == "functions.api.aliases.beta:delete"
    assert len(ids(report)) == 7
