"""Reading a table: which calls go out, and what their replies and refusals mean."""

from collections.abc import Mapping
from typing import Any

import pytest

from orchestrator.errors import Fault
from orchestrator.kinds import index, table
from orchestrator.kinds.kms import KMS
from orchestrator.kinds.observation import Unreadable
from orchestrator.kinds.table.aspects import (
    ASPECTS,
    BACKUPS,
    DORMANT,
    EARLIER,
    FOLLOWED,
    LEFTOVERS,
    POLICIES,
    READERS,
    TARGETS,
)
from orchestrator.kinds.table.live import Insights, PointInTimeRecovery, TableLive, TimeToLive
from orchestrator.kinds.table.seen import Elsewhere
from orchestrator.kinds.table.spec import TableSpec
from orchestrator.model import UNREAD, Text
from tests.kinds.cases import BODIES, CannedCloud

ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/one"
TABLE: Mapping[str, Any] = {"TableName": "orders", "TableArn": ARN, "TableId": "1", "TableStatus": "ACTIVE"}
ENCRYPTED = {**TABLE, "SSEDescription": {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": KEY}}


async def look(*reads: str, table_: Mapping[str, Any] = TABLE, **replies: Any) -> tuple[TableLive | None, list[str]]:
    """What is seen, and the operations that were called for it."""
    cloud = CannedCloud({"DescribeTable": {"Table": table_}, **replies})
    live = await table.observe(cloud, "orders", frozenset(reads))
    assert not isinstance(live, Elsewhere)
    return live, [call.operation for call in cloud.asked]


def reads_of(**body: Any) -> frozenset[str]:
    return table.reads(BODIES["tables"].validate_python(body))


def test_only_what_the_plan_states_is_read() -> None:
    assert reads_of() == frozenset()
    assert reads_of(ttl="expires_at", point_in_time_recovery=False, tags={}) == {"ttl", "pitr", "tags"}
    assert reads_of(billing="on_demand", indexes={}, deletion_protection=True) == {"dormant_targets"}
    assert reads_of(stream="off") == {"readers:off"}
    assert reads_of(billing={"provisioned": {"read": 1, "write": 1}}) == {"targets"}
    assert reads_of(indexes={"by_day": "absent"}) == {"leftovers", "scaled_there", "left:by_day"}
    assert reads_of(ensure="absent") == {"earlier_backups", "left", "leftovers", "readers"}


def test_a_key_is_resolved_only_where_its_name_is_not_an_arn() -> None:
    assert reads_of(encryption="aws_owned") == frozenset()
    assert reads_of(encryption="aws_managed") == {"kms:alias/aws/dynamodb"}
    assert reads_of(encryption={"kms_key": KEY}) == frozenset()
    assert reads_of(encryption={"kms_key": "alias/orders"}) == {"kms:alias/orders"}
    alias = "arn:aws:kms:eu-west-1:123456789012:alias/orders"
    assert reads_of(encryption={"kms_key": alias}) == {f"kms:{alias}"}
    hidden = Text(("alias/secret",), hidden=True)
    assert reads_of(encryption={"kms_key": hidden}) == frozenset()


async def test_describe_table_alone_where_nothing_else_is_asked() -> None:
    live, called = await look()
    assert called == ["DescribeTable"]
    assert live is not None
    assert (live.ttl, live.pitr, live.tags, live.backups) == (UNREAD, UNREAD, UNREAD, UNREAD)
    assert table.identity(live) == "1"


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "TableNotFoundException"])
async def test_a_table_that_is_not_found_is_absent(code: str) -> None:
    cloud = CannedCloud({"DescribeTable": {"fault": code, "message": "Requested resource not found"}})
    assert await table.observe(cloud, "orders", frozenset({"ttl"})) is None
    assert len(cloud.asked) == 1
    assert table.identity(None) is None


async def test_other_refusals_are_raised() -> None:
    denied = {"fault": "AccessDeniedException", "message": "no"}
    with pytest.raises(Fault, match="dynamodb:DescribeTable"):
        await table.observe(CannedCloud({"DescribeTable": denied}), "orders", frozenset())
    with pytest.raises(Fault, match="dynamodb:ListTagsOfResource"):
        await look("tags", ListTagsOfResource=denied)


async def test_of_a_table_being_deleted_nothing_more_is_read() -> None:
    """B2: its settings go with it, and their APIs may answer that it is gone."""
    live, called = await look("ttl", "tags", "pitr", table_={**TABLE, "TableStatus": "DELETING"})
    assert called == ["DescribeTable"]
    assert live is not None
    assert live.status == "DELETING"


async def test_every_aspect_is_read_by_its_own_call() -> None:
    live, called = await look(
        "ttl",
        "pitr",
        "tags",
        "backups",
        DescribeTimeToLive={"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "at"}},
        DescribeContinuousBackups={
            "ContinuousBackupsDescription": {
                "PointInTimeRecoveryDescription": {
                    "PointInTimeRecoveryStatus": "ENABLED",
                    "RecoveryPeriodInDays": 7,
                }
            }
        },
        ListTagsOfResource=[{"Tags": [{"Key": "a", "Value": "1"}], "NextToken": "2"}, {"Tags": []}],
        ListBackups=[
            {
                "BackupSummaries": [{"BackupName": "one", "BackupStatus": "AVAILABLE"}],
                "LastEvaluatedBackupArn": "arn:one",
            },
            {"BackupSummaries": [{"BackupName": "two", "BackupStatus": "CREATING"}]},
        ],
    )
    assert called == [
        "DescribeTable",
        *["ListBackups"] * 2,
        "DescribeContinuousBackups",
        *["ListTagsOfResource"] * 2,
        "DescribeTimeToLive",
    ]
    assert live is not None
    assert live.ttl == TimeToLive("ENABLED", "at")
    assert live.pitr == PointInTimeRecovery(enabled=True, days=7)
    assert live.tags == {"a": "1"}
    assert live.backups == {"one": "AVAILABLE", "two": "CREATING"}


async def test_pages_follow_one_another_by_the_services_own_tokens() -> None:
    page = {"BackupSummaries": [], "LastEvaluatedBackupArn": "arn:one"}
    cloud = CannedCloud({"DescribeTable": {"Table": TABLE}, "ListBackups": [page, {"BackupSummaries": []}]})
    await table.observe(cloud, "orders", frozenset({BACKUPS}))
    first, second = cloud.asked[1:]
    assert first.parameters == {"TableName": "orders"}
    assert second.parameters == {"TableName": "orders", "ExclusiveStartBackupArn": "arn:one"}


@pytest.mark.parametrize(
    "aspect", sorted(set(ASPECTS) - {KMS, TARGETS, EARLIER, LEFTOVERS, DORMANT, POLICIES, READERS, *FOLLOWED})
)
async def test_a_table_too_young_for_an_aspect_has_none_of_it(aspect: str) -> None:
    """Fact sheet 7: a read right after CreateTable may not find what DescribeTable has seen."""
    gone = {"fault": "ResourceNotFoundException", "message": "Requested resource not found"}
    live, _ = await look(aspect, **{ASPECTS[aspect].operation: gone})
    assert live is not None
    assert getattr(live, aspect) in (TimeToLive(), PointInTimeRecovery(), {}, {"": Insights()}, None)


async def test_the_same_backups_are_listed_once_whatever_they_are_read_for() -> None:
    _, called = await look(EARLIER, BACKUPS, ListBackups={"BackupSummaries": []})
    assert called == ["DescribeTable", "ListBackups"]


async def test_a_key_that_can_not_differ_or_can_only_differ_is_not_resolved() -> None:
    live, called = await look("kms:alias/orders")
    assert called == ["DescribeTable"]
    assert live is not None
    live, called = await look("kms:alias/orders", table_=ENCRYPTED, DescribeKey={"KeyMetadata": {"Arn": KEY}})
    assert called == ["DescribeTable", "DescribeKey"]
    assert live is not None
    assert live.kms_keys == {"alias/orders": KEY}


@pytest.mark.parametrize("code", ["AccessDeniedException", "NotFoundException"])
async def test_a_key_that_kms_does_not_tell_about_stays_unresolved(code: str) -> None:
    live, _ = await look("kms:alias/orders", table_=ENCRYPTED, DescribeKey={"fault": code, "message": "no"})
    assert live is not None
    assert live.kms_keys == {"alias/orders": Unreadable(code)}


async def test_attributes_for_references() -> None:
    stream = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}, "LatestStreamArn": "s"}
    indexes = [{"IndexName": "by_day", "IndexArn": f"{ARN}/index/by_day", "IndexStatus": "ACTIVE"}]
    on, _ = await look(table_={**TABLE, **stream, "GlobalSecondaryIndexes": indexes})
    off, _ = await look(table_={**TABLE, "LatestStreamArn": "s"})
    of_table = {name: one.read(on, "orders") for name, one in table.ATTRIBUTES.items()}
    assert of_table == {"name": "orders", "arn": ARN, "stream_arn": "s"}
    assert table.ATTRIBUTES["stream_arn"].read(off, "orders") is None
    of_index = {name: one.read(on, "by_day") for name, one in index.ATTRIBUTES.items()}
    assert of_index == {"name": "by_day", "arn": f"{ARN}/index/by_day"}
    assert index.ATTRIBUTES["arn"].read(off, "by_day") is None
    assert {name: one.read(None, "orders") for name, one in table.ATTRIBUTES.items()} == {
        "name": "orders",
        "arn": None,
        "stream_arn": None,
    }
    assert index.ATTRIBUTES["arn"].read(None, "by_day") is None


def test_the_body_of_a_case_is_what_a_plan_holds() -> None:
    """The adapter that these tests parse bodies with gives the kind's own Spec."""
    assert isinstance(BODIES["tables"].validate_python({}), TableSpec)
