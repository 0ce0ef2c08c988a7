"""What the killed runs do: something of everything that a run changes in tables and functions."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from orchestrator.model import Call
from orchestrator.sandbox.clock import run_virtual
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Durations
from tests.end_to_end.virtual import VirtualAws

ROLE = "arn:aws:iam::123456789012:role/shop"
BEFORE = """
plan: shop
tables:
  orders:
    partition_key: {id: S}
    billing: {provisioned: {read: 5, write: 5}}
    indexes:
      by_old: {partition_key: {old: S}}
functions:
  report:
    runtime: python3.13
    handler: app.handler
    role: arn:aws:iam::123456789012:role/shop
    code: {directory: old}
    aliases: {live: published}
"""
PLAN = """
plan: shop
policy: {destructive: allow}
tables:
  orders:
    partition_key: {id: S}
    billing: on_demand
    indexes:
      by_old: absent
      by_day: {partition_key: {day: S}}
    tags: {team: shop}
  users:
    partition_key: {id: S}
    billing: on_demand
    indexes:
      by_mail: {partition_key: {mail: S}}
    stream: new_image
functions:
  report:
    runtime: python3.13
    handler: app.handler
    role: arn:aws:iam::123456789012:role/shop
    code: {directory: new}
    memory: 256
    aliases: {live: published}
  job:
    runtime: python3.13
    handler: app.handler
    role: arn:aws:iam::123456789012:role/shop
    code: {directory: new}
    publish: true
    aliases: {live: published}
    event_sources:
      users: {source: "${tables.users.stream_arn}", alias: live, starting_position: trim_horizon}
"""


def written(folder: Path) -> Path:
    """The plan's file, in a folder that has the code of both."""
    for code in ("old", "new"):
        (folder / code).mkdir(exist_ok=True)
        (folder / code / "app.py").write_text(f"def handler(event, context): return {code!r}\n")
    path = folder / "shop.yaml"
    path.write_text(PLAN)
    return path


@cache
def calls_of_the_past(folder: Path) -> Sequence[Call]:
    """What made the account as the plan finds it."""

    async def main() -> Sequence[Call]:
        aws = VirtualAws(folder, Account(durations=replace(Durations(), iam_lag=0)))
        assert (await aws.apply(BEFORE)).exit_code == 0
        return aws.sent

    return run_virtual(main)
