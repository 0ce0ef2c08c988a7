"""A backfill of a whole plan in virtual time, killed at random points, with live writers beside it: is every item right, and
how fast was it written? With --memory nothing is killed, and what is held on the way is traced.

    python benchmarks/backfill.py [ITEMS [KILLS]] [--units N] [--memory]     1,000,000 items and 50 kills unless told otherwise

Every item has a name, and is given a label made of it. The writers beside it rename items as an application of both versions
does: with the label where there is one, else the name alone. So a label that does not fit its name was written over by a
stale value, and an item without one was skipped.
"""

import argparse
import pickle
import random
import resource
import sys
import tempfile
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import anyio

sys.path.insert(0, str(Path(__file__).parent.parent))

from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.errors import Fault
from orchestrator.model import Call
from orchestrator.ports import Cloud
from orchestrator.sandbox.clock import run_virtual
from orchestrator.sandbox.cloud import VirtualCloud
from orchestrator.sandbox.faults import Faults
from tests.end_to_end.virtual import VirtualAws

PLAN = """
version: 1
plan: shop
tables:
  orders:
    partition_key: {{id: S}}
    billing: on_demand
"""
TASK = """
tasks:
  label:
    backfill:
      table: orders
      set: {{label: "item ${{item.name}}"}}
      where: attribute_not_exists(label)
      segments: 16
      max_write_units: {units}
"""
RENAMED_EVERY = 0.2
"""Seconds between two items that a live writer renames."""


class Unwatched(VirtualAws):
    """Keeps no call: a million of them would be most of what is held, and most of what takes time."""

    def cloud(self) -> Cloud:
        return VirtualCloud(self.account, self.clock, self.faults)


@dataclass
class Meter:
    """A Cloud that measures what is written through it: `lives` has, for each run, when its first and its last update was
    answered, and the units from the first to the last; `within` the units of each second.
    """

    marks: list[int]
    traced: bool
    lives: list[list[float]] = field(default_factory=list)
    seconds: Counter[int] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    now: Any = None
    cloud: Cloud | None = None

    def over(self, cloud: Cloud) -> "Meter":
        self.cloud = cloud
        self.lives.append([])
        return self

    async def send(self, call: Call) -> Mapping[str, Any]:
        assert self.cloud is not None
        self.sent[call.operation] += 1
        if call.operation != "UpdateItem":
            return await self.cloud.send(call)
        # As over a wire: what the engine holds and what the simulator keeps are two things.
        if self.traced:
            call = replace(call, parameters=pickle.loads(pickle.dumps(call.parameters)))
        try:
            reply = await self.cloud.send(call)
            units = reply["ConsumedCapacity"]["CapacityUnits"]
        except Fault as fault:
            if fault.code != "ConditionalCheckFailedException":
                raise
            self._count(1.0)
            raise
        self._count(units)
        return reply

    def _count(self, units: float) -> None:
        now, life = self.now(), self.lives[-1]
        self.seconds[int(now)] += units
        if life:
            life[1], life[2] = now, life[2] + units
        else:
            life += [now, now, 0.0]
        if self.marks and self.sent["UpdateItem"] >= self.marks[0]:
            held(self.sent["UpdateItem"], traced=self.traced)
            self.marks.pop(0)

    @property
    def rate(self) -> float:
        """Units a second, over all the time that runs were writing."""
        wrote = [life for life in self.lives if life]
        return sum(life[2] for life in wrote) / sum(life[1] - life[0] for life in wrote)


async def measure(folder: Path, items: int, kills: int, units: int, *, traced: bool) -> None:
    marks = [round(items * share) for share in (0.1, 0.3, 0.5, 0.7, 0.98)]
    aws = Unwatched(folder, faults=Faults(latency=(0.005, 0.02)))
    meter, draw = Meter(marks, traced), random.Random(7)
    aws.store, meter.now, aws.between = MemoryStore(), aws.clock.now, meter.over
    await planted(aws, items)
    print(f"{items:,} items are there: {megabytes():.0f} MB at most so far")
    if traced:
        tracemalloc.start()
    plan = (PLAN + TASK).format(units=units)
    began, used, virtual = time.perf_counter(), time.process_time(), aws.clock.now()
    async with anyio.create_task_group() as group:
        group.start_soon(renamed, aws, items, draw)
        died = 0
        for _ in range(kills):
            died += await aws.dies(plan, draw.randint(1, 2 * items // (kills + 2)))
            aws.events.clear()
            await aws.clock.sleep(1)
        report = await aws.apply(plan)
        group.cancel_scope.cancel()
    real, used = time.perf_counter() - began, time.process_time() - used
    wrong = sum(one.get("label") != {"S": f"item {one['name']['S']}"} for one in every(aws))
    print(f"{died} times killed, then {report.outcome}: {sum(1 for _ in every(aws)):,} items, {wrong} of them wrong")
    print(
        f"  {meter.rate:,.0f} units a second where {units:,} were allowed, {max(meter.seconds.values()):,.0f} in the busiest"
    )
    print(f"  virtual {aws.clock.now() - virtual:,.0f} s, real {real:.0f} s, processor {used:.0f} s")
    for operation, count in meter.sent.most_common(6):
        print(f"  {count:9,} {operation}")


async def planted(aws: VirtualAws, items: int) -> None:
    await aws.apply(PLAN.format())
    for first in range(0, items, 25):
        puts = [
            {"PutRequest": {"Item": {"id": {"S": f"{one:07d}"}, "name": {"S": f"n{one}"}}}}
            for one in range(first, min(first + 25, items))
        ]
        aws.send("dynamodb", "BatchWriteItem", RequestItems={"orders": puts})


async def renamed(aws: VirtualAws, items: int, draw: random.Random) -> None:
    """Live writers, for ever."""
    for number in range(sys.maxsize):
        await aws.clock.sleep(RENAMED_EVERY)
        key = {"id": {"S": f"{draw.randrange(items):07d}"}}
        item = aws.send("dynamodb", "GetItem", TableName="orders", Key=key)["Item"]
        item["name"] = {"S": f"renamed {number}"}
        if "label" in item:
            item["label"] = {"S": f"item renamed {number}"}
        aws.send("dynamodb", "PutItem", TableName="orders", Item=item)


def every(aws: VirtualAws) -> Iterator[Mapping[str, Any]]:
    start: dict[str, Any] = {}
    while True:
        page = aws.send("dynamodb", "Scan", TableName="orders", **start)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def held(done: int, *, traced: bool) -> None:
    """Say what the process holds, and of what was traced whose it is."""
    print(f"  {done:9,} updates: {megabytes():.0f} MB at most so far", flush=True)
    if not traced:
        return
    whose: Counter[str] = Counter()
    for one in tracemalloc.take_snapshot().statistics("filename"):
        whose[owner(one.traceback[0].filename)] += one.size
    print("   " + ", ".join(f"{size / 2**20:.1f} MB {name}" for name, size in sorted(whose.items())), flush=True)


def owner(file: str) -> str:
    """Whose what was allocated there is."""
    if "/sandbox/" in file or file == __file__:
        return "the simulator, and what came to it"
    return "the engine" if "/orchestrator/" in file else "the rest"


def megabytes() -> float:
    """The most that the process had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("items", nargs="?", type=int, default=1_000_000)
    parser.add_argument("kills", nargs="?", type=int, default=50)
    parser.add_argument("--units", type=int, default=2000)
    parser.add_argument("--memory", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as named:
        run_virtual(
            lambda: measure(
                Path(named), given.items, 0 if given.memory else given.kills, given.units, traced=given.memory
            )
        )
