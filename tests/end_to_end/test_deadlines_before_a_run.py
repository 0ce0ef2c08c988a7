"""`--deadline` before there is a run: looking at live state that does not answer, and making the state store."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest

from orchestrator import pipeline
from orchestrator.adapters.memory_store import MemoryStore
from orchestrator.errors import StillInProgress, Unreachable
from orchestrator.model import Call, Preview
from orchestrator.sandbox.clock import VirtualClock
from tests.end_to_end.virtual import VirtualAws

pytestmark = pytest.mark.virtual

PLAN = "plan: shop\ntables:\n  orders: {partition_key: {id: S}, billing: on_demand}\n"
HOUR = 3600.0


class Silent:
    """The Cloud port of an endpoint that takes every call and never answers."""

    async def send(self, call: Call) -> Mapping[str, Any]:
        await anyio.sleep_forever()
        raise AssertionError("unreachable")


@dataclass
class Slow(MemoryStore):
    """A store that takes a while to make."""

    clock: VirtualClock
    seconds: float

    def __post_init__(self) -> None:
        super().__init__()

    async def make(self) -> None:
        await self.clock.sleep(self.seconds)


async def test_looking_at_what_does_not_answer_ends_at_the_deadline_with_what_to_do(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path, between=lambda cloud: Silent())
    began = aws.clock.now()
    with (
        pytest.raises(Unreachable, match="deadline passed before live state could be read") as caught,
        anyio.fail_after(HOUR),
    ):
        await aws.apply(PLAN, deadline=5.0)
    assert aws.clock.now() - began == pytest.approx(5, abs=0.1)
    assert "--deadline" in caught.value.problems[0].action


async def test_the_store_is_not_made_for_longer_than_the_deadline(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path)
    aws.store = Slow(aws.clock, 40)
    began = aws.clock.now()
    with pytest.raises(StillInProgress, match="before the state store"):
        await aws.apply(PLAN, deadline=5.0)
    assert aws.clock.now() - began == pytest.approx(5, abs=0.1)
    assert aws.sent == []


async def test_what_a_person_thinks_does_not_count(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path)
    aws.store = Slow(aws.clock, 40)

    async def approve(preview: Preview) -> bool:
        await aws.clock.sleep(HOUR)
        return True

    applied = await pipeline.apply_on(aws.opened(PLAN, deadline=120.0), approve=approve)
    assert applied.report.exit_code == 0
