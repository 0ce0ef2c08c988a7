"""The arithmetic of waiting."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as some

from orchestrator.engine.pacing import BACKOFF_CAP, LONGEST_INTERVAL, backoff, catching_up, patient, poll_interval

DRAWS = some.floats(0, 1, exclude_max=True)
RATES = some.sampled_from([20.0, 30.0])


@given(waited=some.floats(0, 100_000), waiting=some.integers(1, 10), rate=RATES, draw=DRAWS)
def test_a_few_are_looked_at_within_the_reaction_that_is_promised(
    waited: float, waiting: int, rate: float, draw: float
) -> None:
    """Half a second or 5 % of the time waited, whichever is longer, while at most ten wait; and not in a mad hurry."""
    interval = poll_interval(waited, waiting, rate, lambda: draw)
    assert interval <= max(0.5, 0.05 * waited)
    assert interval >= 0.3
    assert interval <= LONGEST_INTERVAL


@given(waited=some.floats(0, 10), waiting=some.integers(11, 2000), rate=RATES, draw=DRAWS)
def test_many_keep_to_the_rate_together(waited: float, waiting: int, rate: float, draw: float) -> None:
    """Beyond ten the longest promise is the rate's: all together read less than it, even where every draw is the shortest."""
    assert waiting / poll_interval(waited, waiting, rate, lambda: draw) < rate


def test_intervals_are_jittered() -> None:
    chance = random.Random(1)
    assert len({poll_interval(100, 3, 20, chance.random) for _ in range(50)}) == 50
    assert len({poll_interval(1, 300, 20, chance.random) for _ in range(50)}) == 50


@given(attempt=some.integers(1, 10_000), draw=DRAWS)
def test_backoff_is_full_jitter_from_one_second_to_the_cap(attempt: int, draw: float) -> None:
    assert 0 <= backoff(attempt, lambda: draw) <= min(BACKOFF_CAP, 2.0 ** min(attempt - 1, 30))


def test_the_service_may_ask_for_more() -> None:
    assert backoff(1, lambda: 0.5, retry_after=7) == 7
    assert backoff(6, lambda: 0.5, retry_after=1) == 10


def test_what_says_busy_is_never_asked_again_at_once() -> None:
    assert patient(1, lambda: 0.0) >= 0.5


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 1), (2, 2), (30, 2)])
def test_lag_is_looked_at_every_other_second(attempt: int, seconds: float) -> None:
    """Fact sheet 14.4: 1, 2, 2, 2, … seconds."""
    assert catching_up(attempt) == seconds
