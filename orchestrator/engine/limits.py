"""What one run may ask of an account: request rates and how much is in motion at once (fact sheet 4.1, 12.2, 14.3 rule 17).

`Limited` stands before a Cloud: it spaces requests by API, slows all of a service down while the service throttles, each
Region by itself (4.1, 12.2: limits are per account and Region), and counts every call for the report.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio

from orchestrator.engine.faults import classify
from orchestrator.engine.treatment import READING, Situation, Treatment
from orchestrator.errors import Fault
from orchestrator.model import Call
from orchestrator.ports import Clock, Cloud


@dataclass(frozen=True, slots=True)
class Rate:
    """Requests a second in the long run, and how many may go out at once after a pause. ValueError where that is none."""

    per_second: float
    burst: int = 1

    def __post_init__(self) -> None:
        if not self.per_second > 0 or self.burst < 1:
            raise ValueError(f"{self}: nothing could ever be sent")


DEFAULT_RATES: Mapping[str, Rate] = {
    # Ours to choose: DynamoDB takes 2,500 control-plane requests a second, GetFunction 100. Others live there too.
    "dynamodb:DescribeTable": Rate(20, burst=10),
    "lambda:GetFunction": Rate(30, burst=10),
    "dynamodb": Rate(50, burst=10),
    # Application Auto Scaling does not say what it takes; it throttles early.
    "application-autoscaling": Rate(10, burst=5),
    # AWS's own limits, without a burst, or with headroom below it: 15 a second for all of Lambda's control plane together.
    "dynamodb:ListTagsOfResource": Rate(10),
    "dynamodb:DescribeContinuousBackups": Rate(10),
    "dynamodb:TagResource": Rate(5),
    "lambda:GetPolicy": Rate(10, burst=3),
    "lambda": Rate(10, burst=3),
    # Two a second for the whole account and Region, people at the console among them.
    "cloudtrail": Rate(1, burst=2),
}
"""By API, or by service for all of its APIs that have no row of their own."""

SHARED: Mapping[str, str] = {"dynamodb:UntagResource": "dynamodb:TagResource"}
"""APIs that draw from another one's rate."""


OF_ITEMS = frozenset(f"dynamodb:{name}Item" for name in ("BatchWrite", "Put", "Get", "Update")) | {"dynamodb:Scan"}
"""APIs that read and write items: how much they may is a matter of each table, and of those who send them."""

POLLED: Mapping[str, str] = {"tables": "dynamodb:DescribeTable", "functions": "lambda:GetFunction"}
"""The API that a poll of a thing of each section calls once."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`rates` as in DEFAULT_RATES, which hold for what it leaves out; how many reads a first observation has in flight."""

    rates: Mapping[str, Rate] = field(default_factory=dict)
    reads_in_flight: int = 20

    def __post_init__(self) -> None:
        object.__setattr__(self, "rates", {**DEFAULT_RATES, **self.rates})

    def row(self, call: Call) -> str | None:
        """The row of `rates` that `call` draws from, if any."""
        api = SHARED.get(call.api, call.api)
        rows = (api,) if api in OF_ITEMS else (api, call.service)
        return next((row for row in rows if row in self.rates), None)

    def polls_per_second(self, section: str) -> float:
        """What all who poll things of one section may use together."""
        api = POLLED.get(section, "")
        return self.rates[api].per_second if api in self.rates else float("inf")


class Spacing:
    """A rate as a schedule (GCRA): each request gets the moment at which it may go."""

    def __init__(self, rate: Rate) -> None:
        self._interval = 1 / rate.per_second
        self._tolerance = self._interval * (rate.burst - 1)
        self._due = float("-inf")

    def delay(self, now: float, slowdown: float = 1.0) -> float:
        """Take the next free moment; seconds from `now` until it. `slowdown` stretches the spacing."""
        due = max(self._due, now)
        self._due = due + self._interval * slowdown
        return max(0.0, due - self._tolerance - now)


class Slowdown:
    """How much slower everything of one service in one Region goes after throttles: doubled by each, forgotten within seconds."""

    MOST = 4.0
    HALVED_AFTER = 5.0
    ONE_SIGNAL = 1.0
    """Throttles within a second are one signal: they answer requests that were sent at the same speed."""

    def __init__(self) -> None:
        self._factor = 1.0
        self._at = float("-inf")

    def factor(self, now: float) -> float:
        """1 is full speed."""
        return max(1.0, self._factor * 0.5 ** ((now - self._at) / self.HALVED_AFTER)) if self._factor > 1 else 1.0

    def throttled(self, now: float) -> None:
        if now - self._at >= self.ONE_SIGNAL:
            self._factor = min(self.MOST, 2 * self.factor(now))
            self._at = now


class Limited:
    """A Cloud that keeps to Limits and counts its calls. `send` is for reads; a mutating call is admitted, then forwarded.

    The two halves are apart because waiting for one's turn may be cancelled, and a mutating call on its way may not.
    """

    def __init__(self, cloud: Cloud, clock: Clock, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.calls: Counter[str] = Counter()
        self._cloud = cloud
        self._clock = clock
        self._spacings: dict[tuple[str, str | None], Spacing] = {}
        self._slowdowns: dict[tuple[str, str | None], Slowdown] = {}

    @classmethod
    def over(cls, cloud: Cloud, clock: Clock, limits: Limits | None = None) -> "Limited":
        """`cloud` itself where it is limited already, so that observing and running share rates and counts."""
        return cloud if isinstance(cloud, cls) else cls(cloud, clock, limits)

    async def send(self, call: Call) -> Mapping[str, Any]:
        await self.admit(call)
        return await self.forward(call, READING)

    async def admit(self, call: Call) -> None:
        """Wait until `call` may go."""
        row = self.limits.row(call)
        if row is None:
            return
        now = self._clock.now()
        delay = self._spacing(row, call.region).delay(now, self._slowdown(call).factor(now))
        if delay > 0:
            await self._clock.sleep(delay)

    async def forward(self, call: Call, situation: Situation) -> Mapping[str, Any]:
        """Send an admitted call; where `situation` makes a throttle of the answer, what follows is slower. Raises Fault."""
        self.calls[call.api] += 1
        try:
            return await self._cloud.send(call)
        except Fault as fault:
            throttled = classify(fault, situation).treatment is Treatment.BACKOFF
            if throttled and call.api not in OF_ITEMS:
                self._slowdown(call).throttled(self._clock.now())
            raise

    def _spacing(self, row: str, region: str | None) -> Spacing:
        return self._spacings.setdefault((row, region), Spacing(self.limits.rates[row]))

    def _slowdown(self, call: Call) -> Slowdown:
        return self._slowdowns.setdefault((call.service, call.region), Slowdown())


class Slots:
    """How many lanes may be in motion at once."""

    def __init__(self, most: int) -> None:
        self._limiter = anyio.CapacityLimiter(most)

    def slot(self) -> "Slot":
        return Slot(self._limiter)


class Slot:
    """One lane's place; given back while AWS takes its time, so that long index builds don't keep others from starting."""

    def __init__(self, limiter: anyio.CapacityLimiter) -> None:
        self._limiter = limiter
        self.held = False

    async def take(self) -> None:
        """Wait for a place unless this lane has one."""
        if not self.held:
            await self._limiter.acquire_on_behalf_of(self)
            self.held = True

    def give_back(self) -> None:
        if self.held:
            self._limiter.release_on_behalf_of(self)
            self.held = False
