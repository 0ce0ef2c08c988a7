"""How many calls a second an account may make (fact sheet 3, 4.1, 12.2): buckets that refill all the time."""

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.sandbox.faults import throttled
from orchestrator.sandbox.rules.dynamodb import DATA_PLANE

PER_SECOND: Mapping[str, float] = {
    "dynamodb": 2500,
    "dynamodb:ListTagsOfResource": 10,
    "dynamodb:TagResource": 5,
    "dynamodb:UntagResource": 5,
    "dynamodb:DescribeContinuousBackups": 10,
    "dynamodb:UpdateContinuousBackups": 10,
    "dynamodb:CreateBackup": 50,
    "dynamodb:DescribeLimits": 1 / 60,
    "lambda": 15,
    "lambda:GetFunction": 100,
    "lambda:GetPolicy": 15,
    "cloudtrail": 2,
}
"""By service for everything that has no line of its own."""

SHARED = {"dynamodb:UntagResource": "dynamodb:TagResource"}
"""TagResource and UntagResource are counted together."""

_UNLIMITED = frozenset({f"dynamodb:{operation}" for operation in DATA_PLANE} | {"lambda:Invoke"})


@dataclass
class _Bucket:
    left: float
    at: float


class Rates:
    """Counts the calls of one account. A bucket holds one second's worth, and one call at least."""

    def __init__(self, per_second: Mapping[str, float] = PER_SECOND) -> None:
        self._per_second = per_second
        self._buckets: dict[str, _Bucket] = {}

    def check(self, service: str, operation: str, now: float) -> None:
        """Count one call at `now` (seconds). Raises Refusal where it comes too fast; that call isn't counted."""
        group = self._group(service, operation)
        if group is None:
            return
        rate = self._per_second[group]
        size = max(1.0, rate)
        bucket = self._buckets.setdefault(group, _Bucket(size, now))
        bucket.left = min(size, bucket.left + max(0.0, now - bucket.at) * rate)
        bucket.at = max(bucket.at, now)
        if bucket.left < 1:
            raise throttled(service)
        bucket.left -= 1

    def _group(self, service: str, operation: str) -> str | None:
        api = f"{service}:{operation}"
        if api in _UNLIMITED:
            return None
        group = SHARED.get(api, api)
        if group in self._per_second:
            return group
        return service if service in self._per_second else None
