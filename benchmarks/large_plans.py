"""Large plans with tasks and stages, of which nothing is live yet: processor seconds to load them, and to compile a preview.

    python benchmarks/large_plans.py

Each table of the seeded plans has a file of 50 items; in three stages each table is made, gets an index, and changes it for
another, so that two worlds are foretold.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.sandbox.clock import run_virtual
from tests.end_to_end.virtual import VirtualAws

SIZES = (50, 100, 200)
PLANS, OF_EACH = 20, 5


def seeded(folder: Path, tables: int) -> str:
    """A plan of so many tables, each with a seed."""
    names = [f"t{number:03}" for number in range(tables)]
    for name in names:
        rows = (f'{{"id": "i{number}", "n": {number}}}' for number in range(50))
        (folder / f"{name}.jsonl").write_text("\n".join(rows))
    lines = ["plan: seeded", "tables:"]
    lines += [f"  {name}: {{partition_key: {{id: S}}, billing: on_demand}}" for name in names]
    lines.append("tasks:")
    lines += [f"  fill-{name}: {{seed: {{table: {name}, file: {name}.jsonl}}}}" for name in names]
    return "\n".join(lines) + "\n"


def staged(plan: str, tables: int) -> str:
    """A plan of so many tables in three stages."""
    said = {
        "expand": "{partition_key: {id: S}, billing: on_demand}",
        "migrate": "{indexes: {by_a: {partition_key: {a: S}}}}",
        "contract": "{indexes: {by_a: absent, by_b: {partition_key: {b: S}}}}",
    }
    lines = [f"plan: {plan}", "stages:"]
    for stage, stated in said.items():
        lines += [f"  - stage: {stage}", "    tables:"]
        lines += [f"      {plan}-{number:03}: {stated}" for number in range(tables)]
    return "\n".join(lines) + "\n"


async def measure(name: str, make: Callable[[Path], tuple[str, tuple[Path, ...]]]) -> None:
    with tempfile.TemporaryDirectory() as named:
        aws = VirtualAws(Path(named), store=MemoryStore())
        text, beside = make(Path(named))
        began = time.process_time()
        run = aws.opened(text, beside=beside)
        loaded = time.process_time()
        world = await run.observe(hazards=True)
        observed = time.process_time()
        steps = len(run.compile(world).graph.steps)
        compiled = time.process_time() - observed
    print(f"{name:34} {steps:5} steps   load {loaded - began:5.2f} s   compile {compiled:5.2f} s", flush=True)


def many(folder: Path) -> tuple[str, tuple[Path, ...]]:
    paths = [folder / f"p{number:02}.yaml" for number in range(1, PLANS)]
    for path in paths:
        path.write_text(staged(path.stem, OF_EACH))
    return staged("p00", OF_EACH), tuple(paths)


async def main() -> None:
    for tables in SIZES:
        await measure(f"{tables} tables, each with a seed", lambda folder, of=tables: (seeded(folder, of), ()))
    for tables in SIZES:
        await measure(f"{tables} tables in three stages", lambda _, of=tables: (staged("staged", of), ()))
    await measure(f"{PLANS} plans of {OF_EACH} tables in stages", many)


if __name__ == "__main__":
    run_virtual(main)
