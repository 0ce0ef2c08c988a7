"""DynamoDB in one Region as the other Regions of the account reach it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from orchestrator.sandbox.rules.dynamodb.encryption import AWS_MANAGED
from orchestrator.sandbox.rules.dynamodb.records import Record, Records
from orchestrator.sandbox.rules.dynamodb.state import Table


class Scaling(Protocol):
    """Which writes scale by themselves, and how a new replica comes to do so too."""

    def scaled_writes(self, table: str) -> frozenset[str | None]:
        """The indexes of `table` whose writes do, and None where its own do."""
        ...

    def take_over(self, source: Any, table: str, now: float) -> None:
        """Do for `table` as in another Region; `source` is that one's."""
        ...


@dataclass(frozen=True, slots=True)
class Region:
    """`resolve_key` is its KMS, `scaling` its Application Auto Scaling; `near` finds another Region by name."""

    records: Records
    resolve_key: Callable[[str], str]
    scaling: Callable[[], Scaling]
    near: "Callable[[str], Region]"

    @property
    def name(self) -> str:
        return self.records.ground.region

    def customer_key(self, key: str | None) -> bool:
        """Whether the key of this ARN is neither AWS's own nor managed by AWS."""
        return key is not None and key != self.resolve_key(AWS_MANAGED)


@dataclass(frozen=True, slots=True)
class Copy:
    """One Region's copy of a global table."""

    region: Region
    record: Record

    @property
    def table(self) -> Table:
        return self.record.table


def copies(region: Region, table: Table, now: float) -> list[Copy]:
    """The other Regions' copies of `table`, as far as they are listed and there."""
    places = [region.near(replica.region) for replica in table.replicas]
    found = ((place, place.records.get(table.name, now)) for place in places)
    return [Copy(place, record) for place, record in found if record is not None]
