"""`replace: recreate` of a table whose plan leaves out what an index is: that is as it was."""

from pathlib import Path
from typing import Any

import pytest

from orchestrator.errors import InvalidPlan
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

OLD = """
plan: shop
tables:
  orders:
    partition_key: {id: S}
    indexes:
      by_day: {partition_key: {day: S}, sort_key: {hour: N}, projection: [colour, size]}
"""
NEW = """
plan: shop
policy: {destructive: allow, backup_before_delete: false}
tables:
  orders:
    partition_key: {customer: S}
    replace: recreate
    indexes: {by_day: %s}
"""


@pytest.fixture
async def aws(tmp_path: Path) -> VirtualAws:
    found = VirtualAws(tmp_path)
    assert (await found.apply(OLD)).exit_code == 0
    await found.clock.sleep(60)
    return found


def index(aws: VirtualAws) -> Any:
    table = aws.send("dynamodb", "DescribeTable", TableName="orders")["Table"]
    assert table["KeySchema"][0]["AttributeName"] == "customer"
    (found,) = table["GlobalSecondaryIndexes"]
    return found


def keys(aws: VirtualAws) -> list[str]:
    return [key["AttributeName"] for key in index(aws)["KeySchema"]]


@pytest.mark.parametrize("stated", ["{}", "{contributor_insights: true}"])
async def test_an_index_without_its_key_is_as_it_was(aws: VirtualAws, stated: str) -> None:
    assert (await aws.apply(NEW % stated)).exit_code == 0
    assert keys(aws) == ["day", "hour"]
    assert sorted(index(aws)["Projection"]["NonKeyAttributes"]) == ["colour", "size"]
    assert (await aws.apply(NEW % stated)).outcome == "nothing_to_do"


async def test_a_projection_that_is_not_stated_stays_with_another_key(aws: VirtualAws) -> None:
    assert (await aws.apply(NEW % "{partition_key: {week: S}}")).exit_code == 0
    assert keys(aws) == ["week"]
    assert index(aws)["Projection"]["ProjectionType"] == "INCLUDE"


async def test_a_projection_that_is_stated_changes_alone(aws: VirtualAws) -> None:
    assert (await aws.apply(NEW % "{projection: keys_only}")).exit_code == 0
    assert keys(aws) == ["day", "hour"]
    assert index(aws)["Projection"]["ProjectionType"] == "KEYS_ONLY"


async def test_an_index_that_is_not_there_still_needs_its_key(aws: VirtualAws) -> None:
    with pytest.raises(InvalidPlan, match="by_week does not exist"):
        await aws.apply(NEW % "{}, by_week: {}")
