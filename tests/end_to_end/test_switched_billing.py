"""Somebody else switches the billing meanwhile: what was planned for the other way is planned anew, not refused."""

from pathlib import Path
from typing import Any

import pytest

from orchestrator import pipeline
from orchestrator.errors import InvalidPlan
from orchestrator.model import Report
from tests.end_to_end.virtual import VirtualAws
from tests.engine.scene import outcomes

pytestmark = pytest.mark.virtual

TABLE = """\
plan: shop
tables:
  orders:
    partition_key: {id: S}
"""
ON_DEMAND, PROVISIONED = "    billing: on_demand\n", "    billing: {provisioned: {read: 5, write: 5}}\n"
INDEXED = "    indexes: {by_day: {partition_key: {day: S}BODY}}\n"
PLAIN = INDEXED.replace("BODY", "")
NUMBERS = INDEXED.replace("BODY", ", billing: {provisioned: {read: 9, write: 9}}")
SCALED = "    autoscaling: {read: {min: 1, max: 9, target: 70}}\n"
UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
TO_ON_DEMAND: dict[str, Any] = {"BillingMode": "PAY_PER_REQUEST"}
TO_PROVISIONED: dict[str, Any] = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": UNITS}
WITH_INDEX: dict[str, Any] = {
    **TO_PROVISIONED,
    "GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": "by_day", "ProvisionedThroughput": UNITS}}],
}


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return VirtualAws(tmp_path)


async def switched(aws: VirtualAws, text: str, **switch: Any) -> Report:
    """Apply; right after the first look somebody switches the billing."""
    await aws.clock.sleep(60)
    aws.refused.clear()
    run = aws.opened(text)
    begun: list[int] = []

    def begins(_: object) -> None:
        begun.append(1)
        if len(begun) == 1:
            aws.send("dynamodb", "UpdateTable", TableName="orders", **switch)

    return (await pipeline.apply_on(run, approve=None, begins=begins)).report


@pytest.mark.parametrize(
    ("before", "plan", "switch"),
    [
        (PROVISIONED, TABLE + PROVISIONED.replace("5", "9"), TO_ON_DEMAND),  # table throughput
        (
            PROVISIONED + PLAIN,
            TABLE + PROVISIONED + NUMBERS,
            TO_ON_DEMAND,
        ),
        (PROVISIONED, TABLE + PROVISIONED + SCALED, TO_ON_DEMAND),
        (ON_DEMAND, TABLE + "    billing: {on_demand: {max_read: 9}}\n", TO_PROVISIONED),
        (ON_DEMAND, TABLE + PLAIN, TO_PROVISIONED),
        (PROVISIONED, TABLE + PLAIN, TO_ON_DEMAND),
    ],
)
async def test_a_switch_that_begins_after_the_look_is_planned_for(
    aws: VirtualAws, before: str, plan: str, switch: dict[str, Any]
) -> None:
    await aws.apply(TABLE + before)
    report = await switched(aws, plan, **switch)
    assert report.exit_code == 0, report.notices
    assert {fault.code for fault in aws.refused} <= {"ResourceInUseException"}  # the switch itself, seen late
    assert (await aws.apply(plan)).outcome == "nothing_to_do"


async def test_what_a_switch_makes_wrong_is_the_same_error_as_before_a_run(aws: VirtualAws) -> None:
    """The plan does not say how the table is billed, so nothing switches it back."""
    await aws.apply(TABLE + PROVISIONED)
    report = await switched(aws, TABLE + SCALED, **TO_ON_DEMAND)
    assert (report.exit_code, report.outcome, aws.refused) == (3, "invalid", [])
    assert any("billed on demand" in notice for notice in report.notices)


@pytest.mark.parametrize("text", [TABLE + SCALED, TABLE + NUMBERS])
async def test_a_plan_that_a_switch_under_way_makes_right_waits_for_it(aws: VirtualAws, text: str) -> None:
    await aws.apply(TABLE + ON_DEMAND + PLAIN)
    await aws.clock.sleep(60)
    aws.send("dynamodb", "UpdateTable", TableName="orders", **WITH_INDEX)
    await aws.clock.sleep(5)
    preview = await aws.preview(text)
    assert [step.id for step in preview.graph] == ["tables.orders:wait"]
    assert {found.code: found.level for found in preview.findings}["billing-moves"] == "warning"
    report = await aws.apply(text)
    assert (report.exit_code, aws.refused) == (0, [])
    assert set(outcomes(report).values()) == {"done"}
    assert (await aws.apply(text)).outcome == "nothing_to_do"


async def test_a_plan_that_another_change_under_way_leaves_wrong_is_refused_before_any_call(aws: VirtualAws) -> None:
    """Nothing else that needs the table goes ahead either."""
    (aws.folder / "code").mkdir()
    (aws.folder / "code" / "app.py").write_text("def handler(event, context): ...\n")
    function = (
        "functions:\n  api: {runtime: python3.13, handler: app.handler, role: 'arn:aws:iam::123456789012:role/r', "
        "code: {directory: code}, after: [tables.orders]}\n"
    )
    await aws.apply(TABLE + ON_DEMAND)
    await aws.clock.sleep(60)
    aws.send("dynamodb", "UpdateTable", TableName="orders", TableClass="STANDARD_INFREQUENT_ACCESS")
    await aws.clock.sleep(5)
    aws.sent.clear()
    report = await aws.apply(TABLE + SCALED + function)
    assert (report.exit_code, report.outcome, aws.sent) == (3, "invalid", [])
    with pytest.raises(InvalidPlan):
        await aws.apply(TABLE + SCALED + function)
