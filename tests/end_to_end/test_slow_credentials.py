"""A source of credentials that takes longer than a lease, just where a change has been let go: it never leaves after that.

What stands between engine and account keeps to the rules of the real adapter, with its own means (`boarding`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest

from orchestrator.adapters.flight import Late, boarding
from orchestrator.errors import Fault, StoreUnavailable
from orchestrator.model import Call, Report
from orchestrator.ports import Cloud
from tests.end_to_end.test_turns import NEWER, TABLE, applied
from tests.end_to_end.virtual import READS, VirtualAws
from tests.state.runs import Wayward

pytestmark = pytest.mark.virtual

SILENT = StoreUnavailable("NoAnswer", "waits for credentials", silent=True)


@dataclass
class Slow:
    """Before the first change the credentials run out, for AWS and for the store behind the same session; new ones take time."""

    cloud: Cloud
    aws: VirtualAws
    store: Wayward
    seconds: float
    fresh_at: float | None = None
    late: int = 0

    async def send(self, call: Call) -> Mapping[str, Any]:
        clock = self.aws.clock
        if self.fresh_at is None and not READS.match(call.operation):
            self.fresh_at = clock.now() + self.seconds
            self.store.failing = SILENT
        try:
            with boarding() as flight:
                await clock.sleep(max(0.0, (self.fresh_at or 0.0) - clock.now()))
                self.store.failing = None
                flight.leave()
                return await self.cloud.send(call)
        except Late as late:
            self.late += 1
            raise Fault(call.service, call.operation, "TooLate", str(late), sent=False) from None


def slow(aws: VirtualAws, seconds: float) -> list[Slow]:
    store, made = Wayward(), list[Slow]()
    store.clock, aws.store = aws.clock, store

    def between(cloud: Cloud) -> Cloud:
        made.append(Slow(cloud, aws, store, seconds))
        return made[-1]

    aws.between = between
    return made


@pytest.mark.parametrize(("seconds", "late"), [(4.0, 0), (9.0, 0), (45.0, 1), (400.0, 1)])
async def test_the_run_looks_and_asks_again_and_sends_it_once(tmp_path: Path, seconds: float, late: int) -> None:
    aws = VirtualAws(tmp_path)
    made = slow(aws, seconds)
    report = await aws.apply(TABLE)
    assert report.exit_code == 0
    assert [one.late for one in made] == [late]
    assert [one.api for one in aws.account.timeline.served if not one.foreign].count("dynamodb:CreateTable") == 1
    assert aws.refused == []


async def test_who_takes_over_meanwhile_has_it_alone(tmp_path: Path) -> None:
    """The holder's heartbeats wait for the same credentials; the other run's session has its own."""
    aws = VirtualAws(tmp_path)
    (store, ends) = Wayward(clock=aws.clock), dict[str, object]()
    other = VirtualAws(tmp_path / "other", account=aws.account, clock=aws.clock, store=store)
    other.folder.mkdir()
    holder = slow(aws, 45.0)
    assert isinstance(aws.store, Wayward)
    aws.store.store = store.store

    async def first() -> None:
        ends["first"] = await applied(aws, TABLE)

    async def second() -> None:
        ends["second"] = await applied(other, NEWER, 2.0)

    async with anyio.create_task_group() as group:
        group.start_soon(first)
        group.start_soon(second)
    assert holder[0].late == 1
    assert not [event for event in aws.events if event.what == "sent"], "it had lost the lock before anything left"
    assert isinstance(ends["second"], Report)
    assert ends["second"].exit_code == 0
    assert getattr(ends["first"], "exit_code", None) == 5
