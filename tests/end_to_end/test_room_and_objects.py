"""What a function rests on that is not its own is looked at before the first call: its account, the object of its code."""

from pathlib import Path
from typing import Any

import pytest

from orchestrator.errors import InvalidPlan
from orchestrator.model import Finding
from tests.end_to_end.attachments import ROLE, plan, settled, started
from tests.end_to_end.virtual import VirtualAws
from tests.sandbox.lambda_world import archive

pytestmark = pytest.mark.virtual

RESERVED = "reserved_concurrency: %d"
OBJECT = "code: {s3: {bucket: artifacts, key: app.zip%s}}"


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return started(tmp_path)


async def told(aws: VirtualAws, text: str) -> list[Finding]:
    return [one for one in (await aws.preview(text)).findings if one.ref and one.ref.section == "functions"]


async def refused(aws: VirtualAws, text: str) -> Finding:
    """The one error of a plan, placed, for which apply sends nothing."""
    (found,) = [one for one in await told(aws, text) if one.level == "error"]
    aws.sent.clear()
    with pytest.raises(InvalidPlan):
        await aws.apply(text)
    assert aws.sent == []
    assert found.where is not None
    return found


def another(aws: VirtualAws, reserved: int) -> None:
    """Somebody else's function with so many executions of its own."""
    common: dict[str, Any] = {"Runtime": "python3.13", "Handler": "app.handler", "Role": ROLE}
    aws.send("lambda", "CreateFunction", FunctionName="other", Code={"ZipFile": archive("a=1")}, **common)
    aws.send("lambda", "PutFunctionConcurrency", FunctionName="other", ReservedConcurrentExecutions=reserved)


# ------------------------------------------------------------------------------------------------- what there is to reserve


@pytest.mark.parametrize("there", [False, True])
async def test_more_than_the_account_has_is_refused_before_the_first_call(aws: VirtualAws, there: bool) -> None:
    if there:
        await settled(aws, plan(RESERVED % 5))
    found = await refused(aws, plan(RESERVED % 950))
    assert (found.code, "it can have 900 at most." in found.message) == ("reserved-too-many", True)


async def test_all_that_there_is_can_be_reserved_and_given_back(aws: VirtualAws) -> None:
    for number in (900, 0, 900):
        assert await told(aws, plan(RESERVED % number)) == []
        await settled(aws, plan(RESERVED % number))


async def test_what_others_have_reserved_is_warned_of(aws: VirtualAws) -> None:
    """Somebody, or the same plan, may be about to lower it."""
    await settled(aws, plan())
    another(aws, 600)
    await aws.clock.sleep(60)
    (found,) = await told(aws, plan(RESERVED % 400))
    assert (found.level, found.code) == ("warning", "reserved-too-many")
    assert "300 at most, beside what other functions have reserved" in found.message
    assert await told(aws, plan(RESERVED % 300)) == []
    await settled(aws, plan(RESERVED % 300))


async def test_where_the_account_may_not_be_looked_at_nothing_is_said(aws: VirtualAws) -> None:
    aws.account.deny("lambda:GetAccountSettings")
    assert await told(aws, plan(RESERVED % 950)) == []
    await settled(aws, plan(RESERVED % 9))


async def test_a_function_of_which_only_that_was_read_is_not_said_to_be_there(aws: VirtualAws) -> None:
    await aws.apply(plan(RESERVED % 9))
    assert [event for event in aws.events if event.what == "found"] == []


# ---------------------------------------------------------------------------------------------------- what it is made of


def of_object(version: str = "") -> str:
    said = f", version: {version}" if version else ""
    return plan().replace("code: {directory: code}", OBJECT % said)


@pytest.mark.parametrize("there", [False, True])
async def test_an_object_that_is_not_there_is_refused_before_the_first_call(aws: VirtualAws, there: bool) -> None:
    if there:
        aws.account.s3.put("artifacts", "another.zip", archive("a=1"), aws.clock.now())
    found = await refused(aws, of_object())
    assert (found.code, found.message) == ("code-not-found", "There is no s3://artifacts/app.zip (404).")


async def test_so_is_a_version_of_one(aws: VirtualAws) -> None:
    aws.account.s3.version("artifacts")
    version = aws.account.s3.put("artifacts", "app.zip", archive("a=1"), aws.clock.now())
    assert (await refused(aws, of_object("another"))).code == "code-not-found"
    await settled(aws, of_object(str(version)))


async def test_an_object_that_is_there_is_no_matter(aws: VirtualAws) -> None:
    aws.account.s3.put("artifacts", "app.zip", archive("a=1"), aws.clock.now())
    assert await told(aws, of_object()) == []
    await settled(aws, of_object())


async def test_where_objects_may_not_be_looked_at_nothing_is_said_of_a_new_function(aws: VirtualAws) -> None:
    aws.account.deny("s3:GetObject")
    assert await told(aws, of_object()) == []
