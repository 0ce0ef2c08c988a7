"""Scalable targets that live on through a switch to on demand, where they move nothing until the next switch (fact sheet 2.5)."""

from pathlib import Path

import pytest

from orchestrator.model import Finding
from tests.end_to_end.test_scaling import targets
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

TABLE = "plan: shop\ntables:\n  orders: {%s}\n"
SCALED = TABLE % (
    "partition_key: {id: S}, billing: {provisioned: {read: 5, write: 5}}, "
    "autoscaling: {read: {min: 5, max: 50, target: 70}}, "
    "indexes: {by_day: {partition_key: {day: S}, autoscaling: {write: {min: 6, max: 60, target: 70}}}}"
)


@pytest.fixture
async def aws(tmp_path: Path) -> VirtualAws:
    aws = VirtualAws(tmp_path)
    assert (await aws.apply(SCALED)).exit_code == 0
    aws.sent.clear()
    return aws


async def told(aws: VirtualAws, text: str) -> dict[str, Finding]:
    """What is said of targets that stay, by the thing that they scale."""
    found = [one for one in (await aws.preview(text)).findings if one.code == "scaling-dormant"]
    return {str(one.ref): one for one in found}


async def test_they_are_told_of_with_what_ends_them(aws: VirtualAws) -> None:
    found = await told(aws, TABLE % "billing: on_demand")
    assert {ref: (one.level, one.message.partition(" stays")[0]) for ref, one in found.items()} == {
        "tables.orders": ("notice", "Auto scaling of tables.orders (read 5 to 50)"),
        "tables.orders.indexes.by_day": ("notice", "Auto scaling of tables.orders.indexes.by_day (write 6 to 60)"),
    }
    assert all("`autoscaling: off`" in one.action for one in found.values())
    assert (await aws.apply(TABLE % "billing: on_demand")).outcome == "succeeded"
    assert len(targets(aws)) == 2


async def test_those_that_end_are_not(aws: VirtualAws) -> None:
    off = "billing: on_demand, autoscaling: off, indexes: {by_day: {autoscaling: {write: off}}}"
    assert await told(aws, TABLE % off) == {}
    assert (await aws.apply(TABLE % off)).outcome == "succeeded"
    assert targets(aws) == []


async def test_those_of_an_index_that_goes_are_not(aws: VirtualAws) -> None:
    assert list(await told(aws, TABLE % "billing: on_demand, indexes: {by_day: absent}")) == ["tables.orders"]


async def test_nobody_looks_for_them_where_nothing_is_switched(aws: VirtualAws) -> None:
    stated = TABLE % "billing: on_demand"
    assert (await aws.apply(stated)).outcome == "succeeded"
    aws.account.timeline.calls.clear()
    assert (await aws.apply(stated)).outcome == "nothing_to_do"
    assert aws.account.timeline.calls["application-autoscaling:DescribeScalableTargets"] == 0
