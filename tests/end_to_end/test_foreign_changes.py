"""Requirement A8: what somebody else set moving is explained: its status, since when, by which call and by whom."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from orchestrator import pipeline
from orchestrator.errors import Fault
from orchestrator.model import Call, Origin, Report
from orchestrator.ports import Cloud
from orchestrator.render import FORMATS
from orchestrator.render.progress import Progress, line
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Durations
from orchestrator.sandbox.rules.refusal import Refusal
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

PLAN = """
plan: shop
tables:
  orders:
    partition_key: {id: S}
    billing: on_demand
    timeouts: {update: 2h}
    stream: new_image
"""
TABLE = {
    "TableName": "orders",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
}
INDEX = {
    "IndexName": "by_old",
    "KeySchema": [{"AttributeName": "old", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}
ADDITION = {
    "TableName": "orders",
    "AttributeDefinitions": [{"AttributeName": "old", "AttributeType": "S"}],
    "GlobalSecondaryIndexUpdates": [{"Create": INDEX}],
}
BOB = "arn:aws:iam::123456789012:user/bob"
OURS = "arn:aws:iam::123456789012:user/sandbox"
LOOKUP = "cloudtrail:LookupEvents"


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    """A table without a stream, whose index takes an hour to build."""
    made = VirtualAws(tmp_path, Account(durations=replace(Durations(), index_backfill=3600.0)))
    made.account.foreign("dynamodb", "CreateTable", TABLE, made.clock.start)
    return made


async def begun(aws: VirtualAws, user: str = "bob") -> float:
    """An index that somebody begins to build on the settled table; when."""
    await aws.clock.sleep(60)
    at = aws.clock.now()
    aws.account.foreign("dynamodb", "UpdateTable", ADDITION, at, user)
    await aws.clock.sleep(5)  # for reads may lag behind
    return at


def waits(aws: VirtualAws) -> list[Mapping[str, Any]]:
    return [event.details for event in aws.events if event.what == "waiting"]


def first_call(aws: VirtualAws) -> float:
    return next(event.at for event in aws.events if event.what == "intent")


def lookups(aws: VirtualAws) -> int:
    return aws.account.timeline.calls[LOOKUP]


async def test_a8_status_tells_since_when_by_which_call_and_whom(aws: VirtualAws) -> None:
    at = await begun(aws)
    await aws.clock.sleep(595)
    found = await aws.status(PLAN)
    (orders,) = found.lines
    assert orders.sighting is not None
    assert (orders.state, orders.since, orders.sighting.source) == ("in_transition", at, "cloudtrail")
    assert orders.sighting.origin == Origin("dynamodb:UpdateTable", at, BOB)
    assert "since 00:01:00Z: UpdateTable by arn:aws:iam::123456789012:user/bob" in FORMATS["text"].status(found)
    told = json.loads(FORMATS["json"].status(found))["resources"][0]
    assert (told["since_source"], told["begun"]["principal"], told["begun"]["same_caller"]) == (
        "cloudtrail",
        BOB,
        False,
    )


async def test_a8_what_the_log_does_not_tell_yet_is_only_seen(aws: VirtualAws) -> None:
    await begun(aws)
    await aws.clock.sleep(95)
    now = aws.clock.now()
    found = await aws.status(PLAN)
    assert found.lines[0].sighting is not None
    assert (found.lines[0].since, found.lines[0].sighting.source) == (now, "seen")
    assert "(seen since 00:02:40Z)" in FORMATS["text"].status(found)


async def test_a8_with_nothing_in_transition_nobody_is_asked(aws: VirtualAws) -> None:
    await aws.clock.sleep(60)
    assert (await aws.status(PLAN)).lines[0].sighting is None
    await aws.apply(PLAN)
    assert lookups(aws) == 0


async def test_a8_a_run_that_waits_says_who_it_waits_for_and_reports_it(aws: VirtualAws) -> None:
    """The call can be looked up only five minutes later: what is seen is told meanwhile."""
    at = await begun(aws)
    preview = await aws.preview(PLAN)
    report = await aws.apply(PLAN)
    first, later = waits(aws)[0], waits(aws)[-2]
    assert first["seen_since"] == pytest.approx(at, abs=5)
    assert "begun_by" not in first
    assert (later["begun_by"], later["begun_with"], later["begun_at"]) == (BOB, "dynamodb:UpdateTable", at)
    assert [(one.sighting.since, one.sighting.origin) for one in report.foreign] == [
        (at, Origin("dynamodb:UpdateTable", at, BOB))
    ]
    assert "Not begun by this run" in FORMATS["text"].report(report, preview)
    assert BOB in FORMATS["json"].report(report, preview)


async def test_a8_the_line_of_a_wait_names_them(aws: VirtualAws) -> None:
    await begun(aws)
    preview = await aws.preview(PLAN)
    await aws.apply(PLAN)
    progress, said = Progress.of(preview), list[str]()
    for event in aws.events:
        progress = progress.after(event)
        said += [line(lane, event.at) for lane in progress.lanes.values()] if event.what == "waiting" else []
    assert "index by_old CREATING (not begun by this run, seen since 00:01:05Z), until nothing moves" in said[0]
    assert any("(since 00:01:00Z: UpdateTable by arn:aws:iam::123456789012:user/bob)" in one for one in said)


async def test_a8_it_costs_the_run_no_time_and_the_account_few_calls(aws: VirtualAws) -> None:
    """Two spellings a minute for a quarter of an hour; later events would come as late as the true one."""
    at = await begun(aws)
    await aws.apply(PLAN)
    assert first_call(aws) - (at + 120 + 3600) < 125  # two looks at what has been waited for that long
    assert 5 <= lookups(aws) <= 40


async def test_a8_who_may_not_read_the_log_is_told_what_is_seen_and_asks_once(aws: VirtualAws) -> None:
    aws.account.deny(LOOKUP)
    await begun(aws)
    report = await aws.apply(PLAN)
    assert (report.exit_code, lookups(aws)) == (0, 1)
    assert [one.sighting.origin for one in report.foreign] == [None]
    assert (await aws.status(PLAN)).lines[0].state == "in_place"


async def test_a8_status_without_permission_is_no_error(aws: VirtualAws) -> None:
    aws.account.deny(LOOKUP)
    await begun(aws)
    assert (await aws.status(PLAN)).lines[0].state == "in_transition"
    assert lookups(aws) == 1


class Hanging:
    """A Cloud in which the log never answers, or breaks."""

    def __init__(self, cloud: Cloud, error: Exception | None = None) -> None:
        self._cloud = cloud
        self._error = error

    async def send(self, call: Call) -> Mapping[str, Any]:
        if call.api != LOOKUP:
            return await self._cloud.send(call)
        if self._error:
            raise self._error
        await anyio.sleep_forever()
        raise AssertionError("it was waited for")


@pytest.mark.parametrize(
    "error",
    [
        None,
        RuntimeError("odd"),
        Fault("cloudtrail", "LookupEvents", "ThrottlingException", "Rate exceeded", status=400),
    ],
)
async def test_a8_a_log_that_hangs_or_breaks_holds_up_nobody(aws: VirtualAws, error: Exception | None) -> None:
    at = await begun(aws)
    aws.between = lambda cloud: Hanging(cloud, error)
    before = aws.clock.now()
    assert (await aws.status(PLAN)).lines[0].state == "in_transition"
    assert aws.clock.now() - before <= 6
    assert (await aws.apply(PLAN)).exit_code == 0
    assert first_call(aws) - (at + 120 + 3600) < 125


async def test_a8_what_a_run_began_itself_is_nobody_elses(aws: VirtualAws) -> None:
    """Two indexes, one after the other, and background work that was left: all of it is this run's own."""
    await aws.clock.sleep(60)
    plan = f"{PLAN}    indexes:\n      by_day: {{partition_key: {{day: S}}}}\n      by_week: {{partition_key: {{week: S}}}}\n"
    report = await aws.apply(plan)
    assert (report.exit_code, report.foreign) == (0, ())
    assert all("seen_since" not in details for details in waits(aws))


async def test_a8_a_run_that_died_had_the_same_credentials_and_is_told_so(aws: VirtualAws) -> None:
    at = await begun(aws, "sandbox")
    await aws.clock.sleep(595)
    found = await aws.status(PLAN)
    assert found.lines[0].sighting is not None
    assert found.lines[0].sighting.origin == Origin("dynamodb:UpdateTable", at, OURS, own=True)
    assert f"UpdateTable by these credentials ({OURS})" in FORMATS["text"].status(found)


async def test_a8_a_wait_for_others_tells_who_they_are(aws: VirtualAws) -> None:
    at = await begun(aws)
    waited = await aws.wait(PLAN.replace("    stream: new_image\n", ""))
    assert waited.exit_code == 0
    assert waits(aws)[-1]["begun_by"] == BOB
    assert waits(aws)[-1]["begun_at"] == at


async def test_a8_the_call_of_another_change_is_not_taken_for_it(aws: VirtualAws) -> None:
    """Other operations, other tables, refused calls and changes that name another index don't begin the building of this."""
    at = await begun(aws)
    await aws.clock.sleep(30)
    tags = {"ResourceArn": "arn:aws:dynamodb:eu-west-1:123456789012:table/orders", "Tags": [{"Key": "a", "Value": "b"}]}
    aws.account.foreign("dynamodb", "TagResource", tags, aws.clock.now(), "eve")
    drop = {"TableName": "orders", "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "by_old"}}]}
    with pytest.raises(Refusal):
        aws.account.foreign("dynamodb", "UpdateTable", drop, aws.clock.now(), "eve")
    aws.account.foreign("dynamodb", "CreateTable", {**TABLE, "TableName": "others"}, aws.clock.now(), "eve")
    await aws.clock.sleep(595)
    found = await aws.status(PLAN)
    assert found.lines[0].sighting is not None
    assert found.lines[0].sighting.origin == Origin("dynamodb:UpdateTable", at, BOB)


async def test_a8_a_preview_tells_it_beside_the_step_that_waits(aws: VirtualAws) -> None:
    at = await begun(aws)
    await aws.clock.sleep(595)
    shown = await pipeline.preview_on(aws.opened(PLAN))
    assert [(one.status, one.sighting.since) for one in shown.foreign] == [("index by_old CREATING, backfilling", at)]
    assert f"busy: index by_old CREATING, backfilling (since 00:01:00Z: UpdateTable by {BOB})" in FORMATS[
        "text"
    ].preview(shown)
    assert json.loads(FORMATS["json"].preview(shown))["foreign"][0]["begun"]["principal"] == BOB


FUNCTION = """
plan: api
functions:
  api:
    runtime: python3.13
    handler: app.handler
    role: arn:aws:iam::123456789012:role/r
    code: {directory: code}
    memory: 256
"""


async def test_a8_a_function_is_explained_by_the_name_under_which_the_log_has_it(tmp_path: Path) -> None:
    """The names of Lambda's events carry a version; that of the call is told."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "app.py").write_text("def handler(event, context): return 1\n")
    aws = VirtualAws(tmp_path, Account(durations=replace(Durations(), function_update=400.0, trail=120.0)))
    assert (await aws.apply(FUNCTION)).exit_code == 0
    aws.events.clear()
    await aws.clock.sleep(3600)
    update = {"FunctionName": "api", "MemorySize": 512}
    aws.account.foreign("lambda", "UpdateFunctionConfiguration", update, aws.clock.now(), "bob")
    at = int(aws.clock.now())
    await aws.clock.sleep(5)
    report = await aws.apply(FUNCTION)
    assert [one.sighting.origin for one in report.foreign] == [Origin("lambda:UpdateFunctionConfiguration", at, BOB)]
    assert report.exit_code == 0
    assert waits(aws)[0]["status"].startswith("LastUpdateStatus InProgress")


async def test_a8_auto_scaling_is_told_by_its_own_name(tmp_path: Path) -> None:
    """Nobody's hand: a service that acts in a role of its own."""
    aws = VirtualAws(tmp_path, Account(durations=replace(Durations(), throughput=900.0)))
    account, start = aws.account, aws.clock.start
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    account.foreign(
        "dynamodb", "CreateTable", {**TABLE, "BillingMode": "PROVISIONED", "ProvisionedThroughput": units}, start
    )
    await aws.clock.sleep(60)
    target = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": "table/orders",
        "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
        "MinCapacity": 10,
        "MaxCapacity": 40,
    }
    account.foreign("application-autoscaling", "RegisterScalableTarget", target, aws.clock.now())
    await aws.clock.sleep(300 + 600)
    (orders,) = (await aws.status(PLAN)).lines
    assert orders.sighting is not None
    assert orders.sighting.origin is not None
    assert orders.sighting.origin.through == "dynamodb.application-autoscaling.amazonaws.com"


async def slipped_in(aws: VirtualAws) -> Report:
    """A run behind whose first call somebody begins to build an index, at the moment in which that has taken effect."""
    await aws.clock.sleep(60)
    at = aws.clock.now() + Durations().table_class + 0.01
    aws.account.schedule(at, "dynamodb", "UpdateTable", ADDITION, "bob")
    report = await aws.apply(PLAN + "    table_class: infrequent_access\n")
    assert report.exit_code == 0
    assert [one.code for one in aws.account.timeline.served if one.foreign and one.at == at] == [None]
    return report


async def test_a8_what_somebody_begins_behind_our_own_call_is_told_once_the_log_has_it(aws: VirtualAws) -> None:
    report = await slipped_in(aws)
    assert [one.sighting.origin.principal for one in report.foreign if one.sighting.origin] == [BOB]
    assert all("begun_by" in details for details in waits(aws) if "seen_since" in details)


async def test_a8_behind_our_own_call_nobody_is_blamed_without_the_log(aws: VirtualAws) -> None:
    aws.account.deny(LOOKUP)
    assert (await slipped_in(aws)).foreign == ()
