"""How long calls are likely to take (fact sheet, section 9)."""

from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.kinds import function
from orchestrator.kinds.function.live import FunctionLive, parsed
from orchestrator.model import Call, Change, Ref, Step
from orchestrator.planning.estimate import METADATA, SNAPSHOT, estimate

REF = Ref("demo", ("functions", "fn"))
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:fn"


def step(operation: str, *given: Change, **parameters: Any) -> Step:
    call = Call("lambda", operation, {"FunctionName": "fn", **parameters})
    return Step("s", REF, function.lane("fn"), "update", "", call, (), 600, given=given)


def live(**configuration: Any) -> FunctionLive:
    return parsed({"Configuration": {"FunctionName": "fn", "FunctionArn": ARN, **configuration}})


@pytest.mark.parametrize(
    ("slow", "quick"),
    [
        (step("CreateFunction", PackageType="Image"), step("CreateFunction", PackageType="Zip")),
        (step("CreateFunction", VpcConfig={}), step("CreateFunction")),
        (step("UpdateFunctionCode", ImageUri="x"), step("UpdateFunctionCode", S3Key="x")),
        (step("UpdateFunctionConfiguration", VpcConfig={}), step("UpdateFunctionConfiguration", MemorySize=128)),
        (step("UpdateFunctionConfiguration", ImageConfig={}), step("UpdateFunctionConfiguration", Timeout=3)),
        (step("UpdateFunctionConfiguration", Timeout=3), step("TagResource")),
    ],
)
def test_networks_and_images_take_longer(slow: Step, quick: Step) -> None:
    assert estimate(slow, None).likely > estimate(quick, None).likely


def test_a_replica_takes_minutes_and_longer_where_there_is_more_to_copy() -> None:
    def replica(action: str) -> Step:
        updates = [{action: {"RegionName": "us-west-2"}}]
        return step("UpdateTable", TableName="orders", ReplicaUpdates=updates)

    assert estimate(replica("Create"), None).likely == 240
    assert estimate(replica("Create"), SimpleNamespace(size_bytes=10**12)).likely > 8000
    assert estimate(replica("Delete"), None).likely == 150
    assert estimate(replica("Update"), None).likely == 60


def test_metadata_takes_next_to_no_time() -> None:
    assert estimate(step("UpdateAlias"), None) == METADATA


def test_a_snapshot_takes_minutes_where_it_is_on_by_then() -> None:
    on = Change(REF, "snap_start", None, "published_versions", "update")
    off = Change(REF, "snap_start", None, "off", "update")
    snapped = live(SnapStart={"ApplyOn": "PublishedVersions"})
    assert estimate(step("PublishVersion", on), None) == SNAPSHOT
    assert estimate(step("PublishVersion"), snapped) == SNAPSHOT
    assert estimate(step("PublishVersion", off), snapped).likely < SNAPSHOT.likely
    assert estimate(step("PublishVersion"), live()).likely < SNAPSHOT.likely
    assert estimate(step("PublishVersion"), None).likely < SNAPSHOT.likely
