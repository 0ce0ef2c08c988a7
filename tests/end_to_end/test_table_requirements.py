"""Requirements A and B, each as a user meets it: plan text in, report out, against control planes that refuse."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.errors import InvalidPlan, Refused
from orchestrator.sandbox.rules.refusal import Refusal
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

BARE = """
plan: shop
tables:
  orders:
    partition_key: {id: S}
    billing: on_demand
"""


def indexed(count: int) -> str:
    """The same table with `count` indexes."""
    lines = [f"      by_{n:02}: {{partition_key: {{a{n:02}: S}}}}" for n in range(count)]
    return BARE + "\n".join(["    indexes:", *lines]) + "\n"


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return VirtualAws(tmp_path)


def create(aws: VirtualAws, name: str = "orders", *, key: str = "id", **more: object) -> None:
    """Somebody creates a table."""
    aws.send(
        "dynamodb",
        "CreateTable",
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
        KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        **more,
    )


def calls(aws: VirtualAws, operation: str) -> int:
    return aws.account.timeline.calls[f"dynamodb:{operation}"]


def told(aws: VirtualAws, step: str) -> Iterator[tuple[str, float]]:
    return ((event.what, event.at) for event in aws.events if event.step == step)


async def test_a1_a_table_that_somebody_changes_is_waited_for_before_the_first_call(aws: VirtualAws) -> None:
    """A1: TableStatus is read first, and the call waits until it is ACTIVE."""
    create(aws)
    await aws.clock.sleep(5)
    report = await aws.apply(indexed(1))
    assert report.outcome == "succeeded"
    assert aws.account.timeline.refused_in_transition == 0


@pytest.mark.parametrize("count", [2, 5, 20])
async def test_a4_indexes_of_a_live_table_go_one_at_a_time_in_one_run(aws: VirtualAws, count: int) -> None:
    """A2, A4: that many UpdateTable calls in a row, each index ACTIVE before the next; no second run is needed."""
    create(aws)
    await aws.clock.sleep(60)
    report = await aws.apply(indexed(count))
    assert report.outcome == "succeeded"
    assert calls(aws, "UpdateTable") == count
    assert aws.account.timeline.refused_in_transition == 0
    assert not aws.account.timeline.clashes()


async def test_a2_an_index_that_somebody_builds_holds_back_ours_although_the_table_is_active(aws: VirtualAws) -> None:
    """A2: one index that is not ACTIVE holds back the next UpdateTable."""
    create(aws)
    await aws.clock.sleep(60)
    theirs = {
        "IndexName": "theirs",
        "KeySchema": [{"AttributeName": "x", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    aws.send(
        "dynamodb",
        "UpdateTable",
        TableName="orders",
        AttributeDefinitions=[{"AttributeName": "x", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[{"Create": theirs}],
    )
    await aws.clock.sleep(30)
    table = aws.send("dynamodb", "DescribeTable", TableName="orders")["Table"]
    assert table["TableStatus"] == "ACTIVE"
    assert table["GlobalSecondaryIndexes"][0]["IndexStatus"] == "CREATING"
    report = await aws.apply(indexed(1))
    assert report.outcome == "succeeded"
    assert aws.account.timeline.refused_in_transition == 0


async def test_a3_waiting_tells_what_for_and_how_long(aws: VirtualAws) -> None:
    """A3: the event says the status in AWS's words, the seconds waited and the reason."""
    create(aws)
    await aws.clock.sleep(60)
    await aws.apply(indexed(1))
    waits = [event.details for event in aws.events if event.what == "waiting"]
    assert any("CREATING" in wait["status"] and wait["seconds"] > 60 for wait in waits)
    assert all(wait["reason"] for wait in waits)


async def test_a3_a_step_deadline_of_the_plan_ends_as_still_in_progress(aws: VirtualAws) -> None:
    """A3: the plan sets the deadline; work that AWS goes on with is no failure, and the next run continues it."""
    create(aws)
    await aws.clock.sleep(60)
    hasty = indexed(1) + "    timeouts: {index: 60s}\n"
    report = await aws.apply(hasty)
    assert (report.outcome, report.exit_code) == ("in_progress", 6)
    assert [str(running.ref) for running in report.still_running] == ["tables.orders.indexes.by_00"]
    again = await aws.apply(indexed(1))
    assert again.outcome == "succeeded"
    assert calls(aws, "UpdateTable") == 1


async def test_a5_a_new_table_is_one_create_with_all_its_indexes(aws: VirtualAws) -> None:
    """A5."""
    report = await aws.apply(indexed(5))
    assert report.outcome == "succeeded"
    assert (calls(aws, "CreateTable"), calls(aws, "UpdateTable")) == (1, 0)


async def test_a6_settings_of_a_new_table_wait_until_it_takes_them(aws: VirtualAws) -> None:
    """A6: TTL, recovery and tags come only after the table is ACTIVE."""
    report = await aws.apply(BARE + "    ttl: expires_at\n    point_in_time_recovery: true\n    tags: {team: a}\n")
    assert report.outcome == "succeeded"
    created = next(at for what, at in told(aws, "tables.orders:create") if what == "settled")
    for step in ("tables.orders:update-ttl", "tables.orders:update-point_in_time_recovery"):
        assert next(at for what, at in told(aws, step) if what == "intent") >= created


async def test_a7_create_right_after_delete_and_update_right_after_create(aws: VirtualAws) -> None:
    """A7, B2: each waits and then succeeds."""
    create(aws)
    await aws.clock.sleep(60)
    aws.send("dynamodb", "DeleteTable", TableName="orders")
    recreated = await aws.apply(BARE)
    assert recreated.outcome == "succeeded"
    create(aws, "other")
    await aws.clock.sleep(5)
    updated = await aws.apply(indexed(1).replace("orders:", "other:"))
    assert updated.outcome == "succeeded"
    create(aws, "third")
    await aws.clock.sleep(5)
    deleted = await aws.apply("plan: shop\npolicy: {destructive: allow}\ntables: {third: absent}\n")
    assert deleted.outcome == "succeeded"
    assert aws.account.timeline.refused_in_transition == 0


async def test_a9_every_new_index_is_asked_a_query(aws: VirtualAws) -> None:
    """A9: the table and its indexes are ACTIVE, and each index answers a query with a dummy key."""
    await aws.apply(indexed(2))
    assert calls(aws, "Query") == 2


async def test_a10_status_says_ready_or_blocked_per_table_and_index(aws: VirtualAws) -> None:
    """A10: as a person would check it by hand."""
    from orchestrator.pipeline import status_on

    await aws.apply(indexed(1))
    ready = await status_on(aws.opened(indexed(1)))
    assert [(str(line.ref), line.state) for line in ready.lines] == [("tables.orders", "in_place")]
    assert [(str(part.ref), part.state) for part in ready.lines[0].parts] == [
        ("tables.orders.indexes.by_00", "in_place")
    ]
    deletion = {"Delete": {"IndexName": "by_00"}}
    aws.send("dynamodb", "UpdateTable", TableName="orders", GlobalSecondaryIndexUpdates=[deletion])
    await aws.clock.sleep(20)
    blocked = await status_on(aws.opened(indexed(2)))
    assert blocked.lines[0].state == "in_transition"
    assert "DELETING" in blocked.lines[0].detail


async def test_b1_a_table_of_the_same_shape_is_adopted_without_a_call(aws: VirtualAws) -> None:
    """B1, B6: no state file; the live table is the state."""
    create(aws)
    await aws.clock.sleep(60)
    report = await aws.apply(BARE)
    assert report.outcome == "nothing_to_do"
    assert report.calls == {"dynamodb:DescribeTable": 1}


async def test_b1_what_cannot_be_changed_in_place_is_an_error_not_a_skip(aws: VirtualAws) -> None:
    """B1: another key schema ends in exit 3, names the ways out, and nothing is sent."""
    create(aws, key="other")
    await aws.clock.sleep(60)
    with pytest.raises(InvalidPlan) as caught:
        await aws.apply(BARE)
    assert caught.value.exit_code == 3
    assert "partition_key" in str(caught.value) or "key" in str(caught.value)
    assert caught.value.problems[0].action


async def test_b6_what_the_plan_does_not_name_is_left_alone_and_shown(aws: VirtualAws) -> None:
    """B6: an unnamed index is unmanaged, never deleted; an unnamed table is never even read."""
    await aws.apply(indexed(2))
    create(aws, "unrelated")
    preview = await aws.preview(indexed(1))
    assert not preview.graph.steps
    assert [(thing.sort, thing.name) for thing in preview.unmanaged] == [("indexes", "by_01")]
    assert not any(served.resource == "table/unrelated" for served in aws.account.timeline.served if not served.foreign)


@pytest.mark.parametrize(
    ("name", "legal"),
    [("ab", False), ("abc", True), ("a" * 255, True), ("a" * 256, False), ("a b c", False), ("A_b-c.1", True)],
)
async def test_b8_names_are_checked_before_the_first_call(aws: VirtualAws, name: str, legal: bool) -> None:
    """B8: 3 to 255 of letters, digits, _, - and dot."""
    text = BARE.replace("partition_key", f"name: {name!r}\n    partition_key")
    if legal:
        assert len(aws.opened(text).plans) == 1
        return
    with pytest.raises(InvalidPlan, match="3"):
        aws.opened(text)
    assert not aws.account.timeline.served


async def test_b9_stage_names_come_from_variables(aws: VirtualAws) -> None:
    """B9: one plan, a table per stage."""
    text = BARE.replace("plan: shop", "plan: shop\nvariables: {stage: {}}").replace(
        "partition_key: {id", "name: orders-${var.stage}\n    partition_key: {id"
    )
    for stage in ("dev", "prod"):
        assert (await aws.apply(text, variables={"stage": stage})).outcome == "succeeded"
    names = aws.send("dynamodb", "ListTables")["TableNames"]
    assert sorted(names) == ["orders-dev", "orders-prod"]


async def test_b10_a_table_with_neither_recovery_nor_protection_is_warned_of(aws: VirtualAws) -> None:
    """B10: for a new table and for a live one; stated either way it is quiet."""
    assert "unprotected-table" in {finding.code for finding in (await aws.preview(BARE)).findings}
    await aws.apply(BARE)
    assert "unprotected-table" in {finding.code for finding in (await aws.preview(BARE)).findings}
    protected = BARE + "    deletion_protection: true\n"
    assert "unprotected-table" not in {finding.code for finding in (await aws.preview(protected)).findings}
    await aws.apply(protected)
    assert "unprotected-table" not in {finding.code for finding in (await aws.preview(BARE)).findings}


async def test_destructive_steps_need_leave_and_a_backup_comes_first(aws: VirtualAws) -> None:
    """Deleting is refused (exit 4) unless allowed; then the backup is AVAILABLE before the table goes."""
    create(aws)
    await aws.clock.sleep(60)
    gone = "plan: shop\ntables: {orders: absent}\n"
    with pytest.raises(Refused) as caught:
        await aws.apply(gone)
    assert caught.value.exit_code == 4
    report = await aws.apply(gone, allow_destructive=True)
    assert report.outcome == "succeeded"
    backups = aws.send("dynamodb", "ListBackups")["BackupSummaries"]
    assert [(backup["TableName"], backup["BackupStatus"]) for backup in backups] == [("orders", "AVAILABLE")]
    with pytest.raises(Refusal):
        aws.send("dynamodb", "DescribeTable", TableName="orders")


async def test_a_protected_table_is_deleted_only_where_the_plan_says_so_twice(aws: VirtualAws) -> None:
    """Deletion protection goes off after the backup, and only for the long form of absent."""
    create(aws, DeletionProtectionEnabled=True)
    await aws.clock.sleep(60)
    with pytest.raises(Refused):
        await aws.apply("plan: shop\ntables: {orders: absent}\n", allow_destructive=True)
    said = "plan: shop\ntables: {orders: {ensure: absent, deletion_protection: false}}\n"
    preview = await aws.preview(said, allow_destructive=True)
    assert [step.id.rpartition(":")[2] for step in preview.graph] == [
        "create-backup",
        "update-deletion_protection",
        "delete",
    ]
    assert (await aws.apply(said, allow_destructive=True)).outcome == "succeeded"


async def test_a_billing_switch_goes_between_deletions_and_creations(aws: VirtualAws) -> None:
    """Fact sheet 14.3: deletions first, then one call with every index's numbers, then creations, one at a time."""
    await aws.apply(indexed(2))
    switched = (
        BARE.replace("billing: on_demand", "billing: {provisioned: {read: 5, write: 5}}").replace(
            "plan: shop", "plan: shop\npolicy: {destructive: allow}"
        )
        + "    indexes:\n      by_00: {partition_key: {a00: S}}\n      by_01: absent\n"
        + "      by_02: {partition_key: {a02: S}}\n"
    )
    preview = await aws.preview(switched)
    assert [step.id for step in preview.graph] == [
        "tables.orders.indexes.by_01:delete",
        "tables.orders:update-billing",
        "tables.orders.indexes.by_02:create",
    ]
    report = await aws.apply(switched)
    assert report.outcome == "succeeded"
    assert aws.account.timeline.refused_in_transition == 0
    assert (await aws.apply(switched)).outcome == "nothing_to_do"


async def test_a_foreign_change_between_two_steps_is_waited_out(aws: VirtualAws) -> None:
    """Somebody changes the table while ours is running: the engine waits for it, then goes on."""
    create(aws)
    await aws.clock.sleep(60)
    now = aws.clock.now()
    for minute in range(1, 40):
        protect = {"TableName": "orders", "DeletionProtectionEnabled": bool(minute % 2)}
        aws.account.schedule(now + 60 * minute, "dynamodb", "UpdateTable", protect)
    report = await aws.apply(indexed(3))
    assert report.outcome == "succeeded"
    assert calls(aws, "UpdateTable") >= 3
