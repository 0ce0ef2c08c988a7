"""How often a table may be changed in some ways (fact sheet, section 3 and 2.5)."""

from collections.abc import Sequence
from datetime import UTC, datetime

from orchestrator.sandbox.rules.dynamodb import refusals

HOUR, DAY = 3600, 86400
BANKED_DECREASES = 4
FLIPS_PER_DAY = 4
CLASS_CHANGES, CLASS_DAYS = 2, 30
KEY_SWITCHES, KEY_SWITCHES_AT_MOST, KEY_SWITCH_REST = 4, 8, 6 * HOUR


def decreases_today(times: Sequence[float], now: float) -> list[float]:
    """Those since the last midnight, UTC."""
    midnight = now // DAY * DAY
    return [at for at in times if at >= midnight]


def decreases_left(times: Sequence[float], now: float) -> int:
    """Four at the start of the UTC day, one more each hour, never more than four banked: at most 27 a day."""
    midnight, bank, hours = now // DAY * DAY, BANKED_DECREASES, 0
    for at in [*decreases_today(times, now), now]:
        passed = int((at - midnight) // HOUR)
        bank = min(BANKED_DECREASES, bank + passed - hours)
        hours = passed
        bank -= 1
    return bank + 1


def check_decrease(times: Sequence[float], now: float) -> None:
    """Raises LimitExceededException where no decrease is left; table and indexes each have their own budget."""
    if decreases_left(times, now) > 0:
        return
    today = decreases_today(times, now)
    raise refusals.limit(
        "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. "
        f"After the first {BANKED_DECREASES} decreases, each subsequent decrease in the same UTC day can be performed at "
        f"most once every {HOUR} seconds. Number of decreases today: {len(today)}. Last decrease at {_date(today[-1])}. "
        f"Next decrease can be made at {_date((now // HOUR + 1) * HOUR)}"
    )


def check_flip(times: Sequence[float], now: float) -> None:
    """Four switches to on-demand billing in any 24 hours."""
    recent = [at for at in times if at > now - DAY]
    if len(recent) >= FLIPS_PER_DAY:
        raise refusals.limit(
            f"Subscriber limit exceeded: Update to PayPerRequest mode are limited to {FLIPS_PER_DAY} times in 1 day(s). "
            f"Last update at {_date(recent[-1])}. "
            f"Next update can be made at {_date(recent[-FLIPS_PER_DAY] + DAY)}"
        )


def check_class(times: Sequence[float], now: float) -> None:
    """Two changes of table class in any 30 days."""
    recent = [at for at in times if at > now - CLASS_DAYS * DAY]
    if len(recent) >= CLASS_CHANGES:
        raise refusals.limit(
            f"Subscriber limit exceeded: Updates to TableClass are limited to {CLASS_CHANGES} times in {CLASS_DAYS} day(s)."
        )


def check_key_switch(times: Sequence[float], now: float) -> None:
    """Four switches of the key in any 24 hours, one more where none was made in the past six hours, eight at most."""
    recent = [at for at in times if at > now - DAY]
    rested = not recent or recent[-1] <= now - KEY_SWITCH_REST
    if len(recent) >= (KEY_SWITCHES_AT_MOST if rested else KEY_SWITCHES):
        raise refusals.limit(
            f"Subscriber limit exceeded: Encryption mode changes are limited in the 24h window ending at {_date(now)}. "
            f"After the first {KEY_SWITCHES} change, each subsequent change in the same window can be performed at most "
            f"once every {KEY_SWITCH_REST} seconds. Number of updates today: {len(recent)}. "
            f"Last change at {_date(recent[-1])}. Next changes can be made at {_date(recent[-1] + KEY_SWITCH_REST)}."
        )


def _date(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%A, %B %d, %Y %I:%M:%S %p UTC")
