"""A backfill in virtual time, killed at random points, then run to its end: items, kills, calls, seconds, memory.

python benchmarks/backfill.py [ITEMS [KILLS]]      100,000 items and 5 kills unless told otherwise
"""

import random
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from orchestrator.sandbox.clock import run_virtual
from tests.engine.tasks.test_backfilling import FILL, filled


async def measure(items: int, kills: int) -> None:
    bench, draw = filled(items), random.Random(7)
    before, real, virtual = _megabytes(), time.perf_counter(), bench.scene.clock.now()
    for _ in range(kills):
        await bench.killed(FILL, draw.randint(1, 2 * items // (kills + 2)))
        bench.scene.events.clear()
    report = await bench.run(FILL)
    real = time.perf_counter() - real
    right = sum(one["status"]["S"] == ("open" if int(key) % 10 else "closed") for key, one in bench.items.items())
    print(f"{items:,} items, {kills} kills: {report.outcome}, {right:,} items are right")
    print(
        f"  virtual {bench.scene.clock.now() - virtual:,.0f} s, real {real:.1f} s, {items / real:,.0f} items a second"
    )
    print(f"  {_megabytes() - before:.0f} MB more, of which the table took one attribute more for each item")
    for operation, count in bench.shelf.served.most_common():
        print(f"  {count:9,} {operation}")


def _megabytes() -> float:
    """The most that the process had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    items, kills = [*map(int, sys.argv[1:]), *(100_000, 5)[len(sys.argv) - 1 :]]
    run_virtual(lambda: measure(items, kills))
