"""Requirement C4: two pipelines change one function at once. Both end with 0, the second after the first, nothing is refused.

Two plans that state different things of it, and two versions of one plan; many schedules in virtual time, one of real processes.
"""

import json
import os
import random
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import anyio
import boto3
import pytest

from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.errors import OrchestratorError
from orchestrator.model import Event, Report
from orchestrator.sandbox.faults import Faults
from orchestrator.sandbox.rules.durations import Durations
from orchestrator.sandbox.server import SandboxServer
from orchestrator.state import operators
from tests.end_to_end.virtual import VirtualAws
from tests.warm import Warm

CODE = """
plan: deploy
functions:
  job:
    runtime: python3.13
    handler: app.handler
    role: arn:aws:iam::123456789012:role/job
    code: {directory: NAME}
    publish: true
    aliases: {live: published}
"""
MORE_MEMORY = """
plan: operations
functions:
  job: {memory: 512, timeout: 30s, environment: {LEVEL: debug}, tags: {owner: operations}}
"""
PAIRS = {"two plans": ("two", MORE_MEMORY), "two versions": ("two", CODE.replace("NAME", "three"))}
BRISK = Durations(**{name: seconds / 10 for name, seconds in asdict(Durations.fast()).items()})
SCHEDULES = 60 if os.environ.get("ORCHESTRATOR_TEST_EVERY_START") else 6
KEYS = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox", "region_name": "eu-west-1"}


def _codes(folder: Path) -> None:
    for name in ("one", "two", "three"):
        (folder / name).mkdir()
        (folder / name / "app.py").write_text(f"def handler(event, context):\n    return {name!r}\n")


async def _deployed(folder: Path) -> VirtualAws:
    aws = VirtualAws(folder, store=MemoryStore())
    assert (await aws.apply(CODE.replace("NAME", "one"))).exit_code == 0
    await aws.clock.sleep(60)
    aws.events.clear()
    aws.sent.clear()
    aws.refused.clear()
    return aws


async def _together(aws: VirtualAws, plans: Sequence[str], apart: float) -> list[Report | OrchestratorError]:
    """The ends of both, of which the second starts `apart` seconds after the first."""
    ends: dict[int, Report | OrchestratorError] = {}

    async def start(number: int) -> None:
        await aws.clock.sleep(apart * number)
        try:
            ends[number] = await aws.apply(plans[number])
        except OrchestratorError as error:
            ends[number] = error

    async with anyio.create_task_group() as group:
        for number in range(2):
            group.start_soon(start, number)
    return [ends[number] for number in range(2)]


def _spans(events: Sequence[Event]) -> list[tuple[float, float]]:
    """From each run's first intent to its end, the first first."""
    runs: dict[str, list[float]] = {}
    for event in events:
        if event.what == "intent" or (event.what == "finished" and event.run in runs):
            runs.setdefault(event.run, []).append(event.at)
    return sorted((times[0], times[-1]) for times in runs.values())


@pytest.mark.virtual
@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("swapped", [False, True], ids=["as listed", "swapped"])
async def test_both_end_well_one_after_the_other_however_they_start(pair: str, swapped: bool, tmp_path: Path) -> None:
    _codes(tmp_path)
    code, other = PAIRS[pair]
    plans = [CODE.replace("NAME", code), other]
    for schedule in range(SCHEDULES):
        aws = await _deployed(tmp_path)
        chance = random.Random(schedule)
        aws.faults = Faults(schedule, latency=(0.0, chance.choice([0.0, 0.2, 1.0])))
        apart = chance.choice([0.0, 0.05, 0.5, 2.0, 5.0, 11.0]) * chance.random()
        ends = await _together(aws, plans[::-1] if swapped else plans, apart)
        assert [end.exit_code for end in ends] == [0, 0], f"schedule {schedule}: {ends}"
        assert aws.refused == [], f"schedule {schedule}"
        spans = _spans(aws.events)
        assert len(spans) == 2, f"schedule {schedule}: both had something to do"
        assert spans[0][1] <= spans[1][0], f"schedule {schedule}: one after the other"
        assert aws.store is not None
        assert not any(known.live for known in await operators.runs(aws.store, 9))


@pytest.mark.virtual
async def test_both_get_what_they_state(tmp_path: Path) -> None:
    _codes(tmp_path)
    aws = await _deployed(tmp_path)
    await _together(aws, [CODE.replace("NAME", "two"), MORE_MEMORY], 0.0)
    await aws.clock.sleep(60)
    for plan in (CODE.replace("NAME", "two"), MORE_MEMORY):
        assert (await aws.preview(plan)).graph.steps == ()


@pytest.mark.http
def test_processes_of_two_pipelines_end_well_and_aws_refuses_nothing(tmp_path: Path) -> None:
    _codes(tmp_path)
    texts = {"deploy": CODE.replace("NAME", "two"), "operations": MORE_MEMORY}
    with SandboxServer(durations=BRISK) as server:
        options = [
            "--yes",
            "--format",
            "json",
            "--endpoint-url",
            server.endpoint,
            "--state",
            f"sqlite:{tmp_path}/runs.db",
        ]
        first = tmp_path / "first.yaml"
        first.write_text(CODE.replace("NAME", "one"))
        assert Warm(tmp_path, "first", ["apply", first, *options]).end() == 0
        runs = []
        for name, text in texts.items():
            plan = tmp_path / f"{name}.yaml"
            plan.write_text(text)
            runs.append(Warm(tmp_path, name, ["apply", plan, *options]))
        assert [run.end() for run in runs] == [0, 0]
        reports = [json.loads(run.report.read_text()) for run in runs]
        assert [report["outcome"] for report in reports] == ["succeeded", "succeeded"]
        retried = [step["retries"] for report in reports for step in report["steps"] if step["retries"]]
        assert retried == []
        found = boto3.client("lambda", endpoint_url=server.endpoint, **KEYS).get_function(FunctionName="job")
        assert (found["Configuration"]["MemorySize"], found["Tags"]) == (512, {"owner": "operations"})
