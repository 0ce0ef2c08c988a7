"""Provisioned write capacity: a bucket for each table and index, with five minutes of what was not used (fact sheet 6.1)."""

from dataclasses import dataclass

from orchestrator.sandbox.rules.dynamodb.items.tables import Shelved
from orchestrator.sandbox.rules.dynamodb.items.units import Consumed
from orchestrator.sandbox.rules.ground import Limits
from orchestrator.sandbox.rules.refusal import Refusal

BURST = 300


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Throughput:
    """Counts what is written, where `limits.throughput` asks for it. Tables on demand take everything."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def spend(self, at: Shelved, consumed: Consumed, now: float) -> None:
        """Raises Refusal where the table, or an index, has too little left; nothing is counted then.

        A bucket may be overdrawn by its last write, as AWS's are.
        """
        if not self._limits.throughput or at.table.on_demand:
            return
        spent = {"": consumed.table, **consumed.indexes}
        capacities = {"": at.table.capacity.write} | {index.name: index.capacity.write for index in at.table.indexes}
        buckets = {name: self._bucket(at, name, capacities[name], now) for name in spent if name in capacities}
        if any(bucket.left <= 0 for bucket in buckets.values()):
            raise exceeded()
        for name, bucket in buckets.items():
            bucket.left -= spent[name]

    def _bucket(self, at: Shelved, name: str, capacity: int, now: float) -> _Bucket:
        most = float(capacity * BURST)
        bucket = self._buckets.setdefault((at.table.id, name), _Bucket(most, now))
        bucket.left = min(most, bucket.left + max(0.0, now - bucket.at) * capacity)
        bucket.at = max(bucket.at, now)
        return bucket


def exceeded() -> Refusal:
    return Refusal(
        "ProvisionedThroughputExceededException",
        "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning "
        "level with the UpdateTable API.",
    )
