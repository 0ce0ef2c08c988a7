"""Whose credentials these are, as STS says; an emulator of DynamoDB alone has no STS, and says so."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from orchestrator.adapters.aws import UNREACHABLE, AwsCloud, Stranger
from orchestrator.credentials import told
from orchestrator.errors import Fault, Problem, Unreachable
from orchestrator.model import Call

UNKNOWN_ACCOUNT = "000000000000"
UNKNOWN_THERE = frozenset({"UnknownOperationException", "UnknownOperation", "InvalidAction", "NotImplemented"})
"""What is answered where STS, or this operation of it, is not known."""
NOT_THERE = frozenset({404, 405, 501})
NO_PAGE_OF_STS = frozenset({400, 404, 405, 415})
"""Statuses of a page that no STS writes: somebody else is there, who knows nothing of it. Others may come of a proxy."""

Reply = Mapping[str, Any]
Asking = Callable[[Callable[[], Awaitable[Reply]]], Awaitable[Reply]]
"""How a read that fails is made again."""


async def once(read: Callable[[], Awaitable[Reply]]) -> Reply:
    """Whatever it fails with is final."""
    return await read()


async def whose(cloud: AwsCloud, asking: Asking = once) -> tuple[str, str]:
    """The account that the credentials belong to, and whose they are; also the first proof that there are any.

    An answer which says that there is no STS leaves the account unknown, and an account guard refuses it. No answer says
    nothing of the kind: locks are named by the account, and two names of one table would be two locks. Raises Unreachable.
    """

    async def asked() -> Reply:
        try:
            return await cloud.send(Call("sts", "GetCallerIdentity"))
        except Fault as fault:
            if _without_sts(fault) and await cloud.endpoint() is not None:
                return {"Account": UNKNOWN_ACCOUNT}
            raise

    try:
        reply = await asking(asked)
    except Fault as fault:
        raise Unreachable(told(fault) or _unanswered(fault)) from None
    return str(reply["Account"]), str(reply.get("Arn", ""))


def _without_sts(fault: Fault) -> bool:
    if isinstance(fault, Stranger):
        return fault.page in NO_PAGE_OF_STS
    return fault.status is not None and (fault.code in UNKNOWN_THERE or fault.status in NOT_THERE)


def _unanswered(fault: Fault) -> Problem:
    action = "Look at the credentials and their permissions, then run again."
    if fault.code == UNREACHABLE:
        action = (
            "See that the endpoint is up and its address whole, such as http://localhost:4566 "
            "(--endpoint-url, AWS_ENDPOINT_URL)."
        )
    elif fault.status is None or fault.status >= 500:
        action = "See that the endpoint is up and answers for STS (--endpoint-url, AWS_ENDPOINT_URL), then run again."
    return Problem(fault.code, f"sts:GetCallerIdentity failed: {fault.message.rstrip('.')}.", action)
