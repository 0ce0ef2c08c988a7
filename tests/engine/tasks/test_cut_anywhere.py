"""A run of a transaction is cut anywhere, and another goes on: the counter is right, or somebody is told what to look at."""

import os

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orchestrator.sandbox.clock import VirtualLoop
from tests.engine.tasks.mishaps import Mishap
from tests.engine.tasks.once_only import OnceOnly
from tests.engine.tasks.test_transactions import MISHAPS, ONE

EVERY = bool(os.environ.get("ORCHESTRATOR_TEST_EVERY_START"))
GAPS = (1.0, 40.0, 290.0, 310.0, 700.0, 86_400.0)
"""Seconds until the next run begins: within the time of the token, on its edge, past it."""
PAST = 300.0


async def converges(once: OnceOnly, *, may_stop: bool) -> None:
    """The next run ends with 0 and the counter at 1; or, where that may be, it stops, and changes nothing any more."""
    report = await once.run(ONE)
    if report.exit_code == 0:
        assert await once.counted() == 1
        return
    assert may_stop, report
    error = once.error(report)
    assert error["code"] == "unknown-outcome"
    assert 'orders, id "total"' in error["action"]
    assert await once.counted() in (0, 1)


@pytest.mark.parametrize("gap", GAPS if EVERY else (1.0, 310.0))
@pytest.mark.parametrize("mishap", ["none", *MISHAPS] if EVERY else ["none", "lost", "stuck"])
@pytest.mark.parametrize("marker", [True, False])
async def test_d8_killed_at_every_point_and_restarted(marker: bool, mishap: Mishap, gap: float) -> None:
    points = 0
    while True:
        points += 1
        once = OnceOnly(marker)
        once.items.script = [mishap]
        died = await once.killed(points, ONE)
        await once.later(gap)
        await converges(once, may_stop=not marker and gap >= PAST - 60)
        if not died:
            break
    assert points > 5


@example(marker=False, mishaps=["lost", "conflict"], kills=[(4, 1.0), (5, 1.0)])
@settings(max_examples=300 if EVERY else 40, deadline=None)
@given(
    marker=st.booleans(),
    mishaps=st.lists(st.sampled_from(MISHAPS), max_size=5),
    kills=st.lists(st.tuples(st.integers(1, 14), st.sampled_from(GAPS)), min_size=1, max_size=4),
)
def test_d8_killed_again_and_again_while_all_goes_wrong(
    marker: bool, mishaps: list[Mishap], kills: list[tuple[int, float]]
) -> None:
    async def story() -> None:
        once = OnceOnly(marker)
        once.items.script = list(mishaps)
        for at, gap in kills:
            await once.killed(at, ONE)
            assert await once.counted() <= 1
            await once.later(gap)
        await converges(once, may_stop=not marker)

    loop = VirtualLoop()
    try:
        loop.run_until_complete(story())
    finally:
        loop.close()
