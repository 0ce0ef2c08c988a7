"""Network, keys, dead letters, logs and snapshots of functions: slow ones, refused ones, and what others do meanwhile."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestrator.model import Call
from orchestrator.ports import Cloud
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Durations
from orchestrator.sandbox.rules.lambda_ import rights
from tests.end_to_end.virtual import VirtualAws
from tests.sandbox.lambda_world import archive

pytestmark = pytest.mark.virtual

ROLE = "arn:aws:iam::123456789012:role/r"
VPC = "{subnets: [subnet-1], security_groups: [sg-1]}"
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:failed"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000"
LIVE = "{live: published}"
EVERYTHING = {
    "vpc": VPC,
    "dead_letter": QUEUE,
    "kms_key": KEY,
    "logging": "{format: json, level: DEBUG}",
    "snap_start": "published_versions",
}
NOTHING = {"vpc": "off", "dead_letter": "off", "kms_key": "off", "logging": "{}", "snap_start": "off"}


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    (tmp_path / "app.zip").write_bytes(archive())
    return VirtualAws(tmp_path)


def plan(**settings: str) -> str:
    plain = {"runtime": "python3.13", "handler": "app.handler", "role": ROLE, "code": "app.zip"}
    return "plan: api\nfunctions:\n  api:\n" + "".join(
        f"    {key}: {value}\n" for key, value in {**plain, **settings}.items()
    )


def function(aws: VirtualAws) -> dict[str, Any]:
    found: dict[str, Any] = aws.send("lambda", "GetFunction", FunctionName="api")["Configuration"]
    return found


async def deployed(aws: VirtualAws, text: str) -> None:
    assert (await aws.apply(text)).outcome == "succeeded"
    aws.account.timeline.calls.clear()
    aws.events.clear()


async def test_everything_at_creation_then_nothing_then_everything_again(aws: VirtualAws) -> None:
    """Each form that clears is what Lambda clears by (fact sheet 11.6); a second run changes nothing."""
    await deployed(aws, plan(**EVERYTHING, aliases=LIVE))
    assert (await aws.apply(plan(**EVERYTHING, aliases=LIVE))).outcome == "nothing_to_do"
    await deployed(aws, plan(**NOTHING, aliases=LIVE))
    live = function(aws)
    assert not live.get("VpcConfig", {}).get("SubnetIds")
    assert not live.get("DeadLetterConfig")
    assert not live.get("KMSKeyArn")
    assert live["SnapStart"]["ApplyOn"] == "None"
    assert live["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/aws/lambda/api"}
    assert (await aws.apply(plan(**NOTHING, aliases=LIVE))).outcome == "nothing_to_do"
    report = await aws.apply(plan(**EVERYTHING, aliases=LIVE))
    assert [step.id for step in report.steps] == [
        "functions.api:update-configuration",
        "functions.api:create-version",
        "functions.api.aliases.live:update",
    ]
    assert report.outcome == "succeeded"


@pytest.mark.parametrize(
    ("setting", "value", "right"),
    [
        ("vpc", VPC, rights.NETWORK),
        ("dead_letter", QUEUE, rights.QUEUE),
        ("dead_letter", QUEUE.replace("sqs", "sns"), rights.TOPIC),
        ("kms_key", KEY, rights.KEY),
    ],
)
async def test_new_rights_of_a_role_are_waited_for_and_missing_ones_told(
    aws: VirtualAws, setting: str, value: str, right: str
) -> None:
    """Fact sheet 12.3: the same words for rights that are young and for rights that are not there."""
    await deployed(aws, plan())
    await aws.clock.sleep(600)
    aws.account.lambda_.role_permitted(ROLE, aws.clock.now())
    assert (await aws.apply(plan(**{setting: value}))).outcome == "succeeded"
    await deployed(aws, plan(**{setting: "off"}))
    aws.account.lambda_.deny(ROLE, right)
    report = await aws.apply(plan(**{setting: value}))
    assert [step.outcome for step in report.steps] == ["failed"]
    error = report.steps[0].error
    assert error is not None
    assert right in error["message"] or "KMS key is invalid" in error["message"]
    assert error["code"] == "InvalidParameterValueException"


async def test_c8_a_network_interface_takes_its_time(tmp_path: Path) -> None:
    """C8: twelve minutes are within the deadline where a VPC is declared or live, and the wait says what Lambda says."""
    (tmp_path / "app.zip").write_bytes(archive())
    aws = VirtualAws(tmp_path, account=Account(durations=Durations(vpc_attach=720)))
    assert (await aws.apply(plan(vpc=VPC))).outcome == "succeeded"
    waits = [event.details["status"] for event in aws.events if event.what == "waiting"]
    assert any(status.startswith("State Pending (Creating): ") for status in waits)
    assert (await aws.apply(plan(vpc=VPC.replace("sg-1", "sg-2")))).outcome == "succeeded"


async def test_c5_a_failed_network_says_why_and_what_to_do(aws: VirtualAws) -> None:
    await deployed(aws, plan())
    aws.account.lambda_.fail_next("api", "The subnet has no free addresses.", "SubnetOutOfIPAddresses")
    report = await aws.apply(plan(vpc=VPC))
    error = report.steps[0].error
    assert error is not None
    assert error["message"] == "LastUpdateStatus Failed: The subnet has no free addresses."
    assert error["code"] == "SubnetOutOfIPAddresses"
    assert error["action"] == (
        "The subnets have no free address: name larger ones, or free some. Then run again: it is sent afresh."
    )
    warned = [
        finding for finding in (await aws.preview(plan(vpc=VPC))).findings if finding.code == "last-update-failed"
    ]
    assert "no free address" in warned[0].action
    assert (await aws.apply(plan(vpc=VPC))).outcome == "succeeded"


async def test_c5_an_unknown_reason_is_shown_as_it_is(aws: VirtualAws) -> None:
    aws.account.lambda_.fail_next("api", "Something new.", "NewfangledReason")
    report = await aws.apply(plan())
    error = report.steps[0].error
    assert error is not None
    assert (error["code"], error["message"]) == ("NewfangledReason", "State Failed: Something new.")


async def test_an_alias_of_a_key_is_compared_by_its_key(aws: VirtualAws) -> None:
    alias = "arn:aws:kms:eu-west-1:123456789012:alias/orders"
    aws.account.kms.register("alias/orders", KEY.rpartition("/")[2])
    await deployed(aws, plan(kms_key=KEY, aliases=LIVE))
    assert (await aws.apply(plan(kms_key=alias, aliases=LIVE))).outcome == "nothing_to_do"
    aws.account.deny("kms:DescribeKey")
    preview = await aws.preview(plan(kms_key=alias, aliases=LIVE))
    assert [finding.code for finding in preview.findings] == ["kms-key-unresolved"]


# ------------------------------------------------------------------------------------------- what others make meanwhile


@dataclass
class Meanwhile:
    """Somebody else's call gets in right before the run's first one of `operation`."""

    cloud: Cloud
    operation: str
    theirs: Callable[[], object]
    due: bool = True

    async def send(self, call: Call) -> Mapping[str, Any]:
        if self.due and call.operation == self.operation:
            self.due = False
            self.theirs()
        return await self.cloud.send(call)


def meanwhile(aws: VirtualAws, before: str, operation: str, **parameters: Any) -> None:
    """Let somebody call `operation` right before the next run's first call of `before`."""
    aws.between = lambda cloud: Meanwhile(
        cloud, before, lambda: aws.send("lambda", operation, FunctionName="api", **parameters)
    )


def theirs(**more: Any) -> dict[str, Any]:
    return {"Runtime": "python3.13", "Handler": "app.handler", "Role": ROLE, "Code": {"ZipFile": archive()}, **more}


async def test_a_function_that_somebody_made_just_so_is_adopted(aws: VirtualAws) -> None:
    """`Function already exist` (11.4): it equals the plan, so it is taken for made."""
    aws.account.lambda_.role_created(ROLE, aws.clock.now() - 3600)
    network = {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    meanwhile(aws, "CreateFunction", "CreateFunction", **theirs(VpcConfig=network))
    report = await aws.apply(plan(vpc=VPC))
    assert report.outcome == "succeeded"
    assert [(step.id, step.attempts) for step in report.steps] == [("functions.api:create", 1)]
    assert [code for code, _, _ in report.steps[0].retries] == ["ResourceConflictException"]


async def test_a_step_that_takes_a_setting_away_says_so(aws: VirtualAws) -> None:
    await deployed(aws, plan(dead_letter=QUEUE, environment="{AA: b}", memory="512"))
    (step,) = (await aws.preview(plan(dead_letter="off", environment="{}", memory="256"))).graph
    assert set(step.summary.split("; ")) == {"clear dead_letter", "clear environment", "set memory"}


async def test_a_function_that_somebody_made_otherwise_is_brought_to_the_plan(aws: VirtualAws) -> None:
    aws.account.lambda_.role_created(ROLE, aws.clock.now() - 3600)
    meanwhile(aws, "CreateFunction", "CreateFunction", **theirs(MemorySize=256))
    assert (await aws.apply(plan(memory="512", dead_letter=QUEUE))).outcome == "succeeded"
    assert (function(aws)["MemorySize"], function(aws)["DeadLetterConfig"]) == (512, {"TargetArn": QUEUE})


async def test_an_alias_that_somebody_made_just_so_is_adopted(aws: VirtualAws) -> None:
    """`Alias already exists` (11.4)."""
    await deployed(aws, plan(publish="true"))
    meanwhile(aws, "CreateAlias", "CreateAlias", Name="live", FunctionVersion="1")
    report = await aws.apply(plan(aliases=LIVE))
    assert report.outcome == "succeeded"
    assert [code for step in report.steps for code, _, _ in step.retries] == ["ResourceConflictException"]


async def test_an_alias_that_somebody_made_otherwise_is_moved(aws: VirtualAws) -> None:
    await deployed(aws, plan(publish="true"))
    meanwhile(aws, "CreateAlias", "CreateAlias", Name="live", FunctionVersion="$LATEST")
    assert (await aws.apply(plan(aliases=LIVE))).outcome == "succeeded"
    assert aws.send("lambda", "GetAlias", FunctionName="api", Name="live")["FunctionVersion"] == "1"


async def test_a_version_that_somebody_published_just_so_is_adopted(aws: VirtualAws) -> None:
    """11.7: PublishVersion of what is published already answers that version."""
    await deployed(aws, plan())
    meanwhile(aws, "PublishVersion", "PublishVersion")
    assert (await aws.apply(plan(aliases=LIVE))).outcome == "succeeded"
    assert aws.send("lambda", "GetAlias", FunctionName="api", Name="live")["FunctionVersion"] == "1"
    assert len(aws.send("lambda", "ListVersionsByFunction", FunctionName="api")["Versions"]) == 2


async def test_what_somebody_deploys_before_the_version_is_published_is_not_published_as_ours(aws: VirtualAws) -> None:
    """11.7: CodeSha256 guards PublishVersion; the run plans anew, and what it publishes is its own."""
    await deployed(aws, plan())
    meanwhile(aws, "PublishVersion", "UpdateFunctionCode", ZipFile=archive("other = 1"))
    assert (await aws.apply(plan(aliases=LIVE))).outcome == "succeeded"
    mine = aws.opened(plan()).plans[0].resources[0].blobs["code"].sha256
    version = aws.send("lambda", "GetAlias", FunctionName="api", Name="live")["FunctionVersion"]
    published = aws.send("lambda", "GetFunction", FunctionName="api", Qualifier=version)["Configuration"]
    assert published["CodeSha256"] == mine
