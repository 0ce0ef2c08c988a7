"""What stays of an index or a replica that is made anew, by itself or with its table: all that the plan does not state."""

from pathlib import Path
from typing import Any

import pytest

from orchestrator.model import Finding, Preview
from tests.end_to_end.unseen import Unseen
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

WEST = "us-west-2"
DAY = 86400
HEAD = "plan: shop\npolicy: {destructive: allow}\ntables:\n  orders:\n"
KEY = "    partition_key: {id: S}\n"
OTHER_KEY = "    partition_key: {customer: S}\n    replace: recreate\n"
PROVISIONED = "    billing: {provisioned: {read: 5, write: 7}}\n"
UNITS = "billing: {provisioned: {read: 50, write: 70}}"
SCALED = "autoscaling: {write: {min: 70, max: 90, target: 60}}"
TARGETS = {"ServiceNamespace": "dynamodb", "ResourceIds": ["table/orders/index/by_day"]}


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return VirtualAws(tmp_path)


def by_day(*more: str, key: str = "day") -> str:
    return f"    indexes: {{by_day: {{{', '.join((f'partition_key: {{{key}: S}}', *more))}}}}}\n"


def replicated(body: str) -> str:
    return f"    replicas: {{{WEST}: {body}}}\n"


async def made(aws: VirtualAws, text: str) -> None:
    """The plan holds, and nothing is left to do."""
    report = await aws.apply(HEAD + text, wait="all")
    assert report.exit_code == 0, [step.error for step in report.steps if step.error]
    assert not (await aws.preview(HEAD + text)).graph.steps
    await aws.clock.sleep(2 * DAY)
    aws.sent.clear()


def index(aws: VirtualAws) -> dict[str, Any]:
    (found,) = aws.send("dynamodb", "DescribeTable", TableName="orders")["Table"]["GlobalSecondaryIndexes"]
    assert isinstance(found, dict)
    return found


def units(aws: VirtualAws) -> tuple[int, int]:
    seen = index(aws)["ProvisionedThroughput"]
    return seen["ReadCapacityUnits"], seen["WriteCapacityUnits"]


def insights(aws: VirtualAws) -> str:
    found: str = aws.send("dynamodb", "DescribeContributorInsights", TableName="orders", IndexName="by_day")[
        "ContributorInsightsStatus"
    ]
    return found


def target(aws: VirtualAws) -> dict[str, Any]:
    """The scalable target of the index's writes."""
    (found,) = aws.send("application-autoscaling", "DescribeScalableTargets", **TARGETS)["ScalableTargets"]
    return {name: found[name] for name in ("MinCapacity", "MaxCapacity")}


def policies(aws: VirtualAws) -> list[float]:
    asked = {"ServiceNamespace": "dynamodb", "ResourceId": TARGETS["ResourceIds"][0]}
    found = aws.send("application-autoscaling", "DescribeScalingPolicies", **asked)["ScalingPolicies"]
    return [policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] for policy in found]


def told(preview: Preview, code: str) -> list[Finding]:
    return [finding for finding in preview.findings if finding.code == code]


# ---------------------------------------------------------------------------------------------------------- an index


@pytest.mark.parametrize("billing", [PROVISIONED, ""], ids=["billing stated", "billing unstated"])
async def test_an_index_keeps_its_units_and_its_insights(aws: VirtualAws, billing: str) -> None:
    await made(aws, KEY + PROVISIONED + by_day(UNITS, "contributor_insights: true"))
    anew = KEY + billing + by_day("replace: recreate", key="month")
    (finding,) = told(await aws.preview(HEAD + anew), "index-kept")
    assert "(billing, contributor_insights)" in finding.message
    assert "State billing and contributor_insights too." in finding.action
    await made(aws, anew)
    assert (units(aws), insights(aws)) == ((50, 70), "ENABLED")
    assert index(aws)["KeySchema"][0]["AttributeName"] == "month"


async def test_what_an_index_states_is_not_what_it_was(aws: VirtualAws) -> None:
    await made(aws, KEY + PROVISIONED + by_day(UNITS, "contributor_insights: true"))
    new = ("billing: {provisioned: {read: 1, write: 2}}", "contributor_insights: false", "replace: recreate")
    anew = KEY + by_day(*new, key="month")
    assert told(await aws.preview(HEAD + anew), "index-kept") == []
    await made(aws, anew)
    assert (units(aws), insights(aws)) == ((1, 2), "DISABLED")


async def test_an_index_that_has_nothing_of_its_own_is_not_warned_of(aws: VirtualAws) -> None:
    await made(aws, KEY + PROVISIONED + by_day())
    anew = KEY + PROVISIONED + by_day("replace: recreate", key="month")
    assert told(await aws.preview(HEAD + anew), "index-kept") == []
    await made(aws, anew)
    assert units(aws) == (5, 7)


async def test_the_scaling_of_an_index_outlives_it(aws: VirtualAws) -> None:
    await made(aws, KEY + PROVISIONED + by_day(UNITS, SCALED))
    await made(aws, KEY + by_day("replace: recreate", key="month"))
    assert (target(aws), policies(aws)) == ({"MinCapacity": 70, "MaxCapacity": 90}, [60.0])


async def test_units_end_where_the_table_is_switched_to_on_demand(aws: VirtualAws) -> None:
    await made(aws, KEY + PROVISIONED + by_day(UNITS))
    anew = KEY + "    billing: on_demand\n" + by_day("replace: recreate", key="month")
    assert told(await aws.preview(HEAD + anew), "index-kept") == []
    await made(aws, anew)


async def test_of_an_index_in_the_background_the_run_that_makes_it_knows_only_the_plan(aws: VirtualAws) -> None:
    await made(aws, KEY + by_day("contributor_insights: true"))
    anew = KEY + by_day("replace: recreate", "gate: background", key="month")
    (finding,) = told(await aws.preview(HEAD + anew), "index-kept")
    assert "contributor_insights" in finding.message
    assert "a later run" in finding.message


# ---------------------------------------------------------------------------------------------- an index with its table


async def test_an_index_keeps_its_settings_where_its_table_is_made_anew(aws: VirtualAws) -> None:
    await made(aws, KEY + PROVISIONED + by_day(UNITS, SCALED, "contributor_insights: true"))
    await made(aws, OTHER_KEY + by_day())
    assert units(aws)[0] == 50
    assert 70 <= units(aws)[1] <= 90
    assert insights(aws) == "ENABLED"
    assert (target(aws), policies(aws)) == ({"MinCapacity": 70, "MaxCapacity": 90}, [60.0])


async def test_a_scaled_side_of_an_index_stays_beside_one_that_is_stated(aws: VirtualAws) -> None:
    await made(aws, KEY + PROVISIONED + by_day(UNITS, SCALED))
    await made(aws, OTHER_KEY + by_day("autoscaling: {read: {min: 50, max: 55, target: 40}}"))
    assert sorted(policies(aws)) == [40.0, 60.0]


async def test_what_scales_without_a_policy_stays_so(aws: VirtualAws) -> None:
    """Somebody took the policy away and left the target."""
    await made(aws, KEY + PROVISIONED + by_day(UNITS, SCALED))
    of = {"ServiceNamespace": "dynamodb", "ResourceId": TARGETS["ResourceIds"][0]}
    of["ScalableDimension"] = "dynamodb:index:WriteCapacityUnits"
    (policy,) = aws.send("application-autoscaling", "DescribeScalingPolicies", **of)["ScalingPolicies"]
    aws.send("application-autoscaling", "DeleteScalingPolicy", **of, PolicyName=policy["PolicyName"])
    await aws.clock.sleep(60)
    await made(aws, OTHER_KEY + by_day())
    assert (target(aws), policies(aws)) == ({"MinCapacity": 70, "MaxCapacity": 90}, [])


# ------------------------------------------------------------------------------------------------------ warm throughput


WARM = "warm_throughput: {read: 20000}"


@pytest.mark.parametrize(
    ("anew", "cold"),
    [
        (KEY + f"    {WARM}\n" + by_day("replace: recreate", key="month"), ["tables.orders.indexes.by_day"]),
        (KEY + by_day("replace: recreate", WARM, key="month"), []),
        (OTHER_KEY + by_day(), ["tables.orders", "tables.orders.indexes.by_day"]),
        (OTHER_KEY + f"    {WARM}\n" + by_day(WARM), []),
    ],
    ids=["an index", "an index that states it", "a table with its index", "both of which state it"],
)
async def test_warm_throughput_that_is_not_asked_for_again_is_told(aws: VirtualAws, anew: str, cold: list[str]) -> None:
    """A raise is paid for, so none is made that the plan does not state."""
    await made(aws, KEY + f"    {WARM}\n" + by_day(WARM))
    found = told(await aws.preview(HEAD + anew), "warm-throughput-lost")
    assert [str(finding.ref) for finding in found] == cold
    assert all("20,000 read units" in finding.message for finding in found)


# ---------------------------------------------------------------------------------------------- a replica with its table


def there(aws: VirtualAws, operation: str, **parameters: Any) -> dict[str, Any]:
    return aws.account.elsewhere(WEST).foreign("dynamodb", operation, parameters, aws.clock.now())


def seen_there(aws: VirtualAws) -> dict[str, Any]:
    """What the replica has of its own."""
    table = there(aws, "DescribeTable", TableName="orders")["Table"]
    backups = there(aws, "DescribeContinuousBackups", TableName="orders")["ContinuousBackupsDescription"]
    recovery = backups["PointInTimeRecoveryDescription"]
    return {
        "tags": {
            tag["Key"]: tag["Value"] for tag in there(aws, "ListTagsOfResource", ResourceArn=table["TableArn"])["Tags"]
        },
        "recovery": recovery.get("RecoveryPeriodInDays", recovery["PointInTimeRecoveryStatus"]),
        "insights": there(aws, "DescribeContributorInsights", TableName="orders")["ContributorInsightsStatus"],
        "class": table.get("TableClassSummary", {}).get("TableClass", "STANDARD"),
    }


OWN = (
    "{tags: {team: orders, stage: dev}, point_in_time_recovery: {days: 7}, contributor_insights: true, CLASS}".replace(
        "CLASS", "table_class: infrequent_access"
    )
)
KEPT = {
    "tags": {"team": "orders", "stage": "dev"},
    "recovery": 7,
    "insights": "ENABLED",
    "class": "STANDARD_INFREQUENT_ACCESS",
}


async def test_a_replica_keeps_its_settings_where_its_table_is_made_anew(aws: VirtualAws) -> None:
    await made(aws, KEY + replicated(OWN))
    assert seen_there(aws) == KEPT
    await made(aws, OTHER_KEY + replicated("{}"))
    assert seen_there(aws) == KEPT


async def test_what_a_replica_states_is_not_what_it_was_and_other_tags_stay(aws: VirtualAws) -> None:
    await made(aws, KEY + replicated(OWN))
    stated = "{tags: {stage: prod}, point_in_time_recovery: false, contributor_insights: false, table_class: standard}"
    await made(aws, OTHER_KEY + replicated(stated))
    assert seen_there(aws) == {
        "tags": {"team": "orders", "stage": "prod"},
        "recovery": "DISABLED",
        "insights": "DISABLED",
        "class": "STANDARD",
    }


async def test_a_replica_that_had_its_tables_class_is_not_given_one(aws: VirtualAws) -> None:
    await made(aws, KEY + "    table_class: infrequent_access\n" + replicated("{}"))
    (create,) = [
        step for step in (await aws.preview(HEAD + OTHER_KEY + replicated("{}"))).graph.steps
        if step.ref.name == WEST and step.action == "create"
    ]  # fmt: skip
    assert create.call is not None
    assert create.call.parameters["ReplicaUpdates"] == [{"Create": {"RegionName": WEST}}]


async def test_what_scales_the_writes_of_a_global_table_is_there_before_its_replicas_come_again(
    aws: VirtualAws,
) -> None:
    """AWS takes replicas of a provisioned table only where all its writes scale (fact sheet 8.1)."""
    scaled = "    autoscaling: {write: {min: 7, max: 90, target: 70}}\n"
    await made(aws, KEY + PROVISIONED + scaled + by_day(UNITS, SCALED) + replicated("{}"))
    await made(aws, OTHER_KEY + by_day() + replicated("{}"))
    assert aws.refused == []
    assert policies(aws) == [60.0]


async def test_what_a_replica_can_not_keep_is_named(aws: VirtualAws) -> None:
    """What no plan can say of a replica is not even read."""
    await made(aws, KEY + replicated("{}"))
    (finding,) = told(await aws.preview(HEAD + OTHER_KEY + replicated("{}")), "replica-lost")
    assert finding.ref is not None
    assert finding.ref.name == WEST
    assert "resource policy" in finding.message
    assert "tags" not in finding.message


async def test_of_a_replica_that_may_not_be_read_all_that_is_not_stated_goes(aws: VirtualAws) -> None:
    await made(aws, KEY + replicated(OWN))
    aws.between = Unseen
    (finding,) = told(await aws.preview(HEAD + OTHER_KEY + replicated("{}")), "replica-lost")
    assert "point_in_time_recovery, tags, contributor_insights" in finding.message


# ------------------------------------------------------------------------------------------------------ requirement B10


@pytest.mark.parametrize(
    ("before", "after", "warned"),
    [
        ("", "", True),
        ("    point_in_time_recovery: true\n", "", False),
        ("", "    deletion_protection: true\n", False),
        ("    point_in_time_recovery: true\n", "    point_in_time_recovery: false\n", True),
        ("    deletion_protection: true\n", "    deletion_protection: false\n", True),
    ],
    ids=["never had any", "recovery stays", "protection comes", "recovery goes", "protection goes"],
)
async def test_b10_a_table_that_is_made_anew_without_protection_is_warned_of(
    aws: VirtualAws, before: str, after: str, *, warned: bool
) -> None:
    await made(aws, KEY + before)
    assert bool(told(await aws.preview(HEAD + OTHER_KEY + after), "unprotected-table")) is warned
