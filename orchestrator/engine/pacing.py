"""How long to wait before looking or sending again: pure arithmetic, seconds in, seconds out.

`draw` is a source of numbers in [0, 1), so that many runs, and the lanes of one, don't act in step.
"""

from collections.abc import Callable
from random import SystemRandom

Draw = Callable[[], float]
CHANCE: Draw = SystemRandom().random
"""What is drawn from unless a caller wants to be able to repeat a run."""

REACTION_SECONDS, REACTION_SHARE = 0.5, 0.05
"""A settled resource is noticed within half a second or 5 % of the time waited, whichever is longer, …"""
FEW = 10
"""… while no more than this many wait at once; beyond, all of them together keep to a rate of reads."""
LONGEST_INTERVAL = 60.0
"""An index build takes hours, and still somebody watches its progress (fact sheet 14.5)."""
MARGIN = 0.95
"""The share of the allowed reaction that the interval takes; the rest is for the read itself."""
HEADROOM = 0.9
"""The share of a rate that many waiting resources use; the rest is for looks before calls."""

BACKOFF_BASE, BACKOFF_CAP = 1.0, 20.0
VERIFY_DELAY = (3.0, 5.0)
"""How long a change may stay invisible right after it was accepted (fact sheet 14.4)."""


def poll_interval(waited: float, waiting: int, rate: float, draw: Draw) -> float:
    """Seconds between the starts of two reads of a resource that has been waited for `waited` seconds.

    `waiting` resources share `rate` reads a second.
    """
    reaction = MARGIN * max(REACTION_SECONDS, REACTION_SHARE * waited)
    alone = min(reaction, LONGEST_INTERVAL) * (0.8 + 0.2 * draw())
    if waiting <= FEW:
        # Ten that wait need the whole rate to keep the promise: they give up jitter, and a burst covers the rest.
        return max(alone, MARGIN * waiting / rate)
    return max(alone, waiting / (HEADROOM * rate) * (0.95 + 0.1 * draw()))


def backoff(attempt: int, draw: Draw, retry_after: float | None = None) -> float:
    """Full jitter (fact sheet 14.4): anything up to 1 s, 2 s, 4 s, … 20 s, and never less than the service asks for."""
    return max(draw() * min(BACKOFF_CAP, BACKOFF_BASE * 2.0 ** min(attempt - 1, 10)), retry_after or 0.0)


def patient(attempt: int, draw: Draw) -> float:
    """Where a refusal says `busy` but nothing is seen to move: growing like `backoff`, but never at once."""
    return 0.5 + backoff(attempt, draw)


def catching_up(attempt: int) -> float:
    """1, 2, 2, … seconds while something new is not visible yet (fact sheet 14.4): typically over in 10 to 15 s."""
    return 1.0 if attempt == 1 else 2.0


def verify_delay(draw: Draw) -> float:
    """The wait before looking what became of a call whose outcome is unknown."""
    shortest, longest = VERIFY_DELAY
    return shortest + (longest - shortest) * draw()
