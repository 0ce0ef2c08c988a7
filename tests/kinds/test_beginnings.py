"""Which calls can have begun what is seen moving: nothing is asked about what rests, and no status is too odd."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest

from orchestrator.kinds import function, table
from orchestrator.kinds.function.attached import Attached, ProvisionedLive
from orchestrator.model import Pending, Settled
from tests.kinds import test_function_verdict as functions
from tests.kinds import test_table_verdict as tables

CREATED = datetime(2026, 1, 1, tzinfo=UTC)
SSE = {"SSEDescription": {"Status": "UPDATING", "SSEType": "KMS"}}


def index(name: str, status: str) -> dict[str, Any]:
    return {"IndexName": name, "IndexStatus": status}


@pytest.mark.parametrize(
    ("description", "operations", "parts"),
    [
        ({"TableStatus": "DELETING"}, {"DeleteTable"}, set()),
        ({"TableStatus": "UPDATING"}, {"UpdateTable"}, set()),
        (SSE, {"UpdateTable"}, set()),
        ({"GlobalSecondaryIndexes": [index("a", "UPDATING"), index("b", "ACTIVE")]}, {"UpdateTable"}, set()),
        (
            {"TableStatus": "UPDATING", "GlobalSecondaryIndexes": [index("a", "CREATING"), index("b", "ACTIVE")]},
            {"UpdateTable"},
            {"a"},
        ),
        ({"GlobalSecondaryIndexes": [index("a", "DELETING")]}, {"UpdateTable"}, {"a"}),
        ({"Replicas": [{"RegionName": "us-west-2", "ReplicaStatus": "CREATING"}]}, {"UpdateTable"}, {"us-west-2"}),
    ],
)
def test_a_table_on_its_way(description: dict[str, Any], operations: set[str], parts: set[str]) -> None:
    asked = table.inquiry(tables.live(TableArn="ARN", **description))
    assert asked is not None
    assert asked.names == ("orders", "ARN")
    assert asked.parts == parts
    assert asked.operations == {f"dynamodb:{operation}" for operation in operations}


def test_a_new_table_was_begun_when_aws_says_so() -> None:
    """The call that made an earlier one of that name is not it."""
    asked = table.inquiry(tables.live(TableStatus="CREATING", CreationDateTime=CREATED))
    assert asked is not None
    assert {"dynamodb:CreateTable", "dynamodb:RestoreTableToPointInTime"} <= asked.operations
    assert asked.earliest(CREATED.timestamp() + 100) == CREATED.timestamp()


@pytest.mark.parametrize("status", tables.statuses("TableStatus"))
@pytest.mark.parametrize("part", tables.statuses("IndexStatus"))
def test_nothing_is_asked_about_a_table_at_rest(status: str, part: str) -> None:
    seen = tables.live(TableStatus=status, GlobalSecondaryIndexes=[index("a", part)])
    assert table.inquiry(seen) is None or tables.whole(seen) != Settled()
    assert table.inquiry(None) is None


@pytest.mark.parametrize(
    ("configuration", "operations"),
    [
        ({"State": "Pending", "StateReasonCode": "Creating"}, {"CreateFunction"}),
        ({"State": "Deleting"}, {"DeleteFunction"}),
        ({"LastUpdateStatus": "InProgress"}, {"UpdateFunctionCode", "UpdateFunctionConfiguration"}),
        ({"newest": {"State": "Pending"}}, {"PublishVersion", "UpdateFunctionCode", "CreateFunction"}),
    ],
)
def test_a_function_on_its_way(configuration: dict[str, Any], operations: set[str]) -> None:
    asked = function.inquiry(functions.live(**configuration))
    assert asked is not None
    assert asked.names == ("fn", functions.CONFIGURATION["FunctionArn"])
    assert asked.operations == {f"lambda:{operation}" for operation in operations}


def test_a_function_that_wakes_up_was_not_changed_by_anybody() -> None:
    assert function.inquiry(functions.live(State="Pending", StateReasonCode="Restoring")) is None


def test_provisioned_concurrency_on_its_way() -> None:
    moving = ProvisionedLive("live", 5, "IN_PROGRESS")
    seen = replace(functions.live(), attached=Attached(provisioned={"live": moving, "other": None}))
    asked = function.inquiry(seen)
    assert asked is not None
    assert asked.operations == {"lambda:PutProvisionedConcurrencyConfig"}


@pytest.mark.parametrize(("state", "update"), list(product(functions.STATES, functions.UPDATES)))
def test_nothing_is_asked_about_a_function_at_rest(state: str, update: str | None) -> None:
    seen = functions.live(State=state, LastUpdateStatus=update)
    assert function.inquiry(seen) is None or isinstance(functions.whole(seen), Pending)
    assert function.inquiry(None) is None
