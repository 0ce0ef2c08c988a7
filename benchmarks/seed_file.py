"""A seed's file of a million lines: what it costs, in seconds and in memory, to check it, to read it anew, and to seed a table
that swallows it.

    python benchmarks/seed_file.py [ITEMS [jsonl|csv]]      1,000,000 lines, of both sorts, unless told otherwise

Each measurement is a process of its own, so that its peak is its own.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.model import Call
from orchestrator.planning.seeds.file import check
from orchestrator.ports import Cloud
from orchestrator.sandbox.clock import run_virtual
from orchestrator.sandbox.cloud import VirtualCloud
from tests.end_to_end.virtual import VirtualAws

KEYS = {"id": "S", "line": "N"}
HEADER = "id:S,line:N,text:S,paid:BOOL\n"
JOBS = ("nothing", "check without keys", "check", "read", "apply")
PLAN = """
plan: shop
tables:
  orders: {partition_key: {id: S}, sort_key: {line: N}, billing: on_demand}
tasks:
  fill:
    seed: {table: orders, file: FILE, if_exists: overwrite}
"""


@dataclass
class Swallow:
    """A Cloud that forgets every item, and counts them."""

    cloud: Cloud
    items: int = 0

    async def send(self, call: Call) -> Mapping[str, Any]:
        if call.operation != "BatchWriteItem":
            return await self.cloud.send(call)
        self.items += sum(map(len, call.parameters["RequestItems"].values()))
        return {"UnprocessedItems": {}}


class Swallowing(VirtualAws):
    def cloud(self) -> Cloud:
        self.swallow = Swallow(VirtualCloud(self.account, self.clock))
        return self.swallow


def written(path: Path, items: int) -> None:
    with path.open("w") as file:
        if path.suffix == ".csv":
            file.write(HEADER)
        for one in range(items):
            row = {"id": f"i{one:07d}", "line": one % 7, "text": f"the text of item {one}", "paid": one % 2 == 0}
            line = ",".join(map(str, row.values())).lower() if path.suffix == ".csv" else json.dumps(row)
            file.write(line + "\n")


def worked(path: Path, job: str) -> None:
    """Do one job, and print what it cost."""
    began = time.process_time()
    if job == "apply":
        run_virtual(lambda: applied(path))
    elif job != "nothing":
        file = check(path, None if job == "check without keys" else KEYS)
        if job == "read":
            began = time.process_time()
            assert sum(1 for _ in file) == file.number
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  {job:20} processor {time.process_time() - began:6.1f} s   {peak:6.0f} MB at most", flush=True)


async def applied(path: Path) -> None:
    """From the plan's text to the last item."""
    aws = Swallowing(path.parent, store=MemoryStore())
    report = await aws.apply(PLAN.replace("FILE", path.name))
    print(f"  {report.outcome}, {aws.swallow.items:,} items sent")


def main(items: int, sorts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for sort in sorts:
            path = Path(folder) / f"items.{sort}"
            written(path, items)
            print(f"{items:,} lines of .{sort}, {path.stat().st_size / 2**20:.0f} MB", flush=True)
            for job in JOBS:
                subprocess.run([sys.executable, __file__, "--job", str(path), job], check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--job"]:
        worked(Path(sys.argv[2]), sys.argv[3])
    else:
        main(int((sys.argv[1:] or ["1000000"])[0]), sys.argv[2:] or ["jsonl", "csv"])
