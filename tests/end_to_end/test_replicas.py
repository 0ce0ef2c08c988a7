"""Global tables as a user meets them: replicas come, change and go in one run, wherever it is cut off."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from orchestrator.errors import InvalidPlan, Refused
from orchestrator.model import Report
from orchestrator.sandbox.faults import Faults, Injection, Script
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Durations, Staleness
from orchestrator.sandbox.rules.refusal import Refusal
from tests.end_to_end.unseen import Unseen
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

WEST, EAST, CENTRAL = "us-west-2", "us-east-1", "eu-central-1"
PLAN = """
plan: shop
policy: {destructive: allow, backup_before_delete: false}
tables:
  orders:
    partition_key: {id: S}
    deletion_protection: false
"""


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return VirtualAws(tmp_path)


def replicated(**regions: str) -> str:
    """The plan with replicas: `us_west_2="{}"`."""
    lines = [f"      {region.replace('_', '-')}: {body}\n" for region, body in regions.items()]
    return f"{PLAN}    replicas:\n{''.join(lines)}"


BOTH = replicated(us_west_2="{}", us_east_1="{}")
INDEXED = BOTH + "    indexes: {by_day: {partition_key: {day: S}}}\n"
ABSENT = (
    PLAN.split("tables:")[0]
    + "tables: {orders: {ensure: absent, replicas: {us-west-2: absent, us-east-1: {ensure: absent}}}}"
)


def there(aws: VirtualAws, region: str) -> Account:
    return aws.account.elsewhere(region)


def send(aws: VirtualAws, region: str, operation: str, **parameters: Any) -> dict[str, Any]:
    """Somebody else's call in another Region."""
    return there(aws, region).foreign("dynamodb", operation, parameters, aws.clock.now())


def described(aws: VirtualAws, region: str) -> dict[str, Any]:
    found: dict[str, Any] = send(aws, region, "DescribeTable", TableName="orders")["Table"]
    return found


def listed(aws: VirtualAws) -> dict[str, str]:
    table = aws.send("dynamodb", "DescribeTable", TableName="orders")["Table"]
    return {replica["RegionName"]: replica["ReplicaStatus"] for replica in table.get("Replicas", ())}


def exists(aws: VirtualAws, region: str) -> bool:
    try:
        described(aws, region)
    except Refusal:
        return False
    return True


def refused(aws: VirtualAws) -> list[str]:
    """The changing calls of ours that were refused; that a new table's backups aren't ready nobody can see beforehand."""
    accounts = {id(account.timeline): account for account in (aws.account, *(there(aws, r) for r in (WEST, EAST)))}
    return [
        f"{served.api} {served.code}"
        for account in accounts.values()
        for served in account.timeline.served
        if served.code and not served.foreign and not re.search(":(Describe|Get|List)", served.api)
        if served.code != "ContinuousBackupsUnavailableException"
    ]


async def done(aws: VirtualAws, text: str) -> Report:
    """One run that succeeds without a refusal, and a second one that finds nothing to do."""
    report = await aws.apply(text)
    assert report.exit_code == 0, [(step.id, step.error) for step in report.steps if step.error]
    again = await aws.apply(text)
    assert again.outcome == "nothing_to_do", [step.id for step in again.steps]
    assert refused(aws) == []
    assert aws.account.timeline.refused_in_transition == 0
    return report


def steps(report: Report) -> list[str]:
    return [step.id.removeprefix("tables.orders") for step in report.steps]


async def test_a_new_table_comes_with_two_replicas_one_after_the_other(aws: VirtualAws) -> None:
    report = await done(aws, BOTH)
    assert steps(report) == [":create", ".replicas.us-west-2:create", ".replicas.us-east-1:create"]
    assert listed(aws) == {WEST: "ACTIVE", EAST: "ACTIVE"}
    assert described(aws, WEST)["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert not aws.account.timeline.clashes()


async def test_a_table_without_a_stream_gets_one_first(aws: VirtualAws) -> None:
    await aws.apply(PLAN)
    report = await done(aws, BOTH)
    assert steps(report)[0] == ":update-stream"


async def test_an_index_of_a_global_table_is_made_once_and_waited_for_everywhere(aws: VirtualAws) -> None:
    await done(aws, BOTH)
    report = await done(aws, INDEXED)
    assert steps(report) == [".indexes.by_day:create"]
    for region in (WEST, EAST):
        assert [index["IndexStatus"] for index in described(aws, region)["GlobalSecondaryIndexes"]] == ["ACTIVE"]
    gone = await done(aws, INDEXED.replace("{partition_key: {day: S}}", "absent"))
    assert steps(gone) == [".indexes.by_day:delete"]
    assert "GlobalSecondaryIndexes" not in described(aws, WEST)


async def test_the_settings_of_a_replica_are_its_own(aws: VirtualAws) -> None:
    await done(aws, BOTH)
    own = "{table_class: infrequent_access, point_in_time_recovery: {days: 7}, tags: {a: b}, deletion_protection: true,"
    own += " contributor_insights: true}"
    await done(aws, replicated(us_west_2=own, us_east_1="{}"))
    west, east = described(aws, WEST), described(aws, EAST)
    assert west["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    assert "TableClassSummary" not in east or east["TableClassSummary"]["TableClass"] == "STANDARD"
    assert west["DeletionProtectionEnabled"] is True
    assert not east.get("DeletionProtectionEnabled")
    tags = send(aws, WEST, "ListTagsOfResource", ResourceArn=west["TableArn"])["Tags"]
    assert tags == [{"Key": "a", "Value": "b"}]
    changed = "{table_class: standard, point_in_time_recovery: false, tags: {}, deletion_protection: false,"
    changed += " contributor_insights: off}"
    await done(aws, replicated(us_west_2=changed, us_east_1="{}"))
    assert send(aws, WEST, "ListTagsOfResource", ResourceArn=west["TableArn"])["Tags"] == []


async def test_all_settings_of_a_new_replica_come_with_it(aws: VirtualAws) -> None:
    own = "{table_class: infrequent_access, point_in_time_recovery: true, tags: {a: b}, deletion_protection: true}"
    report = await done(aws, replicated(us_west_2=own))
    west = ".replicas.us-west-2"
    assert steps(report)[1:] == [
        f"{west}:create",
        f"{west}:update-point_in_time_recovery",
        f"{west}:update-tags",
        f"{west}:update-deletion_protection",
    ]


async def test_the_class_of_the_table_is_not_that_of_a_replica_that_states_its_own(aws: VirtualAws) -> None:
    await done(aws, replicated(us_west_2="{table_class: standard}", us_east_1="{}"))
    await done(aws, replicated(us_west_2="{table_class: standard}") + "    table_class: infrequent_access\n")
    assert described(aws, WEST)["TableClassSummary"]["TableClass"] == "STANDARD"


async def test_a_replica_is_removed_and_the_others_stay(aws: VirtualAws) -> None:
    await done(aws, BOTH)
    report = await done(aws, replicated(us_west_2="absent", us_east_1="{}"))
    assert steps(report) == [".replicas.us-west-2:delete"]
    assert listed(aws) == {EAST: "ACTIVE"}
    assert not exists(aws, WEST)
    await done(aws, BOTH)
    assert listed(aws) == {EAST: "ACTIVE", WEST: "ACTIVE"}


async def test_a_table_goes_after_the_replicas_that_the_plan_names(aws: VirtualAws) -> None:
    await done(aws, BOTH)
    with pytest.raises(InvalidPlan) as caught:
        await aws.apply(PLAN.split("tables:")[0] + "tables: {orders: absent}")
    assert "replicas: {us-east-1: absent, us-west-2: absent}" in caught.value.problems[0].action
    report = await done(aws, ABSENT)
    assert [step.split(":")[0] for step in steps(report)] == [".replicas.us-east-1", ".replicas.us-west-2", ""]
    assert not any(exists(aws, region) for region in (WEST, EAST))


async def test_a_protected_replica_is_removed_only_where_the_plan_says_so(aws: VirtualAws) -> None:
    await done(aws, replicated(us_west_2="{deletion_protection: true}"))
    with pytest.raises(Refused):
        await aws.apply(replicated(us_west_2="absent"))
    report = await done(aws, replicated(us_west_2="{ensure: absent, deletion_protection: false}"))
    west = ".replicas.us-west-2"
    assert steps(report) == [f"{west}:update-deletion_protection", f"{west}:delete"]


async def test_a_table_is_made_anew_with_its_replicas(aws: VirtualAws) -> None:
    await done(aws, BOTH)
    anew = BOTH.replace("{id: S}", "{other: S}") + "    replace: recreate\n"
    report = await done(aws, anew)
    assert steps(report) == [
        ".replicas.us-west-2:delete",
        ".replicas.us-east-1:delete",
        ":delete",
        ":create",
        ".replicas.us-west-2:create",
        ".replicas.us-east-1:create",
    ]
    assert described(aws, EAST)["KeySchema"] == [{"AttributeName": "other", "KeyType": "HASH"}]


async def test_a_provisioned_table_scales_its_writes_before_its_replicas_come(aws: VirtualAws) -> None:
    scaled = (
        "    billing: {provisioned: {read: 5, write: 5}}\n    autoscaling: {write: {min: 5, max: 50, target: 70}}\n"
    )
    report = await done(aws, BOTH + scaled)
    assert steps(report).index(".replicas.us-west-2:create") > steps(report).index(":update-autoscaling-2")
    assert described(aws, WEST)["ProvisionedThroughput"]["WriteCapacityUnits"] == 5
    with pytest.raises(InvalidPlan) as caught:
        await aws.apply(
            BOTH + scaled.replace("autoscaling: {write: {min: 5, max: 50, target: 70}}", "autoscaling: off")
        )
    assert "writes" in str(caught.value)


async def test_a_new_index_of_a_provisioned_global_table_has_to_scale_its_writes(aws: VirtualAws) -> None:
    """Nothing can scale one that is yet to be made, whatever the plan says of the table."""
    provisioned = "    billing: {provisioned: {read: 5, write: 5}}\n"
    scaled = "autoscaling: {write: {min: 5, max: 50, target: 70}}"
    await done(aws, f"{replicated(us_west_2='{}')}{provisioned}    {scaled}\n")
    indexed = PLAN + "    indexes: {by_day: {partition_key: {day: S}SCALED}}\n"
    with pytest.raises(InvalidPlan) as caught:
        await aws.apply(indexed.replace("SCALED", ""))
    assert [problem.code for problem in caught.value.problems] == ["replica-writes"]
    await done(aws, indexed.replace("SCALED", f", {scaled}"))


async def test_what_scaled_a_replica_goes_after_it(aws: VirtualAws) -> None:
    scaled = (
        "    billing: {provisioned: {read: 5, write: 5}}\n    autoscaling: {write: {min: 5, max: 50, target: 70}}\n"
    )
    await done(aws, replicated(us_west_2="{}") + scaled)
    asked = {"ServiceNamespace": "dynamodb", "ResourceIds": ["table/orders"]}

    def targets() -> list[Any]:
        service = "application-autoscaling"
        found = there(aws, WEST).foreign(service, "DescribeScalableTargets", asked, aws.clock.now())
        return list(found["ScalableTargets"])

    assert len(targets()) == 1
    await done(aws, replicated(us_west_2="absent") + scaled)
    assert targets() == []


async def test_b5_a_table_that_stands_where_a_replica_shall_be_is_explained(aws: VirtualAws) -> None:
    """B5: nothing is sent."""
    key = {"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}
    key |= {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}
    send(aws, WEST, "CreateTable", TableName="orders", BillingMode="PAY_PER_REQUEST", **key)
    await aws.clock.sleep(60)
    with pytest.raises(InvalidPlan) as caught:
        await aws.apply(BOTH)
    assert "exists there already" in str(caught.value)
    await aws.apply(PLAN)
    with pytest.raises(InvalidPlan):
        await aws.apply(BOTH)
    assert aws.account.timeline.calls["dynamodb:UpdateTable"] == 0


async def test_the_own_region_is_no_replica(aws: VirtualAws) -> None:
    with pytest.raises(InvalidPlan) as caught:
        await aws.apply(replicated(eu_west_1="{}"))
    assert "no replica of its own" in str(caught.value)


async def test_b5_a_table_that_is_a_replica_is_told_to_be_one(aws: VirtualAws) -> None:
    await done(aws, BOTH)
    preview = await aws.preview(PLAN)
    assert [finding.code for finding in preview.findings if finding.level == "notice"] == ["global-table"]


async def test_a_replica_whose_creation_failed_is_removed_first(aws: VirtualAws) -> None:
    await done(aws, PLAN)
    there(aws, WEST).dynamodb.fail_next_replica("orders", "The Region has no room.")
    failed = await aws.apply(replicated(us_west_2="{}"))
    assert failed.exit_code == 1
    assert "The Region has no room" in str([step.error for step in failed.steps if step.error])
    with pytest.raises(InvalidPlan) as caught:
        await aws.apply(replicated(us_west_2="{}"))
    assert "us-west-2: absent" in caught.value.problems[0].action
    report = await aws.apply(replicated(us_west_2="absent") + "    ttl: at\n")
    assert steps(report) == [".replicas.us-west-2:delete", ":update-ttl"]
    assert report.exit_code == 0
    await done(aws, replicated(us_west_2="{}"))


@pytest.mark.parametrize("seconds", [1, 8, 20, 40, 100, 150, 190, 230, 300, 500])
@pytest.mark.parametrize("text", [BOTH, INDEXED, ABSENT], ids=["adds", "index", "deletes"])
async def test_a_run_that_is_killed_at_any_moment_is_finished_by_the_next(
    aws: VirtualAws, seconds: float, text: str
) -> None:
    """A kill, then a second run: the same end, and no call that AWS refuses."""
    await done(aws, PLAN if text == BOTH else BOTH)
    async with anyio.create_task_group() as group:

        async def run() -> None:
            await aws.apply(text)
            group.cancel_scope.cancel()

        group.start_soon(run)
        await aws.clock.sleep(seconds)
        group.cancel_scope.cancel()
    await done(aws, text)
    if text == ABSENT:
        assert not any(exists(aws, region) for region in (WEST, EAST))
    else:
        assert listed(aws) == {WEST: "ACTIVE", EAST: "ACTIVE"}


async def test_where_nobody_may_look_this_regions_list_counts(aws: VirtualAws) -> None:
    aws.between = Unseen
    report = await done(aws, BOTH)
    assert listed(aws) == {WEST: "ACTIVE", EAST: "ACTIVE"}
    assert [finding.code for finding in (await aws.preview(BOTH)).findings if finding.level == "notice"] == [
        "replica-unreadable"
    ]
    assert steps(report) == [":create", ".replicas.us-west-2:create", ".replicas.us-east-1:create"]
    await done(aws, replicated(us_west_2="absent", us_east_1="{}"))
    await aws.clock.sleep(60)  # until us-west-2 knows it no more, which nobody can see
    await done(aws, BOTH)
    with pytest.raises(InvalidPlan) as caught:
        await aws.apply(replicated(us_west_2="{tags: {a: b}}"))
    assert "dynamodb:DescribeTable" in caught.value.problems[0].action


@pytest.mark.parametrize(
    "spans",
    [
        {"replica_listed": 100},
        {"replica_described": 180, "replica_create": 180},
        {"replica_listed": 90, "replica_described": 30},
        {"replica_gone": 200, "replica_deleting": 5},
        {"index_elsewhere": 120},
    ],
    ids=str,
)
@pytest.mark.parametrize("reads", [0, 5])
async def test_a_region_that_lags_is_waited_for(tmp_path: Path, spans: dict[str, float], reads: int) -> None:
    """No step is done, and no other one begins, before both Regions say so."""
    account = Account(durations=replace(Durations(), **spans), staleness=Staleness(reads, 30, 10))
    aws = VirtualAws(tmp_path, account)
    own = "{table_class: infrequent_access, tags: {a: b}}"
    for text in (BOTH, INDEXED, replicated(us_west_2=own, us_east_1="absent"), BOTH, ABSENT):
        await done(aws, text)
        await aws.clock.sleep(600)
    assert not any(exists(aws, region) for region in (WEST, EAST))


@pytest.mark.parametrize("nth", range(1, 8))
@pytest.mark.parametrize("injection", [Injection.DROP_AFTER, Injection.DROP_BEFORE, Injection.ERROR_AFTER])
async def test_a_lost_reply_is_looked_up(aws: VirtualAws, nth: int, injection: Injection) -> None:
    """Adding, changing and removing: whichever UpdateTable it was, it is made once and nothing is refused."""
    aws.faults = Faults(scripts=[Script("dynamodb:UpdateTable", nth, injection)])
    await aws.apply(PLAN)
    await done(aws, replicated(us_west_2="{deletion_protection: true}", us_east_1="{table_class: infrequent_access}"))
    await done(aws, replicated(us_west_2="{ensure: absent, deletion_protection: false}", us_east_1="{}"))


async def test_the_youngest_goes_first_so_that_where_it_came_from_may_go(aws: VirtualAws) -> None:
    """A replica that somebody added from another Region: that one can't go for a day, unless the younger is gone (8.3)."""
    await done(aws, replicated(us_west_2="{}"))
    await aws.clock.sleep(2 * 86400)
    send(aws, WEST, "UpdateTable", TableName="orders", ReplicaUpdates=[{"Create": {"RegionName": EAST}}])
    await aws.clock.sleep(600)
    preview = await aws.preview(replicated(us_west_2="absent", us_east_1="{}"))
    assert "replica-source" in [finding.code for finding in preview.findings]
    report = await done(aws, ABSENT)
    assert steps(report) == [".replicas.us-east-1:delete", ".replicas.us-west-2:delete", ":delete"]


async def test_an_index_in_the_background_of_a_global_table_holds_no_start_up_back(aws: VirtualAws) -> None:
    await done(aws, BOTH)
    text = BOTH + "    indexes: {by_day: {partition_key: {day: S}, gate: background}}\n"
    started = aws.clock.now()
    report = await aws.apply(text)
    again = await aws.apply(text + "    ttl: at\n")
    assert (report.exit_code, again.exit_code) == (0, 0)
    assert aws.clock.now() - started < aws.account.ground.durations.index_backfill
    assert again.steps[0].id == "tables.orders:update-ttl"
    await aws.clock.sleep(3600)
    await done(aws, text)


WARM = "    warm_throughput: {write: 9000}\n"
COLD_INDEX = "    indexes: {by_day: {partition_key: {day: S}WARM}}\n"


@pytest.mark.parametrize(
    ("before", "more"),
    [
        ("", WARM),
        (COLD_INDEX.replace("WARM", ""), COLD_INDEX.replace("WARM", ", warm_throughput: {read: 20000}")),
    ],
)
async def test_a_replica_waits_for_a_raise_of_warm_throughput(aws: VirtualAws, before: str, more: str) -> None:
    """What becomes of the raise in the new copy no source says, so the raise is over before the copy comes."""
    await done(aws, PLAN + before)
    await done(aws, replicated(us_west_2="{}") + more)
    assert listed(aws) == {WEST: "ACTIVE"}


async def test_a_raise_that_somebody_else_asked_for_holds_a_replica_back_too(aws: VirtualAws) -> None:
    await done(aws, PLAN)
    aws.send("dynamodb", "UpdateTable", TableName="orders", WarmThroughput={"WriteUnitsPerSecond": 9000})
    await done(aws, replicated(us_west_2="{}"))
    assert refused(aws) == []
