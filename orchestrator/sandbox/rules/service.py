"""What the rules of every service answer."""

from collections.abc import Mapping
from typing import Any, Protocol


class Rules(Protocol):
    """One service of one account and region as a state machine. Built as `SomeRules(ground)`."""

    def handles(self, operation: str) -> bool:
        """Whether these rules model `operation`; a front passes what they don't to somebody else, or refuses it."""
        ...

    def handle(self, operation: str, parameters: Mapping[str, Any], now: float) -> dict[str, Any]:
        """Serve one call at `now` (epoch seconds, never less than in the call before).

        The reply has botocore's shape with timestamps as epoch seconds, and shares nothing with the rules' own state.
        Raises Refusal; a refused call has changed nothing.
        """
        ...

    def resource(self, operation: str, parameters: Mapping[str, Any]) -> str:
        """What the call is about, for the timeline: `table/orders`, `function/fn`; empty where it is about none."""
        ...
