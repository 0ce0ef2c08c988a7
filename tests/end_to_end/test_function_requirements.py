"""Requirements C, each as a user meets it: plan text in, report out, against a Lambda that is Pending and InProgress."""

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest

from orchestrator.sandbox.faults import Faults, Injection, Script
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

ROLE = "arn:aws:iam::123456789012:role/r"


def plan(memory: int = 128, **more: str) -> str:
    lines = [f"    {key}: {value}" for key, value in more.items()]
    return f"""
plan: api
functions:
  api:
    runtime: python3.13
    handler: app.handler
    role: {ROLE}
    code: {{directory: code}}
    memory: {memory}
""" + "\n".join(lines)


LIVE = "{live: published}"


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    write(tmp_path, "1")
    return VirtualAws(tmp_path)


def write(folder: Path, release: str) -> None:
    (folder / "code").mkdir(exist_ok=True)
    (folder / "code" / "app.py").write_text(f"def handler(event, context): return {release!r}\n")


def function(aws: VirtualAws, **qualifier: str) -> dict[str, Any]:
    found: dict[str, Any] = aws.send("lambda", "GetFunction", FunctionName="api", **qualifier)["Configuration"]
    return found


def configure(aws: VirtualAws, **fields: object) -> None:
    """Somebody else updates the function."""
    aws.send("lambda", "UpdateFunctionConfiguration", FunctionName="api", **fields)


def calls(aws: VirtualAws, operation: str) -> int:
    return aws.account.timeline.calls[f"lambda:{operation}"]


async def deployed(aws: VirtualAws, text: str) -> None:
    assert (await aws.apply(text)).outcome == "succeeded"
    aws.events.clear()
    aws.account.timeline.calls.clear()


async def test_c1_c2_code_and_configuration_are_sequenced_with_a_settle_between(aws: VirtualAws) -> None:
    """C1, C2: configuration, settle, code, settle, publish, version Active, alias; never in parallel."""
    await deployed(aws, plan(aliases=LIVE))
    write(aws.folder, "2")
    report = await aws.apply(plan(256, aliases=LIVE))
    assert [(step.id, step.outcome) for step in report.steps] == [
        ("functions.api:update-configuration", "done"),
        ("functions.api:update-code", "done"),
        ("functions.api:create-version", "done"),
        ("functions.api.aliases.live:update", "done"),
    ]
    assert aws.account.timeline.refused_in_transition == 0
    assert not aws.account.timeline.clashes()
    assert (await aws.apply(plan(256, aliases=LIVE))).outcome == "nothing_to_do"


async def test_c1_an_update_that_somebody_started_is_waited_for(aws: VirtualAws) -> None:
    """C1: LastUpdateStatus InProgress holds back ours, found at the preview as a wait-only step."""
    await deployed(aws, plan())
    configure(aws, Description="theirs")
    await aws.clock.sleep(1)
    report = await aws.apply(plan(256))
    assert report.outcome == "succeeded"
    assert aws.account.timeline.refused_in_transition == 0
    assert (function(aws)["MemorySize"], function(aws)["Description"]) == (256, "theirs")


async def test_c1_an_inactive_function_is_configured(aws: VirtualAws) -> None:
    """C1: Inactive is settled enough to be configured."""
    await deployed(aws, plan())
    aws.account.lambda_.idle("api", aws.clock.now())
    assert (await aws.apply(plan(256))).outcome == "succeeded"


async def test_c3_a_function_just_created_is_published_only_after_pending(aws: VirtualAws) -> None:
    """C3: create, wait for Active, publish, wait for the version, alias; nothing is sent too early."""
    report = await aws.apply(plan(aliases=LIVE))
    assert report.outcome == "succeeded"
    assert aws.account.timeline.refused_in_transition == 0
    alias = aws.send("lambda", "GetAlias", FunctionName="api", Name="live")
    assert function(aws, Qualifier=alias["FunctionVersion"])["State"] == "Active"


async def test_c4_a_second_pipeline_on_the_same_function_waits_and_ends_well(aws: VirtualAws) -> None:
    """C9, and what of C4 needs no lock: a 409 that says busy is waited out and the call sent again."""
    await deployed(aws, plan())
    now = aws.clock.now()
    aws.account.schedule(now + 0.05, "lambda", "UpdateFunctionConfiguration", {"FunctionName": "api", "Timeout": 9})
    aws.faults = Faults(latency=(0.1, 0.1))
    report = await aws.apply(plan(256))
    assert report.outcome == "succeeded"
    assert (function(aws)["MemorySize"], function(aws)["Timeout"]) == (256, 9)


async def test_c5_a_failed_update_stops_that_function_with_the_reason_in_words(aws: VirtualAws) -> None:
    """C5: LastUpdateStatusReason and its code are told, others go on, and a fresh update is offered."""
    await deployed(aws, plan())
    aws.account.lambda_.fail_next("api", "The subnet has no free addresses.", "SubnetOutOfIPAddresses")
    other = "\ntables:\n  orders:\n    partition_key: {id: S}\n    billing: on_demand\n"
    report = await aws.apply(plan(256) + other)
    outcomes = {step.id: step for step in report.steps}
    failed = outcomes["functions.api:update-configuration"]
    assert (report.exit_code, failed.outcome) == (1, "failed")
    assert failed.error is not None
    assert "no free addresses" in failed.error["message"]
    assert failed.error["code"] == "SubnetOutOfIPAddresses"
    assert outcomes["tables.orders:create"].outcome == "done"
    again = await aws.apply(plan(512) + other)
    assert again.outcome == "succeeded"


async def test_c5_a_function_that_failed_at_creation_is_told_with_its_code(aws: VirtualAws) -> None:
    """C5: State Failed, with StateReason and its code; what follows on the lane is not run and says why."""
    aws.account.lambda_.fail_next("api", "The image is gone.", "ImageDeleted")
    report = await aws.apply(plan(aliases=LIVE))
    assert report.exit_code == 1
    assert [step.outcome for step in report.steps] == ["failed", "not_run", "not_run"]
    error = report.steps[0].error
    assert error is not None
    assert "The image is gone." in error["message"]
    assert error["code"] == "ImageDeleted"
    assert report.steps[1].error is not None
    assert "functions.api:create" in report.steps[1].error["message"]


async def test_c6_nothing_is_published_when_nothing_changed(aws: VirtualAws) -> None:
    """C6: the second run neither publishes nor moves the alias."""
    await deployed(aws, plan(aliases=LIVE))
    assert (await aws.apply(plan(aliases=LIVE))).outcome == "nothing_to_do"
    assert calls(aws, "PublishVersion") == calls(aws, "UpdateAlias") == 0


async def test_c6_weighted_aliases(aws: VirtualAws) -> None:
    """C6: a canary takes a share, and the short form takes it back."""
    await deployed(aws, plan(aliases=LIVE))
    first = aws.send("lambda", "GetAlias", FunctionName="api", Name="live")["FunctionVersion"]
    write(aws.folder, "2")
    await deployed(aws, plan(aliases=f'{{live: {{version: published, weights: {{"{first}": 0.9}}}}}}'))
    alias = aws.send("lambda", "GetAlias", FunctionName="api", Name="live")
    assert alias["FunctionVersion"] != first
    assert alias["RoutingConfig"] == {"AdditionalVersionWeights": {first: 0.9}}
    await deployed(aws, plan(aliases=LIVE))
    alias = aws.send("lambda", "GetAlias", FunctionName="api", Name="live")
    assert not alias.get("RoutingConfig", {}).get("AdditionalVersionWeights")


async def test_c6_a_version_that_does_not_exist_is_told_before_the_first_call(aws: VirtualAws) -> None:
    await deployed(aws, plan(aliases=LIVE))
    wrong = plan(256, aliases='{live: "77"}')
    findings = [finding for finding in (await aws.preview(wrong)).findings if finding.level == "error"]
    assert [finding.code for finding in findings] == ["no-such-version"]
    assert "the newest are 1." in findings[0].action
    assert findings[0].where is not None
    assert not calls(aws, "UpdateFunctionConfiguration")


async def test_c7_after_a_deployment_digest_and_configuration_are_the_plans(aws: VirtualAws) -> None:
    """C7: what is live has the digest of the very bytes that were sent, and every stated field."""
    run = aws.opened(plan(256, timeout="30s", aliases=LIVE))
    data = run.plans[0].resources[0].blobs["code"].data
    await deployed(aws, plan(256, timeout="30s", aliases=LIVE))
    live = function(aws)
    assert live["CodeSha256"] == base64.b64encode(hashlib.sha256(data).digest()).decode()
    assert (live["MemorySize"], live["Timeout"]) == (256, 30)


async def test_c8_slow_functions_have_progress_instead_of_failures(tmp_path: Path) -> None:
    """C8: minutes of Pending are told as waiting, and the deadline is as long."""
    from orchestrator.sandbox.rules.account import Account
    from orchestrator.sandbox.rules.durations import Durations

    write(tmp_path, "1")
    aws = VirtualAws(tmp_path, account=Account(durations=Durations(function_create=400, function_update=300)))
    assert (await aws.apply(plan())).outcome == "succeeded"
    waits = [event for event in aws.events if event.what == "waiting"]
    assert len(waits) > 5
    assert all("Pending" in event.details["status"] for event in waits)


async def test_c9_a_lost_reply_is_looked_up_never_sent_blindly(aws: VirtualAws) -> None:
    """C9, architecture rule 7: the update took effect, the reply was lost; it is found done, not sent again."""
    await deployed(aws, plan())
    aws.faults = Faults(scripts=[Script("lambda:UpdateFunctionConfiguration", 1, Injection.DROP_AFTER)])
    report = await aws.apply(plan(256))
    assert report.outcome == "succeeded"
    assert calls(aws, "UpdateFunctionConfiguration") == 1


async def test_a_new_role_that_lambda_does_not_know_yet_is_waited_for(aws: VirtualAws) -> None:
    """Fact sheet 12.3: `cannot be assumed by Lambda` is lag for a while; then it is told as it is."""
    report = await aws.apply(plan())
    assert report.outcome == "succeeded"
    retries = [retry for step in report.steps for retry in step.retries]
    assert any(code == "InvalidParameterValueException" for code, _, _ in retries)


async def test_a_function_is_deleted_with_leave(aws: VirtualAws) -> None:
    await deployed(aws, plan(aliases=LIVE))
    gone = "plan: api\npolicy: {destructive: allow}\nfunctions: {api: absent}\n"
    assert (await aws.apply(gone)).outcome == "succeeded"
    assert (await aws.apply(gone)).outcome == "nothing_to_do"


async def test_environment_values_are_shown_nowhere(aws: VirtualAws) -> None:
    """Values of the environment are hidden in the preview, in the events and in the report."""
    text = plan(environment="{TOKEN: s3cr3t-value}")
    preview = await aws.preview(text)
    report = await aws.apply(text)
    assert "s3cr3t-value" not in repr(preview.graph) + repr(preview.findings) + repr(report) + repr(aws.events)
    assert function(aws)["Environment"] == {"Variables": {"TOKEN": "s3cr3t-value"}}
