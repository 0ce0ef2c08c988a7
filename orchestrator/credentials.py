"""What is said of credentials that are no good, by AWS or by what should have given them, and what a person can do. Pure."""

import re
from dataclasses import dataclass

from orchestrator.errors import Fault, Problem, StoreUnavailable

NONE_GIVEN = "NoCredentials"
"""The Fault's code where no request could be signed: there are no credentials, or their source gives no new ones."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One way for credentials to be no good. `codes` must match whole, `words` anywhere in the message, whatever the case.

    `brief` can follow "because", `happened` is a sentence without its end, `action` one that "then run …" can follow.
    `global_` is whether AWS says so of every Region when it says so of one.
    """

    name: str
    codes: str
    words: str
    brief: str
    happened: str
    action: str
    global_: bool = True

    def matches(self, code: str, message: str) -> bool:
        return bool(re.fullmatch(self.codes, code, re.IGNORECASE) and re.search(self.words, message, re.IGNORECASE))

    @property
    def advice(self) -> str:
        return f"{self.action}, then run the same command again: it goes on where this run stopped."

    def told(self, error: Fault | StoreUnavailable) -> Problem:
        """Of an error that matches: what happened, and what to do."""
        said = error.message.rstrip(". ") or error.code
        asked = error.title if isinstance(error, Fault) else "the state store"
        source = said if error.code == NONE_GIVEN else f"{asked} answered {error.code}: {said}"
        return Problem(self.name, f"{self.happened} ({source}).", self.advice)


TROUBLES = (
    Trouble(
        "clock-skew",
        r"RequestTimeTooSkewed|RequestInTheFuture",
        "",
        "this machine's clock is wrong",
        "AWS refuses what this machine signs, because its clock is wrong",
        "Set the clock (NTP)",
    ),
    Trouble(
        "clock-skew",
        r"InvalidSignature(Exception)?|SignatureDoesNotMatch",
        r"signature (has )?expired|signature (is )?not yet current",
        "this machine's clock is wrong",
        "AWS refuses what this machine signs, because its clock is wrong",
        "Set the clock (NTP)",
    ),
    Trouble(
        "credentials-expired",
        r"ExpiredToken(Exception)?",
        "",
        "the credentials expired",
        "The credentials have expired, and nothing gave new ones",
        "Log in again, or use credentials that refresh themselves",
    ),
    Trouble(
        # AWS says so of old credentials and of old signatures alike.
        "credentials-expired",
        r"RequestExpired",
        "",
        "the credentials expired",
        "The credentials have expired, or this machine's clock is wrong",
        "Log in again and see that the clock is right",
    ),
    Trouble(
        "no-credentials",
        NONE_GIVEN,
        "",
        "no credentials can be had any more",
        "No credentials can be had",
        "Give credentials that hold (AWS_PROFILE, --profile, environment variables, a role), or log in again",
    ),
    Trouble(
        # A Region that the account has not enabled says so of credentials that are good everywhere else.
        "credentials-refused",
        r"UnrecognizedClientException|InvalidClientTokenId|InvalidAccessKeyId|IncompleteSignature(Exception)?"
        r"|InvalidSignature(Exception)?|SignatureDoesNotMatch|MissingAuthenticationToken(Exception)?",
        "",
        "AWS does not know the credentials any more",
        "AWS does not know the credentials",
        "Give valid credentials",
        global_=False,
    ),
)


def trouble(code: str, message: str) -> Trouble | None:
    """The first that matches; None for an error that is about something else."""
    return next((one for one in TROUBLES if one.matches(code, message)), None)


def told(error: Fault | StoreUnavailable) -> Problem | None:
    """What to tell of an error that credentials are the cause of; None where they are not."""
    found = trouble(error.code, error.message)
    return found.told(error) if found else None


def everywhere(fault: Fault) -> Trouble | None:
    """What is wrong where no other call would do better: what one other Region does not know, the rest may."""
    found = trouble(fault.code, fault.message)
    return found if found and (found.global_ or fault.region is None) else None
