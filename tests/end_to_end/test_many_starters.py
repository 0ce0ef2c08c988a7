"""Replicas as they really start: processes of their own, at once, against one endpoint (requirement B3).

Six by default, a dozen with ORCHESTRATOR_TEST_EVERY_START=1; ORCHESTRATOR_TEST_STARTERS=100 starts a hundred.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from orchestrator.sandbox.rules.durations import Durations
from orchestrator.sandbox.server import SandboxServer
from tests.end_to_end.matrix import EVERY_START

pytestmark = pytest.mark.http

STARTERS = int(os.environ.get("ORCHESTRATOR_TEST_STARTERS") or (12 if os.environ.get(EVERY_START) else 6))
STATE = "dynamodb://orchestrator-state"
PLAN = """
plan: shop
tables:
  orders:
    partition_key: {id: S}
    billing: on_demand
    ttl: expires
    indexes:
      by_day: {partition_key: {day: S}}
  users: {partition_key: {id: S}, billing: on_demand, tags: {team: shop}}
"""


def test_all_replicas_of_a_plan_end_well_and_everything_is_made_once(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN)
    with SandboxServer(durations=Durations.fast()) as server:
        environ = {
            **os.environ,
            "AWS_ACCESS_KEY_ID": "sandbox",
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_REGION": "eu-west-1",
        }
        arguments = [
            sys.executable,
            "-m",
            "orchestrator",
            "apply",
            str(plan),
            "--yes",
            "--format",
            "json",
            "--state",
            STATE,
        ]
        started = [
            subprocess.Popen(
                [*arguments, "--endpoint-url", server.endpoint],
                env=environ,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(STARTERS)
        ]
        ends = [(process.communicate(timeout=600), process.returncode) for process in started]
        assert [code for _, code in ends] == [0] * STARTERS, [err for (_, err), code in ends if code]
        reports = [json.loads(out) for (out, _), _ in ends]
        assert sorted(report["outcome"] for report in reports) == ["nothing_to_do"] * (STARTERS - 1) + ["succeeded"]
        changed = [call for report in reports for call, count in report["calls"].items() for _ in range(count)]
        assert changed.count("dynamodb:CreateTable") == 2
        assert changed.count("dynamodb:UpdateTimeToLive") == 1
        client = boto3.client(
            "dynamodb",
            endpoint_url=server.endpoint,
            region_name="eu-west-1",
            aws_access_key_id="sandbox",
            aws_secret_access_key="sandbox",
        )
        assert sorted(client.list_tables()["TableNames"]) == ["orchestrator-state", "orders", "users"]
