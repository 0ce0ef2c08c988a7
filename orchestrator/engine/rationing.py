"""Until when AWS refuses what it rations by time: by what it says itself, else by the longest that such a refusal lasts."""

import re
from datetime import UTC, datetime

from orchestrator.engine.treatment import Rule
from orchestrator.errors import Fault
from orchestrator.model import coming_minute

SOON = 600.0
"""For what AWS takes within so long a start-up is held; for no more (fact sheet 14.4)."""
RETRIES = 12
"""How often a call is tried within its wait where AWS names no time: when the time began to run is not known."""

_NEXT = re.compile(r"next \w+ can be made at (\w+, \w+ \d{1,2}, \d{4} \d{1,2}:\d{2}:\d{2} [AP]M) UTC", re.IGNORECASE)
_FORM = "%A, %B %d, %Y %I:%M:%S %p"


def until(fault: Fault, rule: Rule, first: float, now: float) -> float:
    """From when on there is use in trying again; `first` is when it was refused first. All in seconds since the epoch."""
    return named(fault, rule, now) or first + rule.wait_seconds


def delay(fault: Fault, rule: Rule, now: float) -> float:
    """Seconds until the next attempt."""
    at = named(fault, rule, now)
    return rule.wait_seconds / RETRIES if at is None else at - now


def named(fault: Fault, rule: Rule, now: float) -> float | None:
    """The time that AWS's message names.

    None where it names none, one that has passed, or one later than the rule's wait can last: the form of the message is
    documented nowhere (fact sheet 1.5), so what it can't mean is not believed.
    """
    found = _NEXT.search(fault.message)
    try:
        at = datetime.strptime(found[1], _FORM).replace(tzinfo=UTC).timestamp() if found else None
    except ValueError:
        return None
    return at if at is not None and now < at <= now + rule.wait_seconds else None


def sentence(fault: Fault, rule: Rule, at: float, now: float) -> str:
    """What AWS says, and when it takes the call again: at the latest, where it names no time itself."""
    again = "Not before" if named(fault, rule, now) is not None else "Possible again at the latest at"
    return f"{(fault.message or fault.code).rstrip('.')}. {again} {coming_minute(at)}."
