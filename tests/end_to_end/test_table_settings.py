"""The settings of one table from a plan's text to the simulated account and back, in virtual time; a second run does nothing."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator.errors import Refused
from orchestrator.model import Call, Event, Report
from orchestrator.ports import Cloud
from orchestrator.render import document, text
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

KINESIS = "arn:aws:kinesis:eu-west-1:123456789012:stream"
ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"
PLAN = "plan: shop\ntables:\n  orders:\n    partition_key: {id: S}\n    deletion_protection: true\n"
INDEXED = PLAN + "    indexes:\n      by_day: {partition_key: {day: S, shop: S}, sort_key: {hour: N, id: S}}\n"
SETTINGS = f"""
    billing: {{on_demand: {{max_read: 900, max_write: 90}}}}
    warm_throughput: {{read: 20000, write: 9000}}
    contributor_insights: true
    kinesis_stream: {KINESIS}/one
    resource_policy: {{file: policy.json}}
"""
STATEMENT = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": ["dynamodb:GetItem"], "Resource": "*"}


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    (tmp_path / "policy.json").write_text(json.dumps({"Statement": [STATEMENT]}), encoding="utf-8")
    return VirtualAws(tmp_path)


def sent(aws: VirtualAws) -> list[str]:
    return [event.details["operation"] for event in aws.events if event.what == "intent"]


def refusals(aws: VirtualAws) -> list[Event]:
    return [event for event in aws.events if event.what == "retrying"]


async def done(aws: VirtualAws, text: str) -> list[str]:
    """The operations of a run that ends well, after which the same plan has nothing to do."""
    aws.events.clear()
    report = await aws.apply(text)
    assert report.exit_code == 0, report
    operations = sent(aws)
    aws.events.clear()
    assert (await aws.preview(text)).graph.steps == ()
    return operations


async def test_a_new_table_has_them_all_and_a_live_one_gets_them(aws: VirtualAws) -> None:
    assert await done(aws, INDEXED + SETTINGS) == [
        "CreateTable",
        "UpdateContributorInsights",
        "EnableKinesisStreamingDestination",
    ]
    changed = (
        SETTINGS.replace("max_read: 900", "max_read: off")
        .replace("20000", "30000")
        .replace("insights: true", "insights: off")
        .replace("stream/one", "stream/two")
        .replace("{file: policy.json}", "off")
    )
    assert await done(aws, INDEXED + changed) == [
        "UpdateTable",
        "UpdateTable",
        "DeleteResourcePolicy",
        "UpdateContributorInsights",
        "DisableKinesisStreamingDestination",
        "EnableKinesisStreamingDestination",
    ]
    table = aws.send("dynamodb", "DescribeTable", TableName="orders")["Table"]
    assert table["OnDemandThroughput"] == {"MaxWriteRequestUnits": 90}
    assert table["WarmThroughput"]["ReadUnitsPerSecond"] == 30000
    assert [key["AttributeName"] for key in table["GlobalSecondaryIndexes"][0]["KeySchema"]] == [
        "day",
        "shop",
        "hour",
        "id",
    ]
    assert refusals(aws) == []


async def test_nothing_waits_for_warm_throughput_but_the_end(aws: VirtualAws) -> None:
    """Fact sheet, section 3: it rises beside everything else, which goes on meanwhile."""
    await done(aws, PLAN)
    began = aws.clock.now()
    assert await done(aws, PLAN + "    warm_throughput: {read: 20000}\n    tags: {team: orders}\n") == [
        "UpdateTable",
        "TagResource",
    ]
    assert aws.clock.now() - began >= aws.account.ground.durations.warm_throughput


async def test_a_raise_under_way_is_seen_through_and_not_asked_for_again(aws: VirtualAws) -> None:
    """A kill between the two halves leaves this."""
    await done(aws, PLAN)
    aws.send("dynamodb", "UpdateTable", TableName="orders", WarmThroughput={"ReadUnitsPerSecond": 20000})
    await aws.clock.sleep(5)
    assert await done(aws, PLAN + "    warm_throughput: {read: 20000}\n") == []


async def test_a_raise_of_somebody_else_is_followed_by_our_own(aws: VirtualAws) -> None:
    await done(aws, PLAN)
    aws.send("dynamodb", "UpdateTable", TableName="orders", WarmThroughput={"ReadUnitsPerSecond": 15000})
    await aws.clock.sleep(5)
    assert await done(aws, PLAN + "    warm_throughput: {read: 20000}\n") == ["UpdateTable"]


async def test_a_kinesis_stream_that_does_not_exist_fails_in_words(aws: VirtualAws) -> None:
    await done(aws, PLAN)
    aws.account.dynamodb.destinations.stream_exists(f"{KINESIS}/none", exists=False)
    report = await aws.apply(PLAN + f"    kinesis_stream: {KINESIS}/none\n")
    assert report.exit_code == 1
    assert "not found" in _failure(report)
    aws.account.dynamodb.destinations.stream_exists(f"{KINESIS}/none", exists=True)
    assert await done(aws, PLAN + f"    kinesis_stream: {KINESIS}/none\n") == ["EnableKinesisStreamingDestination"]


async def test_one_kinesis_stream_for_another_is_told_in_words_of_the_plan(aws: VirtualAws) -> None:
    await done(aws, PLAN + f"    kinesis_stream: {KINESIS}/one\n")
    shown = text.preview(await aws.preview(PLAN + f"    kinesis_stream: {KINESIS}/two\n"))
    assert f"kinesis_stream: {KINESIS}/one -> off\n" in shown
    assert f"kinesis_stream: off -> {KINESIS}/two\n" in shown
    assert "stopped:" not in shown


async def test_a_hidden_kinesis_stream_hides_those_that_are_stopped_for_it(aws: VirtualAws) -> None:
    await done(aws, PLAN + f"    kinesis_stream: {KINESIS}/one\n")
    plan = "variables: {to: {sensitive: true}}\n" + PLAN + "    kinesis_stream: ${var.to}\n"
    preview = await aws.preview(plan, variables={"to": f"{KINESIS}/two"})
    assert KINESIS not in text.preview(preview) + document.preview(preview)


async def test_insights_that_fail_do_so_in_words_and_are_turned_on_anew(aws: VirtualAws) -> None:
    await done(aws, PLAN)
    aws.account.dynamodb.insights.fail_next("orders", None, "LimitExceededException", "too many rules")
    report = await aws.apply(PLAN + "    contributor_insights: true\n")
    assert report.exit_code == 1
    assert "too many rules" in _failure(report)
    assert await done(aws, PLAN + "    contributor_insights: true\n") == ["UpdateContributorInsights"]


def _failure(report: Report) -> str:
    return " ".join(str(outcome) for outcome in report.steps)


async def test_what_is_on_its_way_is_waited_for(aws: VirtualAws) -> None:
    await done(aws, PLAN)
    aws.send("dynamodb", "UpdateContributorInsights", TableName="orders", ContributorInsightsAction="ENABLE")
    aws.send("dynamodb", "EnableKinesisStreamingDestination", TableName="orders", StreamArn=f"{KINESIS}/one")
    assert await done(aws, PLAN + f"    contributor_insights: true\n    kinesis_stream: {KINESIS}/one\n") == []


class Meddling:
    """A Cloud in front of which somebody else changes the policy right before the first PutResourcePolicy."""

    def __init__(self, cloud: Cloud, aws: VirtualAws) -> None:
        self._cloud = cloud
        self._aws = aws
        self.met = 0

    async def send(self, call: Call) -> Mapping[str, Any]:
        if call.operation == "PutResourcePolicy":
            self.met += 1
            if self.met == 1:
                theirs = json.dumps({"Statement": [{**STATEMENT, "Action": "dynamodb:Query"}]})
                self._aws.send("dynamodb", "PutResourcePolicy", ResourceArn=ARN, Policy=theirs)
        return await self._cloud.send(call)


async def test_a_policy_that_somebody_changed_meanwhile_is_not_overwritten_unseen(aws: VirtualAws) -> None:
    """PolicyNotFoundException with an expected revision: look again, plan again (fact sheet 14.4)."""
    await done(aws, PLAN)
    text = PLAN + "    resource_policy: {file: policy.json}\n"
    meddling: list[Meddling] = []

    def between(cloud: Cloud) -> Cloud:
        meddling.append(Meddling(cloud, aws))
        return meddling[-1]

    aws.between = between
    aws.events.clear()
    report = await aws.apply(text)
    assert report.exit_code == 0
    refused = [event for event in refusals(aws) if event.details.get("code") == "PolicyNotFoundException"]
    assert refused
    aws.between = lambda cloud: cloud
    assert (await aws.preview(text)).graph.steps == ()


async def test_a_decrease_without_budget_is_refused_before_the_first_call(aws: VirtualAws) -> None:
    """Fact sheet 14.1, rule 7; as soon as there is budget again the same plan is applied."""
    numbers = "    billing: {provisioned: {read: N, write: 5}}\n"
    await done(aws, PLAN + numbers.replace("N", "9"))
    for read in (8, 7, 6, 5):
        await done(aws, PLAN + numbers.replace("N", str(read)))
    aws.events.clear()
    text = PLAN + numbers.replace("N", "4") + "    tags: {team: orders}\n"
    with pytest.raises(Refused) as caught:
        await aws.apply(text)
    assert caught.value.problems[0].code == "decrease-budget"
    assert sent(aws) == []
    await aws.clock.sleep(3600)
    assert sorted(await done(aws, text)) == ["TagResource", "UpdateTable"]
