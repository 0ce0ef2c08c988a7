"""Until when AWS refuses what it rations: one time, AWS's own where it names one that can be true."""

from datetime import UTC, datetime

import pytest

from orchestrator.engine import rationing
from orchestrator.engine.faults import classify
from orchestrator.engine.treatment import Situation
from orchestrator.errors import Fault

NOW = datetime(2026, 11, 26, 12, 30, 30, tzinfo=UTC).timestamp()
HOUR, DAY = 3600, 86400
FLIP = "Subscriber limit exceeded: Update to PayPerRequest mode are limited to 4 times in 1 day(s)."


def fault(message: str) -> Fault:
    return Fault("dynamodb", "UpdateTable", "LimitExceededException", message, status=400)


@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        (f"{FLIP} Next update can be made at Thursday, November 26, 2026 01:00:30 PM UTC", HOUR / 2),
        (f"{FLIP} Next update can be made at Friday, November 27, 2026 12:30:30 PM UTC.", DAY),
        (
            f"{FLIP} Next update can be made at Thursday, November 26, 2026 12:30:30 PM UTC",
            None,
        ),  # now is no later time
        (
            f"{FLIP} Next update can be made at Friday, November 27, 2026 12:31:30 PM UTC",
            None,
        ),  # longer than it can last
        (f"{FLIP} Next update can be made at Friday, Nonsense 27, 2026 12:31:30 PM UTC", None),
        (FLIP, None),
    ],
)
def test_the_time_that_aws_names_is_the_one_that_is_told(message: str, seconds: float | None) -> None:
    refused = fault(message)
    rule = classify(refused, Situation("update"))
    first = NOW - 60
    assert rationing.named(refused, rule, NOW) == (None if seconds is None else NOW + seconds)
    until = rationing.until(refused, rule, first, NOW)
    assert until == (first + DAY if seconds is None else NOW + seconds)
    assert rationing.delay(refused, rule, NOW) == (DAY / rationing.RETRIES if seconds is None else seconds)


def test_what_is_told_ends_with_that_time() -> None:
    refused = fault(f"{FLIP} Next update can be made at Thursday, November 26, 2026 01:00:30 PM UTC")
    rule = classify(refused, Situation("update"))
    until = rationing.until(refused, rule, NOW, NOW)
    assert rationing.sentence(refused, rule, until, NOW).endswith("01:00:30 PM UTC. Not before 2026-11-26 13:01Z.")
    untold = fault(FLIP)
    until = rationing.until(untold, rule, NOW, NOW)
    assert rationing.sentence(untold, rule, until, NOW) == f"{FLIP} Possible again at the latest at 2026-11-27 12:31Z."
