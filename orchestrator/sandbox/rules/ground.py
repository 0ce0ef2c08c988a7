"""What the services of one account and region stand on together."""

import hashlib
import random
import uuid
from dataclasses import dataclass, field

from orchestrator.sandbox.rules.durations import Durations, Staleness
from orchestrator.sandbox.rules.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Limits:
    """Quotas per account and region, and per table (fact sheet 4.1, 4.2). `throughput`: provisioned tables throttle writes."""

    tables_in_flight: int = 500  # tables and indexes that are CREATING, UPDATING or DELETING
    indexed_tables_creating: int = 250
    indexes: int = 20
    local_indexes: int = 5
    projected_attributes: int = 100
    throughput: bool = False


@dataclass(frozen=True)
class Ground:
    """Account (12 digits), region, how long things take, how reads lag, the seed of every draw, and the timeline."""

    account: str = "123456789012"
    region: str = "eu-west-1"
    durations: Durations = field(default_factory=Durations)
    staleness: Staleness = field(default_factory=Staleness)
    limits: Limits = field(default_factory=Limits)
    seed: int = 0
    timeline: Timeline = field(default_factory=Timeline)

    def arn(self, service: str, resource: str) -> str:
        """`arn:aws:dynamodb:eu-west-1:123456789012:table/orders`."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def draws(self, *purpose: object) -> random.Random:
        """A source of chance for one purpose: the same seed and purpose draw the same, whatever else was drawn."""
        text = "/".join(map(str, (self.seed, self.account, self.region, *purpose)))
        return random.Random(hashlib.sha256(text.encode()).digest())  # noqa: S311 - chance that can be repeated is meant

    def uuid(self, *purpose: object) -> str:
        """A UUID that the seed and the purpose determine."""
        return str(uuid.UUID(int=self.draws("uuid", *purpose).getrandbits(128), version=4))
