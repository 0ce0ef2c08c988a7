"""A time of day as everybody tells it: previews, reports, logs."""

import math
from datetime import UTC, datetime

MINUTE = 60


def moment(at: float) -> str:
    """`2026-11-26 14:05Z`, the first full minute that is not before `at` (seconds since the epoch)."""
    return f"{datetime.fromtimestamp(math.ceil(at / MINUTE) * MINUTE, UTC):%Y-%m-%d %H:%MZ}"
