"""What a start costs, as whole processes: --help, validate, and an apply with nothing to change against a local sandbox."""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from orchestrator.sandbox.rules.durations import Durations
from orchestrator.sandbox.server import SandboxServer

PLAN = str(Path(__file__).parent.parent / "plans" / "orders.yaml")
RUNS = 7
TABLES = FUNCTIONS = 10


def orchestrator(*arguments: str, environment: Mapping[str, str]) -> str:
    command = [sys.executable, "-m", "orchestrator", *arguments]
    return subprocess.run(command, check=True, env=environment, capture_output=True, text=True).stdout


def measure(name: str, *arguments: str, environment: Mapping[str, str]) -> str:
    """Print wall and processor seconds of some runs; what the last one wrote."""
    wall, processor, written = [], [], ""
    for _ in range(RUNS + 1):
        began, used = time.perf_counter(), _processor_seconds()
        written = orchestrator(*arguments, environment=environment)
        wall.append(time.perf_counter() - began)
        processor.append(_processor_seconds() - used)
    counted = wall[1:]  # the first warms the file cache
    told = f"min {min(counted):.2f} s   median {statistics.median(counted):.2f} s   max {max(counted):.2f} s"
    print(f"{name:24} {told}   processor {statistics.median(processor[1:]):.2f} s")
    return written


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def a_service(folder: Path) -> str:
    """A plan of ten tables with two indexes each and ten functions with an alias each."""
    (folder / "app").mkdir()
    (folder / "app" / "main.py").write_text("def handler(event, context):\n    return event\n")
    lines = ["plan: service", "tables:"]
    for number in range(TABLES):
        lines += [
            f"  table-{number}:",
            "    partition_key: {id: S}",
            "    billing: on_demand",
            "    ttl: expires",
            "    tags: {team: shop}",
            "    indexes: {by_day: {partition_key: {day: S}}, by_owner: {partition_key: {owner: S}}}",
        ]
    lines.append("functions:")
    for number in range(FUNCTIONS):
        lines += [
            f"  function-{number}:",
            "    runtime: python3.12",
            "    handler: main.handler",
            "    role: arn:aws:iam::123456789012:role/service",
            "    code: {directory: app}",
            "    environment: {STAGE: test}",
            "    publish: true",
            "    aliases: {live: published}",
        ]
    plan = folder / "plan.yaml"
    plan.write_text("\n".join(lines) + "\n")
    return str(plan)


def main() -> None:
    with SandboxServer(durations=Durations.instant()) as server, tempfile.TemporaryDirectory() as folder:
        environment = os.environ | server.environment()
        measure("--help", "--help", environment=environment)
        measure("apply --help", "apply", "--help", environment=environment)
        measure("validate", "validate", PLAN, environment=environment)
        orchestrator("apply", PLAN, "--yes", environment=environment)
        measure("no-op apply", "apply", PLAN, "--yes", environment=environment)
        service = a_service(Path(folder))
        orchestrator("apply", service, "--yes", environment=environment)
        name = f"{TABLES} + {FUNCTIONS}, no-op"
        report = json.loads(measure(name, "apply", service, "--yes", "--format", "json", environment=environment))
        print(f"{'':24} {report['outcome']}, {sum(report['calls'].values())} calls: {report['calls']}")


if __name__ == "__main__":
    main()
