"""A time of day, and how long something takes, as everybody tells it: previews, reports, logs."""

import math
from datetime import UTC, datetime

MINUTE = 60


def past_minute(at: float) -> str:
    """When something was: `2026-11-26 14:05Z`, the last full minute that is not after `at` (seconds since the epoch)."""
    return _minute(math.floor(at / MINUTE))


def coming_minute(at: float) -> str:
    """When something will be: the first full minute that is not before `at`. Whoever waits for it does not come too early."""
    return _minute(math.ceil(at / MINUTE))


def _minute(number: int) -> str:
    return f"{datetime.fromtimestamp(number * MINUTE, UTC):%Y-%m-%d %H:%MZ}"


def rough(seconds: float) -> str:
    """An estimate's number, in one unit: `30 s`, `7 min`, `2.5 h`."""
    if seconds < 1:
        return "1 s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h".replace(".0 h", " h")
