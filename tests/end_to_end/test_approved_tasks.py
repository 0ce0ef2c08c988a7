"""What a person approved of a task is what is done: also what only the work says, and no call that the task is shown by."""

from pathlib import Path

import pytest

from orchestrator import pipeline
from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.model import Preview
from orchestrator.render import works
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

PLAN = """
plan: shop
tables: {orders: {partition_key: {id: S}, stream: new_image}}
tasks: {mark: {%s}}
"""
STREAM = "${tables.orders.stream_arn}"
BACKFILL = f'backfill: {{table: orders, set: {{origin: "{STREAM}"}}}}'
SECOND_ITEM = f'seed: {{table: orders, items: [{{id: a}}, {{id: b, origin: "{STREAM}"}}]}}'


class Asked:
    """Someone who approves of everything; what they are asked for at first, another stream comes while they think."""

    def __init__(self, aws: VirtualAws) -> None:
        self.told: list[list[str]] = []
        self._aws = aws

    async def approve(self, preview: Preview) -> bool:
        (step,) = preview.graph
        assert step.work is not None
        self.told.append(list(works.told(step.work)))
        if len(self.told) == 1:
            for enabled in ({"StreamEnabled": False}, {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}):
                self._aws.send("dynamodb", "UpdateTable", TableName="orders", StreamSpecification=enabled)
                await self._aws.clock.sleep(60)
        return True

    @property
    def stream(self) -> str:
        return str(self._aws.send("dynamodb", "DescribeTable", TableName="orders")["Table"]["LatestStreamArn"])


@pytest.mark.parametrize("task", [BACKFILL, SECOND_ITEM], ids=["backfill", "second item"])
async def test_a_value_that_became_another_meanwhile_is_asked_for_anew(tmp_path: Path, task: str) -> None:
    aws = VirtualAws(tmp_path, store=MemoryStore())
    await aws.already(PLAN.partition("tasks")[0])
    asked = Asked(aws)
    before = asked.stream
    done = await pipeline.apply_on(aws.opened(PLAN % task), approve=asked.approve)
    assert done.report.exit_code == 0
    first, second = ("\n".join(lines) for lines in asked.told)
    assert before != asked.stream
    assert before in first
    assert asked.stream in second
