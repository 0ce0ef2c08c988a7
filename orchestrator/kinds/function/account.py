"""What Lambda tells of the account in this Region as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

UNRESERVED = 100
"""Executions that Lambda keeps unreserved (fact sheet 11.9)."""


@dataclass(frozen=True, slots=True)
class Account:
    """`executions` are those that may run at once, `unreserved` what of them no function has reserved."""

    executions: int
    unreserved: int


def parsed(reply: Mapping[str, Any]) -> Account | None:
    """From GetAccountSettings; None where it leaves out what this is about."""
    limit = reply.get("AccountLimit") or {}
    executions, unreserved = limit.get("ConcurrentExecutions"), limit.get("UnreservedConcurrentExecutions")
    return None if executions is None or unreserved is None else Account(executions, unreserved)
