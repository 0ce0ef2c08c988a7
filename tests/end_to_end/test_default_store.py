"""Where runs are kept where nobody says where: a table beside the others, made by the first run with something to do."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aioboto3
import boto3
import pytest

import orchestrator
from orchestrator.errors import Unreachable
from orchestrator.model import Event
from orchestrator.render import document, text
from orchestrator.sandbox.rules.durations import Durations
from orchestrator.sandbox.server import SandboxServer

pytestmark = pytest.mark.http

PLAN = """
plan: shop
variables: {team: {type: string, default: shop}}
tables:
  orders: {partition_key: {id: S}, billing: on_demand, tags: {team: "${var.team}"}}
"""
KEYS = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox", "region_name": "eu-west-1"}
USUAL = "orchestrator-state"


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(durations=Durations.instant()) as running:
        yield running


@pytest.fixture
def target(server: SandboxServer) -> dict[str, Any]:
    return {"endpoint_url": server.endpoint, "session": aioboto3.Session(**KEYS)}


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN)
    return path


def tables(server: SandboxServer) -> list[str]:
    found: list[str] = boto3.client("dynamodb", endpoint_url=server.endpoint, **KEYS).list_tables()["TableNames"]
    return found


async def test_the_usual_table_is_made_by_the_first_run_with_something_to_do(
    server: SandboxServer, target: dict[str, Any], plan: Path
) -> None:
    before = await orchestrator.preview(plan, **target)
    assert (
        "State:  dynamodb://orchestrator-state, which the first run with something to do will create"
        in text.preview(before)
    )
    assert json.loads(document.preview(before))["state"] == {"store": f"dynamodb://{USUAL}", "exists": False}
    await orchestrator.status(plan, **target)
    assert tables(server) == []
    await orchestrator.apply(plan, **target)
    assert tables(server) == [USUAL, "orders"]
    after = await orchestrator.preview(plan, **target)
    assert "State:  dynamodb://orchestrator-state\n" in text.preview(after)


async def test_a_run_with_nothing_to_do_makes_none(server: SandboxServer, target: dict[str, Any], plan: Path) -> None:
    await orchestrator.apply(plan, **target, state="none")
    assert (await orchestrator.apply(plan, **target)).outcome == "nothing_to_do"
    assert tables(server) == ["orders"]


async def test_a_table_that_is_no_store_is_warned_of_and_refused(
    server: SandboxServer, target: dict[str, Any], plan: Path
) -> None:
    await orchestrator.apply(plan, **target, state="none")
    target["variables"] = {"team": "warehouse"}
    shown = await orchestrator.preview(plan, **target, state="dynamodb://orders")
    (warning,) = [finding for finding in shown.findings if finding.code == "state-unavailable"]
    assert "dynamodb://orders can't be read (ValidationException" in warning.message
    assert "State:  dynamodb://orders, which can't be used (below)" in text.preview(shown)
    with pytest.raises(Unreachable, match="--state"):
        await orchestrator.apply(plan, **target, state="dynamodb://orders")


async def test_a_file_whose_folder_is_missing_is_warned_of_and_refused(
    target: dict[str, Any], plan: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "no"
    shown = await orchestrator.preview(plan, **target, state=f"sqlite:{folder}/state.db")
    (warning,) = [finding for finding in shown.findings if finding.code == "state-unavailable"]
    missing = f"{folder}, the folder of state.db, is not there"
    assert missing in warning.message
    assert f"State:  sqlite:{folder}/state.db, which can't be used (below)" in text.preview(shown)
    with pytest.raises(Unreachable, match=re.escape(missing)):
        await orchestrator.apply(plan, **target, state=f"sqlite:{folder}/state.db")
    assert not folder.exists()


async def test_who_applies_hears_that_the_store_is_made_and_only_then(target: dict[str, Any], plan: Path) -> None:
    heard: list[Event] = []
    await orchestrator.apply(plan, **target, on_event=heard.append)
    assert [event.details["message"] for event in heard if event.what == "notice"] == [
        "The state store dynamodb://orchestrator-state is not there yet: it is being made."
    ]
    await orchestrator.apply(plan, **target, variables={"team": "warehouse"}, on_event=heard.append)
    assert [event.what for event in heard].count("notice") == 1
