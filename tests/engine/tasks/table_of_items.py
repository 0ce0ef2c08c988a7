"""A data plane of one's own: items, transactions with their tokens as the fact sheet's 6.3 has them, and a script of what
goes wrong with each attempt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from orchestrator.errors import Fault
from orchestrator.model import Call, reveal
from orchestrator.ports import Clock, Cloud

Mishap = Literal[
    "none", "dropped", "lost", "failed", "failed_after", "stuck", "throttled", "conflict", "denied", "unreachable"
]
"""What becomes of an attempt. dropped: it never arrives; lost: it is applied, the answer is not seen; failed: 500, not applied;
failed_after: 500, applied; stuck: it stays in progress for half a minute, then it is applied; conflict: it is cancelled for now.
"""
TOKEN_SECONDS, STUCK_SECONDS = 600.0, 30.0
NONE: Mapping[str, Any] = {"Code": "None"}
CONDITION: Mapping[str, Any] = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
Item = dict[str, Any]


@dataclass
class Token:
    """A token that AWS knows: the request that it came with, and when that completes."""

    request: Any
    completes: float


@dataclass
class TableOfItems:
    """Before a Cloud, which answers everything but items. Conditions are those that the tests and the marker use."""

    cloud: Cloud
    clock: Clock
    mishaps: list[Mishap] = field(default_factory=list)
    """Of the attempts at transactions, one each; those after them meet none."""
    items: dict[str, Item] = field(default_factory=dict)
    sent: list[Call] = field(default_factory=list)
    applied: int = 0
    _tokens: dict[str, Token] = field(default_factory=dict)
    _coming: list[tuple[float, Sequence[Mapping[str, Any]]]] = field(default_factory=list)

    async def send(self, call: Call) -> Mapping[str, Any]:
        served = {"TransactWriteItems": self._transaction, "PutItem": self._put, "GetItem": self._get}.get(
            call.operation
        )
        if served is None:
            return await self.cloud.send(call)
        self.sent.append(call)
        self._arrive()
        return served(call, reveal(call.parameters))

    @property
    def tokens(self) -> list[str]:
        """Those of the attempts, in their order."""
        return [one.parameters["ClientRequestToken"] for one in self.sent if one.operation == "TransactWriteItems"]

    def counted(self, name: str = "total") -> int:
        """What a counter says, once all is done that is on its way."""
        self._arrive(later=True)
        return int(self.items.get(f"orders/{name}", {}).get("n", {"N": "0"})["N"])

    def _transaction(self, call: Call, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        mishap = self.mishaps.pop(0) if self.mishaps else "none"
        if mishap in ("dropped", "unreachable"):
            raise _fault(call, "NoAnswer", status=None, sent=mishap == "dropped")
        if mishap in ("failed", "throttled", "denied"):
            code, status = REFUSALS[mishap]
            raise _fault(call, code, status=status)
        known = self._tokens.get(asked["ClientRequestToken"])
        now, actions = self.clock.now(), asked["TransactItems"]
        if known and now < known.completes + TOKEN_SECONDS:
            if known.request != actions:
                raise _fault(call, "IdempotentParameterMismatchException")
            if now < known.completes:
                raise _fault(call, "TransactionInProgressException")
            return {}
        reasons = [CONFLICT] if mishap == "conflict" else [self._refused(action) for action in actions]
        if any(reason is not NONE for reason in reasons):
            raise _fault(call, "TransactionCanceledException", reasons=reasons)
        completes = now + (STUCK_SECONDS if mishap == "stuck" else 0.0)
        self._tokens[asked["ClientRequestToken"]] = Token(actions, completes)
        self._coming.append((completes, actions))
        self._arrive()
        if mishap in ("lost", "stuck", "failed_after"):
            raise _fault(call, *(("InternalServerError", 500) if mishap == "failed_after" else ("NoAnswer", None)))
        return {}

    def _arrive(self, *, later: bool = False) -> None:
        """Apply what has completed by now."""
        due = [one for one in self._coming if later or one[0] <= self.clock.now()]
        self._coming = [one for one in self._coming if one not in due]
        for _, actions in due:
            if all(self._refused(action) is NONE for action in actions):
                self.applied += 1
                for action in actions:
                    self._apply(action)

    def _refused(self, action: Mapping[str, Any]) -> Mapping[str, Any]:
        ((_, body),) = action.items()
        condition, there = body.get("ConditionExpression", ""), _place(body) in self.items
        if (condition.startswith("attribute_not_exists") and there) or (
            condition.startswith("attribute_exists") and not there
        ):
            return CONDITION
        return NONE

    def _apply(self, action: Mapping[str, Any]) -> None:
        ((verb, body),) = action.items()
        if verb == "Put":
            self.items[_place(body)] = dict(body["Item"])
        elif verb == "Update":
            item = self.items.setdefault(_place(body), dict(body["Key"]))
            more = int(body["ExpressionAttributeValues"][":more"]["N"])
            item["n"] = {"N": str(int(item.get("n", {"N": "0"})["N"]) + more)}

    def _put(self, call: Call, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        if self._refused({"Put": asked}) is not NONE:
            raise _fault(call, "ConditionalCheckFailedException")
        self._apply({"Put": asked})
        return {}

    def _get(self, call: Call, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        found = self.items.get(_place(asked))
        return {"Item": found} if found else {}


REFUSALS: Mapping[str, tuple[str, int]] = {
    "failed": ("InternalServerError", 500),
    "throttled": ("ThrottlingException", 400),
    "denied": ("AccessDeniedException", 400),
}
CONFLICT: Mapping[str, Any] = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}


def _place(body: Mapping[str, Any]) -> str:
    key = body.get("Key") or body["Item"]
    return f"{body['TableName']}/{(key.get('id') or key['partition'])['S']}"


def _fault(call: Call, code: str, status: int | None = 400, **more: Any) -> Fault:
    return Fault(call.service, call.operation, code, f"{code} of {call.operation}", status=status, **more)
