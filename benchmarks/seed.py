"""Seeds of whole plans over real HTTP: is the count exact, is every item as the file has it, and how many are put a second?

    python benchmarks/seed.py [ITEMS [HOW …]] [--endpoint URL]     100,000, by overwrite, keep and fail, unless told otherwise

Without an endpoint (of DynamoDB Local: .ci/dynamodb-local starts one) the sandbox serves, in the same process, and leaves a
tenth of what batches put unprocessed.
"""

import argparse
import asyncio
import sys
import tempfile
import time
import uuid
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from orchestrator.sandbox.faults import Faults
from orchestrator.sandbox.rules.durations import Durations
from orchestrator.sandbox.server import SandboxServer
from tests.end_to_end.seeding import Endpoint, cloud_of, seeded, wanted


async def measure(folder: Path, endpoint: str, how: str, items: int) -> None:
    async with AsyncExitStack() as stack:
        at = Endpoint(cloud_of(stack, endpoint), folder)
        name = f"seed-{uuid.uuid4().hex[:8]}"
        began, used = time.perf_counter(), time.process_time()
        report = await seeded(at, name, how, items)
        real, used = time.perf_counter() - began, time.process_time() - used
        calls = {api: number for api, number in report.calls.items() if api.endswith("Item")}
        print(f"{how}: {report.outcome}, real {real:.0f} s, processor {used:.0f} s, {items / real:,.0f} items a second")
        print(f"  {calls}", flush=True)
        count, found = await at.count(name), await at.items(name)
        astray = sum(found.get(key) != one for key, one in wanted(how, items).items())
        print(f"  {count:,} items are there, {astray} of them not as they should be", flush=True)


async def main(items: int, hows: list[str], endpoint: str | None) -> None:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        if endpoint is None:
            server = SandboxServer(durations=Durations.instant(), faults=Faults(seed=5, unprocessed=0.1))
            endpoint = stack.enter_context(server).endpoint
        for how in hows:
            await measure(Path(folder), endpoint, how, items)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("items", nargs="?", type=int, default=100_000)
    parser.add_argument("how", nargs="*", default=["overwrite", "keep", "fail"])
    parser.add_argument("--endpoint")
    given = parser.parse_args()
    asyncio.run(main(given.items, given.how, given.endpoint))
