"""Contributor Insights of tables and indexes (fact sheet 1.1, 1.4, section 3)."""

from typing import Any

import pytest

from orchestrator.sandbox.rules.durations import Durations
from tests.sandbox.dynamodb_world import GONE, INDEXED, INVALID, NOON, World, attributes, creation, deletion, keys

BOTH, THROTTLED = "ACCESSED_AND_THROTTLED_KEYS", "THROTTLED_KEYS"


def switch(world: World, action: str = "ENABLE", **more: Any) -> dict[str, Any]:
    return world.call("UpdateContributorInsights", TableName="orders", ContributorInsightsAction=action, **more)


def insights(world: World, **more: Any) -> dict[str, Any]:
    return world.call("DescribeContributorInsights", TableName="orders", **more)


def status(world: World, **more: Any) -> str:
    return str(insights(world, **more)["ContributorInsightsStatus"])


def listed(world: World, **more: Any) -> list[tuple[str, str | None, str]]:
    found = world.call("ListContributorInsights", **more)["ContributorInsightsSummaries"]
    return [(entry["TableName"], entry.get("IndexName"), entry["ContributorInsightsStatus"]) for entry in found]


def test_section_3_insights_are_enabling_then_enabled_then_disabled() -> None:
    world = World()
    world.active()
    assert insights(world) == {"TableName": "orders", "ContributorInsightsStatus": "DISABLED"}
    began = world.now
    reply = switch(world)
    assert (reply["ContributorInsightsStatus"], reply["ContributorInsightsMode"]) == ("ENABLING", BOTH)
    assert (status(world), world.table()["TableStatus"]) == ("ENABLING", "ACTIVE")
    world.wait(world.durations.insights_enable)
    described = insights(world)
    assert (described["ContributorInsightsStatus"], described["LastUpdateDateTime"]) == ("ENABLED", began)
    rules = [rule.removesuffix(f"-orders-{began * 1000:.0f}") for rule in described["ContributorInsightsRuleList"]]
    assert rules == ["DynamoDBContributorInsights-PKC", "DynamoDBContributorInsights-PKT"]
    assert switch(world, "DISABLE")["ContributorInsightsStatus"] == "DISABLING"
    world.wait(world.durations.insights_disable)
    assert (status(world), insights(world)["ContributorInsightsRuleList"]) == ("DISABLED", [])


def test_section_3_a_mode_is_changed_by_enabling_again_and_goes_with_no_disable() -> None:
    world = World()
    world.active(KeySchema=keys("id", "line"), AttributeDefinitions=attributes(id="S", line="N"))
    switch(world)
    world.wait(world.durations.insights_enable)
    assert len(insights(world)["ContributorInsightsRuleList"]) == 4
    assert switch(world)["ContributorInsightsStatus"] == "ENABLED", "nothing to do"
    refusal = world.refused(
        "UpdateContributorInsights",
        TableName="orders",
        ContributorInsightsAction="DISABLE",
        ContributorInsightsMode=BOTH,
    )
    assert refusal.code == INVALID
    assert switch(world, ContributorInsightsMode=THROTTLED)["ContributorInsightsStatus"] == "ENABLING"
    world.wait(world.durations.insights_enable)
    described = insights(world)
    assert (described["ContributorInsightsMode"], len(described["ContributorInsightsRuleList"])) == (THROTTLED, 2)
    assert switch(world)["ContributorInsightsMode"] == BOTH, "without a mode it is the default one again"


def test_a_change_of_mind_meanwhile_is_refused() -> None:
    world = World()
    world.active()
    assert switch(world, "DISABLE")["ContributorInsightsStatus"] == "DISABLED"
    switch(world)
    refusal = world.refused("UpdateContributorInsights", TableName="orders", ContributorInsightsAction="DISABLE")
    assert (refusal.code, refusal.in_transition) == (INVALID, True)


def test_section_3_insights_fail_and_say_why() -> None:
    world = World()
    world.active()
    world.account.dynamodb.insights.fail_next("orders", None, "LimitExceededException", "rule limit reached")
    assert switch(world)["ContributorInsightsStatus"] == "ENABLING"
    world.wait(world.durations.insights_enable)
    described = insights(world)
    assert described["ContributorInsightsStatus"] == "FAILED"
    failure = {"ExceptionName": "LimitExceededException", "ExceptionDescription": "rule limit reached"}
    assert described["FailureException"] == failure
    assert "ContributorInsightsRuleList" not in described
    assert listed(world) == [("orders", None, "FAILED")]
    switch(world)
    world.wait(world.durations.insights_enable)
    assert status(world) == "ENABLED"


def test_section_3_an_index_has_its_own_and_takes_them_along() -> None:
    world = World(Durations.instant())
    world.active(**INDEXED)
    switch(world, IndexName="by_day", ContributorInsightsMode=THROTTLED)
    assert (status(world), status(world, IndexName="by_day")) == ("DISABLED", "ENABLED")
    (rule,) = insights(world, IndexName="by_day")["ContributorInsightsRuleList"]
    assert rule == f"DynamoDBContributorInsights-PKT-orders-by_day-{NOON * 1000:.0f}"
    world.wait(1)
    world.update(GlobalSecondaryIndexUpdates=deletion("by_day"))
    assert world.refused("DescribeContributorInsights", TableName="orders", IndexName="by_day").code == GONE
    assert listed(world) == []
    world.update(AttributeDefinitions=attributes(day="S"), GlobalSecondaryIndexUpdates=creation("by_day", "day"))
    assert status(world, IndexName="by_day") == "DISABLED", "another index of the same name"


def test_1_4_an_index_is_unknown_at_first_then_not_active() -> None:
    world = World()
    world.active()
    world.update(AttributeDefinitions=attributes(day="S"), GlobalSecondaryIndexUpdates=creation("by_day", "day"))
    asked = {"TableName": "orders", "IndexName": "by_day"}
    refusal = world.refused("UpdateContributorInsights", ContributorInsightsAction="ENABLE", **asked)
    assert (refusal.code, refusal.in_transition) == (GONE, True)
    assert refusal.message == "Requested resource not found: Index: by_day not found for table: orders"
    world.wait(world.durations.index_allocate)
    refusal = world.refused("UpdateContributorInsights", ContributorInsightsAction="ENABLE", **asked)
    assert (refusal.code, refusal.in_transition) == (INVALID, True)
    assert "IndexStatus must be ACTIVE" in refusal.message
    switch(world)
    world.wait(world.durations.index_backfill)
    switch(world, IndexName="by_day")
    assert status(world, IndexName="by_day") == "ENABLING"


@pytest.mark.parametrize("asked", [{"TableName": "none"}, {"TableName": "orders", "IndexName": "none"}])
@pytest.mark.parametrize("operation", ["UpdateContributorInsights", "DescribeContributorInsights"])
def test_1_4_what_is_not_there_has_no_insights(operation: str, asked: dict[str, str]) -> None:
    world = World()
    world.active()
    action = {"ContributorInsightsAction": "ENABLE"} if operation.startswith("Update") else {}
    refusal = world.refused(operation, **asked, **action)
    assert (refusal.code, refusal.in_transition) == (GONE, False)


def test_1_4_a_table_that_comes_or_goes_is_not_switched_but_one_that_is_updated_is() -> None:
    world = World()
    world.create()
    more = {"TableName": "orders", "ContributorInsightsAction": "ENABLE"}
    refusal = world.refused("UpdateContributorInsights", **more)
    assert (refusal.code, refusal.in_transition) == (INVALID, True)
    assert "TableStatus must be ACTIVE" in refusal.message
    world.wait(world.durations.table_create)
    world.update(StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    assert switch(world)["ContributorInsightsStatus"] == "ENABLING"
    world.wait(world.durations.insights_enable)
    world.call("DeleteTable", TableName="orders")
    assert world.refused("UpdateContributorInsights", **more).in_transition
    world.wait(world.durations.table_delete)
    world.active()
    assert status(world) == "DISABLED"


def test_insights_are_listed_in_pages_of_tables_and_indexes() -> None:
    world = World(Durations.instant())
    world.active("others")
    world.active(**INDEXED)
    assert listed(world) == []
    switch(world)
    switch(world, IndexName="by_day")
    world.call("UpdateContributorInsights", TableName="others", ContributorInsightsAction="ENABLE")
    expected = [("orders", None, "ENABLED"), ("orders", "by_day", "ENABLED"), ("others", None, "ENABLED")]
    assert listed(world) == expected
    assert listed(world, TableName="others") == expected[2:]
    first = world.call("ListContributorInsights", MaxResults=2)
    assert listed(world, MaxResults=2, NextToken=first["NextToken"]) == expected[2:]
    assert "NextToken" not in world.call("ListContributorInsights", MaxResults=2, NextToken=first["NextToken"])
    assert world.refused("ListContributorInsights", NextToken="x").code == INVALID
    assert world.refused("ListContributorInsights", TableName="none").code == GONE
