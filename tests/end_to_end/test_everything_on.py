"""Stale reads, late tags, throttles, 5xx, lost replies and auto scaling all at once: a run converges all the same."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
from botocore.config import Config

from orchestrator.sandbox.faults import Faults
from tests.end_to_end.virtual import VirtualAws

ROOT = Path(__file__).parent.parent.parent
PLAN = """
plan: shop
tables:
  orders:
    partition_key: {id: S}
    billing: {provisioned: {read: 5, write: 5}}
    indexes: {by_day: {partition_key: {day: S}}}
"""
GROWN = """
plan: shop
tables:
  orders:
    partition_key: {id: S}
    indexes:
      by_day: {partition_key: {day: S}}
      by_week: {partition_key: {week: N}}
    stream: new_image
    tags: {team: orders}
functions:
  api:
    runtime: python3.13
    handler: app.handler
    role: arn:aws:iam::123456789012:role/r
    code: {directory: code}
    aliases: {live: published}
"""
TARGET = {
    "ServiceNamespace": "dynamodb",
    "ResourceId": "table/orders",
    "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
    "MinCapacity": 10,
    "MaxCapacity": 90,
}
OPTIONS = (
    "--fast",
    "--slow-factor",
    "0.3",
    "--stale-reads",
    "--delayed-tags",
    "--seed",
    "7",
    "--duration",
    "auto_scaling=3",
)
FAULTS = ("throttle=0.1", "error_before=0.02", "error_after=0.02", "drop_before=0.02", "drop_after=0.02")


@pytest.fixture
def code(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "app.py").write_text("def handler(event, context): return event\n")


@pytest.mark.virtual
@pytest.mark.usefixtures("code")
async def test_15_a_run_converges_in_virtual_time(tmp_path: Path) -> None:
    """The account's reads lag unless told otherwise."""
    shares = {name: float(share) for name, share in (fault.split("=") for fault in FAULTS)}
    aws = VirtualAws(tmp_path, faults=Faults(7, throttle=shares.pop("throttle"), **cast(Any, shares)))
    assert (await aws.apply(PLAN)).outcome == "succeeded"
    aws.send("application-autoscaling", "RegisterScalableTarget", **TARGET)
    report = await aws.apply(GROWN)
    assert report.outcome == "succeeded", [step.error for step in report.steps]
    assert (await aws.apply(GROWN)).outcome == "nothing_to_do"
    moved = [call for call in aws.account.timeline.served if call.foreign and call.api == "dynamodb:UpdateTable"]
    assert any(call.code is None for call in moved)


@pytest.fixture
def endpoint() -> Iterator[str]:
    """`orchestrator sandbox` as a user starts it, with all of it on."""
    faults = [word for fault in FAULTS for word in ("--fault", fault)]
    process = subprocess.Popen(
        [sys.executable, "-m", "orchestrator", "sandbox", "--port", "0", *OPTIONS, *faults],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    yield process.stdout.readline().strip().removeprefix("export AWS_ENDPOINT_URL=")
    process.terminate()
    process.communicate(timeout=30)


def applied(folder: Path, text: str, endpoint: str) -> "subprocess.CompletedProcess[str]":
    plan = folder / "plan.yaml"
    plan.write_text(text)
    keys = {"AWS_ACCESS_KEY_ID": "sandbox", "AWS_SECRET_ACCESS_KEY": "sandbox", "AWS_DEFAULT_REGION": "us-east-1"}
    return subprocess.run(
        [sys.executable, "-m", "orchestrator", "apply", str(plan), "--endpoint-url", endpoint, "--yes"],
        cwd=ROOT,
        env={**os.environ, **keys},
        capture_output=True,
        text=True,
        check=False,
    )


def scaled(endpoint: str) -> None:
    """Register the target, as any client does that tries again where it meets a fault."""
    client = boto3.client(
        "application-autoscaling",
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id="sandbox",
        aws_secret_access_key="sandbox",
        config=Config(retries={"mode": "standard", "total_max_attempts": 10}),
    )
    client.register_scalable_target(**cast(Any, TARGET))


@pytest.mark.http
@pytest.mark.usefixtures("code")
def test_15_the_command_converges_against_the_sandbox_over_http(tmp_path: Path, endpoint: str) -> None:
    first = applied(tmp_path, PLAN, endpoint)
    assert first.returncode == 0, first.stdout + first.stderr
    scaled(endpoint)
    second = applied(tmp_path, GROWN, endpoint)
    assert second.returncode == 0, second.stdout + second.stderr
    third = applied(tmp_path, GROWN, endpoint)
    assert (third.returncode, "Nothing to do" in third.stdout) == (0, True), third.stdout + third.stderr
