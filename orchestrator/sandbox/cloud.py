"""The rules behind the Cloud port, in the time of whatever clock is given: no sockets, no SDK."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from orchestrator.errors import Fault
from orchestrator.model import Call, reveal
from orchestrator.ports import Clock
from orchestrator.sandbox import faults as fault
from orchestrator.sandbox.faults import Faults, Injection
from orchestrator.sandbox.rates import Rates
from orchestrator.sandbox.rules.account import Account
from orchestrator.sandbox.rules.dynamodb import DATA_PLANE
from orchestrator.sandbox.rules.plain import NESTED
from orchestrator.sandbox.rules.refusal import Refusal

TIMESTAMPS = frozenset(
    {
        "BackupCreationDateTime",
        "BackupExpiryDateTime",
        "CreationDateTime",
        "CreationRequestDateTime",
        "CreationTime",
        "EarliestRestorableDateTime",
        "EventTime",
        "InaccessibleEncryptionDateTime",
        "LastDecreaseDateTime",
        "LastIncreaseDateTime",
        "LastModified",
        "LastUpdateDateTime",
        "LastUpdateToPayPerRequestDateTime",
        "LatestRestorableDateTime",
        "StartingPositionTimestamp",
        "TableCreationDateTime",
        "imagePushedAt",
    }
)
"""Members that the service models have as timestamps: botocore parses them to datetime, the rules give epoch seconds."""

_DROPPED = "Connection was closed before we received a valid response from endpoint"
_NO_CONNECTION = "Could not connect to the endpoint"


class VirtualCloud:
    """The Cloud port over an Account, and over the same account in other Regions.

    `latency` (seconds, of each call) adds to what `faults` draws.
    Half of a call's time passes before it takes effect, half after, so that a call cancelled meanwhile may or may not have
    taken effect, as with a real one. `limited` False lifts the account's limits on calls a second.
    """

    def __init__(
        self,
        account: Account,
        clock: Clock,
        faults: Faults | None = None,
        latency: float = 0.0,
        *,
        rates: Rates | None = None,
        limited: bool = True,
    ) -> None:
        self.account = account
        self._clock = clock
        self._faults = faults or Faults()
        self._latency = latency
        self._rates = {account.ground.region: rates or Rates()}
        self._limited = limited
        self._sent = 0

    async def send(self, call: Call) -> Mapping[str, Any]:
        """Serve one call. Raises Fault for a refusal, and for what was injected; ValueError for an unknown late value."""
        parameters = reveal(call.parameters)
        if call.region == self.account.ground.region:
            call = replace(call, region=None)
        self._sent += 1
        request = f"virtual-{self._sent:06d}"
        injection = self._faults.draw(call.api)
        arrived, half = self._clock.now(), (self._latency + self._faults.latency()) / 2
        await self._clock.sleep(half)
        if injection is Injection.UNREACHABLE:
            raise Fault(
                call.service, call.operation, "EndpointUnreachable", _NO_CONNECTION, sent=False, region=call.region
            )
        try:
            reply = self._serve(call, parameters, injection, arrived)
        except Refusal as refusal:
            await self._clock.sleep(half)
            raise self._fault(call, refusal, injection, request) from refusal
        await self._clock.sleep(half)
        if injection is not None:
            raise self._fault(call, fault.failed(call.service), injection, request)
        # What is in an item is the caller's own, whatever it is called.
        told = reply if call.service == "dynamodb" and call.operation in DATA_PLANE else _parsed(reply)
        return {**told, "ResponseMetadata": {"RequestId": request, "HTTPStatusCode": 200}}

    def _serve(
        self, call: Call, parameters: Mapping[str, Any], injection: Injection | None, arrived: float
    ) -> dict[str, Any]:
        """What the service does with the call; a refusal also where it never gets that far."""
        now = self._clock.now()
        if injection is not None and not injection.takes_effect:
            throttled = injection is Injection.THROTTLE
            raise fault.throttled(call.service) if throttled else fault.failed(call.service)
        account = self.account.elsewhere(call.region) if call.region else self.account
        if self._limited:
            rates = self._rates.setdefault(account.ground.region, Rates())
            rates.check(call.service, call.operation, now)

        def serve(given: Mapping[str, Any]) -> dict[str, Any]:
            return account.handle(call.service, call.operation, given, now, arrived)

        return self._faults.partly(call.api, parameters, serve)

    @staticmethod
    def _fault(call: Call, refusal: Refusal, injection: Injection | None, request: str) -> Fault:
        """What the client sees of it: nothing at all where the connection broke."""
        if injection is not None and not injection.answered:
            return Fault(call.service, call.operation, "NoAnswer", _DROPPED, region=call.region)
        seen = fault.failed(call.service) if injection is Injection.ERROR_AFTER else refusal
        return Fault(
            call.service,
            call.operation,
            seen.code,
            seen.message,
            status=seen.status,
            retry_after=seen.retry_after,
            request_id=request,
            region=call.region,
            reasons=seen.fields.get("CancellationReasons", ()),
        )


def _parsed(value: Any) -> Any:
    """The reply with timestamps as botocore gives them. Rules reply in plain dicts and lists."""
    if isinstance(value, dict):
        return {
            key: _timestamp(inner) if key in TIMESTAMPS else _parsed(inner) if isinstance(inner, NESTED) else inner
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_parsed(inner) for inner in value]
    return value


def _timestamp(value: Any) -> Any:
    # A tag or a variable may bear such a name: its value is text.
    return datetime.fromtimestamp(value, UTC) if isinstance(value, int | float) else value
