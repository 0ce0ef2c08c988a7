"""Requirement B7: what becomes of a table is logged by name, with its duration, and with code and message where it fails."""

from pathlib import Path

import pytest

from orchestrator.engine.log import Line, lines
from orchestrator.sandbox.faults import Faults
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

PLAN = "plan: shop\ntables:\n  orders: {name: orders-dev, partition_key: {id: S}, billing: on_demand}\n"


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return VirtualAws(tmp_path)


def logged(aws: VirtualAws, name: str) -> list[Line]:
    return [line for event in aws.events for line in lines(event) if line.event == name]


async def test_b7_creation_is_logged_by_name_with_its_duration(aws: VirtualAws) -> None:
    await aws.apply(PLAN)
    (created,) = logged(aws, "table_created")
    assert created.fields["table"] == "orders-dev"
    assert created.fields["seconds"] >= 10
    assert str(created.fields["timestamp"]).endswith("Z")
    assert {"run", "plan", "resource", "step"} <= set(created.fields)


async def test_b7_a_table_that_another_starter_made_first_is_logged(aws: VirtualAws) -> None:
    """Two starters at once: AWS says `Table already exists`; it is as the plan says, so it is adopted, and both end well."""
    creation = {
        "TableName": "orders-dev",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    }
    aws.faults = Faults(latency=(0.2, 0.2))
    aws.account.schedule(aws.clock.now() + 0.5, "dynamodb", "CreateTable", creation)
    report = await aws.apply(PLAN)
    assert report.outcome == "succeeded"
    (found,) = logged(aws, "table_already_exists")
    assert found.fields["table"] == "orders-dev"


async def test_b7_a_creation_that_is_refused_is_logged_with_code_and_message(aws: VirtualAws) -> None:
    """Somebody else's table of another shape takes the name between the look and the call."""
    aws.faults = Faults(latency=(0.2, 0.2))
    aws.account.schedule(
        aws.clock.now() + 0.5,
        "dynamodb",
        "CreateTable",
        {
            "TableName": "orders-dev",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "other", "AttributeType": "N"}],
            "KeySchema": [{"AttributeName": "other", "KeyType": "HASH"}],
        },
    )
    report = await aws.apply(PLAN)
    assert report.exit_code == 3
    (failed,) = logged(aws, "table_creation_failed")
    assert failed.fields["code"]
    assert failed.fields["message"]
    assert failed.fields["table"] == "orders-dev"
