"""How long calls are likely to take (fact sheet, section 9), as a preview says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestrator.kinds import function
from orchestrator.model import Call, Estimate, Ref, Step
from orchestrator.planning.estimate import METADATA, estimated
from orchestrator.ports import Cloud
from tests.end_to_end.attachments import plan, settled, started
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

TABLE = "plan: shop\ntables: {orders: {partition_key: {id: S}, billing: on_demand%s}}\n"
BY_A = ", indexes: {by_a: {partition_key: {a: S}}}"
ABROAD = ", stream: new_and_old_images, replicas: {us-west-2: {}}"


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return started(tmp_path)


@dataclass
class Full:
    """A Cloud whose tables hold something."""

    cloud: Cloud
    items: int = 0
    size: int = 0

    async def send(self, call: Call) -> Mapping[str, Any]:
        reply = await self.cloud.send(call)
        if call.operation != "DescribeTable":
            return reply
        return {"Table": {**reply["Table"], "ItemCount": self.items, "TableSizeBytes": self.size}}


async def estimates(aws: VirtualAws, text: str) -> dict[str, Estimate]:
    return {step.id: step.estimate for step in (await aws.preview(text)).graph}


async def of_full(aws: VirtualAws, more: str, step: str, **held: int) -> float:
    """What `step` is likely to take on a table that holds `items` items or `size` bytes."""
    aws.between = lambda cloud: Full(cloud, **held)
    return (await estimates(aws, TABLE % more))[step].likely


async def test_an_index_takes_minutes_and_longer_where_there_is_more_to_fill_it_with(aws: VirtualAws) -> None:
    """On demand it takes 4000 units of 1 KB a second at first, and no item costs less than one."""
    await settled(aws, TABLE % "")
    step = "tables.orders.indexes.by_a:create"
    assert await of_full(aws, BY_A, step) == 420
    assert await of_full(aws, BY_A, step, items=40_000_000) == 420 + 10_000
    assert await of_full(aws, BY_A, step, items=10, size=4_096_000_000) == 420 + 1000


async def test_a_replica_takes_minutes_and_longer_where_there_is_more_to_copy(aws: VirtualAws) -> None:
    """A Region takes 10 TB a day."""
    await settled(aws, TABLE % ", stream: new_and_old_images")
    step = "tables.orders.replicas.us-west-2:create"
    assert await of_full(aws, ABROAD, step, items=40_000_000) == 240
    assert await of_full(aws, ABROAD, step, size=10**12) == 240 + 8640


async def test_warm_throughput_is_waited_for_longer_than_asked_for(aws: VirtualAws) -> None:
    await settled(aws, TABLE % "")
    found = await estimates(aws, TABLE % ", warm_throughput: {read: 20000}")
    assert found["tables.orders:update-warm_throughput"].likely == 5
    assert found["tables.orders:wait-warm_throughput"].likely == 120


async def test_a_snapshot_takes_minutes_where_it_is_on_by_then(aws: VirtualAws) -> None:
    """As the plan states it, else as it is."""
    version, snapped = "functions.api:create-version", "snap_start: published_versions"
    assert (await estimates(aws, plan("publish: true")))[version].likely == 3
    assert (await estimates(aws, plan("publish: true", snapped)))[version].likely == 120
    await settled(aws, plan("publish: true", snapped))
    assert (await estimates(aws, plan("publish: true", "memory: 256")))[version].likely == 120
    assert (await estimates(aws, plan("publish: true", "snap_start: off")))[version].likely == 3


# ------------------------------------------------------------------------------------------------- by the call alone


def likely(operation: str, pause: float = 0, **parameters: Any) -> float:
    call = Call("lambda", operation, {"FunctionName": "fn", **parameters})
    ref = Ref("demo", ("functions", "fn"))
    step = Step("s", ref, function.lane("fn"), "update", "", call, (), 600, pause=pause)
    return estimated(step).estimate.likely


@pytest.mark.parametrize(
    ("slow", "quick"),
    [
        (likely("CreateFunction", PackageType="Image"), likely("CreateFunction", PackageType="Zip")),
        (likely("CreateFunction", VpcConfig={}), likely("CreateFunction")),
        (likely("UpdateFunctionCode", ImageUri="x"), likely("UpdateFunctionCode", S3Key="x")),
        (likely("UpdateFunctionConfiguration", VpcConfig={}), likely("UpdateFunctionConfiguration", MemorySize=128)),
        (likely("UpdateFunctionConfiguration", ImageConfig={}), likely("UpdateFunctionConfiguration", Timeout=3)),
        (likely("UpdateFunctionConfiguration", Timeout=3), likely("TagResource")),
    ],
)
def test_networks_and_images_take_longer(slow: float, quick: float) -> None:
    assert slow > quick


def test_metadata_takes_next_to_no_time_after_its_pause() -> None:
    assert likely("UpdateAlias") == METADATA.likely
    assert likely("UpdateAlias", pause=30) == 30 + METADATA.likely


def test_replicas_that_change_or_go_take_minutes() -> None:
    def replica(action: str) -> float:
        return likely("UpdateTable", TableName="orders", ReplicaUpdates=[{action: {"RegionName": "us-west-2"}}])

    assert (replica("Delete"), replica("Update")) == (150, 60)
