"""Functions whose code is in S3 or an image, as a user meets them: what is compared, what is deployed, what is refused."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestrator.adapters.journal import MemoryJournal
from orchestrator.engine.executor import execute
from orchestrator.model import Call, Preview
from orchestrator.ports import Cloud
from orchestrator.sandbox.faults import Faults, Injection, Script
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Durations
from tests.end_to_end.virtual import VirtualAws
from tests.sandbox.lambda_world import archive

pytestmark = pytest.mark.virtual

LIVE = "{live: published}"
ONE, TWO = archive("one = 1"), archive("two = 2")


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return VirtualAws(tmp_path)


def plan(code: str, **more: str) -> str:
    zipped = {} if "image" in code else {"runtime": "python3.13", "handler": "app.handler"}
    settings = {"role": "arn:aws:iam::123456789012:role/r", "code": code, **zipped, **more}
    return "plan: api\nfunctions:\n  api:\n" + "".join(f"    {key}: {value}\n" for key, value in settings.items())


def in_s3(version: str = "") -> str:
    return f"{{s3: {{bucket: artifacts, key: app.zip{f', version: {version!r}' if version else ''}}}}}"


def put(aws: VirtualAws, data: bytes, **how: Any) -> str | None:
    return aws.account.s3.put("artifacts", "app.zip", data, aws.clock.now(), **how)


def function(aws: VirtualAws, **qualifier: str) -> dict[str, Any]:
    return aws.send("lambda", "GetFunction", FunctionName="api", **qualifier)


def code_of(aws: VirtualAws, **qualifier: str) -> str:
    return str(function(aws, **qualifier)["Configuration"]["CodeSha256"])


def sha256(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def calls(aws: VirtualAws, api: str) -> int:
    return aws.account.timeline.calls[api]


def errors(preview: Preview) -> list[str]:
    return [finding.code for finding in preview.findings if finding.level == "error"]


async def deployed(aws: VirtualAws, text: str) -> None:
    assert (await aws.apply(text)).outcome == "succeeded"
    aws.account.timeline.calls.clear()


# ----------------------------------------------------------------------------------------------------------------- S3


@pytest.mark.parametrize(
    "how", [{"checksum": True}, {}, {"checksum": True, "parts": 2}], ids=["whole", "none", "parts"]
)
async def test_an_object_is_compared_by_its_bytes_whatever_s3_knows_of_them(
    aws: VirtualAws, how: dict[str, Any]
) -> None:
    """S3's checksum where it is of the whole object; else the bytes. The version that is published holds them (C6, C7)."""
    put(aws, ONE, **how)
    await deployed(aws, plan(in_s3(), aliases=LIVE))
    assert code_of(aws, Qualifier="live") == sha256(ONE)
    assert (await aws.apply(plan(in_s3(), aliases=LIVE))).outcome == "nothing_to_do"
    put(aws, TWO, **how)
    report = await aws.apply(plan(in_s3(), aliases=LIVE))
    assert [step.id for step in report.steps] == [
        "functions.api:update-code",
        "functions.api:create-version",
        "functions.api.aliases.live:update",
    ]
    assert report.outcome == "succeeded"
    assert code_of(aws, Qualifier="live") == sha256(TWO)
    assert (await aws.apply(plan(in_s3(), aliases=LIVE))).outcome == "nothing_to_do"


async def test_a_checksum_of_the_whole_object_saves_the_download(aws: VirtualAws) -> None:
    put(aws, ONE, checksum=True)
    assert (await aws.apply(plan(in_s3()))).outcome == "succeeded"
    assert calls(aws, "s3:GetObject") == 0
    assert calls(aws, "s3:HeadObject") >= 1


async def test_while_the_function_moves_its_object_is_not_fetched(tmp_path: Path) -> None:
    """Minutes of Pending are many looks; a package may have 50 MB and more."""
    aws = VirtualAws(tmp_path, account=Account(durations=Durations(function_create=300)))
    put(aws, ONE)
    assert (await aws.apply(plan(in_s3()))).outcome == "succeeded"
    assert calls(aws, "lambda:GetFunction") > 20
    assert calls(aws, "s3:GetObject") <= 3


async def test_a_version_of_an_object_stays_what_it_was(aws: VirtualAws) -> None:
    aws.account.s3.version("artifacts")
    first = put(aws, ONE)
    assert first
    await deployed(aws, plan(in_s3(first)))
    second = put(aws, TWO)
    assert second
    assert (await aws.apply(plan(in_s3(first)))).outcome == "nothing_to_do"
    assert (await aws.apply(plan(in_s3(second)))).outcome == "succeeded"
    assert code_of(aws) == sha256(TWO)


async def test_what_is_overwritten_between_look_and_call_is_planned_anew(aws: VirtualAws) -> None:
    """The digest that was compared is the goal: other bytes are another plan, and that is carried out."""
    put(aws, ONE)
    await deployed(aws, plan(in_s3(), aliases=LIVE))
    put(aws, TWO)
    three = archive("three = 3")
    aws.between = lambda cloud: Overwriting(cloud, lambda: put(aws, three))
    report = await aws.apply(plan(in_s3(), aliases=LIVE))
    assert report.outcome == "succeeded"
    assert code_of(aws, Qualifier="live") == sha256(three)


async def test_a_tag_that_moves_between_look_and_call_is_deployed_by_a_plan_of_its_own(aws: VirtualAws) -> None:
    """The call names the digest that was compared; the last look finds the tag elsewhere, and the run plans anew."""
    push(aws, "one")
    await deployed(aws, plan(of_image(aws), aliases=LIVE))
    second = push(aws, "two")
    aws.between = lambda cloud: Overwriting(cloud, lambda: push(aws, "three"))
    assert (await aws.apply(plan(of_image(aws), aliases=LIVE))).outcome == "succeeded"
    assert code_of(aws, Qualifier="2") == second
    third = push(aws, "three")
    assert code_of(aws, Qualifier="3") == code_of(aws, Qualifier="live") == third


@dataclass
class Overwriting:
    """The code is changed at its place right before the run's first UpdateFunctionCode."""

    cloud: Cloud
    change: Callable[[], object]
    due: bool = True

    async def send(self, call: Call) -> Mapping[str, Any]:
        if self.due and call.operation == "UpdateFunctionCode":
            self.due = False
            self.change()
        return await self.cloud.send(call)


async def test_an_object_that_is_not_there_or_may_not_be_read_is_told_before_any_call(aws: VirtualAws) -> None:
    put(aws, ONE)
    await deployed(aws, plan(in_s3()))
    aws.account.s3.delete("artifacts", "app.zip")
    assert errors(await aws.preview(plan(in_s3()))) == ["code-not-found"]
    put(aws, TWO)
    aws.account.deny("s3:GetObject")
    preview = await aws.preview(plan(in_s3(), memory="256"))
    assert errors(preview) == ["code-unresolved"]
    assert "s3:GetObject" in preview.findings[0].action
    assert not preview.graph.steps


async def test_an_object_that_is_not_there_fails_the_creation_in_lambdas_words(aws: VirtualAws) -> None:
    """Where it goes between the look and the call."""
    put(aws, ONE)
    run = aws.opened(plan(in_s3()))
    world = await run.observe()
    aws.account.s3.delete("artifacts", "app.zip")
    report = await execute(run.compile(world), world, run.cloud, aws.clock, MemoryJournal())
    assert [step.outcome for step in report.steps] == ["failed"]
    error = report.steps[0].error
    assert error is not None
    assert "NoSuchKey" in error["message"]
    assert "object is there" in error["action"]


async def test_a_lost_reply_of_an_update_from_s3_is_looked_up(aws: VirtualAws) -> None:
    """C9: the digest shows whether it took effect."""
    put(aws, ONE)
    await deployed(aws, plan(in_s3()))
    put(aws, TWO)
    aws.faults = Faults(scripts=[Script("lambda:UpdateFunctionCode", 1, Injection.DROP_AFTER)])
    assert (await aws.apply(plan(in_s3()))).outcome == "succeeded"
    assert calls(aws, "lambda:UpdateFunctionCode") == 1


async def test_a_zip_makes_way_for_an_object_with_the_same_bytes_without_a_call(aws: VirtualAws) -> None:
    (aws.folder / "app.zip").write_bytes(ONE)
    await deployed(aws, plan("app.zip"))
    put(aws, ONE)
    assert (await aws.apply(plan(in_s3()))).outcome == "nothing_to_do"


# -------------------------------------------------------------------------------------------------------------- images


def push(aws: VirtualAws, content: str, tag: str = "1") -> str:
    """Push an image and return its digest in hexadecimal."""
    return aws.account.ecr.push("orders", tag, content, aws.clock.now()).removeprefix("sha256:")


def of_image(aws: VirtualAws, tag: str = "1") -> str:
    return f'{{image: "{aws.account.ecr.uri("orders", tag)}"}}'


def by_digest(aws: VirtualAws, digest: str) -> str:
    return f'{{image: "{aws.account.ecr.uri("orders", "x").removesuffix(":x")}@sha256:{digest}"}}'


async def test_a_tag_is_compared_by_its_digest_and_deployed_by_it(aws: VirtualAws) -> None:
    first = push(aws, "one")
    await deployed(aws, plan(of_image(aws), aliases=LIVE))
    assert code_of(aws, Qualifier="live") == first
    assert (await aws.apply(plan(of_image(aws), aliases=LIVE))).outcome == "nothing_to_do"
    second = push(aws, "two")
    assert (await aws.apply(plan(of_image(aws), aliases=LIVE))).outcome == "succeeded"
    assert code_of(aws, Qualifier="live") == second
    assert function(aws)["Code"]["ImageUri"].endswith(f"@sha256:{second}")
    assert (await aws.apply(plan(of_image(aws), aliases=LIVE))).outcome == "nothing_to_do"


async def test_an_image_by_its_digest_takes_no_look_at_the_registry(aws: VirtualAws) -> None:
    first = push(aws, "one")
    aws.account.deny("ecr:DescribeImages")
    await deployed(aws, plan(by_digest(aws, first), aliases=LIVE))
    second = push(aws, "two")
    assert (await aws.apply(plan(by_digest(aws, second), aliases=LIVE))).outcome == "succeeded"
    assert code_of(aws, Qualifier="live") == second


async def test_a_registry_that_may_not_be_read_asks_for_the_permission_or_the_digest(aws: VirtualAws) -> None:
    push(aws, "one")
    await deployed(aws, plan(of_image(aws)))
    aws.account.deny("ecr:DescribeImages")
    preview = await aws.preview(plan(of_image(aws)))
    assert errors(preview) == ["code-unresolved"]
    assert "ecr:DescribeImages" in preview.findings[0].action
    assert "@sha256:" in preview.findings[0].action


async def test_a_tag_that_is_not_there_is_told_before_any_call(aws: VirtualAws) -> None:
    push(aws, "one")
    await deployed(aws, plan(of_image(aws)))
    assert errors(await aws.preview(plan(of_image(aws, "2")))) == ["code-not-found"]


async def test_an_image_that_lambda_does_not_see_yet_is_waited_for(aws: VirtualAws) -> None:
    """Fact sheet 12.3: it may have been pushed only moments ago."""
    aws.account.lambda_.refuse_next("api", "Source image is not valid. Provide a valid source image.", times=3)
    push(aws, "one")
    report = await aws.apply(plan(of_image(aws)))
    assert report.outcome == "succeeded"
    assert report.steps[0].attempts > 3


async def test_a_function_never_changes_from_zip_to_image(aws: VirtualAws) -> None:
    """Fact sheet 11.6: PackageType is for good."""
    push(aws, "one")
    (aws.folder / "app.zip").write_bytes(ONE)
    await deployed(aws, plan("app.zip"))
    preview = await aws.preview(plan(of_image(aws)))
    assert errors(preview) == ["package-type"]
    assert "delete the function" in preview.findings[0].action


async def test_how_an_image_is_run_is_changed_and_cleared(aws: VirtualAws) -> None:
    push(aws, "one")
    await deployed(aws, plan(of_image(aws), image="{command: [a.handler], working_directory: /srv}"))
    await deployed(aws, plan(of_image(aws), image="{entry_point: [/run]}"))
    shown = function(aws)["Configuration"]["ImageConfigResponse"]["ImageConfig"]
    assert shown == {"EntryPoint": ["/run"]}
    await deployed(aws, plan(of_image(aws), image="{}"))
    assert "ImageConfigResponse" not in function(aws)["Configuration"]
    assert (await aws.apply(plan(of_image(aws), image="{}"))).outcome == "nothing_to_do"


async def test_a_function_whose_tag_may_not_be_read_afterwards_is_told_of_in_the_same_run(aws: VirtualAws) -> None:
    """Before there is a function nothing is read; what it was made of can't be told then."""
    push(aws, "one")
    aws.account.deny("ecr:DescribeImages")
    report = await aws.apply(plan(of_image(aws)))
    assert report.exit_code == 3
    assert [step.outcome for step in report.steps] == ["failed"]
    assert any("ecr:DescribeImages" in notice for notice in report.notices)
