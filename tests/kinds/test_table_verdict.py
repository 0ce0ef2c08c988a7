"""Whether a table is settled: a total function of every status that DescribeTable tells (A1, A2)."""

from typing import Any

import botocore.session
import pytest

from orchestrator.kinds import table
from orchestrator.kinds.table.live import TableLive, parsed
from orchestrator.model import Broken, Pending, Scope, Settled, Verdict

_SHAPES: Any = botocore.session.get_session().get_service_model("dynamodb")
STRANGE = "DANCING"
"""A status of tomorrow: enums are not closed (fact sheet 0.2)."""


def statuses(shape: str, *later: str) -> list[str]:
    """The values that this botocore knows, those of the fact sheet's 1.1 that it does not, and one that nobody knows."""
    return [*dict.fromkeys([*_SHAPES.shape_for(shape).enum, *later]), STRANGE, ""]


STUCK = {"INACCESSIBLE_ENCRYPTION_CREDENTIALS", "ARCHIVING", "ARCHIVED", "REPLICATION_NOT_AUTHORIZED"}


def live(**description: Any) -> TableLive:
    return parsed({"TableName": "orders", "TableStatus": "ACTIVE", **description}, {})


def indexed(status: str, **more: Any) -> TableLive:
    return live(GlobalSecondaryIndexes=[{"IndexName": "by_day", "IndexStatus": status, **more}])


def whole(seen: TableLive) -> Verdict:
    return table.verdict(seen, Scope.WHOLE)


def kind_of(status: str, stuck: set[str]) -> type[Verdict]:
    if status in stuck:
        return Broken
    return Settled if status == "ACTIVE" else Pending


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("status", statuses("TableStatus", "REPLICATION_NOT_AUTHORIZED"))
def test_every_table_status_has_a_verdict(status: str, scope: Scope) -> None:
    assert isinstance(table.verdict(live(TableStatus=status), scope), kind_of(status, STUCK))


@pytest.mark.parametrize("status", statuses("IndexStatus"))
@pytest.mark.parametrize("backfilling", [True, False, None])
def test_every_index_status_has_a_verdict(status: str, backfilling: bool | None) -> None:
    """A2: an index that is not ACTIVE, or still being filled, holds back changes of the whole table, but no others."""
    seen = indexed(status, **({} if backfilling is None else {"Backfilling": backfilling}))
    settled = status == "ACTIVE" and not backfilling
    assert isinstance(whole(seen), Settled if settled else Pending)
    assert table.verdict(seen, Scope.SELF) == Settled()
    assert table.parts(seen) == {("indexes", "by_day"): whole(seen)}


@pytest.mark.parametrize("status", statuses("ReplicaStatus", "REPLICATION_NOT_AUTHORIZED"))
def test_every_replica_status_has_a_verdict(status: str) -> None:
    """B5: replicas in other Regions are seen."""
    seen = live(Replicas=[{"RegionName": "us-west-2", "ReplicaStatus": status}])
    assert isinstance(whole(seen), kind_of(status, STUCK | {"CREATION_FAILED", "REGION_DISABLED"}))
    assert table.verdict(seen, Scope.SELF) == Settled()


@pytest.mark.parametrize("status", statuses("SSEStatus"))
def test_every_encryption_status_has_a_verdict(status: str) -> None:
    seen = live(SSEDescription={"Status": status, "SSEType": "KMS", "KMSMasterKeyArn": "arn"})
    assert isinstance(whole(seen), Settled if status in ("ENABLED", "DISABLED") else Pending)


@pytest.mark.parametrize("scope", Scope)
def test_an_absent_table_is_settled(scope: Scope) -> None:
    assert table.verdict(None, scope) == Settled()
    assert table.parts(None) == {}


def test_what_is_not_managed_here_moves_the_table_too() -> None:
    seen = live(
        VectorIndexes=[{"IndexName": "by_meaning", "IndexStatus": "CREATING"}],
        GlobalTableWitnesses=[{"RegionName": "us-west-2", "WitnessStatus": "DELETING"}],
    )
    assert whole(seen) == Pending("vector index by_meaning CREATING; witness us-west-2 DELETING")


def test_a_restore_counts_until_it_is_over() -> None:
    """Settled is ACTIVE without a restore in progress (fact sheet 3); settings beside it need not wait."""
    seen = live(RestoreSummary={"RestoreInProgress": True})
    assert whole(seen) == Pending("restore in progress")
    assert table.verdict(seen, Scope.SELF) == Settled()
    assert whole(live(RestoreSummary={"RestoreInProgress": False})) == Settled()


def test_warm_throughput_does_not_count() -> None:
    """It is raised beside everything else (fact sheet 3, 14.1)."""
    assert whole(live(WarmThroughput={"Status": "UPDATING"})) == Settled()
    assert whole(indexed("ACTIVE", WarmThroughput={"Status": "UPDATING"})) == Settled()


def test_everything_that_moves_is_named() -> None:
    seen = live(
        TableStatus="UPDATING",
        GlobalSecondaryIndexes=[
            {"IndexName": "by_day", "IndexStatus": "CREATING", "Backfilling": True},
            {"IndexName": "by_sum", "IndexStatus": "UPDATING"},
        ],
        SSEDescription={"Status": "UPDATING"},
    )
    assert whole(seen) == Pending(
        "table UPDATING; index by_day CREATING, backfilling; index by_sum UPDATING; encryption UPDATING"
    )


def test_what_is_broken_says_why_and_goes_before_what_moves() -> None:
    replica = {
        "RegionName": "us-west-2",
        "ReplicaStatus": "CREATION_FAILED",
        "ReplicaStatusDescription": "No such key.",
    }
    assert whole(live(TableStatus="UPDATING", Replicas=[replica])) == Broken(
        "the replica in us-west-2 is CREATION_FAILED: No such key.", "CREATION_FAILED"
    )
    assert whole(live(TableStatus="ARCHIVED")) == Broken(
        "table orders is ARCHIVED: it was archived, because its KMS key could not be used for seven days", "ARCHIVED"
    )
