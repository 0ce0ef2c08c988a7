"""Functions that everybody may call: what a preview says of that, and how it tells to do it by AWS's own means."""

from pathlib import Path

import pytest

from orchestrator.model import Finding
from tests.end_to_end.attachments import plan, settled, started
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

URL = "url: {auth: none}"
BOTH = (
    'permissions: {url: {principal: "*", action: "lambda:InvokeFunctionUrl"}, '
    'call: {principal: "*", action: "lambda:InvokeFunction"}}'
)


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return started(tmp_path)


async def found(aws: VirtualAws, code: str, text: str) -> list[Finding]:
    return [finding for finding in (await aws.preview(text)).findings if finding.code == code]


async def test_what_a_public_url_lacks_is_named_with_the_calls_that_open_no_more(aws: VirtualAws) -> None:
    (notice,) = await found(aws, "url-public", plan(URL))
    assert "--function-url-auth-type NONE" in notice.action
    assert "--invoked-via-function-url" in notice.action


async def test_the_calls_that_are_advised_are_taken_and_then_nothing_is_lacking(aws: VirtualAws) -> None:
    """Stated beside it as they are, they are left alone, and their conditions are told of."""
    await settled(aws, plan())
    shared = {"FunctionName": "api", "Principal": "*"}
    aws.send(
        "lambda",
        "AddPermission",
        **shared,
        StatementId="url",
        Action="lambda:InvokeFunctionUrl",
        FunctionUrlAuthType="NONE",
    )
    aws.send(
        "lambda",
        "AddPermission",
        **shared,
        StatementId="call",
        Action="lambda:InvokeFunction",
        InvokedViaFunctionUrl=True,
    )
    await aws.clock.sleep(30)
    (notice,) = await found(aws, "url-public", plan(URL, "permissions: {}"))
    assert notice.action == ""
    stated = plan(URL, BOTH)
    assert await found(aws, "permission-public", stated) == []
    conditions = await found(aws, "permission-narrowed", stated)
    assert ["FunctionUrlAuthType" in one.message for one in conditions] == [True, False]
    assert ["InvokedViaFunctionUrl" in one.message for one in conditions] == [False, True]
    await settled(aws, stated)


async def test_a_plan_that_states_both_permissions_is_not_told_to_but_warned(aws: VirtualAws) -> None:
    (notice,) = await found(aws, "url-public", plan(URL, BOTH))
    assert notice.action == ""
    warned = await found(aws, "permission-public", plan(URL, BOTH))
    assert [finding.ref and finding.ref.name for finding in warned] == ["url", "call"]
    assert all("InvokedViaFunctionUrl" in finding.action for finding in warned)


async def test_the_permission_of_another_alias_opens_no_url(aws: VirtualAws) -> None:
    text = plan("url: {auth: none, alias: live}", "aliases: {live: published}", BOTH)
    (notice,) = await found(aws, "url-public", text)
    assert "lambda:InvokeFunctionUrl and lambda:InvokeFunction" in notice.action
    assert "api --qualifier live" in notice.action
