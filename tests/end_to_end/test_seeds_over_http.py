"""Seeds over real HTTP, of whose batches a tenth is left unprocessed: the count is exact, and every item is equal."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from orchestrator.sandbox.faults import Faults
from orchestrator.sandbox.rules.durations import Durations
from orchestrator.sandbox.server import SandboxServer
from tests.end_to_end.seeding import Endpoint, cloud_of, seeded, wanted

pytestmark = pytest.mark.http


@pytest.mark.parametrize(("how", "items"), [("overwrite", 2000), ("keep", 150), ("fail", 150)])
async def test_every_item_of_a_seed_is_there_once(how: str, items: int, tmp_path: Path) -> None:
    faults = Faults(seed=5, unprocessed=0.1)
    with SandboxServer(durations=Durations.instant(), faults=faults) as server:
        async with AsyncExitStack() as stack:
            at = Endpoint(cloud_of(stack, server.endpoint), tmp_path)
            report = await seeded(at, "orders", how, items)
            assert report.exit_code == 0, report
            assert await at.count("orders") == items
            assert await at.items("orders") == wanted(how, items)
