"""References to what only some things have: refused before the first call where nothing has it and nothing brings it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestrator.errors import InvalidPlan
from orchestrator.model import Call
from orchestrator.ports import Cloud
from tests.end_to_end.attachments import ROLE, settled, started, stream
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

URL, VERSION, STREAM = "${functions.api.url}", "${functions.api.version}", "${tables.orders.stream_arn}"
ON = "stream: new_image"


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return started(tmp_path)


def plan(value: str, table: str = "", function: str = "") -> str:
    """A table `orders` and a function `api` with these settings, and a function that refers to one of them on line 9."""
    code = f"runtime: python3.13, handler: app.handler, role: '{ROLE}', code: {{directory: code}}"
    return f"""
plan: p
policy: {{destructive: allow, backup_before_delete: false}}
tables:
  orders: {{{table or "partition_key: {id: S}"}}}
functions:
  api: {{{code}, {function}}}
  reader:
    environment: {{VALUE: "{value}"}}
    {code.replace(", ", chr(10) + "    ")}
"""


def value(aws: VirtualAws) -> str:
    """What the referring function was given."""
    function = aws.send("lambda", "GetFunctionConfiguration", FunctionName="reader")
    found: str = function["Environment"]["Variables"]["VALUE"]
    return found


def url(aws: VirtualAws) -> str:
    found: str = aws.send("lambda", "GetFunctionUrlConfig", FunctionName="api")["FunctionUrl"]
    return found


def known(aws: VirtualAws, reference: str) -> str:
    """What the reference stands for."""
    if reference == STREAM:
        return stream(aws)
    return url(aws) if reference == URL else "1"


async def refusal(aws: VirtualAws, text: str) -> tuple[str, str, int | None]:
    """Message, advice and line of the one error, before which nothing was sent."""
    aws.sent.clear()
    with pytest.raises(InvalidPlan) as caught:
        await aws.apply(text)
    (problem,) = caught.value.problems
    assert problem.code == "dangling-reference"
    assert not aws.sent
    return problem.message, problem.action, problem.line


NOTHING = [
    (URL, "functions.api has no `url`", "State `url` there"),
    (VERSION, "functions.api has no `version`", "State `publish: true`, or an alias that is `published`, there"),
    (STREAM, "tables.orders has no `stream_arn`", "State a view type for `stream` there"),
]


@pytest.mark.parametrize("live", [False, True], ids=["new", "live"])
@pytest.mark.parametrize(("reference", "message", "action"), NOTHING)
async def test_what_nothing_has_is_refused_with_its_place(
    aws: VirtualAws, reference: str, message: str, action: str, *, live: bool
) -> None:
    if live:
        await settled(aws, plan("none"))
    told, advice, line = await refusal(aws, plan(reference))
    assert told == f"functions.reader.environment.VALUE: {message}, and this plan gives it none."
    assert advice == f"{action}, or remove the reference."
    assert line == 9


BROUGHT = [
    (URL, "", "url: {auth: aws_iam}"),
    (VERSION, "", "publish: true"),
    (VERSION, "", "aliases: {live: published}"),
    (STREAM, f"partition_key: {{id: S}}, {ON}", ""),
    (STREAM, "partition_key: {id: S}, replicas: {us-west-2: {}}", ""),
]


@pytest.mark.parametrize("live", [False, True], ids=["new", "live"])
@pytest.mark.parametrize(("reference", "table", "function"), BROUGHT)
async def test_what_the_plan_brings_is_known_once_it_is_there(
    aws: VirtualAws, reference: str, table: str, function: str, *, live: bool
) -> None:
    """On new things, and on live ones that had it not; afterwards the plan need not state it any more."""
    if live:
        await settled(aws, plan("none"))
    await settled(aws, plan(reference, table, function))
    await aws.clock.sleep(60)  # a new URL is not seen by every read at once
    assert value(aws) == known(aws, reference)
    assert (await aws.apply(plan(reference))).outcome == "nothing_to_do"


async def test_what_the_plan_changes_is_known_anew(aws: VirtualAws) -> None:
    await settled(aws, plan(URL, function="url: {auth: aws_iam}"))
    before = value(aws)
    await settled(aws, plan(URL, function="aliases: {live: published}, url: {auth: aws_iam, alias: live}"))
    assert value(aws) != before


async def test_a_table_made_anew_keeps_the_stream_that_the_plan_does_not_state(aws: VirtualAws) -> None:
    await settled(aws, plan(STREAM, f"partition_key: {{id: S}}, {ON}"))
    before = value(aws)
    await settled(aws, plan(STREAM, "partition_key: {other: S}, replace: recreate"))
    assert value(aws) not in (before, "")


async def test_a_table_made_anew_without_a_stream_has_none(aws: VirtualAws) -> None:
    await settled(aws, plan("none"))
    told, _, _ = await refusal(aws, plan(STREAM, "partition_key: {other: S}, replace: recreate"))
    assert "tables.orders has no `stream_arn`" in told


@dataclass
class Nameless:
    """A Cloud whose tables never tell the ARN of their stream."""

    cloud: Cloud

    async def send(self, call: Call) -> Mapping[str, Any]:
        reply = await self.cloud.send(call)
        if call.operation != "DescribeTable":
            return reply
        return {"Table": {name: value for name, value in reply["Table"].items() if name != "LatestStreamArn"}}


async def test_what_does_not_become_known_is_named_once(aws: VirtualAws) -> None:
    """However often the call has it: two settings here, one of them twice."""
    aws.between = Nameless
    text = plan(f"{STREAM} {STREAM}", f"partition_key: {{id: S}}, {ON}").rstrip()
    report = await aws.apply(f"{text}\n    description: '{STREAM}'\n")
    (error,) = [step.error for step in report.steps if step.error]
    assert error["code"] == "unknown-value"
    assert "tables.orders.stream_arn is not known yet." in error["message"]
    assert error["message"].count("stream_arn") == 1


async def test_what_is_wrong_with_the_thing_itself_is_told_alone(aws: VirtualAws) -> None:
    """A table without a key can't be made; that it would have no stream is of no interest then."""
    with pytest.raises(InvalidPlan) as caught:
        await aws.apply(plan(STREAM, ON))
    assert "dangling-reference" not in [problem.code for problem in caught.value.problems]


async def test_a_part_that_shall_not_exist_may_name_what_is_not_there(aws: VirtualAws) -> None:
    gone = f"event_sources: {{orders: {{ensure: absent, source: '{STREAM}'}}}}"
    assert (await aws.apply(plan("none", function=gone))).outcome == "succeeded"
