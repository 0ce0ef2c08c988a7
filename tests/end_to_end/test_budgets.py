"""What AWS takes only so often: refused beforehand where that is certain, else parked alone, with the time, and told honestly."""

from pathlib import Path
from typing import Any

import pytest

from orchestrator import pipeline
from orchestrator.model import Event, Report
from tests.end_to_end.virtual import VirtualAws
from tests.engine.scene import Answer, Scripted, outcome, outcomes

pytestmark = pytest.mark.virtual

HOUR, DAY = 3600, 86400
TABLE = """\
plan: shop
policy: {destructive: allow, backup_before_delete: false}
tables:
  orders:
    partition_key: {id: S}
"""
ON_DEMAND, PROVISIONED = "    billing: on_demand\n", "    billing: {provisioned: {read: 5, write: 5}}\n"
CLASS, BILLING, ENCRYPTION = (f"tables.orders:update-{name}" for name in ("table_class", "billing", "encryption"))
TAGS, STREAM = "tables.orders:update-tags", "tables.orders:update-stream"
RARE = "    table_class: infrequent_access\n"
REST = "    tags: {team: orders}\n    stream: new_image\n"
INDEX = "    indexes: {by_day: {partition_key: {day: S}}}\n"
FUNCTION = """\
functions:
  api:
    runtime: python3.13
    handler: app.handler
    role: arn:aws:iam::123456789012:role/r
    code: {directory: code}
    after: [tables.orders]
"""


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "app.py").write_text("def handler(event, context): ...\n")
    return VirtualAws(tmp_path)


async def somebody(aws: VirtualAws, **change: Any) -> None:
    """Somebody else's UpdateTable, seen through to its end."""
    aws.send("dynamodb", "UpdateTable", TableName="orders", **change)
    await aws.clock.sleep(HOUR / 4)


def message(report: Report, step: str) -> str:
    error = outcome(report, step).error
    assert error is not None
    return error["message"]


async def classes_spent(aws: VirtualAws) -> None:
    await aws.apply(TABLE + ON_DEMAND)
    for name in ("STANDARD_INFREQUENT_ACCESS", "STANDARD"):
        await somebody(aws, TableClass=name)


async def flips_spent(aws: VirtualAws) -> None:
    """Four switches to on-demand, and the table is provisioned again."""
    await aws.apply(TABLE + PROVISIONED)
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    for _ in range(4):
        await somebody(aws, BillingMode="PAY_PER_REQUEST")
        await somebody(aws, BillingMode="PROVISIONED", ProvisionedThroughput=units)


async def test_a_class_without_budget_is_parked_alone_and_all_else_is_done(aws: VirtualAws) -> None:
    await classes_spent(aws)
    text = TABLE + ON_DEMAND + RARE + REST + INDEX + FUNCTION
    report = await aws.apply(text)
    assert (report.exit_code, report.outcome, report.queued) == (6, "in_progress", (CLASS,))
    assert {step for step, end in outcomes(report).items() if end != "done"} == {CLASS}
    assert "functions.api:create" in outcomes(report)
    assert "Possible again at the latest at 2026-01-31 00:" in message(report, CLASS)
    assert [fault.operation for fault in aws.refused if fault.service == "dynamodb"] == ["UpdateTable"]
    await aws.clock.sleep(30 * DAY)
    assert outcomes(await aws.apply(text)) == {CLASS: "done"}


async def test_what_is_parked_is_asked_for_once_a_run_though_it_is_planned_anew(aws: VirtualAws) -> None:
    """Somebody undoes another change meanwhile, so that one run plans twice."""
    await classes_spent(aws)

    def undo(event: Event) -> None:
        if (event.step, event.what) == (STREAM, "settled"):
            aws.send("dynamodb", "UpdateTable", TableName="orders", StreamSpecification={"StreamEnabled": False})

    run = aws.opened(TABLE + ON_DEMAND + RARE + REST)
    report = (await pipeline.apply_on(run, approve=None, listeners=(undo,))).report
    assert (report.exit_code, report.queued) == (6, (f"{CLASS}-2",))
    assert [fault.code for fault in aws.refused].count("LimitExceededException") == 1
    assert outcomes(report) == {STREAM: "done", TAGS: "done", f"{CLASS}-2": "not_run", f"{STREAM}-2": "done"}


async def test_a_key_without_budget_is_parked_alone(aws: VirtualAws) -> None:
    await aws.apply(TABLE + ON_DEMAND)
    for managed in (True, False, True, False):
        await somebody(aws, SSESpecification={"Enabled": managed, **({"SSEType": "KMS"} if managed else {})})
    report = await aws.apply(TABLE + ON_DEMAND + "    encryption: aws_managed\n" + REST)
    assert (report.exit_code, outcomes(report)) == (6, {ENCRYPTION: "not_run", STREAM: "done", TAGS: "done"})
    assert "Not before 2026-01-01 06:" in message(report, ENCRYPTION)


async def test_a_decrease_that_the_look_took_for_possible_is_parked_alone(aws: VirtualAws) -> None:
    """Somebody else spends what was left between the look and the call."""
    await aws.apply(TABLE + PROVISIONED.replace("5", "20"))
    for units in (19, 18, 17):
        await somebody(aws, ProvisionedThroughput={"ReadCapacityUnits": units, "WriteCapacityUnits": 20})
    lower = {"ReadCapacityUnits": 16, "WriteCapacityUnits": 20}

    def spend(event: Event) -> None:
        if (event.step, event.what, event.details.get("attempt")) == (BILLING, "intent", 1):
            aws.send("dynamodb", "UpdateTable", TableName="orders", ProvisionedThroughput=lower)

    run = aws.opened(TABLE + PROVISIONED + REST)
    report = (await pipeline.apply_on(run, approve=None, listeners=(spend,))).report
    assert (report.exit_code, outcomes(report)) == (6, {BILLING: "not_run", STREAM: "done", TAGS: "done"})
    assert "Not before 2026-01-01 01:00Z" in message(report, BILLING)


async def test_what_rests_on_a_parked_switch_is_not_sent_and_what_does_not_is(aws: VirtualAws) -> None:
    """An index of an on-demand table gets no numbers, so it must not be made while the table is provisioned still."""
    await flips_spent(aws)
    aws.sent.clear()
    text = TABLE + ON_DEMAND + REST + INDEX
    report = await aws.apply(text)
    index = "tables.orders.indexes.by_day:create"
    assert (report.exit_code, len(aws.refused)) == (6, 1)
    assert outcomes(report) == {BILLING: "not_run", STREAM: "done", index: "not_run", TAGS: "done"}
    assert report.queued == (BILLING, index)
    assert message(report, index).startswith(f"Waits for {BILLING}, which AWS does not take yet:")
    await aws.clock.sleep(DAY)
    assert (await aws.apply(text)).exit_code == 0


async def test_what_needs_a_thing_that_rests_on_a_parked_one_waits_too(aws: VirtualAws) -> None:
    """The table's last step is done, but not all before it is: what comes after the table is not run."""
    await flips_spent(aws)
    report = await aws.apply(TABLE + ON_DEMAND + REST + INDEX + FUNCTION)
    assert (report.exit_code, outcomes(report)["functions.api:create"]) == (6, "not_run")
    assert len(report.queued) == 3


async def test_replicas_wait_for_a_parked_switch(aws: VirtualAws) -> None:
    """Fact sheet 8.1: on demand, or writes that scale by themselves."""
    await flips_spent(aws)
    report = await aws.apply(TABLE + ON_DEMAND + "    tags: {team: orders}\n    replicas: {us-west-2: {}}\n")
    replica = "tables.orders.replicas.us-west-2:create"
    assert (report.exit_code, len(aws.refused)) == (6, 1)
    assert (outcomes(report)[replica], outcomes(report)[TAGS]) == ("not_run", "done")


async def test_a_replica_that_can_not_go_yet_costs_the_rest_nothing(aws: VirtualAws) -> None:
    """The replica in us-west-2 was the source of another one, by somebody else."""
    await aws.apply(TABLE + ON_DEMAND + "    replicas: {us-west-2: {}}\n")
    await aws.clock.sleep(HOUR)
    create = {"TableName": "orders", "ReplicaUpdates": [{"Create": {"RegionName": "us-east-1"}}]}
    aws.account.elsewhere("us-west-2").foreign("dynamodb", "UpdateTable", create, aws.clock.now())
    await aws.clock.sleep(HOUR)
    text = TABLE + ON_DEMAND + "    tags: {team: orders}\n    replicas: {us-west-2: absent, us-east-1: {}}\n"
    preview = await aws.preview(text)
    assert [found.code for found in preview.findings if found.code == "replica-source"] == ["replica-source"]
    report = await aws.apply(text)
    gone = "tables.orders.replicas.us-west-2:delete"
    assert (report.exit_code, outcomes(report)) == (6, {gone: "not_run", TAGS: "done"})
    await aws.clock.sleep(DAY)
    assert (await aws.apply(text)).exit_code == 0


SOURCE = (
    "Replica cannot be deleted because it has acted as a source region for new replica(s) being added to the table in the "
    "last 24 hours."
)


async def test_a_table_keeps_its_protection_while_its_replica_can_not_go(aws: VirtualAws) -> None:
    await aws.apply(TABLE + ON_DEMAND + "    deletion_protection: true\n    replicas: {us-west-2: {}}\n")
    head, text = TABLE.partition("    part")[0], "    ensure: absent\n    deletion_protection: false\n"
    text = f"{head}{text}    replicas: {{us-west-2: absent}}\n"
    aws.between = lambda cloud: Scripted(cloud, Answer("UpdateTable", "ValidationException", SOURCE))
    report = await aws.apply(text)
    assert (report.exit_code, set(outcomes(report).values())) == (6, {"not_run"})
    assert aws.send("dynamodb", "DescribeTable", TableName="orders")["Table"]["DeletionProtectionEnabled"]
    aws.between = lambda cloud: cloud
    assert (await aws.apply(text)).exit_code == 0
