"""What a plan leaves unsaid of a function URL that moves to another alias: the new one is as the old one was."""

from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.attachments import plan, settled, started
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

ALIASES = "aliases: {live: published, beta: published}"
OF_LIVE = "url: {auth: aws_iam, alias: live, invoke_mode: response_stream, cors: {allow_origins: [a], max_age: 1h}}"


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return started(tmp_path)


def urls(aws: VirtualAws) -> dict[str, dict[str, Any]]:
    """By the last part of the function's ARN."""
    found = aws.send("lambda", "ListFunctionUrlConfigs", FunctionName="api")["FunctionUrlConfigs"]
    return {one["FunctionArn"].rpartition(":")[2]: one for one in found}


async def kept(aws: VirtualAws, text: str) -> list[str]:
    """What the preview says that a run alone remembers."""
    return [f"{one.message} {one.action}" for one in (await aws.preview(text)).findings if one.code == "url-kept"]


async def test_cors_and_invoke_mode_come_along_and_that_is_told(aws: VirtualAws) -> None:
    await settled(aws, plan(OF_LIVE, ALIASES))
    moved = plan("url: {auth: aws_iam, alias: beta}", ALIASES)
    (told,) = await kept(aws, moved)
    assert "(cors, invoke_mode)" in told
    assert "State cors and invoke_mode too." in told
    await settled(aws, moved)
    assert list(urls(aws)) == ["beta"]
    assert urls(aws)["beta"]["Cors"] == {"AllowOrigins": ["a"], "MaxAge": 3600}
    assert urls(aws)["beta"]["InvokeMode"] == "RESPONSE_STREAM"


async def test_what_is_stated_takes_the_place_of_what_was(aws: VirtualAws) -> None:
    await settled(aws, plan(OF_LIVE, ALIASES))
    moved = plan("url: {auth: none, cors: {}, invoke_mode: buffered}", ALIASES)
    assert await kept(aws, moved) == []
    await settled(aws, moved)
    assert list(urls(aws)) == ["api"]
    assert "Cors" not in urls(aws)["api"]
    assert (urls(aws)["api"]["AuthType"], urls(aws)["api"]["InvokeMode"]) == ("NONE", "BUFFERED")


async def test_of_a_url_as_aws_makes_it_nothing_is_kept(aws: VirtualAws) -> None:
    await settled(aws, plan("url: {auth: aws_iam, alias: live}", ALIASES))
    assert await kept(aws, plan("url: {auth: aws_iam, alias: beta}", ALIASES)) == []
