"""Tasks are remembered from one process to the next, by a store in a file; over HTTP, against the sandbox."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.sandbox.rules.durations import Durations
from tests.sandbox.served import REGION, Served, served

pytestmark = pytest.mark.http

PLAN = """
plan: shop
tables: {orders: {partition_key: {id: S}, billing: on_demand}}
tasks:
  count: {transact: [{update: {table: orders, key: {id: total}, add: {n: 1}}}]}
"""
KEYS = {"AWS_ACCESS_KEY_ID": "sandbox", "AWS_SECRET_ACCESS_KEY": "sandbox", "AWS_REGION": REGION}


def applied(plan: Path, server: Served, state: Path) -> int:
    """The exit code of a process of its own."""
    command = [sys.executable, "-m", "orchestrator", "apply", str(plan), "--yes", "--state", f"sqlite:{state}"]
    ended = subprocess.run(
        [*command, "--endpoint-url", server.server.endpoint],
        env={**os.environ, **KEYS},
        capture_output=True,
        timeout=120,
        check=False,
    )
    return ended.returncode


def test_a_file_remembers_for_the_next_process(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN)
    with served(durations=Durations.instant()) as server:
        counts = []
        for state in ("one.sqlite3", "one.sqlite3"):
            assert applied(plan, server, tmp_path / state) == 0
            found = server.client("dynamodb").get_item(TableName="orders", Key={"id": {"S": "total"}})
            counts.append(found["Item"]["n"]["N"])
        assert counts == ["1", "1"]
