"""Two hundred tables (half live without their indexes) and fifty functions in virtual time: seconds and calls by operation."""

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from orchestrator.sandbox.clock import run_virtual
from orchestrator.sandbox.faults import Faults
from tests.end_to_end.test_two_hundred_tables import bare_tables, plan_text
from tests.end_to_end.virtual import VirtualAws

FAULTY = {"throttle": 0.2, "error_before": 0.025, "error_after": 0.025, "drop_before": 0.025, "drop_after": 0.025}


async def measure(name: str, rates: dict[str, float]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        aws = VirtualAws(Path(folder), faults=Faults(seed=7, **rates) if rates else None)
        bare_tables(aws)
        await aws.clock.sleep(60)
        virtual, real = aws.clock.now(), time.perf_counter()
        report = await aws.apply(plan_text(Path(folder)))
        real = time.perf_counter() - real
        timeline = aws.account.timeline
        print(f"{name}: {report.outcome}, {len(report.steps)} steps")
        spent = f"virtual {aws.clock.now() - virtual:.0f} s, real {real:.1f} s"
        print(f"  {spent}, refused in transition {timeline.refused_in_transition}")
        for api, count in sorted(report.calls.items(), key=lambda item: -item[1]):
            print(f"  {count:6} {api}")


async def main() -> None:
    await measure("without faults", {})
    await measure("20 % throttles, 5 % 5xx, 5 % dropped connections", FAULTY)


if __name__ == "__main__":
    run_virtual(main)
