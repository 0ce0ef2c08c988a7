"""What goes wrong between a client and a service, by chance or by script; one source for both fronts.

An injected fault is decided per call, before the rules see it: whether the call takes effect at all, and what the client
gets to hear of it.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from orchestrator.sandbox.rules.dynamodb.items.throughput import exceeded
from orchestrator.sandbox.rules.refusal import Refusal

BATCH = "dynamodb:BatchWriteItem"
Serve = Callable[[Mapping[str, Any]], dict[str, Any]]


class Injection(Enum):
    """What happens to one call."""

    THROTTLE = "throttled: no effect, and the client is told so"
    ERROR_BEFORE = "a 5xx without effect"
    ERROR_AFTER = "a 5xx although the call took effect"
    DROP_BEFORE = "the connection breaks after sending, without effect"
    DROP_AFTER = "the connection breaks after the call took effect: the reply is lost"
    UNREACHABLE = "no connection: nothing was sent"

    @property
    def takes_effect(self) -> bool:
        return self in (Injection.ERROR_AFTER, Injection.DROP_AFTER)

    @property
    def answered(self) -> bool:
        """Whether any reply comes back."""
        return self in (Injection.THROTTLE, Injection.ERROR_BEFORE, Injection.ERROR_AFTER)


@dataclass(frozen=True, slots=True)
class Script:
    """`Script("dynamodb:UpdateTable", 3, Injection.DROP_AFTER)`: the third UpdateTable loses its reply."""

    api: str
    nth: int
    injection: Injection


class Faults:
    """Decides for each call in turn. The same seed and the same order of calls give the same faults.

    The rates say how often a call meets each fault, 0 to 1, together at most 1; scripts come before chance. `latency` is the
    range of seconds that a call takes. `injected` counts by (API, fault). `unprocessed` is the share of a BatchWriteItem's
    requests that come back as such.
    """

    def __init__(
        self,
        seed: int = 0,
        scripts: Sequence[Script] = (),
        *,
        throttle: float = 0,
        error_before: float = 0,
        error_after: float = 0,
        drop_before: float = 0,
        drop_after: float = 0,
        unreachable: float = 0,
        unprocessed: float = 0,
        latency: tuple[float, float] = (0, 0),
    ) -> None:
        self._ladder = (
            (throttle, Injection.THROTTLE),
            (error_before, Injection.ERROR_BEFORE),
            (error_after, Injection.ERROR_AFTER),
            (drop_before, Injection.DROP_BEFORE),
            (drop_after, Injection.DROP_AFTER),
            (unreachable, Injection.UNREACHABLE),
        )
        rates = [rate for rate, _ in self._ladder]
        if min(rates) < 0 or sum(rates) > 1:
            raise ValueError(f"rates must not be negative, nor exceed 1 together: {rates}")
        if not 0 <= unprocessed <= 1:
            raise ValueError(f"a share is from 0 to 1: {unprocessed}")
        self._unprocessed = unprocessed
        self._latency = latency
        self._scripts = {(script.api, script.nth): script.injection for script in scripts}
        self._chance = random.Random(seed)  # noqa: S311 - chance that can be repeated is meant
        self._calls: Counter[str] = Counter()
        self.injected: Counter[tuple[str, Injection]] = Counter()

    def draw(self, api: str) -> Injection | None:
        """What happens to the next call of `api` (`dynamodb:UpdateTable`)."""
        self._calls[api] += 1
        injection = self._scripts.get((api, self._calls[api])) or self._by_chance()
        if injection is not None:
            self.injected[api, injection] += 1
        return injection

    def latency(self) -> float:
        """Seconds that the next call takes."""
        low, high = self._latency
        return self._chance.uniform(low, high) if high > low else low

    def partly(self, api: str, parameters: Mapping[str, Any], serve: Serve) -> dict[str, Any]:
        """Serve a call; of a BatchWriteItem only the requests that chance lets through (fact sheet 6.2).

        Raises Refusal where it lets none through. Parameters may be as they are on the wire.
        """
        requests = parameters.get("RequestItems")
        if api != BATCH or not self._unprocessed or not requests:
            return serve(parameters)
        through: dict[str, list[Any]] = {}
        left: dict[str, list[Any]] = {}
        for table, one in [(table, one) for table, many in requests.items() for one in many]:
            held = self._chance.random() < self._unprocessed
            (left if held else through).setdefault(table, []).append(one)
        if not through:
            raise exceeded()
        reply = serve({**parameters, "RequestItems": through})
        unprocessed = {table: list(many) for table, many in (reply.get("UnprocessedItems") or {}).items()}
        for table, many in left.items():
            unprocessed.setdefault(table, []).extend(many)
        return {**reply, "UnprocessedItems": unprocessed}

    def _by_chance(self) -> Injection | None:
        point = self._chance.random()
        for rate, injection in self._ladder:
            if point < rate:
                return injection
            point -= rate
        return None


def throttled(service: str) -> Refusal:
    """How each service says that calls come too fast (fact sheet 1.5, 12.1)."""
    if service == "lambda":
        fields = {"Reason": "CallerRateLimitExceeded", "retryAfterSeconds": "1"}
        return Refusal("TooManyRequestsException", "Rate exceeded", 429, retry_after=1, fields=fields)
    if service == "dynamodb":
        return Refusal("ThrottlingException", "Rate of requests exceeds the allowed throughput.")
    return Refusal("ThrottlingException", "Rate exceeded")


def failed(service: str) -> Refusal:
    """How each service says that something went wrong inside; nothing is known of the effect."""
    if service == "dynamodb":
        return Refusal("InternalServerError", "The request processing has failed because of an unknown error.", 500)
    if service == "lambda":
        return Refusal("ServiceException", "An error occurred and the request cannot be processed.", 500)
    return Refusal("InternalFailure", "The request processing has failed because of an unknown error.", 500)
