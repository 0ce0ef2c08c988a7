"""Two hundred tables and fifty functions at once, half of the tables live without their indexes (issue: shown by tests)."""

from pathlib import Path

import pytest

from orchestrator.sandbox.faults import Faults
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Durations
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

TABLES, FUNCTIONS, INDEXES = 200, 50, ("by_a", "by_b", "by_c")
QUICK = Durations(index_allocate=20, index_backfill=30)
"""Three indexes one after the other are what takes long, and every second of it is looked at."""
READS = ("Describe", "Get", "List", "Lookup", "Query")


def plan_text(folder: Path) -> str:
    (folder / "code").mkdir(exist_ok=True)
    (folder / "code" / "app.py").write_text("def handler(event, context): return event\n")
    lines = ["plan: large", "tables:"]
    for number in range(TABLES):
        lines += [f"  t{number:03}:", "    partition_key: {id: S}", "    billing: on_demand", "    indexes:"]
        lines += [f"      {index}: {{partition_key: {{{index[-1]}: S}}}}" for index in INDEXES]
    lines.append("functions:")
    for number in range(FUNCTIONS):
        lines += [
            f"  f{number:02}:",
            "    runtime: python3.13",
            "    handler: app.handler",
            "    role: arn:aws:iam::123456789012:role/r",
            "    code: {directory: code}",
            f"    environment: {{TABLE: '${{tables.t{number:03}.name}}'}}",
            "    aliases: {live: published}",
        ]
    return "\n".join(lines) + "\n"


def bare_tables(aws: VirtualAws) -> None:
    for number in range(0, TABLES, 2):
        aws.send(
            "dynamodb",
            "CreateTable",
            TableName=f"t{number:03}",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )


def mutating(aws: VirtualAws) -> dict[str, int]:
    return {
        api: count
        for api, count in aws.account.timeline.calls.items()
        if not api.partition(":")[2].startswith(READS) and not api.startswith("sts")
    }


async def test_all_converge_with_faults_and_no_call_is_refused_for_a_transition(tmp_path: Path) -> None:
    """20 % throttles, 5 % 5xx before and after effect, 5 % dropped connections: every step done, nothing sent too early."""
    faults = Faults(seed=7, throttle=0.2, error_before=0.025, error_after=0.025, drop_before=0.025, drop_after=0.025)
    aws = VirtualAws(tmp_path, Account(durations=QUICK), faults=faults)
    bare_tables(aws)
    await aws.clock.sleep(60)
    report = await aws.apply(plan_text(tmp_path))
    assert report.outcome == "succeeded", [step for step in report.steps if step.error][:3]
    assert {step.outcome for step in report.steps} <= {"done", "already_in_place"}
    timeline = aws.account.timeline
    assert timeline.refused_in_transition == 0
    assert not timeline.clashes()


async def test_the_second_run_sends_no_mutating_call(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path, Account(durations=QUICK))
    bare_tables(aws)
    await aws.clock.sleep(60)
    first = await aws.apply(plan_text(tmp_path))
    assert first.outcome == "succeeded"
    sent = mutating(aws)
    assert sent["dynamodb:CreateTable"] == TABLES / 2
    assert sent["dynamodb:UpdateTable"] == TABLES / 2 * len(INDEXES)
    second = await aws.apply(plan_text(tmp_path))
    assert second.outcome == "nothing_to_do"
    assert mutating(aws) == sent
