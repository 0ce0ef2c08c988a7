"""Replicas: what is read of them in their Regions, when a global table is settled, and when a change of one is made."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from orchestrator import kinds
from orchestrator.errors import Fault
from orchestrator.kinds import replica, table
from orchestrator.kinds.table.live import ReplicaLive, TableLive, parsed
from orchestrator.kinds.table.seen import Elsewhere
from orchestrator.model import UNREAD, Broken, Change, Pending, Ref, Scope, Settled
from tests.kinds.cases import BODIES, CannedCloud

REF = Ref("demo", ("tables", "orders"))
WEST = REF.child("replicas", "us-west-2")
GONE = {"fault": "ResourceNotFoundException", "message": "Requested resource not found"}


def described(region: str = "eu-west-1", **more: Any) -> dict[str, Any]:
    arn = f"arn:aws:dynamodb:{region}:123456789012:table/orders"
    return {"TableName": "orders", "TableArn": arn, "TableId": region, "TableStatus": "ACTIVE", **more}


def index(status: str, name: str = "by_day") -> dict[str, Any]:
    keys = [{"AttributeName": "day", "KeyType": "HASH"}]
    return {"IndexName": name, "IndexStatus": status, "KeySchema": keys, "Projection": {"ProjectionType": "ALL"}}


GLOBAL = described(Replicas=[{"RegionName": "us-west-2", "ReplicaStatus": "ACTIVE"}])


async def look(*reads: str, **replies: Any) -> tuple[Any, list[str]]:
    """What is seen, and the calls for it."""
    answers = {
        key.replace("_in_", " in ").replace("_", "-") if "_in_" in key else key: reply for key, reply in replies.items()
    }
    cloud = CannedCloud(answers)
    live = await table.observe(cloud, "orders", frozenset(reads))
    return live, [call.title.removeprefix("dynamodb:") for call in cloud.asked]


# ------------------------------------------------------------------------------------------------------------ reading


def reads_of(**body: Any) -> frozenset[str]:
    return table.reads(BODIES["tables"].validate_python(body))


def test_what_the_plan_states_there_is_read_there() -> None:
    assert reads_of(replicas={}) == frozenset()
    assert reads_of(replicas={"us-west-2": {}}, billing="on_demand", encryption="aws_owned") == {
        "abroad:us-west-2",
        "dormant_targets",
        "elsewhere",
    }
    own = {
        "tags": {},
        "point_in_time_recovery": True,
        "contributor_insights": True,
        "encryption": {"kms_key": "alias/a"},
    }
    assert reads_of(replicas={"us-west-2": own}) == {
        "abroad:us-west-2",
        "abroad:us-west-2:tags",
        "abroad:us-west-2:pitr",
        "abroad:us-west-2:insights",
        "abroad:us-west-2:kms:alias/a",
        "elsewhere",
        "leftovers",
        "kms:alias/aws/dynamodb",
    }
    assert reads_of(replicas={"us-west-2": "absent"}) == {"abroad:us-west-2", "abroad:us-west-2:leftovers", "elsewhere"}
    assert {"abroad:us-west-2", "readers"} <= reads_of(ensure="absent", replicas={"us-west-2": "absent"})


async def test_a_replica_is_described_in_its_own_region_too() -> None:
    live, called = await look(
        DescribeTable={"Table": GLOBAL}, DescribeTable_in_us_west_2={"Table": described("us-west-2")}
    )
    assert called == ["DescribeTable", "DescribeTable in us-west-2"]
    assert live.replicas["us-west-2"].own.region == "us-west-2"
    assert live.region == "eu-west-1"
    assert replica.ATTRIBUTES["arn"].read(live, "us-west-2") == "arn:aws:dynamodb:us-west-2:123456789012:table/orders"
    assert replica.ATTRIBUTES["stream_arn"].read(live, "us-west-2") is None
    assert replica.ATTRIBUTES["arn"].read(live, "us-east-1") is None


async def test_aspects_of_a_replica_are_asked_there() -> None:
    live, called = await look(
        "abroad:us-west-2:tags",
        "tags",
        DescribeTable={"Table": GLOBAL},
        ListTagsOfResource={"Tags": [{"Key": "here", "Value": "1"}]},
        DescribeTable_in_us_west_2={"Table": described("us-west-2")},
        ListTagsOfResource_in_us_west_2={"Tags": [{"Key": "there", "Value": "1"}]},
    )
    assert called == [
        "DescribeTable",
        "ListTagsOfResource",
        "DescribeTable in us-west-2",
        "ListTagsOfResource in us-west-2",
    ]
    assert (live.tags, live.replicas["us-west-2"].own.tags) == ({"here": "1"}, {"there": "1"})


def test_the_own_region_is_no_replica_of_the_list() -> None:
    """Some lists tell it too."""
    listed = [{"RegionName": region} for region in ("eu-west-1", "us-west-2")]
    assert list(parsed(described(Replicas=listed), {}).replicas) == ["us-west-2"]


@pytest.mark.parametrize(
    ("told", "progress"), [(None, None), ("40", 40.0), ("12.5%", 12.5), ("", None), ("much", None), (" 7 ", 7.0)]
)
def test_progress_is_a_text_of_the_api(told: str | None, progress: float | None) -> None:
    entry = {"RegionName": "us-west-2", "ReplicaStatus": "CREATING", "ReplicaStatusPercentProgress": told}
    assert parsed(described(Replicas=[entry]), {}).replicas["us-west-2"].progress == progress


@pytest.mark.parametrize("code", ["AccessDeniedException", "UnrecognizedClientException"])
async def test_where_nobody_may_look_is_no_absence(code: str) -> None:
    live, called = await look(
        "abroad:us-west-2:tags", DescribeTable={"Table": GLOBAL}, DescribeTable_in_us_west_2={"fault": code}
    )
    assert live.replicas["us-west-2"].own is UNREAD
    assert called == ["DescribeTable", "DescribeTable in us-west-2"]


async def test_other_refusals_there_are_raised() -> None:
    broken = {"fault": "InternalServerError"}
    with pytest.raises(Fault, match="us-west-2"):
        await look(DescribeTable={"Table": GLOBAL}, DescribeTable_in_us_west_2=broken)


async def test_what_stands_elsewhere_is_seen_without_a_table_here() -> None:
    """B5: only when somebody plans; a step that lost its table sees none."""
    there = {"Table": described("us-west-2")}
    seen, _ = await look("abroad:us-west-2", "elsewhere", DescribeTable=GONE, DescribeTable_in_us_west_2=there)
    assert isinstance(seen, Elsewhere)
    assert isinstance(seen.tables["us-west-2"], TableLive)
    none, called = await look("abroad:us-west-2", DescribeTable=GONE)
    assert (none, called) == (None, ["DescribeTable"])
    nothing, _ = await look("abroad:us-west-2", "elsewhere", DescribeTable=GONE, DescribeTable_in_us_west_2=GONE)
    assert nothing is None


async def test_no_table_here_is_none_for_whoever_asks() -> None:
    seen = Elsewhere({"us-west-2": parsed(described("us-west-2"), {})})
    assert table.verdict(seen, Scope.WHOLE) == Settled()
    assert (table.identity(seen), table.parts(seen)) == (None, {})
    assert [table.ATTRIBUTES[name].read(seen, "orders") for name in ("name", "arn", "stream_arn")] == [
        "orders",
        None,
        None,
    ]
    assert table.reached(Change(REF, "", {}, None, "delete"), seen)
    for part in ("indexes", "replicas"):
        change = Change(REF.child(part, "x"), "", None, {}, "create")
        assert not kinds.KINDS[part].reached(change, seen)
        assert kinds.KINDS[change.ref.section].motion(change, seen) == Settled()


# ------------------------------------------------------------------------------------------------------------ settled


def live(status: str = "ACTIVE", own: Any = None, here: Mapping[str, Any] | None = None, **more: Any) -> TableLive:
    """A global table whose replica in us-west-2 is listed as `status`; `own` is what its Region tells."""
    there = parsed(described("us-west-2", **own), {}) if isinstance(own, dict) else own
    listed = {"us-west-2": ReplicaLive("us-west-2", status, own=there, **more)}
    return replace(parsed(described(**(here or {})), {}), replicas=listed)


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [
        (live(own={}), Settled()),
        (live(own=UNREAD), Settled()),
        (live("CREATING", own={}), Pending("replica in us-west-2 CREATING")),
        (live("CREATING", own={}, progress=40.0), Pending("replica in us-west-2 CREATING", 40.0)),
        (live("WARMING UP", own=UNREAD), Pending("replica in us-west-2 WARMING UP")),
        (live(own=None), Pending("replica in us-west-2 not known there yet")),
        (live(own={"TableStatus": "UPDATING"}), Pending("in us-west-2: table UPDATING")),
        (
            live(
                own={"GlobalSecondaryIndexes": [index("CREATING")]}, here={"GlobalSecondaryIndexes": [index("ACTIVE")]}
            ),
            Pending("in us-west-2: index by_day CREATING"),
        ),
        (
            live(own={}, here={"GlobalSecondaryIndexes": [index("ACTIVE")]}),
            Pending("in us-west-2: index by_day not the same everywhere yet"),
        ),
        (live(own={"SSEDescription": {"Status": "UPDATING"}}), Pending("in us-west-2: encryption UPDATING")),
        (
            live("CREATION_FAILED", own=None, description="No room"),
            Broken("the replica in us-west-2 is CREATION_FAILED: No room", "CREATION_FAILED"),
        ),
        (
            live("REGION_DISABLED", own=UNREAD),
            Broken("the replica in us-west-2 is REGION_DISABLED: its Region is disabled", "REGION_DISABLED"),
        ),
        (
            live(own={"TableStatus": "ARCHIVED"}),
            Broken(
                "the replica in us-west-2 is ARCHIVED: it was archived, because its KMS key could not be used for seven days",
                "ARCHIVED",
            ),
        ),
        (
            replace(live(own={}), elsewhere={"us-east-1": parsed(described("us-east-1", TableStatus="DELETING"), {})}),
            Pending("table in us-east-1 DELETING"),
        ),
    ],
)
def test_a_global_table_is_settled_once_it_is_everywhere(seen: TableLive, verdict: object) -> None:
    assert table.verdict(seen, Scope.WHOLE) == verdict
    assert table.verdict(seen, Scope.SELF) == Settled()


def test_each_replica_is_told_by_itself() -> None:
    assert table.parts(live("UPDATING", own={})) == {
        ("replicas", "us-west-2"): Pending("replica in us-west-2 UPDATING")
    }


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [
        (live(own={"TableStatus": "UPDATING"}), Pending("in us-west-2: table UPDATING")),
        (live("CREATING", own={"TableStatus": "CREATING"}), Pending("replica in us-west-2 CREATING")),
        (live(own=None), Pending("replica in us-west-2 not known there yet")),
        (live(own={"GlobalSecondaryIndexes": [index("CREATING")]}), Settled()),
        (live(own={"TableStatus": "ARCHIVED"}), Broken),
    ],
    ids=str,
)
def test_a_call_in_the_region_of_a_replica_waits_for_the_table_there_alone(seen: TableLive, verdict: object) -> None:
    tags = Change(WEST, "tags", {}, {"a": "b"}, "update")
    found = replica.motion(tags, seen)
    assert verdict in (found, type(found))


# --------------------------------------------------------------------------------------------------------------- goals


CREATED = Change(WEST, "", None, {"table_class": "infrequent_access"}, "create")
REMOVED = Change(WEST, "", {}, None, "delete")
INFREQUENT = {"TableClassSummary": {"TableClass": "STANDARD_INFREQUENT_ACCESS"}}


def test_a_replica_is_made_once_it_is_listed_as_it_was_asked_for() -> None:
    assert replica.reached(CREATED, live(own=INFREQUENT))
    assert replica.reached(CREATED, live(own=UNREAD, table_class="STANDARD_INFREQUENT_ACCESS"))
    assert not replica.reached(CREATED, live(own={}))
    assert not replica.reached(CREATED, live("CREATING", own=INFREQUENT))
    assert not replica.reached(CREATED, live("DELETING", own=INFREQUENT))
    assert not replica.reached(CREATED, parsed(described(), {}))
    assert not replica.reached(CREATED, None)


def test_a_replica_is_removed_once_no_region_knows_it() -> None:
    gone = parsed(described(), {})
    assert replica.reached(REMOVED, gone)
    assert replica.reached(REMOVED, replace(gone, elsewhere={"us-west-2": UNREAD}))
    going = parsed(described("us-west-2", TableStatus="DELETING"), {})
    assert not replica.reached(REMOVED, replace(gone, elsewhere={"us-west-2": going}))
    assert not replica.reached(REMOVED, live("DELETING", own=None))
    assert not replica.reached(REMOVED, None)


def test_a_setting_of_a_replica_is_made_once_its_region_says_so() -> None:
    protected = Change(WEST, "deletion_protection", False, True, "update")
    assert replica.reached(protected, live(own={"DeletionProtectionEnabled": True}))
    assert not replica.reached(protected, live(own={}))
    assert not replica.reached(protected, live(own=UNREAD))
    assert not replica.reached(protected, live(own=None))
    assert not replica.reached(replace(protected, field="nothing"), live(own={}))


def test_what_scaled_a_replica_is_gone_once_that_can_be_seen() -> None:
    ended = Change(WEST, "autoscaling.by_day", {"write": {"min": 1, "max": 2}}, {"write": "off"}, "update")
    gone = parsed(described(), {})
    assert not replica.reached(ended, gone)
    assert not replica.reached(ended, replace(gone, leftovers={"us-west-2": UNREAD}))
    assert replica.reached(ended, replace(gone, leftovers={"us-west-2": {}}))
