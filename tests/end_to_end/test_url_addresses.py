"""The address of a function URL, which AWS chooses: told by the run that makes it, and by `status` ever after."""

import json
from pathlib import Path

import pytest

from orchestrator.pipeline import status_on
from orchestrator.render import document, text
from tests.end_to_end.attachments import plan, settled, started
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

LIVE = "aliases: {live: published}"


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return started(tmp_path)


def address(aws: VirtualAws) -> str:
    (config,) = aws.send("lambda", "ListFunctionUrlConfigs", FunctionName="api")["FunctionUrlConfigs"]
    return str(config["FunctionUrl"])


async def test_a_report_tells_the_address_of_a_url_that_it_made(aws: VirtualAws) -> None:
    report = await settled(aws, plan("url: {auth: aws_iam}"))
    told = f"functions.api: the function URL of the function itself is {address(aws)}"
    assert report.notices == (told,)
    assert told in text.report(report)
    assert json.loads(document.report(report))["notices"] == [told]


async def test_another_alias_is_told_with_its_new_address_and_other_settings_are_not(aws: VirtualAws) -> None:
    await settled(aws, plan("url: {auth: aws_iam, alias: live}", LIVE))
    changed = await settled(aws, plan("url: {auth: aws_iam, alias: live, cors: {allow_origins: ['*']}}", LIVE))
    assert changed.notices == ()
    moved = await settled(aws, plan("url: {auth: aws_iam}", LIVE))
    assert moved.notices == (f"functions.api: the function URL of the function itself is {address(aws)}",)
    gone = await settled(aws, plan("url: off", LIVE))
    assert gone.notices == ()


async def test_status_tells_the_address(aws: VirtualAws) -> None:
    stated = plan("url: {auth: aws_iam}")
    before = await status_on(aws.opened(stated))
    assert [dict(line.facts) for line in before.lines] == [{}, {}]
    await settled(aws, stated)
    status = await status_on(aws.opened(stated))
    assert [dict(line.facts) for line in status.lines] == [{}, {"url": address(aws)}]
    assert f"url {address(aws)}" in text.status(status)
    (_, line) = json.loads(document.status(status))["resources"]
    assert line["facts"] == {"url": address(aws)}
