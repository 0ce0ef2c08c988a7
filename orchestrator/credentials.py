"""What is said of credentials that are no good, by AWS or by what should have given them, and what a person can do. Pure."""

import re
from dataclasses import dataclass

from orchestrator.errors import Fault, Problem, StoreUnavailable

NONE_GIVEN = "NoCredentials"
"""The Fault's code where no request could be signed: there are no credentials, or their source gives no new ones."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One way for credentials to be no good: in a few words, as a sentence without its end, and what to do about it."""

    name: str
    brief: str
    happened: str
    action: str

    @property
    def advice(self) -> str:
        return f"{self.action}, then run the same command again: it goes on where this run stopped."

    def told(self, error: Fault | StoreUnavailable) -> Problem:
        """What happened, and what to do."""
        said = error.message.rstrip(". ") or error.code
        asked = error.title if isinstance(error, Fault) else "the state store"
        source = said if error.code == NONE_GIVEN else f"{asked} answered {error.code}: {said}"
        return Problem(self.name, f"{self.happened} ({source}).", self.advice)


EXPIRED = Trouble(
    "credentials-expired",
    "the credentials expired",
    "The credentials have expired, and nothing gave new ones",
    "Log in again, or use credentials that refresh themselves",
)
OLD = Trouble(
    "credentials-expired",
    "the credentials expired",
    "The credentials have expired, or this machine's clock is wrong",
    "Log in again and see that the clock is right",
)
SKEWED = Trouble(
    "clock-skew",
    "this machine's clock is wrong",
    "AWS refuses what this machine signs, because its clock is wrong",
    "Set the clock (NTP)",
)
MISSING = Trouble(
    "no-credentials",
    "no credentials can be had any more",
    "No credentials can be had",
    "Give credentials that hold (AWS_PROFILE, --profile, environment variables, a role), or log in again",
)
REFUSED = Trouble(
    "credentials-refused",
    "AWS does not know the credentials any more",
    "AWS does not know the credentials",
    "Give valid credentials",
)


@dataclass(frozen=True, slots=True)
class Sign:
    """How a trouble shows: `codes` must match whole, `words` anywhere in the message, whatever the case."""

    trouble: Trouble
    codes: str
    words: str = ""

    def matches(self, code: str, message: str) -> bool:
        return bool(re.fullmatch(self.codes, code, re.IGNORECASE) and re.search(self.words, message, re.IGNORECASE))


SIGNS = (
    Sign(SKEWED, r"RequestTimeTooSkewed|RequestInTheFuture"),
    Sign(SKEWED, r"InvalidSignature(Exception)?|SignatureDoesNotMatch", r"signature (expired|not yet current)"),
    Sign(EXPIRED, r"ExpiredToken(Exception)?"),
    Sign(OLD, r"RequestExpired"),
    Sign(EXPIRED, NONE_GIVEN, "expired"),
    Sign(MISSING, NONE_GIVEN),
    Sign(
        REFUSED,
        r"UnrecognizedClientException|InvalidClientTokenId|InvalidAccessKeyId|IncompleteSignature(Exception)?"
        r"|InvalidSignature(Exception)?|SignatureDoesNotMatch|MissingAuthenticationToken(Exception)?",
    ),
)


def trouble(code: str, message: str) -> Trouble | None:
    """By the first sign that matches; None for an error that is about something else."""
    return next((sign.trouble for sign in SIGNS if sign.matches(code, message)), None)


def told(error: Fault | StoreUnavailable) -> Problem | None:
    """What to tell of an error that credentials are the cause of; None where they are not."""
    found = trouble(error.code, error.message)
    return found.told(error) if found else None


def everywhere(fault: Fault) -> Trouble | None:
    """What is wrong where no other call would do better: what one other Region does not know, the rest may."""
    found = trouble(fault.code, fault.message)
    return None if found is REFUSED and fault.region is not None else found
