"""Two Regions over HTTP: the signature of a request says which one is meant, and their global tables know each other."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.sandbox.dynamodb_world import table
from tests.sandbox.served import DURATIONS, REGION, SHORT, Served, refused, served

WEST = "us-west-2"
CREATE = {"TableName": "orders", "ReplicaUpdates": [{"Create": {"RegionName": WEST}}]}
DELETE = {"TableName": "orders", "ReplicaUpdates": [{"Delete": {"RegionName": WEST}}]}

pytestmark = pytest.mark.http


@pytest.fixture
def sandbox() -> Iterator[Served]:
    spans = replace(DURATIONS, replica_listed=5, replica_described=10, replica_create=SHORT, replica_delete=SHORT)
    with served(durations=spans) as running:
        yield running


def active(client: Any) -> Callable[[], bool]:
    """Whether the table and all its replicas are ACTIVE, as this client's Region has it."""

    def settled() -> bool:
        found = client.describe_table(TableName="orders")["Table"]
        statuses = [replica["ReplicaStatus"] for replica in found.get("Replicas", ())]
        return {found["TableStatus"], *statuses} == {"ACTIVE"}

    return settled


def test_a_regions_tables_are_its_own(sandbox: Served) -> None:
    home, west = (sandbox.client("dynamodb", region) for region in (REGION, WEST))
    home.create_table(**table())
    assert (home.list_tables()["TableNames"], west.list_tables()["TableNames"]) == (["orders"], [])
    west.create_table(**table())
    arns = [client.describe_table(TableName="orders")["Table"]["TableArn"].split(":")[3] for client in (home, west)]
    assert arns == [REGION, WEST]


def test_a_replica_comes_and_goes_for_clients_of_both_regions(sandbox: Served) -> None:
    home, west = (sandbox.client("dynamodb", region) for region in (REGION, WEST))
    home.create_table(**table())
    sandbox.until(active(home))
    reply = home.update_table(**CREATE)["TableDescription"]
    assert (reply["TableStatus"], reply["Replicas"]) == ("UPDATING", [])
    assert refused(west.describe_table, TableName="orders")[1] == "ResourceNotFoundException"
    sandbox.until(lambda: bool(home.describe_table(TableName="orders")["Table"]["Replicas"]))
    sandbox.until(active(home))
    found = west.describe_table(TableName="orders")["Table"]
    assert (found["TableStatus"], found["GlobalTableVersion"]) == ("ACTIVE", "2019.11.21")
    assert found["Replicas"] == [{"RegionName": REGION, "ReplicaStatus": "ACTIVE"}]
    status, code, message = refused(home.delete_table, TableName="orders")
    assert (status, code, "source region" in message) == (400, "ValidationException", True)
    home.update_table(**DELETE)
    sandbox.until(lambda: "Replicas" not in home.describe_table(TableName="orders")["Table"])
    sandbox.until(lambda: west.list_tables()["TableNames"] == [])


def test_a_replica_can_be_made_to_fail_and_a_foreign_hand_may_be_anywhere(sandbox: Served) -> None:
    home = sandbox.client("dynamodb")
    home.create_table(**table())
    sandbox.until(active(home))
    sandbox.control("fail", {"replica": "orders", "reason": "no such key", "region": WEST})
    home.update_table(**CREATE)
    sandbox.until(
        lambda: any(
            replica["ReplicaStatus"] == "CREATION_FAILED"
            for replica in home.describe_table(TableName="orders")["Table"]["Replicas"]
        )
    )
    (failed,) = home.describe_table(TableName="orders")["Table"]["Replicas"]
    assert failed["ReplicaStatusDescription"] == "no such key"
    given = {"service": "dynamodb", "operation": "CreateTable", "parameters": table("users"), "region": WEST}
    sandbox.control("foreign", given)
    assert sandbox.client("dynamodb", WEST).list_tables()["TableNames"] == ["users"]
    assert {call["region"] for call in sandbox.control("timeline")["served"]} == {REGION, WEST}


def test_items_of_a_replica_can_be_written_and_read(sandbox: Served) -> None:
    """In each Region by themselves: the sandbox replicates tables, not their items."""
    home, west = (sandbox.client("dynamodb", region) for region in (REGION, WEST))
    home.create_table(**table())
    sandbox.until(active(home))
    home.update_table(**CREATE)
    sandbox.until(active(home))
    west.put_item(TableName="orders", Item={"id": {"S": "1"}})
    assert west.get_item(TableName="orders", Key={"id": {"S": "1"}})["Item"] == {"id": {"S": "1"}}
