"""What the engine can do about a fault, and the form of a row that says when."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from orchestrator.errors import Fault
from orchestrator.model import Action, Scope


class Treatment(Enum):
    """What to do about a fault (fact sheet 14.4); the values are the report's words for a retry."""

    WAIT = "wait_and_reissue"
    """Poll until the resource is settled, look for the goal, send again. Unlimited within the step's deadline."""
    BACKOFF = "backoff"
    """Nothing was applied: slow down, send again."""
    VERIFY = "verify"
    """It may have been applied, by us or by somebody else: look, then reissue only where nothing of it shows."""
    LAG = "lag"
    """Made moments ago and not visible everywhere yet."""
    IAM_LAG = "iam_lag"
    """A role, policy or key that may be too young to be seen; looks the same when it is simply wrong, hence a cap."""
    QUOTA_WAIT = "quota_wait"
    """Refused until a known time has passed."""
    PRECONDITION = "precondition"
    """Somebody else wrote meanwhile: look again, send once more, then give up."""
    RECONNECT = "reconnect"
    """The request never left: nothing was applied, and nothing answers there."""
    DENIED = "denied"
    """The caller may not do this."""
    CREDENTIALS = "credentials"
    """No credentials, expired or unknown ones: no other call will do better."""
    FATAL = "fatal"
    """Sending it again changes nothing."""


RETRIED_READS = frozenset(
    {
        Treatment.WAIT,
        Treatment.BACKOFF,
        Treatment.VERIFY,
        Treatment.LAG,
        Treatment.PRECONDITION,
        Treatment.RECONNECT,
    }
)
"""The treatments under which a read is simply tried again: a read applies nothing."""
RETRIED_WRITES = frozenset({Treatment.BACKOFF, Treatment.RECONNECT, Treatment.LAG, Treatment.WAIT})
"""The treatments under which a task's write is simply sent again: nothing was applied."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What was going on. `action` is the step's, None for a read; `made` is what this run made of the same resource moments
    ago, by section and name: `("aliases", "live")`, the table or function itself, `("version", "")`.
    """

    action: Action | None = None
    made: frozenset[tuple[str, str]] = frozenset()


READING = Situation()

Condition = Callable[[Fault, Situation], bool]


def always(_: Fault, __: Situation) -> bool:
    return True


def reading(_: Fault, situation: Situation) -> bool:
    return situation.action is None


def changing(_: Fault, situation: Situation) -> bool:
    return situation.action is not None


def deleting(_: Fault, situation: Situation) -> bool:
    return situation.action == "delete"


def fresh(_: Fault, situation: Situation) -> bool:
    return bool(situation.made)


def made(*sections: str) -> Condition:
    """Whether a thing of one of these sections is new."""
    return lambda _, situation: any(section in sections for section, _ in situation.made)


def named_is_old(fault: Fault, situation: Situation) -> bool:
    """Whether something is to be changed by what the message names at the end of an ARN, and none of that name is new."""
    named = fault.message.rpartition(":")[2].strip().casefold()
    return situation.action not in (None, "delete") and all(name.casefold() != named for _, name in situation.made)


def unsent(fault: Fault, _: Situation) -> bool:
    return not fault.sent


def unanswered(fault: Fault, _: Situation) -> bool:
    return fault.status is None


def failing(fault: Fault, _: Situation) -> bool:
    return fault.status is not None and fault.status >= 500


PASSING = frozenset({"transactionconflict", "provisionedthroughputexceeded", "throttlingerror"})
"""The reasons for which a transaction is cancelled that pass by themselves (fact sheet 6.3)."""
UNMET = "ConditionalCheckFailed"
"""The reason for which one is cancelled whose condition does not hold."""


def reasons(fault: Fault) -> frozenset[str]:
    """The codes for which a transaction was cancelled, without those of actions that were not to blame."""
    codes = [str(reason.get("Code")) for reason in fault.reasons]
    if not codes and (listed := re.search(r"\[([^\[\]]*)\]\s*$", fault.message)):
        codes = [code.strip() for code in listed[1].split(",")]
    return frozenset(code for code in codes if code.lower() not in ("none", ""))


def passing(fault: Fault, _: Situation) -> bool:
    """Whether a transaction was cancelled for nothing but what passes by itself."""
    found = {code.lower() for code in reasons(fault)}
    return bool(found) and found <= PASSING


def status(*statuses: int) -> Condition:
    return lambda fault, _: fault.status in statuses


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the fault table.

    An empty `code`, `message`, `service` or `operation` matches everything; codes and operations must match whole, messages
    anywhere, all of them whatever the case. `why` and `source` (a section of the fact sheet) say what the row rests on,
    `advice` what a person can do. `wait_seconds` is how long a QUOTA_WAIT lasts at most, `yields` whether the rest of the lane,
    none of which rests on the call, goes first where that is waited for. `guess`: in words
    not known, so that a whole deadline of them is taken for a refusal rather than for work in progress. `scope` is how much
    of the resource a WAIT says is on its way, at most: a step that minds less than that looks at so much before it sends again.
    `unsure`: what is answered so may have been applied all the same. `final`: it is the request that is at fault, so that even a
    read, of which a FATAL answer may make no sense, is not tried again.
    """

    treatment: Treatment
    code: str
    message: str
    why: str
    source: str
    service: str = ""
    operation: str = ""
    when: Condition = always
    advice: str = ""
    wait_seconds: float = 0.0
    guess: bool = False
    yields: bool = False
    scope: Scope = Scope.WHOLE
    unsure: bool = False
    final: bool = False

    def matches(self, fault: Fault, situation: Situation) -> bool:
        return (
            self.service in ("", fault.service)
            and _whole(self.operation, fault.operation)
            and _whole(self.code, fault.code)
            and re.search(self.message, fault.message, re.IGNORECASE | re.DOTALL) is not None
            and self.when(fault, situation)
        )

    def spares(self, fault: Fault) -> bool:
        """Whether a request that was answered with this fault, which the row matches, surely had no effect (fact sheet 6.4).

        A service that fails, or says nothing, leaves that open whatever the code.
        """
        answered = not fault.sent or (fault.status is not None and fault.status < 500)
        return answered and not self.unsure and self.treatment is not Treatment.VERIFY


def _whole(pattern: str, text: str) -> bool:
    return not pattern or re.fullmatch(pattern, text, re.IGNORECASE) is not None
