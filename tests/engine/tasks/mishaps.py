"""What goes wrong between a run and the sandbox's items, attempt by attempt."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from orchestrator.errors import Fault
from orchestrator.model import Call
from orchestrator.ports import Clock, Cloud

Mishap = Literal[
    "none",
    "dropped",
    "lost",
    "failed",
    "failed_after",
    "stuck",
    "throttled",
    "conflict",
    "denied",
    "unreachable",
    "full",
]
"""What becomes of an attempt. dropped: it never arrives; lost: it is applied, the answer is not seen; failed: 500, not applied;
failed_after: 500, applied; stuck: it is applied half a minute later, and in progress until then; conflict: it is cancelled for
now; full: its partition key has no room for another item.
"""
STUCK_SECONDS = 30.0
UNAPPLIED: Mapping[str, tuple[str, int | None, bool]] = {
    "dropped": ("NoAnswer", None, True),
    "unreachable": ("EndpointUnreachable", None, False),
    "failed": ("InternalServerError", 500, True),
    "throttled": ("ThrottlingException", 400, True),
    "full": ("ItemCollectionSizeLimitExceededException", 400, True),
    "denied": ("AccessDeniedException", 400, True),
}
CONFLICT = ({"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"},)


@dataclass
class Mishaps:
    """Before a Cloud. `script` are those of the attempts at transactions, one each; those after them meet none."""

    cloud: Cloud
    clock: Clock
    script: list[Mishap] = field(default_factory=list)
    sent: list[Call] = field(default_factory=list)
    _stuck: list[tuple[float, Call]] = field(default_factory=list)

    async def send(self, call: Call) -> Mapping[str, Any]:
        if call.operation != "TransactWriteItems":
            return await self._on(call)
        self.sent.append(call)
        mishap = self.script.pop(0) if self.script else "none"
        if mishap in UNAPPLIED:
            code, status, sent = UNAPPLIED[mishap]
            raise _fault(call, code, status=status, sent=sent)
        if mishap == "conflict":
            raise _fault(call, "TransactionCanceledException", reasons=CONFLICT)
        if self._in_progress(call):
            raise _fault(call, "TransactionInProgressException")
        if mishap == "stuck":
            self._stuck.append((self.clock.now() + STUCK_SECONDS, call))
            raise _fault(call, "NoAnswer", status=None)
        reply = await self._on(call)
        if mishap in ("lost", "failed_after"):
            raise _fault(call, "InternalServerError", status=500 if mishap == "failed_after" else None)
        return reply

    @property
    def tokens(self) -> list[str]:
        """Those of the attempts, in their order."""
        return [one.parameters["ClientRequestToken"] for one in self.sent]

    async def arrive(self, *, later: bool = False) -> None:
        """Have done what is due by now, or all that is on its way."""
        due = [one for one in self._stuck if later or one[0] <= self.clock.now()]
        self._stuck = [one for one in self._stuck if one not in due]
        for _, call in due:
            try:
                await self.cloud.send(call)
            except Fault as fault:
                if fault.code != "TransactionCanceledException":
                    raise

    async def _on(self, call: Call) -> Mapping[str, Any]:
        await self.arrive()
        return await self.cloud.send(call)

    def _in_progress(self, call: Call) -> bool:
        token = call.parameters["ClientRequestToken"]
        stuck = (one for at, one in self._stuck if at > self.clock.now())
        return any(one.parameters["ClientRequestToken"] == token for one in stuck)


def _fault(call: Call, code: str, *, status: int | None = 400, **more: Any) -> Fault:
    return Fault(call.service, call.operation, code, f"{code} of {call.operation}", status=status, **more)
