"""The refusals of one step's call: how often and for how long AWS has answered so, and when there is use in another attempt."""

from collections import Counter

from orchestrator.engine import rationing
from orchestrator.engine.pacing import backoff, catching_up, patient, verify_delay
from orchestrator.engine.run import FRESH_SECONDS, Run
from orchestrator.engine.treatment import Rule, Treatment
from orchestrator.errors import Fault

MOST_CONTRADICTIONS = 3
"""How often AWS may say `it is so already` of what can't be seen to be so."""


class Refusals:
    """Counts by treatment: what is refused in one way may be refused in another first."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._times: Counter[Treatment] = Counter()
        self._first: dict[Treatment, float] = {}
        self._contradictions = 0

    def note(self, rule: Rule, *, contradicts: bool) -> None:
        """Count one more. `contradicts`: AWS says that it is so already, and no call of ours can have made it so."""
        self._times[rule.treatment] += 1
        self._first.setdefault(rule.treatment, self._run.clock.now())
        self._contradictions += contradicts

    def forget(self, treatment: Treatment) -> None:
        """What AWS said so long ago holds no more: the next one is the first."""
        self._first.pop(treatment, None)

    def times(self, rule: Rule) -> int:
        return self._times[rule.treatment]

    def lasting(self, rule: Rule) -> float:
        """Seconds since AWS said so first."""
        return self._run.clock.now() - self._first[rule.treatment]

    def until(self, fault: Fault, rule: Rule) -> float:
        """When there is use in another attempt at what is rationed, in seconds since the epoch."""
        now = self._run.clock.now()
        return rationing.until(fault, rule, self._first.get(rule.treatment, now), now)

    def delay(self, fault: Fault, rule: Rule) -> float | None:
        """Seconds until the next look or attempt; None where there is no use."""
        attempt, draw = self.times(rule), self._run.draw
        match rule.treatment:
            case Treatment.WAIT:
                return patient(attempt, draw)
            case Treatment.BACKOFF | Treatment.RECONNECT:
                return backoff(attempt, draw, fault.retry_after)
            case Treatment.VERIFY:
                return verify_delay(draw) if self._contradictions <= MOST_CONTRADICTIONS else None
            case Treatment.LAG:
                return catching_up(attempt) if self.lasting(rule) < FRESH_SECONDS else None
            case Treatment.IAM_LAG:
                return catching_up(attempt) if self.lasting(rule) < self._run.options.iam_lag else None
            case Treatment.QUOTA_WAIT:
                return rationing.delay(fault, rule, self._run.clock.now())
            case Treatment.PRECONDITION:
                return catching_up(attempt) if attempt == 1 else None
        return None
