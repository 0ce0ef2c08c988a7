"""A time of day, and how long something takes, as everybody tells it: previews, reports, logs."""

import math
from datetime import UTC, datetime

MINUTE = 60


def moment(at: float) -> str:
    """`2026-11-26 14:05Z`, the first full minute that is not before `at` (seconds since the epoch)."""
    return f"{datetime.fromtimestamp(math.ceil(at / MINUTE) * MINUTE, UTC):%Y-%m-%d %H:%MZ}"


def rough(seconds: float) -> str:
    """An estimate's number, in one unit: `30 s`, `7 min`, `2.5 h`."""
    if seconds < 1:
        return "1 s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h".replace(".0 h", " h")
