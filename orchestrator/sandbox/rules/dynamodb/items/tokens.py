"""Idempotency: a transaction with a token happens once within ten minutes of its completion (fact sheet 6.3).

One rule for both fronts: `begin` before a transaction is served, `complete` when it has happened. What was cancelled or
refused is not remembered. A test may let the next transaction get stuck: its first answer is a 500, and nothing has
happened until it is sent again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.sandbox.rules.refusal import Refusal

WINDOW = 600.0
RESUMED = 5.0
"""How long after the first attempt one has to come that completes a stuck transaction."""
_NO_PART = frozenset({"ClientRequestToken", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics"})


@dataclass(frozen=True, slots=True)
class _Completed:
    asked: Any
    reply: Mapping[str, Any]
    at: float


@dataclass(frozen=True, slots=True)
class _Stuck:
    asked: Any
    since: float
    until: float


@dataclass(slots=True)
class Tokens:
    """Those of one account and Region."""

    _completed: dict[str, _Completed] = field(default_factory=dict)
    _stuck: dict[str, _Stuck] = field(default_factory=dict)
    _stalls: list[float] = field(default_factory=list)

    def stall_next(self, seconds: float) -> None:
        """Let the next new transaction with a token get stuck for so long."""
        self._stalls.append(seconds)

    def begin(self, parameters: Mapping[str, Any], now: float) -> Mapping[str, Any] | None:
        """What was answered to the same transaction before; None where it is to be served.

        Raises Refusal where the token is another transaction's, or where its own is still in progress.
        """
        token = parameters.get("ClientRequestToken")
        if token is None:
            return None
        asked = _asked(parameters)
        known = self._completed.get(token)
        if known is not None and now <= known.at + WINDOW:
            _must_match(asked, known.asked)
            return known.reply
        self._completed.pop(token, None)
        stuck = self._stuck.get(token)
        if stuck is not None:
            _must_match(asked, stuck.asked)
            if now < max(stuck.until, stuck.since + RESUMED):
                raise _in_progress()
        elif self._stalls:
            self._stuck[token] = _Stuck(asked, now, now + self._stalls.pop(0))
            raise Refusal("InternalServerError", "The request processing has failed because of an unknown error.", 500)
        return None

    def complete(self, parameters: Mapping[str, Any], reply: Mapping[str, Any], now: float) -> None:
        """Remember a transaction that has happened, and what was answered."""
        if (token := parameters.get("ClientRequestToken")) is not None:
            self._stuck.pop(token, None)
            self._completed[token] = _Completed(_asked(parameters), reply, now)

    def give_up(self, parameters: Mapping[str, Any]) -> None:
        """Forget a transaction that was refused."""
        self._stuck.pop(parameters.get("ClientRequestToken", ""), None)


def _asked(parameters: Mapping[str, Any]) -> Any:
    return _frozen({name: value for name, value in parameters.items() if name not in _NO_PART})


def _frozen(value: Any) -> Any:
    """A value to compare with, that stays as it is whatever becomes of the request."""
    if isinstance(value, Mapping):
        return frozenset((name, _frozen(inner)) for name, inner in value.items())
    if isinstance(value, list | tuple):
        return tuple(map(_frozen, value))
    return bytes(value) if isinstance(value, bytearray) else value


def _must_match(asked: Any, before: Any) -> None:
    if asked != before:
        raise Refusal(
            "IdempotentParameterMismatchException",
            "Client tried to use a token that was used for a request with different parameters",
        )


def _in_progress() -> Refusal:
    return Refusal("TransactionInProgressException", "Transaction from previous request is still in progress")
