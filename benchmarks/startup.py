"""What a start costs: --help, validate, and an apply with nothing to change against a local sandbox, as whole processes."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from orchestrator.sandbox.rules.durations import Durations
from orchestrator.sandbox.server import SandboxServer

PLAN = str(Path(__file__).parent.parent / "plans" / "orders.yaml")
RUNS = 7


def measure(name: str, *arguments: str, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "orchestrator", *arguments]
    seconds = []
    for _ in range(RUNS + 1):
        began = time.perf_counter()
        subprocess.run(command, check=True, env=environment, capture_output=True)
        seconds.append(time.perf_counter() - began)
    counted = seconds[1:]  # the first warms the file cache
    print(f"{name:24} min {min(counted):.2f} s   median {statistics.median(counted):.2f} s   max {max(counted):.2f} s")


def main() -> None:
    with SandboxServer(durations=Durations.instant()) as server:
        environment = os.environ | server.environment()
        measure("--help", "--help", environment=environment)
        measure("apply --help", "apply", "--help", environment=environment)
        measure("validate", "validate", PLAN, environment=environment)
        subprocess.run(
            [sys.executable, "-m", "orchestrator", "apply", PLAN, "--yes"],
            check=True,
            env=environment,
            capture_output=True,
        )
        measure("no-op apply", "apply", PLAN, "--yes", environment=environment)


if __name__ == "__main__":
    main()
