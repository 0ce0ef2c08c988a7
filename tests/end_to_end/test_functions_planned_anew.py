"""Whatever somebody else does to a function or its alias in the middle of a run: they end as the plan says."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import pytest

from orchestrator.model import Call, Report
from orchestrator.ports import Cloud
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

FUNCTION = """
plan: shop
functions:
  fn:
    role: arn:aws:iam::123456789012:role/fn
    runtime: python3.13
    handler: app.handler
    code: {directory: src}
    aliases: {live: published}
"""


@pytest.fixture
def aws(tmp_path: Path) -> VirtualAws:
    return VirtualAws(tmp_path)


class Noting:
    """A Cloud that keeps the calls of one operation."""

    def __init__(self, cloud: Cloud, operation: str, calls: list[Call]) -> None:
        self._cloud = cloud
        self._operation = operation
        self._calls = calls

    async def send(self, call: Call) -> Mapping[str, Any]:
        if call.operation == self._operation:
            self._calls.append(call)
        return await self._cloud.send(call)


@pytest.mark.parametrize("seconds", [number / 4 for number in range(4, 44)])
async def test_c7_whoever_else_writes_the_function_the_alias_ends_on_what_the_plan_says(
    aws: VirtualAws, seconds: float
) -> None:
    """Somebody sets another memory at any moment of the run; the alias is at no time moved to a version that has it."""
    source = aws.folder / "src"
    source.mkdir()
    (source / "app.py").write_text("first = True\n")
    await aws.apply(FUNCTION)
    await aws.clock.sleep(60)
    (source / "app.py").write_text("first = False\n")
    theirs = {"FunctionName": "fn", "MemorySize": 128}
    aws.account.schedule(aws.clock.now() + seconds, "lambda", "UpdateFunctionConfiguration", theirs)
    plan, began, moves = FUNCTION + "    memory: 512\n", aws.clock.now(), list[Call]()
    aws.between = lambda cloud: Noting(cloud, "UpdateAlias", moves)
    report = await aws.apply(plan)
    assert (report.exit_code, report.outcome) == (0, "succeeded"), report.notices
    assert moves
    for move in moves:
        version = aws.send("lambda", "GetFunction", FunctionName="fn", Qualifier=move.parameters["FunctionVersion"])
        assert version["Configuration"]["MemorySize"] == 512
    live = aws.send("lambda", "GetAlias", FunctionName="fn", Name="live")["FunctionVersion"]
    assert live == moves[-1].parameters["FunctionVersion"]
    if seconds < aws.clock.now() - began - 1:  # later it is the next run's to mend
        await aws.clock.sleep(10)
        assert not (await aws.preview(plan)).graph.steps


def source(aws: VirtualAws, text: str) -> None:
    (aws.folder / "src").mkdir(exist_ok=True)
    (aws.folder / "src" / "app.py").write_text(text)


@pytest.mark.parametrize("seconds", [number * 0.7 for number in range(20)])
async def test_c4_two_pipelines_that_both_make_the_alias_end_well(aws: VirtualAws, seconds: float) -> None:
    """The second finds an alias that it was to create, on a version that is not its own: it moves it."""
    source(aws, "first = True\n")
    await aws.apply(FUNCTION.partition("    aliases")[0])
    await aws.clock.sleep(60)
    reports: list[Report] = []

    async def pipeline_of(text: str, after: float) -> None:
        await aws.clock.sleep(after)
        source(aws, text)
        reports.append(await aws.apply(FUNCTION))

    async with anyio.create_task_group() as group:
        group.start_soon(pipeline_of, "second = True\n", 0)
        group.start_soon(pipeline_of, "third = True\n", seconds)
    assert [report.exit_code for report in reports] == [0, 0]


@pytest.mark.parametrize("seconds", [number / 2 for number in range(24)])
@pytest.mark.parametrize(
    ("operation", "theirs"),
    [
        ("CreateAlias", {"FunctionName": "fn", "Name": "live", "FunctionVersion": "$LATEST"}),
        ("DeleteAlias", {"FunctionName": "fn", "Name": "live"}),
    ],
)
async def test_an_alias_that_somebody_makes_or_takes_away_meanwhile_is_as_planned_in_the_end(
    aws: VirtualAws, operation: str, theirs: dict[str, Any], seconds: float
) -> None:
    source(aws, "first = True\n")
    await aws.apply(FUNCTION if operation == "DeleteAlias" else FUNCTION.partition("    aliases")[0])
    await aws.clock.sleep(60)
    source(aws, "first = False\n")
    aws.account.schedule(aws.clock.now() + seconds, "lambda", operation, theirs)
    report = await aws.apply(FUNCTION)
    assert (report.exit_code, report.outcome) == (0, "succeeded"), report.notices
    assert report.finished - report.started < 500  # what was accepted may take five minutes to show
