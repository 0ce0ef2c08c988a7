"""Several plans at once of which some are in stages, and some require others."""

from pathlib import Path

import pytest

from orchestrator.sandbox.faults import Faults, Injection, Script
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

TABLE = "{partition_key: {id: S}}"
USERS = f"""
plan: users
stages:
  - stage: expand
    tables: {{users: {TABLE}}}
  - stage: switch
    tables: {{users: {{tags: {{step: two}}}}}}
"""
ORDERS = f"""
plan: orders
stages:
  - stage: expand
    tables: {{orders: {TABLE}}}
  - stage: switch
    tables: {{orders: {{stream: new_image}}}}
"""
REPORTS = f"""
plan: reports
requires: [users]
tables: {{reports: {TABLE}}}
"""


def beside(folder: Path, **plans: str) -> list[Path]:
    paths = []
    for name, text in plans.items():
        path = folder / f"{name}.yaml"
        path.write_text(text)
        paths.append(path)
    return paths


def called(aws: VirtualAws) -> list[str]:
    """What was sent to change something, with the table that it was about."""
    return [f"{call.operation} {call.parameters.get('TableName', '')}".strip() for call in aws.sent]


async def test_a_plan_goes_on_through_its_stages_where_another_one_fails(tmp_path: Path) -> None:
    refused = VirtualAws(tmp_path)
    refused.account.deny("dynamodb:UpdateTable")
    report = await refused.apply(ORDERS, beside=beside(tmp_path, users=USERS))
    outcomes = {step.id: step.outcome for step in report.steps}
    assert outcomes == {
        "orders/tables.orders:create": "done",
        "orders/tables.orders:update-stream": "failed",
        "users/tables.users:create": "done",
        "users/tables.users:update-tags": "done",
    }
    assert report.exit_code == 1


async def test_of_a_plan_that_failed_later_stages_are_not_run_while_others_go_on(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path)
    aws.account.deny("dynamodb:TagResource")
    tagged = USERS.replace(TABLE, "{partition_key: {id: S}}").replace(
        "tables: {users: {tags: {step: two}}}",
        "tables: {users: {tags: {step: two}}}\n  - stage: last\n    tables: {users: {stream: new_image}}",
    )
    three = ORDERS + "  - stage: last\n    tables: {orders: {ttl: ends}}\n"
    report = await aws.apply(tagged, beside=beside(tmp_path, orders=three))
    outcomes = {step.id: (step.outcome, (step.error or {}).get("message", "")) for step in report.steps}
    assert len(outcomes) == len(report.steps)
    assert outcomes["users/tables.users:update-tags"][0] == "failed"
    assert outcomes["users/tables.users:update-stream"] == (
        "not_run",
        "Not run, because users/tables.users:update-tags failed.",
    )
    assert outcomes["orders/tables.orders:update-stream"][0] == "done"
    assert outcomes["orders/tables.orders:update-ttl"][0] == "done"
    assert "UpdateTable users" not in called(aws)


async def test_a_plan_waits_for_all_stages_of_what_it_requires(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path)
    report = await aws.apply(REPORTS, beside=beside(tmp_path, users=USERS))
    assert report.exit_code == 0
    assert called(aws) == ["CreateTable users", "TagResource", "CreateTable reports"]


async def test_a_plan_is_not_run_where_what_it_requires_fails(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path)
    aws.account.deny("dynamodb:TagResource")
    report = await aws.apply(REPORTS, beside=beside(tmp_path, users=USERS))
    outcomes = {step.id: step.outcome for step in report.steps}
    assert outcomes["reports/tables.reports:create"] == "not_run"
    assert report.exit_code == 1
    assert "CreateTable reports" not in called(aws)


async def test_every_step_of_a_preview_comes_after_what_its_plan_requires(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path)
    shown = await aws.preview(REPORTS, beside=beside(tmp_path, users=USERS))
    needs = {step.id: step.needs for step in shown.graph}
    assert needs == {
        "users/tables.users:create": (),
        "users/tables.users:update-tags": ("users/tables.users:create",),
        "reports/tables.reports:create": ("users/tables.users:update-tags",),
    }


async def test_a_lost_reply_between_stages_is_no_failure(tmp_path: Path) -> None:
    scripts = [
        Script("dynamodb:CreateTable", 1, Injection.DROP_AFTER),
        Script("dynamodb:TagResource", 1, Injection.DROP_AFTER),
    ]
    aws = VirtualAws(tmp_path, faults=Faults(scripts=scripts))
    report = await aws.apply(USERS)
    assert (report.exit_code, [step.outcome for step in report.steps]) == (0, ["done", "done"])


async def test_a_preview_counts_in_what_an_earlier_wave_of_a_required_plan_takes(tmp_path: Path) -> None:
    """The last stage of the plan that is required needs nothing: its steps are all in the one before."""
    aws = VirtualAws(tmp_path)
    users = USERS.replace("{users: {tags: {step: two}}}", "{}")
    shown = await aws.preview(REPORTS, beside=beside(tmp_path, users=users))
    first, then = sorted(shown.graph.steps, key=lambda step: step.id, reverse=True)
    assert (then.id, then.needs) == ("reports/tables.reports:create", (first.id,))
    assert shown.critical_path == (first.id, then.id)
    assert shown.estimate == first.estimate + then.estimate


@pytest.mark.parametrize("tags", ["", "tags: {a: b}, "], ids=["nothing else", "tags"])
async def test_what_requires_a_plan_does_not_wait_for_its_background_work(tags: str, tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path)
    await aws.already(f"plan: before\ntables: {{users: {TABLE}}}\n")
    index = "indexes: {by_day: {partition_key: {day: S}, gate: background}}"
    users = f"plan: users\ntables: {{users: {{partition_key: {{id: S}}, {tags}{index}}}}}\n"
    shown = await aws.preview(REPORTS, beside=beside(tmp_path, users=users))
    (needs,) = [step.needs for step in shown.graph if step.id == "reports/tables.reports:create"]
    assert needs == (("users/tables.users:update-tags",) if tags else ())
    report = await aws.apply(REPORTS, beside=beside(tmp_path, users=users))
    assert (report.exit_code, [str(left.ref) for left in report.still_running]) == (0, ["tables.users.indexes.by_day"])
    assert {"UpdateTable users", "CreateTable reports"} <= set(called(aws))
