"""A store that is away just where a step may not send without it: the step's own time stands still, and it does not fail."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from orchestrator.errors import StoreUnavailable
from orchestrator.model import Put, Report, Write
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.durations import Durations
from tests.end_to_end.test_turns import TABLE, applied, said
from tests.end_to_end.virtual import VirtualAws
from tests.state.runs import Wayward

pytestmark = pytest.mark.virtual

HOUR = 3600.0


@dataclass
class Armed(Wayward):
    """Silent from the first intent on, for `back` seconds."""

    back: float = 0.0
    since: float | None = None

    async def write(self, *writes: Write) -> str:
        if self.since is None and any(isinstance(one, Put) and one.body.get("what") == "intent" for one in writes):
            self.since = self.clock.now()
        return await super().write(*writes)

    async def _late(self) -> None:
        if self.since is not None and self.clock.now() < self.since + self.back:
            raise StoreUnavailable("NoAnswer", "the line is cut", silent=True)


async def ended(folder: Path, back: float, **options: float) -> tuple[VirtualAws, Report]:
    """A run against a store that is away for `back` seconds at its first call; that has ten minutes."""
    aws = VirtualAws(folder)
    aws.store = Armed(clock=aws.clock, back=back)
    report = await applied(aws, TABLE, **options)
    assert isinstance(report, Report)
    return aws, report


@pytest.mark.parametrize("back", [540.0, 660.0, 1700.0])
async def test_it_is_borne_longer_than_the_step_has(tmp_path: Path, back: float) -> None:
    aws, report = await ended(tmp_path, back, deadline=2 * HOUR)
    assert (report.exit_code, report.outcome) == (0, "succeeded")
    assert [call.operation for call in aws.sent] == ["CreateTable"]


async def test_a_run_whose_time_passes_meanwhile_ends_with_6(tmp_path: Path) -> None:
    aws, report = await ended(tmp_path, HOUR, deadline=900.0)
    assert (report.exit_code, report.outcome, aws.sent) == (6, "in_progress", [])
    assert {step.outcome for step in report.steps} == {"not_run"}


async def test_a_store_that_stays_away_ends_it_with_7_and_says_so(tmp_path: Path) -> None:
    aws, report = await ended(tmp_path, 2 * HOUR, deadline=2 * HOUR)
    assert (report.exit_code, report.outcome, aws.sent) == (7, "unreachable", [])
    assert {step.outcome for step in report.steps} == {"not_run"}
    assert any("state store" in notice and "the line is cut" in notice for notice in report.notices)
    assert said(aws, "notice")


async def test_what_it_has_left_after_that_still_ends_it(tmp_path: Path) -> None:
    aws = VirtualAws(tmp_path, account=Account(durations=replace(Durations(), table_create_with_indexes=5 * HOUR)))
    aws.store = Armed(clock=aws.clock, back=660.0)
    report = await applied(aws, TABLE, deadline=2 * HOUR)
    assert isinstance(report, Report)
    assert (report.exit_code, [str(one.ref) for one in report.still_running]) == (6, ["tables.orders"])
    assert 1200.0 < report.finished - report.started < 1300.0
