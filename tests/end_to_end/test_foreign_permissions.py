"""Statements that were not made by AddPermission: PutResourcePolicy writes whole documents, Deny and conditions among them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestrator.errors import InvalidPlan
from orchestrator.model import Call, Preview
from orchestrator.ports import Cloud
from tests.end_to_end.attachments import plan, settled, started
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

PERMISSION = "permissions: {p: {principal: s3.amazonaws.com}}"


@dataclass
class Rewritten:
    """A Cloud whose policies read otherwise in one place than they were written."""

    cloud: Cloud
    old: str
    new: str

    async def send(self, call: Call) -> Mapping[str, Any]:
        reply = await self.cloud.send(call)
        if call.operation != "GetPolicy":
            return reply
        assert self.old in reply["Policy"]
        return {**reply, "Policy": reply["Policy"].replace(self.old, self.new)}


async def rewritten(folder: Path, old: str, new: str) -> VirtualAws:
    """An account with the permission in place, whose statement says `new` where it said `old`."""
    aws = started(folder)
    await settled(aws, plan(PERMISSION, "timeout: 10s"))
    aws.sent.clear()
    aws.between = lambda cloud: Rewritten(cloud, old, new)
    return aws


def told(preview: Preview) -> list[tuple[str, str]]:
    return [(one.level, one.code) for one in preview.findings if one.ref and one.ref.section == "permissions"]


@pytest.mark.parametrize(
    ("old", "new"), [('"Allow"', '"Deny"'), ('"Action"', '"NotAction"'), ('"Principal"', '"NotPrincipal"')]
)
async def test_a_statement_that_does_not_allow_is_never_taken_for_the_permission(
    tmp_path: Path, old: str, new: str
) -> None:
    aws = await rewritten(tmp_path, old, new)
    text = plan(PERMISSION, "timeout: 10s")
    assert told(await aws.preview(text)) == [("error", "permission-foreign")]
    with pytest.raises(InvalidPlan) as refused:
        await aws.apply(text)
    assert "does not allow" in str(refused.value)
    assert not aws.sent


async def test_conditions_that_nobody_can_say_are_left_alone_and_told(tmp_path: Path) -> None:
    narrowed = '"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, "Effect"'
    aws = await rewritten(tmp_path, '"Effect"', narrowed)
    text = plan(PERMISSION, "timeout: 10s")
    preview = await aws.preview(text)
    assert told(preview) == [("notice", "permission-narrowed")]
    assert (await aws.apply(text)).outcome == "nothing_to_do"


async def test_what_the_plan_states_is_still_compared_beside_such_conditions(tmp_path: Path) -> None:
    narrowed = '"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, "Effect"'
    aws = await rewritten(tmp_path, '"Effect"', narrowed)
    preview = await aws.preview(plan(PERMISSION.replace("s3", "sns"), "timeout: 10s"))
    assert told(preview) == [("error", "permission-foreign")]
