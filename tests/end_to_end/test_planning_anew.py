"""Where the picture that a run was planned against proves outdated, the same run plans anew, and says so in one report."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import anyio
import pytest

from orchestrator import pipeline
from orchestrator.model import Call, Preview, Report
from orchestrator.ports import Cloud
from orchestrator.sandbox.faults import Faults
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Staleness
from tests.end_to_end.virtual import VirtualAws
from tests.engine.scene import GONE, Answer, Outage

pytestmark = pytest.mark.virtual

PROVISIONED = """
plan: shop
tables:
  orders:
    partition_key: {id: S}
    billing: {provisioned: {read: 5, write: 5}}
"""
STREAMED = """
plan: shop
tables:
  orders:
    partition_key: {id: S}
    billing: on_demand
    stream: new_image
"""


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return VirtualAws(tmp_path)


def throughput(read: int) -> dict[str, Any]:
    return {"TableName": "orders", "ProvisionedThroughput": {"ReadCapacityUnits": read, "WriteCapacityUnits": read}}


def somebody_creates(aws: VirtualAws, seconds: float, key: str = "id") -> None:
    """A bare table of that name, so many seconds from now."""
    definition = {
        "TableName": "orders",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
    }
    aws.account.schedule(aws.clock.now() + seconds, "dynamodb", "CreateTable", definition)


async def test_what_somebody_else_was_changing_is_looked_at_again_once_it_is_over(aws: VirtualAws) -> None:
    """While it moves the description shows the old numbers, which are the plan's: still not `succeeded` at the new ones."""
    await aws.apply(PROVISIONED)
    aws.send("dynamodb", "UpdateTable", **throughput(50))
    await aws.clock.sleep(5)
    report = await aws.apply(PROVISIONED)
    assert (report.exit_code, [step.id for step in report.steps]) == (
        0,
        ["tables.orders:wait", "tables.orders:update-billing"],
    )
    assert not (await aws.preview(PROVISIONED)).graph.steps


async def test_a_second_step_of_the_same_name_gets_a_number(aws: VirtualAws) -> None:
    """The numbers are set, somebody sets others right behind us, ours are set again: two steps, each with an id of its own."""
    aws.account = Account(staleness=Staleness.off())
    await aws.apply(PROVISIONED)

    def settled(reply: Mapping[str, Any]) -> bool:
        table = reply.get("Table", {})
        numbers = table.get("ProvisionedThroughput", {})
        return (table.get("TableStatus"), numbers.get("ReadCapacityUnits")) == ("ACTIVE", 6)

    aws.between = lambda cloud: Meddling(cloud, settled, lambda: aws.send("dynamodb", "UpdateTable", **throughput(20)))
    report = await aws.apply(PROVISIONED.replace("read: 5", "read: 6"))
    assert [(step.id, step.outcome, step.attempts) for step in report.steps] == [
        ("tables.orders:update-billing", "done", 1),
        ("tables.orders:wait", "done", 0),
        ("tables.orders:update-billing-2", "done", 1),
    ]
    assert (report.exit_code, report.calls["dynamodb:UpdateTable"]) == (0, 2)


async def test_what_was_sent_is_in_the_report_whatever_became_of_it(aws: VirtualAws) -> None:
    """Our tag is set, taken away by somebody, and set again by somebody before we look: done, and told how."""
    aws.account = Account(staleness=Staleness.off())
    await aws.apply(STREAMED)
    arn = aws.send("dynamodb", "DescribeTable", TableName="orders")["Table"]["TableArn"]
    tags = {"ResourceArn": arn, "Tags": [{"Key": "team", "Value": "a"}]}
    aws.between = lambda cloud: Undoing(cloud, aws)
    aws.account.schedule(aws.clock.now() + 151, "dynamodb", "TagResource", tags)
    report = await aws.apply(STREAMED + "    tags: {team: a}\n")
    assert (report.exit_code, report.outcome) == (0, "succeeded")
    assert report.calls["dynamodb:TagResource"] == sum(step.attempts for step in report.steps) > 0
    assert any("somebody undid it" in notice for notice in report.notices) == (len(report.notices) > 0)


async def test_of_several_tables_only_what_is_left_is_planned_anew(aws: VirtualAws) -> None:
    """What the first round did is not taken for undone by the picture from before it."""
    plan = PROVISIONED + "  other: {partition_key: {id: S}}\n"
    await aws.apply(plan)
    aws.send("dynamodb", "UpdateTable", **throughput(50))
    await aws.clock.sleep(5)
    begun: list[list[str]] = []
    applied = await pipeline.apply_on(
        aws.opened(plan.replace("other: {", "other: {tags: {a: b}, ")),
        approve=None,
        begins=lambda preview: begun.append([step.id for step in preview.graph]),
    )
    assert applied.report.exit_code == 0
    assert begun == [["tables.orders:wait", "tables.other:update-tags"], ["tables.orders:update-billing"]]


async def test_a_table_created_meanwhile_in_another_shape_is_changed_where_it_can_be(aws: VirtualAws) -> None:
    """B1: between the look and the call somebody else creates it, without its stream."""
    aws.faults = Faults(latency=(0.2, 0.2))
    somebody_creates(aws, 0.5)
    report = await aws.apply(STREAMED)
    assert (report.exit_code, report.outcome) == (0, "succeeded")
    assert [(step.id, step.outcome) for step in report.steps][-1] == ("tables.orders:update-stream", "done")
    assert not (await aws.preview(STREAMED)).graph.steps


async def test_a_table_created_meanwhile_in_a_shape_that_can_not_be_changed_is_a_clear_error(aws: VirtualAws) -> None:
    """B1: its key. The report says what stands in the way."""
    aws.faults = Faults(latency=(0.2, 0.2))
    somebody_creates(aws, 0.5, key="other")
    report = await aws.apply(STREAMED)
    assert (report.exit_code, report.outcome) == (3, "invalid")
    assert any("key" in notice for notice in report.notices)
    assert [(step.id, step.outcome) for step in report.steps] == [("tables.orders:create", "failed")]


async def test_what_is_planned_anew_is_asked_for_anew(aws: VirtualAws) -> None:
    await aws.apply(PROVISIONED)
    aws.send("dynamodb", "UpdateTable", **throughput(50))
    await aws.clock.sleep(5)
    asked, begun = list[list[str]](), list[list[str]]()

    def noting(into: list[list[str]]) -> Callable[[Preview], None]:
        return lambda preview: into.append([step.id for step in preview.graph])

    def approving(answers: list[bool]) -> Callable[[Preview], Awaitable[bool]]:
        async def approve(preview: Preview) -> bool:
            noting(asked)(preview)
            return answers[len(asked) - 1]

        return approve

    applied = await pipeline.apply_on(aws.opened(PROVISIONED), approve=approving([True, False]), begins=noting(begun))
    assert asked == [["tables.orders:wait"], ["tables.orders:update-billing"]]
    assert begun == [["tables.orders:wait"]]
    assert (applied.report.exit_code, applied.report.outcome) == (4, "refused")
    assert applied.report.notices == ("None of these steps was made, because they were not approved.",)
    assert [(step.id, step.outcome) for step in applied.report.steps] == [("tables.orders:wait", "done")]


async def test_a_defect_in_the_second_look_costs_nobody_the_report(aws: VirtualAws) -> None:
    """`begins` is a caller's code; the message of what it raises may hold anything."""
    await aws.apply(PROVISIONED)
    aws.send("dynamodb", "UpdateTable", **throughput(50))
    await aws.clock.sleep(5)
    begun: list[int] = []

    def begins(preview: Preview) -> None:
        begun.append(len(preview.graph))
        if len(begun) == 2:
            raise RuntimeError("hunter2")

    report = (await pipeline.apply_on(aws.opened(PROVISIONED), approve=None, begins=begins)).report
    assert (report.exit_code, report.outcome) == (1, "failed")
    assert [(step.id, step.outcome) for step in report.steps] == [("tables.orders:wait", "done")]
    assert any("RuntimeError" in notice for notice in report.notices)
    assert "hunter2" not in repr(report)


async def test_a_deadline_before_the_second_look_is_not_taken_for_success(aws: VirtualAws) -> None:
    await aws.apply(PROVISIONED)
    aws.send("dynamodb", "UpdateTable", **throughput(50))
    await aws.clock.sleep(5)
    ready = aws.account.timeline.intervals[-1].end
    aws.faults = Faults(latency=(3, 3))
    report = await aws.apply(PROVISIONED, deadline=ready - aws.clock.now() + 5)
    assert report.exit_code == 6


class Meddling:
    """A Cloud before which somebody sends a call of theirs, once, right after the first reply of which `when` is true."""

    def __init__(self, cloud: Cloud, when: Callable[[Mapping[str, Any]], bool], meddle: Callable[[], object]) -> None:
        self._cloud = cloud
        self._when = when
        self._meddle = meddle
        self._met = False

    async def send(self, call: Call) -> Mapping[str, Any]:
        reply = await self._cloud.send(call)
        if not self._met and self._when(reply):
            self._met = True
            self._meddle()
        return reply


async def test_two_runs_that_delete_the_same_table_both_end_well(aws: VirtualAws) -> None:
    """What the one is still backing up the other has deleted: gone is what both wanted."""
    await aws.apply(PROVISIONED)
    await aws.clock.sleep(600)
    deleting = "plan: shop\npolicy: {destructive: allow}\ntables: {orders: absent}\n"
    reports: list[Report] = []

    async def delete(after: float) -> None:
        await aws.clock.sleep(after)
        reports.append(await aws.apply(deleting))

    async with anyio.create_task_group() as group:
        group.start_soon(delete, 0)
        group.start_soon(delete, 3)
    assert [report.exit_code for report in reports] == [0, 0]


async def test_a_table_that_somebody_deletes_while_it_is_backed_up_is_as_planned(aws: VirtualAws) -> None:
    await aws.apply(PROVISIONED)
    await aws.clock.sleep(600)
    aws.account.schedule(aws.clock.now() + 1.5, "dynamodb", "DeleteTable", {"TableName": "orders"})
    report = await aws.apply("plan: shop\npolicy: {destructive: allow}\ntables: {orders: absent}\n")
    assert report.exit_code == 0
    assert report.finished - report.started < 120


class Undoing:
    """A Cloud before which somebody takes tags away, each time right after they were set."""

    def __init__(self, cloud: Cloud, aws: VirtualAws) -> None:
        self._cloud = cloud
        self._aws = aws
        self.times = 0

    async def send(self, call: Call) -> Mapping[str, Any]:
        reply = await self._cloud.send(call)
        if call.operation == "TagResource":
            self.times += 1
            arn = call.parameters["ResourceArn"]
            self._aws.send("dynamodb", "UntagResource", ResourceArn=arn, TagKeys=["team"])
        return reply


async def test_what_somebody_undoes_is_done_again_but_not_for_ever(aws: VirtualAws) -> None:
    aws.account = Account(staleness=Staleness.off())
    await aws.apply(STREAMED)
    undoing: list[Undoing] = []

    def between(cloud: Cloud) -> Cloud:
        undoing.append(Undoing(cloud, aws))
        return undoing[-1]

    aws.between = between
    report = await aws.apply(STREAMED + "    tags: {team: a}\n")
    assert (report.exit_code, report.outcome) == (1, "failed")
    assert any("Somebody else keeps changing" in notice for notice in report.notices)
    assert [one.times for one in undoing] == [4]


def index_of(name: str, key: str) -> dict[str, Any]:
    index = {
        "IndexName": name,
        "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    definitions = [{"AttributeName": key, "AttributeType": "S"}]
    return {
        "TableName": "orders",
        "AttributeDefinitions": definitions,
        "GlobalSecondaryIndexUpdates": [{"Create": index}],
    }


INDEXED = """
plan: shop
tables:
  orders:
    partition_key: {id: S}
    billing: on_demand
    indexes:
      by_day: {partition_key: {day: S}}
"""


async def test_an_index_made_meanwhile_with_another_key_is_the_same_clear_error_as_before_a_run(
    aws: VirtualAws,
) -> None:
    await aws.apply(INDEXED.partition("    indexes")[0])
    await aws.clock.sleep(60)
    aws.faults = Faults(latency=(0.2, 0.2))
    aws.account.schedule(aws.clock.now() + 0.5, "dynamodb", "UpdateTable", index_of("by_day", "other"))
    report = await aws.apply(INDEXED)
    assert (report.exit_code, report.outcome) == (3, "invalid")
    assert any("by_day" in notice for notice in report.notices)


async def test_a_stream_turned_on_meanwhile_with_another_view_is_cycled(aws: VirtualAws) -> None:
    await aws.apply(STREAMED.partition("    stream")[0])
    await aws.clock.sleep(60)
    aws.faults = Faults(latency=(0.2, 0.2))
    theirs = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    aws.account.schedule(
        aws.clock.now() + 0.5, "dynamodb", "UpdateTable", {"TableName": "orders", "StreamSpecification": theirs}
    )
    report = await aws.apply(STREAMED)
    assert report.exit_code == 0, report.notices
    assert not (await aws.preview(STREAMED)).graph.steps


async def test_an_index_deleted_between_its_making_and_its_probe_is_made_again(aws: VirtualAws) -> None:
    await aws.apply(INDEXED.partition("    indexes")[0])
    await aws.clock.sleep(60)
    gone = {"TableName": "orders", "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "by_day"}}]}

    def active(reply: Mapping[str, Any]) -> bool:
        indexes = reply.get("Table", {}).get("GlobalSecondaryIndexes", [])
        return [index["IndexStatus"] for index in indexes] == ["ACTIVE"]

    aws.between = lambda cloud: Meddling(cloud, active, lambda: aws.send("dynamodb", "UpdateTable", **gone))
    report = await aws.apply(INDEXED)
    assert report.exit_code == 0, report.notices
    assert not (await aws.preview(INDEXED)).graph.steps


@pytest.mark.parametrize("answer", [GONE, Answer("", "ThrottlingException", "Rate exceeded")])
async def test_what_keeps_the_last_look_from_seeing_anything_is_ridden_out(aws: VirtualAws, answer: Answer) -> None:
    """As it is during the run: nothing is lost but time."""
    await aws.apply(STREAMED)
    began = aws.clock.now()

    def protected(reply: Mapping[str, Any]) -> bool:
        table = reply.get("Table", {})
        return bool(table.get("DeletionProtectionEnabled")) and table["TableStatus"] == "ACTIVE"

    def between(cloud: Cloud) -> Cloud:
        outage = Outage(cloud, aws.clock, answer, float("inf"), float("inf"))
        return Meddling(outage, protected, lambda: outage.begin(300))

    aws.between = between
    report = await aws.apply(STREAMED + "    deletion_protection: true\n")
    assert report.exit_code == 0, report.notices
    assert aws.clock.now() > began + 300


GROWING = """
plan: shop
tables:
  orders:
    partition_key: {id: S}
    stream: new_image
    indexes: {by_day: {partition_key: {day: S}}}
"""


@pytest.mark.parametrize("provisioned", [False, True])
async def test_what_a_switch_of_billing_under_way_hides_is_planned_anew_before_the_first_call(
    aws: VirtualAws, *, provisioned: bool
) -> None:
    """A new index of a provisioned table must be given numbers, and one of an on-demand table must not (fact sheet 2.5)."""
    await aws.apply("plan: shop\ntables: {orders: {partition_key: {id: S}}}\n" if provisioned else PROVISIONED)
    if provisioned:
        aws.send("dynamodb", "UpdateTable", BillingMode="PROVISIONED", **throughput(4))
    else:
        aws.send("dynamodb", "UpdateTable", TableName="orders", BillingMode="PAY_PER_REQUEST")
    await aws.clock.sleep(5)
    aws.sent.clear()
    report = await aws.apply(GROWING)
    assert (report.exit_code, aws.refused) == (0, [])
    assert [step.id for step in report.steps] == [
        "tables.orders:update-stream-2",
        "tables.orders.indexes.by_day:create-2",
    ]
    (created,) = (call for call in aws.sent if "GlobalSecondaryIndexUpdates" in call.parameters)
    (update,) = created.parameters["GlobalSecondaryIndexUpdates"]
    assert ("ProvisionedThroughput" in update["Create"]) == provisioned
    assert (await aws.apply(GROWING)).outcome == "nothing_to_do"


async def test_what_a_switch_of_billing_under_way_forbids_is_refused_before_the_first_call(aws: VirtualAws) -> None:
    await aws.apply(PROVISIONED)
    aws.send("dynamodb", "UpdateTable", TableName="orders", BillingMode="PAY_PER_REQUEST")
    await aws.clock.sleep(5)
    aws.sent.clear()
    scaled = GROWING + "    autoscaling: {read: {min: 1, max: 9, target: 70}}\n"
    report = await aws.apply(scaled)
    assert (report.exit_code, aws.sent) == (3, [])
    assert any("billed on demand" in notice for notice in report.notices)


async def test_what_was_to_be_taken_away_and_was_not_yet_is_taken_away_by_the_new_plan(aws: VirtualAws) -> None:
    """Only what a run has taken away is not taken away by it again: here the first plan sent nothing."""
    await aws.apply(GROWING)
    switched = {"BillingMode": "PROVISIONED", **throughput(4)}
    units = switched["ProvisionedThroughput"]
    update = {"Update": {"IndexName": "by_day", "ProvisionedThroughput": units}}
    aws.send("dynamodb", "UpdateTable", **switched, GlobalSecondaryIndexUpdates=[update])
    await aws.clock.sleep(5)
    aws.sent.clear()
    report = await aws.apply("plan: shop\ntables: {orders: {indexes: {by_day: absent}}}\n", allow_destructive=True)
    assert (report.exit_code, aws.refused, len(aws.sent)) == (0, [], 1)
