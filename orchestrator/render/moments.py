"""Times and lengths of time: for machines ISO-8601 in UTC, for people the two units that matter."""

from datetime import UTC, datetime

from orchestrator.model import Estimate, rough

_UNITS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))


def iso(at: float) -> str:
    """Seconds since the epoch as `2026-11-01T12:04:30.123Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def clock_time(at: float) -> str:
    """Seconds since the epoch as `12:04:30Z`."""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%SZ")


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3m 20s`, `1h 05m`, `2d 03h`: two units at most."""
    if seconds < 9.95:
        return f"{max(seconds, 0):.1f}".removesuffix(".0") + " s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    larger = next(index for index, (size, _) in enumerate(_UNITS) if whole >= size)
    (size, unit), (smaller, next_unit) = _UNITS[larger : larger + 2]
    return f"{whole // size}{unit} {whole % size // smaller:02d}{next_unit}"


def stated(seconds: int) -> str:
    """A length of time as a plan would state it: `10s`, `90s`, `15m`, `1d`."""
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0 and (seconds or size == 1))
    return f"{seconds // size}{unit}"


def span(estimate: Estimate) -> str:
    """`about 7 min (3 min to 20 min)`."""
    low, likely, high = (rough(seconds) for seconds in (estimate.low, estimate.likely, estimate.high))
    return f"about {likely}" if low == high else f"about {likely} ({low} to {high})"
