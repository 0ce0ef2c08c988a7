"""`replace: recreate` of a table in whole runs: a backup, the deletion, the name free again, then the new one."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.errors import InvalidPlan
from orchestrator.model import Call
from orchestrator.ports import Cloud
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

OLD = """
plan: shop
tables:
  orders:
    partition_key: {id: S}
    billing: {provisioned: {read: 5, write: 7}}
    stream: new_image
    ttl: expires_at
    point_in_time_recovery: true
    tags: {team: orders}
    indexes: {by_day: {partition_key: {day: S}}}
"""
NEW = """
plan: shop
policy: {destructive: allow}
tables:
  orders:
    partition_key: {customer: S}
    sort_key: {id: S}
    replace: recreate
    indexes: {by_day: {partition_key: {day: S}}}
"""


@pytest.fixture
async def aws(tmp_path: Path) -> VirtualAws:
    found = VirtualAws(tmp_path)
    assert (await found.apply(OLD)).exit_code == 0
    await found.clock.sleep(4000)  # past the hour in which time to live may not change again
    found.sent.clear()
    return found


def table(aws: VirtualAws) -> Any:
    return aws.send("dynamodb", "DescribeTable", TableName="orders")["Table"]


async def test_it_is_made_anew_as_the_plan_says_and_else_as_it_was(aws: VirtualAws) -> None:
    old = table(aws)["TableId"]
    report = await aws.apply(NEW)
    assert report.exit_code == 0
    assert {fault.code for fault in aws.refused} <= {"ContinuousBackupsUnavailableException"}  # nothing tells it before
    assert [call.operation for call in aws.sent][:3] == ["CreateBackup", "DeleteTable", "CreateTable"]
    new = table(aws)
    assert new["TableId"] != old
    assert [key["AttributeName"] for key in new["KeySchema"]] == ["customer", "id"]
    assert new["ProvisionedThroughput"]["WriteCapacityUnits"] == 7
    assert new["StreamSpecification"]["StreamViewType"] == "NEW_IMAGE"
    assert not (await aws.preview(NEW)).graph.steps
    assert not (await aws.preview(OLD.replace("    partition_key: {id: S}\n", ""))).graph.steps


def with_policy(plan: str, identifier: str) -> str:
    """The plan with a resource policy of that `Id` (none: nothing is said of one)."""
    statement = "{Sid: read, Effect: Allow, Principal: '*', Action: dynamodb:GetItem, Resource: '*'}"
    policy = f"{{{identifier}Version: '2012-10-17', Statement: [{statement}]}}"
    return plan.replace("  orders:\n", f"  orders:\n    resource_policy: {policy}\n")


async def test_a_policy_is_one_value_of_which_nothing_else_stays(aws: VirtualAws) -> None:
    assert (await aws.apply(with_policy(OLD, "Id: theirs, "))).exit_code == 0
    aws.sent.clear()
    assert (await aws.apply(with_policy(NEW, ""))).exit_code == 0
    (policy,) = [call.parameters["ResourcePolicy"] for call in aws.sent if call.operation == "CreateTable"]
    assert "theirs" not in policy
    assert "PutResourcePolicy" not in {call.operation for call in aws.sent}


async def test_a_ceiling_that_is_not_stated_stays(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path)
    ceilings = OLD.replace("{provisioned: {read: 5, write: 7}}", "{on_demand: {max_read: 40, max_write: 50}}")
    assert (await aws.apply(ceilings)).exit_code == 0
    await aws.clock.sleep(4000)
    assert (await aws.apply(NEW.replace("  orders:\n", "  orders:\n    billing: on_demand\n"))).exit_code == 0
    assert table(aws)["OnDemandThroughput"] == {"MaxReadRequestUnits": 40, "MaxWriteRequestUnits": 50}


async def test_it_needs_a_permission(aws: VirtualAws) -> None:
    preview = await aws.preview(NEW.replace("policy: {destructive: allow}\n", ""))
    assert "destructive-refused" in {finding.code for finding in preview.findings}


@pytest.mark.parametrize("at", range(2, 90, 4))
async def test_killed_anywhere_the_next_run_ends_the_same(aws: VirtualAws, at: int) -> None:
    """The table is deleted once and made once, whatever happens in between; what it was is forgotten then."""
    died = await aws.dies(NEW, at)
    assert (await aws.apply(NEW)).exit_code == 0
    assert not (await aws.preview(NEW)).graph.steps
    made = Counter(call.operation for call in aws.sent)
    assert (made["DeleteTable"], made["CreateTable"]) == (1, 1)
    assert made["CreateBackup"] in ((1, 2) if died else (1,))


# ------------------------------------------------------------------------------------------------ what the plan leaves out


LOCAL = """
plan: shop
tables:
  orders:
    partition_key: {id: S}
    sort_key: {at: N}
    billing: {on_demand: {max_read: 100, max_write: 200}}
    local_indexes: {by_total: {sort_key: {total: N}, projection: [state]}}
    tags: {a: "1", b: "2"}
"""


def anew(body: str) -> str:
    return f"plan: shop\npolicy: {{destructive: allow}}\ntables:\n  orders: {{replace: recreate, {body}}}\n"


@pytest.fixture
async def local(tmp_path: Path) -> VirtualAws:
    found = VirtualAws(tmp_path)
    assert (await found.apply(LOCAL)).exit_code == 0
    await found.clock.sleep(4000)
    found.sent.clear()
    return found


async def test_local_indexes_follow_the_new_key(local: VirtualAws) -> None:
    plan = anew("partition_key: {customer: S}, sort_key: {at: N}")
    assert ((await local.apply(plan)).exit_code, local.refused) == (0, [])
    (index,) = table(local)["LocalSecondaryIndexes"]
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["customer", "total"]
    assert index["Projection"] == {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["state"]}
    assert not (await local.preview(plan)).graph.steps


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("partition_key: {id: S}, sort_key: {total: S}", "attribute-type"),
        ("partition_key: {other: S}", "local-index"),
    ],
    ids=["an attribute of two types", "no sort key"],
)
async def test_what_the_new_table_can_not_be_is_told_before_the_old_one_goes(
    local: VirtualAws, body: str, code: str
) -> None:
    with pytest.raises(InvalidPlan) as caught:
        await local.apply(anew(body))
    assert {problem.code for problem in caught.value.problems} == {code}
    assert local.sent == []


async def test_entries_that_are_not_stated_stay_beside_those_that_are(local: VirtualAws) -> None:
    plan = anew("partition_key: {other: S}, sort_key: {at: N}, tags: {a: '7'}, billing: {on_demand: {max_read: 50}}")
    assert (await local.apply(plan)).exit_code == 0
    made = next(call.parameters for call in local.sent if call.operation == "CreateTable")
    assert made["OnDemandThroughput"] == {"MaxReadRequestUnits": 50, "MaxWriteRequestUnits": 200}
    assert {tag["Key"]: tag["Value"] for tag in made["Tags"]} == {"a": "7", "b": "2"}


async def test_what_is_cleared_or_pruned_does_not_come_along(local: VirtualAws) -> None:
    plan = anew("partition_key: {other: S}, sort_key: {at: N}, tags: {c: '3'}, prune: [tags]")
    assert (await local.apply(plan)).exit_code == 0
    made = next(call.parameters for call in local.sent if call.operation == "CreateTable")
    assert made["Tags"] == [{"Key": "c", "Value": "3"}]
    assert not (await local.preview(plan)).graph.steps


async def test_nothing_scales_on_a_new_table_that_is_on_demand(aws: VirtualAws) -> None:
    scaled = OLD.replace("ttl: expires_at", "autoscaling: {write: {min: 7, max: 50, target: 70}}")
    assert (await aws.apply(scaled)).exit_code == 0
    plan = anew("partition_key: {other: S}, billing: on_demand")
    assert (await aws.apply(plan)).exit_code == 0
    assert not (await aws.preview(plan)).graph.steps


async def test_units_of_an_index_do_not_come_along_to_a_new_table_on_demand(aws: VirtualAws) -> None:
    """Only what the plan itself states of an index is an error there."""
    plan = NEW.replace("  orders:\n", "  orders:\n    billing: on_demand\n")
    assert (await aws.apply(plan)).exit_code == 0
    assert table(aws)["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table(aws)["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["WriteCapacityUnits"] == 0
    assert (await aws.apply(plan)).outcome == "nothing_to_do"


async def test_units_that_are_stated_of_an_index_are_an_error_on_demand(aws: VirtualAws) -> None:
    billed = NEW.replace("{day: S}}", "{day: S}, billing: {provisioned: {read: 2, write: 2}}}")
    with pytest.raises(InvalidPlan) as caught:
        await aws.apply(billed.replace("  orders:\n", "  orders:\n    billing: on_demand\n"))
    assert "states provisioned throughput" in caught.value.problems[0].message


async def test_an_index_keeps_its_units(aws: VirtualAws) -> None:
    units = "indexes: {by_day: {partition_key: {day: S}, billing: {provisioned: {read: 2, write: 3}}}}"
    assert (await aws.apply(OLD.replace("indexes: {by_day: {partition_key: {day: S}}}", units))).exit_code == 0
    assert (await aws.apply(NEW)).exit_code == 0
    (index,) = table(aws)["GlobalSecondaryIndexes"]
    assert index["ProvisionedThroughput"]["WriteCapacityUnits"] == 3


async def test_a_run_takes_a_table_away_only_once(aws: VirtualAws) -> None:
    """Somebody makes it again in the old shape each time it is gone: a second deletion is for a person to decide."""

    class Contrary:
        """Makes another table than the one that is asked for."""

        def __init__(self, cloud: Cloud) -> None:
            self._cloud = cloud

        async def send(self, call: Call) -> Mapping[str, Any]:
            if call.operation == "CreateTable":
                key = [{"AttributeName": "id", "KeyType": "HASH"}]
                kind = [{"AttributeName": "id", "AttributeType": "S"}]
                bare = {"KeySchema": key, "AttributeDefinitions": kind, "BillingMode": "PAY_PER_REQUEST"}
                call = replace(call, parameters={"TableName": "orders", **bare})
            return await self._cloud.send(call)

    aws.between = Contrary
    report = await aws.apply(NEW)
    assert report.exit_code == 1
    assert [call.operation for call in aws.sent].count("DeleteTable") == 1
    assert any("This run has done it once (delete table orders" in notice for notice in report.notices)
